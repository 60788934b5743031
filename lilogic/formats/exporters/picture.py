"""What pictures of a graph show."""

from __future__ import annotations

from collections.abc import Iterator

from lilogic.errors import FormatError
from lilogic.graph import GateGraph
from lilogic.graph.gates import GATES, READS_A, READS_B

MAX_GATES = 500


def check_size(graph: GateGraph) -> None:
    """Refuse what no one could read.

    Raises:
        FormatError: more than ``MAX_GATES`` gates, or input bits.
    """
    if max(graph.n_gates, graph.n_inputs) > MAX_GATES:
        raise FormatError(
            f"{graph.n_gates:,} gates and {graph.n_inputs:,} inputs are too many for a picture, "
            f"which shows at most {MAX_GATES} of each"
        )


def label(graph: GateGraph, node: int) -> str:
    """What a node is called: an input's number, or a gate's symbol."""
    if node < graph.n_inputs:
        return f"x{node}"
    return GATES[int(graph.op[node - graph.n_inputs])].symbol


def wires(graph: GateGraph) -> Iterator[tuple[int, int]]:
    """Source and gate of each wire; not of those that the gate's function ignores."""
    for node, (op, a, b) in enumerate(graph.rows(), graph.n_inputs):
        if READS_A[op]:
            yield a, node
        if READS_B[op]:
            yield b, node
