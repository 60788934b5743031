"""The gate graph: its gates, its passes, its file. Needs numpy only."""

from lilogic.graph.gate_graph import GateGraph

__all__ = ["GateGraph"]
