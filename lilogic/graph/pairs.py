"""Two nodes that a head counts as one: where never both, or always one of them, is 1."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lilogic.graph.circuit import Int32
from lilogic.graph.gate_graph import GateGraph
from lilogic.graph.gates import FALSE, TRUE, A, B
from lilogic.jit import loop, part

_NOWHERE = -1


def count_together(graph: GateGraph) -> GateGraph:
    """Replace two nodes of a head by one where never both, or always one of them, is 1.

    ``f + g = (f | g) + (f & g)``, and then one of these two is a constant. ``f`` is a gate that
    nothing else needs; ``g`` is one of its wires or a gate that reads the same wires.
    """
    counts = _counts(graph)
    op, offset = graph.op.copy(), graph.offset.copy()
    _pair_all(counts, graph.n_inputs, op, graph.a, graph.b, offset)
    counted = np.bincount(counts.head, counts.times, graph.n_classes)
    return replace(
        graph,
        op=op,
        head_nodes=np.repeat(counts.node, counts.times),
        head_ptr=np.concatenate([[0], np.cumsum(counted)]),
        offset=offset,
    )


class _Counts(NamedTuple):
    """What heads count: a count for each node of a head, in the order in which they come first.

    Attributes:
        node: int32 [counts].
        head: int32 [counts], the class whose head it is.
        times: int32 [counts], how often it counts the node.
        alike: int32 [n], the counts of gates that nothing else needs; those of one head and of the
            same wires stand together, in order.
        begin: int32 [counts], where they begin in ``alike``, or ``_NOWHERE`` for other counts.
        place: int32 [nodes], of the head that is looked at, where each node's count is.
    """

    node: Int32
    head: Int32
    times: Int32
    alike: Int32
    begin: Int32
    place: Int32


def _counts(graph: GateGraph) -> _Counts:
    head = np.repeat(np.arange(graph.n_classes), np.diff(graph.head_ptr))
    _, first, times = np.unique(
        head * graph.n_nodes + graph.head_nodes, return_index=True, return_counts=True
    )
    order = np.argsort(first)
    node, head = graph.head_nodes[first[order]], head[first[order]]
    uses = np.concatenate([graph.a, graph.b, graph.head_nodes])
    needed = np.bincount(uses, minlength=graph.n_nodes)
    own = np.flatnonzero((node >= graph.n_inputs) & (needed[node] == 1))
    gate = node[own] - graph.n_inputs
    keys = np.stack([graph.b[gate], graph.a[gate], head[own]])
    sort = np.lexsort(keys)
    is_first = np.ones(len(own), dtype=bool)
    is_first[1:] = (np.diff(keys[:, sort]) != 0).any(axis=0)
    begin = np.full(len(node), _NOWHERE)
    begin[own[sort]] = np.maximum.accumulate(np.flatnonzero(is_first)[np.cumsum(is_first) - 1])
    place = np.full(graph.n_nodes, _NOWHERE)
    return _Counts(*map(_int32, (node, head, times[order], own[sort], begin, place)))


def _int32(values: npt.NDArray[np.integer]) -> Int32:
    return np.ascontiguousarray(values, dtype=np.int32)


@loop
def _pair_all(
    counts: _Counts, n_inputs: int, op: npt.NDArray[np.uint8], a: Int32, b: Int32, offset: Int32
) -> None:
    """Pair what can be paired, in ``counts.times``, ``op`` and ``offset``."""
    placed = 0
    for count in range(len(counts.node)):
        while placed < len(counts.node) and counts.head[placed] == counts.head[count]:
            counts.place[counts.node[placed]] = placed
            placed += 1
        if counts.begin[count] == _NOWHERE:
            continue
        gate = counts.node[count] - n_inputs
        paired = _pair(counts, count, _count_of(counts, count, a[gate]), A, op, gate, offset)
        if not paired:
            paired = _pair(counts, count, _count_of(counts, count, b[gate]), B, op, gate, offset)
        at = counts.begin[count]
        while not paired and counts.alike[at] != count:
            other = counts.alike[at]
            function = op[counts.node[other] - n_inputs]
            paired = _pair(counts, count, other, function, op, gate, offset)
            at += 1


@part
def _count_of(counts: _Counts, count: int, node: int) -> int:
    """Another node's count in the same head, or ``_NOWHERE``."""
    place = counts.place[node]
    if place != _NOWHERE and counts.head[place] != counts.head[count]:
        return _NOWHERE
    return int(place)


@part
def _pair(
    counts: _Counts,
    count: int,
    other: int,
    function: int,
    op: npt.NDArray[np.uint8],
    gate: int,
    offset: Int32,
) -> bool:
    """Count a gate and another node as one, if they can be; returns whether they are."""
    if other == _NOWHERE or counts.times[other] == 0:
        return False
    both, either = op[gate] & function, op[gate] | function
    if either == TRUE:
        op[gate] = both
        offset[counts.head[count]] += 1
    elif both == FALSE:
        op[gate] = either
    else:
        return False
    counts.times[other] -= 1
    return True
