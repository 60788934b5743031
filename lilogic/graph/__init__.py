"""Gates: circuits, gate graphs, their passes, their file. Needs numpy, and numba if large."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lilogic.graph.circuit import Circuit
    from lilogic.graph.gate_graph import GateGraph

__all__ = ["Circuit", "GateGraph"]

_HOMES = {"Circuit": "circuit", "GateGraph": "gate_graph"}


def __getattr__(name: str) -> Any:
    """What is public, on first use, so that reading what a file says of itself needs no numpy."""
    if name in _HOMES:
        return getattr(import_module(f"lilogic.graph.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
