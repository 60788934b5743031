"""Passes: graph in, graph with the same scores out, never with more gates.

Most are walks of ``rules`` over the gates. A gate that is made superfluous stays behind unread
until ``remove_dead``. Everything is linear in gates, but for sorting what heads count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.graph import GateGraph, rules
from lilogic.graph.gates import FALSE, READS_A, READS_B, TRUE, A
from lilogic.graph.pairs import count_together
from lilogic.graph.rules import Table, Walk

Pass = Callable[[GateGraph], GateGraph]


def fold_constants(graph: GateGraph) -> GateGraph:
    """Turn gates that read a constant into functions of their other input, or into constants.

    Heads then count no constants; a constant 1 adds to the offset of its class instead.
    """
    return _uncount_constants(_rewrite(graph, rules.fold_constants))


def absorb_buffers(graph: GateGraph) -> GateGraph:
    """Bypass buffers and inverters.

    A gate that reads one reads its source instead, with its own function changed for an inverter.
    Heads count a buffer's source; an inverter that a head counts becomes the complement of the gate
    it reads.
    """
    return _rewrite(graph, rules.absorb_buffers)


def merge_duplicates(graph: GateGraph) -> GateGraph:
    """Merge gates that compute the same function, or its complement, of the same wires.

    Wires are sorted first, and a gate that reads one wire twice becomes a function of that wire. A
    gate that reads a complement reads the other gate, with its own function changed. Both remain
    only if heads count both.
    """
    return _choose_counted(_rewrite(graph, rules.merge_duplicates))


def remove_dead(graph: GateGraph) -> GateGraph:
    """Remove gates that no head depends on. Input bits all remain."""
    alive = graph.alive.copy()
    alive[: graph.n_inputs] = True
    gates = alive[graph.n_inputs :]
    number = _sums(alive)[:-1]
    op, a, b = graph.op[gates], graph.a[gates], graph.b[gates]
    # A wire that the function ignores may come from a gate that goes: put a live one in its place.
    a = np.where(READS_A[op], a, np.where(READS_B[op], b, 0)).astype(np.int32)
    b = np.where(READS_B[op], b, a)
    return replace(
        graph,
        op=op,
        a=number[a],
        b=number[b],
        roots=number[graph.roots[alive[graph.roots]]],
        head_nodes=number[graph.head_nodes],
    )


PASSES: tuple[Pass, ...] = (
    fold_constants,
    absorb_buffers,
    merge_duplicates,
    count_together,
    remove_dead,
)


def simplify(graph: GateGraph) -> GateGraph:
    """Apply all passes until nothing changes. Scores stay the same.

    The result has no constant, buffer, duplicate or dead gate, and no inverter except of an input
    bit that a head counts. Nodes of several gates are rewritten with fewer gates where possible.
    """
    found = _settled(graph)
    if not len(found.roots):
        return found
    from lilogic.graph.factoring import factored  # which loads numba

    while True:
        graph = found
        # Gates that several nodes share may be worth more than what is new.
        found = _settled(factored(graph))
        if found.n_gates >= graph.n_gates:
            return graph


def _settled(graph: GateGraph) -> GateGraph:
    """What is left when no rule changes a gate any more."""
    while True:
        before = graph
        graph = _uncount_constants(_rewrite(graph, rules.simplify))
        graph = remove_dead(count_together(_choose_counted(graph)))
        if _equal(graph, before):
            return graph


def minimize(graph: GateGraph) -> GateGraph:
    """Simplify, then rebuild gates from others until few more can be saved.

    Every sample keeps its scores. Bits that no sample is encoded to may give other scores: a
    feature exceeds its thresholds in order, so some combinations of bits never occur.
    """
    from lilogic.graph.resubstitution import resubstitute

    graph = simplify(graph)
    while True:
        before = graph.n_gates
        for behind in _BEHIND:
            graph = simplify(resubstitute(graph, behind))
        if graph.n_gates > _NEXT_TO_NOTHING * before or graph.n_gates == before:
            return graph


_BEHIND = (0, 3)
"""How far ``minimize`` looks behind gates, in gates."""

_NEXT_TO_NOTHING = 0.99
"""``minimize`` goes on as long as fewer than this share of the gates are left."""


def _rewrite(graph: GateGraph, walked: Callable[..., None], *arguments: Any) -> GateGraph:
    """What one of the walks of ``rules`` makes of the graph."""
    walk = Walk.over(graph.n_inputs, graph.op, graph.a, graph.b)
    walked(walk, *arguments)
    op, a, b, _ = walk.gates
    # What stands for a root where gates read it, and where heads count it.
    roots = np.union1d(walk.source[graph.roots], walk.counted[graph.roots])
    return replace(
        graph,
        op=op,
        a=a,
        b=b,
        roots=roots[roots >= graph.n_inputs],
        head_nodes=walk.counted[graph.head_nodes],
    )


def _choose_counted(graph: GateGraph) -> GateGraph:
    """A gate that heads do not count, but whose complement they do, becomes that complement."""
    counted = np.zeros(graph.n_nodes, dtype=bool)
    counted[graph.head_nodes] = True
    table = Table.of(graph.op, graph.a, graph.b)
    return _rewrite(graph, rules.choose_counted, table, counted[graph.n_inputs :])


def _uncount_constants(graph: GateGraph) -> GateGraph:
    """Heads count no constants; their ones go to the offsets."""
    functions = np.concatenate([np.full(graph.n_inputs, A), graph.op])[graph.head_nodes]
    ones = functions == TRUE
    stays = ~ones & (functions != FALSE)
    return replace(
        graph,
        head_nodes=graph.head_nodes[stays],
        head_ptr=_sums(stays)[graph.head_ptr],
        offset=graph.offset + np.diff(_sums(ones)[graph.head_ptr]),
    )


def _sums(marks: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
    """int32 [n + 1]: how many of the first i are marked."""
    return np.concatenate([[0], np.cumsum(marks)]).astype(np.int32)


def _equal(graph: GateGraph, other: GateGraph) -> bool:
    pairs = ((getattr(graph, f.name), getattr(other, f.name)) for f in fields(GateGraph))
    return all(np.array_equal(x, y) for x, y in pairs if isinstance(x, np.ndarray))
