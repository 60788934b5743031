"""Gates: circuits, gate graphs, their passes, their file. Needs numpy only."""

from lilogic.graph.circuit import Circuit
from lilogic.graph.gate_graph import GateGraph

__all__ = ["Circuit", "GateGraph"]
