"""The LILogicNet authors' ``.npz``; see ``lilogic.formats.importers.npz``."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lilogic.errors import FormatError
from lilogic.files import write_bytes
from lilogic.graph import GateGraph
from lilogic.graph.gates import FALSE, READS_A, READS_B, TRUE, A

_MAX_GATES = 2**24


def write(graph: GateGraph, path: Path) -> None:
    """The network, layer by layer; gates that pass a wire on fill the gaps.

    Every class has equally many gates in the last layer: constants make up for what is missing,
    and for scores that start from different numbers. What they all start from is ``score_offset``.

    Raises:
        FormatError: the layers would have more than ``_MAX_GATES`` gates.
    """
    made = _layered(graph)
    widest = max(len(op) for op, _, _ in made)
    _check_size(widest * len(made))
    padded = np.zeros((3, len(made), widest), dtype=np.int64)
    for number, columns in enumerate(made):
        for kind, column in enumerate(columns):
            padded[kind, number, : len(column)] = column
    common = int(graph.offset.min())
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        **{"gate_types": padded[0], "connections.A": padded[1], "connections.B": padded[2]},
        layer_widths=np.array([len(op) for op, _, _ in made]),
        n_inputs=np.array([graph.n_inputs]),
        score_offset=np.full(graph.n_classes, common),
    )
    write_bytes(path, buffer.getvalue())


def _check_size(gates: int) -> None:
    if gates > _MAX_GATES:
        raise FormatError(
            f"layer by layer the network takes more than {_MAX_GATES:,} gates; "
            "simplify it first, or choose another format"
        )


Columns = tuple[list[int], list[int], list[int]]
"""A layer's ops and wires."""


def _layered(graph: GateGraph) -> list[Columns]:
    """Layers of which the last one has equally many gates for each class."""
    level = graph.levels
    depth = max(1, graph.depth)
    needed = _needed_until(graph, depth)
    place = {node: node for node in range(graph.n_inputs)}
    made: list[Columns] = []
    _check_size(int(np.maximum(0, needed.astype(np.int64) - np.maximum(1, level)).sum()))
    for number in range(1, depth):
        kept = np.flatnonzero((level <= number) & (needed > number)).tolist()
        made.append(_layer(graph, kept, number, place))
        place = {node: position for position, node in enumerate(kept)}
    starts = (graph.offset - graph.offset.min()).tolist()
    heads = [head.tolist() for head in graph.heads]
    group = max(1, *(len(head) + start for head, start in zip(heads, starts, strict=True)))
    _check_size(group * graph.n_classes)
    last: Columns = ([], [], [])
    for head, start in zip(heads, starts, strict=True):
        constants = [TRUE] * start + [FALSE] * (group - len(head) - start)
        nothing = [0] * len(constants)
        columns = _layer(graph, head, depth, place)
        for column, own, more in zip(last, columns, (constants, nothing, nothing), strict=True):
            column += own + more
    return [*made, last]


def _needed_until(graph: GateGraph, depth: int) -> npt.NDArray[np.int32]:
    """int32 [nodes]: the last layer that reads the node; -1 where none does."""
    until = np.full(graph.n_nodes, -1, dtype=np.int32)
    until[graph.head_nodes] = depth
    level = graph.levels[graph.n_inputs :]
    gates = graph.alive[graph.n_inputs :]
    for wires, reads in ((graph.a, READS_A), (graph.b, READS_B)):
        used = gates & reads[graph.op]
        np.maximum.at(until, wires[used], level[used])
    return until


def _layer(graph: GateGraph, nodes: list[int], number: int, place: dict[int, int]) -> Columns:
    """Layer ``number`` with these nodes: those of that level as gates, earlier ones passed on."""
    gates = [*graph.rows()]
    columns: Columns = ([], [], [])
    level = graph.levels
    for node in nodes:
        if level[node] < number:
            row = (A, place[node], 0)
        else:
            op, a, b = gates[node - graph.n_inputs]
            row = (op, place[a] if READS_A[op] else 0, place[b] if READS_B[op] else 0)
        for column, value in zip(columns, row, strict=True):
            column.append(value)
    return columns
