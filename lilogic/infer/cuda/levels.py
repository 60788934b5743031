"""A graph as levels: gates that do not read each other, and what each class counts.

Rows are bits of all samples. Levels are computed one after the other, all gates of one at once, so
a row that a level reads last is free for the next one, but not for the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lilogic.graph import GateGraph
from lilogic.graph.gates import COEFFICIENTS, READS_A, READS_B, A
from lilogic.infer.compiler import has_row

Rows = npt.NDArray[np.int32]

_AT_THE_END = np.int64(2**62)

# A gate is n0 ^ n1·a ^ n2·b ^ n3·a·b of bits: its coefficients modulo 2.
_CODES = ((COEFFICIENTS.astype(np.int64) & 1) @ [1, 2, 4, 8]).astype(np.int32)


class Gates(NamedTuple):
    """Gates that read rows.

    Attributes:
        code: int32 [gates]; bits 0 to 3 are n0 to n3 of ``n0 ^ n1·a ^ n2·b ^ n3·a·b``.
        a: int32 [gates], the row that wire a reads; any row where the gate does not read it.
        b: int32 [gates].
    """

    code: Rows
    a: Rows
    b: Rows


class Level(NamedTuple):
    """Gates, and the rows that they are written to, int32 [gates]."""

    gates: Gates
    rows: Rows


@dataclass(frozen=True, eq=False)
class Levels:
    """What is computed, in order.

    Attributes:
        inputs: int64 [n], the input bits that are read; they come in the first rows.
        levels: gates that others read, or that are counted several times.
        counted: all that classes count, class by class; a row is a gate that passes it on.
        pointers: int32 [classes + 1]: class ``c`` counts ``pointers[c] : pointers[c + 1]``.
        offset: int32 [classes]: what each class's count is added to.
        n_rows: how many rows there are.
    """

    inputs: npt.NDArray[np.int64]
    levels: list[Level]
    counted: Gates
    pointers: Rows
    offset: Rows
    n_rows: int


def of_graph(graph: GateGraph) -> Levels:
    """The levels of a simplified graph."""
    stored = has_row(graph)
    n_inputs, op = graph.n_inputs, graph.op
    is_counted = np.bincount(graph.head_nodes, minlength=graph.n_nodes) > 0
    last = _last_reads(graph, stored, is_counted)
    inputs = np.flatnonzero(last[:n_inputs] > 0)
    # Wires that a gate ignores may read nodes that have no row.
    place = np.zeros(graph.n_nodes, np.int64)
    place[inputs] = np.arange(len(inputs))
    n_rows, free = max(1, len(inputs)), np.empty(0, np.int64)
    ending = np.concatenate([inputs, n_inputs + np.flatnonzero(stored[n_inputs:])])
    ending = ending[np.argsort(last[ending], kind="stable")]
    ends, released = last[ending], 0
    levels = []
    for level, members in _by_level(graph, stored):
        count = int(np.searchsorted(ends, level))
        free = np.concatenate([free, place[ending[released:count]]])
        released = count
        taken = min(len(free), len(members))
        fresh = np.arange(n_rows, n_rows + len(members) - taken)
        rows = np.concatenate([free[:taken], fresh])
        free, n_rows = free[taken:], n_rows + len(fresh)
        place[n_inputs + members] = rows
        levels.append(Level(_gates(op, graph, place, members), rows.astype(np.int32)))
    return Levels(
        inputs=inputs,
        levels=levels,
        counted=_counted(graph, stored, place),
        pointers=graph.head_ptr.astype(np.int32),
        offset=graph.offset.astype(np.int32),
        n_rows=n_rows,
    )


def _last_reads(
    graph: GateGraph, stored: npt.NDArray[np.bool_], is_counted: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """int64 [nodes]: the level that reads each node last, 0 for none."""
    last = np.zeros(graph.n_nodes, np.int64)
    # What is not stored is computed when all levels are.
    reader = np.where(stored, graph.levels, _AT_THE_END)[graph.n_inputs :]
    for wire, reads in ((graph.a, READS_A), (graph.b, READS_B)):
        does = reads[graph.op]
        np.maximum.at(last, wire[does], reader[does])
    last[stored & is_counted] = _AT_THE_END
    return last


def _by_level(
    graph: GateGraph, stored: npt.NDArray[np.bool_]
) -> list[tuple[int, npt.NDArray[np.int64]]]:
    """The stored gates of each level that has some, by their numbers among the gates."""
    gates = np.flatnonzero(stored[graph.n_inputs :])
    level = graph.levels[graph.n_inputs :][gates]
    order = np.argsort(level, kind="stable")
    found, starts = np.unique(level[order], return_index=True)
    parts = np.split(gates[order], starts[1:])
    return list(zip(found.tolist(), parts, strict=True)) if len(gates) else []


def _gates(
    op: npt.NDArray[np.uint8],
    graph: GateGraph,
    place: npt.NDArray[np.int64],
    members: npt.NDArray[np.int64],
) -> Gates:
    """Gates by their numbers, once what they read has its place."""
    a, b = (place[wire[members]].astype(np.int32) for wire in (graph.a, graph.b))
    return Gates(_CODES[op[members]], a, b)


def _counted(graph: GateGraph, stored: npt.NDArray[Any], place: npt.NDArray[np.int64]) -> Gates:
    """What heads count, a gate each."""
    nodes = graph.head_nodes.astype(np.int64)
    # Rows are passed on; where there are no gates, there are only rows.
    made = np.flatnonzero(~stored[nodes])
    rows = place[nodes].astype(np.int32)
    code, a, b = np.full(len(nodes), _CODES[A]), rows, rows.copy()
    gates = _gates(graph.op, graph, place, nodes[made] - graph.n_inputs)
    code[made], a[made], b[made] = gates
    return Gates(code.astype(np.int32), a, b)
