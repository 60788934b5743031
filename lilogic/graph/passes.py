"""Passes: graph in, graph with the same scores out, never with more gates.

All but one are rules that rewrite one gate at a time, on a single walk in topological order; a
walk may apply several, so that what one rule uncovers the next one finishes. A gate that is made
superfluous stays behind unread until ``remove_dead``. Everything is linear in gates.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import numpy.typing as npt

from lilogic.graph import GateGraph
from lilogic.graph.circuit import Row, columns
from lilogic.graph.gates import (
    FALSE,
    NOT_A,
    NOT_B,
    READS_A,
    READS_B,
    TRUE,
    TRUTH,
    A,
    B,
    from_truth,
)

Pass = Callable[[GateGraph], GateGraph]


def fold_constants(graph: GateGraph) -> GateGraph:
    """Gates that read a constant become functions of the other wire, or constants themselves.

    Heads no longer count constants: a constant 1 adds to its class's offset instead.
    """
    return _uncount_constants(_rewrite(graph, _fold))


def absorb_buffers(graph: GateGraph) -> GateGraph:
    """Nothing reads buffers or inverters any more.

    What read one reads its source, with its function changed for an inverter. Heads count a
    buffer's source; an inverter that a head counts becomes the complement of the gate it reads.
    """
    return _rewrite(graph, _absorb)


def merge_duplicates(graph: GateGraph) -> GateGraph:
    """Of gates with the same or the complementary function of the same wires, one is read.

    Wires are put in order first, and a gate that reads one wire twice becomes a function of that
    wire. What read a complement reads the gate itself, with its function changed; both stay in use
    only where heads count both.
    """
    return _choose_counted(_rewrite(graph, _order, _merge))


def remove_dead(graph: GateGraph) -> GateGraph:
    """Only gates that a head depends on stay; input bits stay all, the encoder makes them."""
    alive = graph.alive.copy()
    alive[: graph.n_inputs] = True
    gates = alive[graph.n_inputs :]
    number = _sums(alive)[:-1]
    op, a, b = graph.op[gates], graph.a[gates], graph.b[gates]
    # A wire that the function ignores may come from a gate that goes: put a live one in its place.
    a = np.where(READS_A[op], a, np.where(READS_B[op], b, 0)).astype(np.int32)
    b = np.where(READS_B[op], b, a)
    return replace(graph, op=op, a=number[a], b=number[b], head_nodes=number[graph.head_nodes])


def count_together(graph: GateGraph) -> GateGraph:
    """Two nodes that a head counts become one where never both, or always one of them, is 1.

    ``f + g = (f | g) + (f & g)``, and then one of these two is a constant. ``f`` is a gate that
    nothing else needs, and ``g`` one of its wires or a gate that reads the same wires.
    """
    needed = np.bincount(
        np.concatenate([graph.a, graph.b, graph.head_nodes]), minlength=graph.n_nodes
    ).tolist()
    gates, offset = list(graph.rows()), graph.offset.copy()
    heads: list[list[int]] = []
    for class_, head in enumerate(graph.heads):
        times = Counter(head.tolist())
        alike: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        for node in [*times]:
            if node < graph.n_inputs or needed[node] > 1:
                continue
            op, a, b = gates[node - graph.n_inputs]
            partners = [(other, gates[other - graph.n_inputs][0]) for other in alike[a, b]]
            for other, function in [(a, A), (b, B), *partners]:
                both, either = op & function, op | function
                if times[other] and (both == FALSE or either == TRUE):
                    times[other] -= 1
                    offset[class_] += either == TRUE
                    op = both if either == TRUE else either
                    gates[node - graph.n_inputs] = op, a, b
                    break
            alike[a, b].append(node)
        heads.append([*times.elements()])
    return replace(
        graph,
        op=columns(gates)["op"],
        head_nodes=np.array([node for head in heads for node in head], dtype=np.int32),
        head_ptr=np.cumsum([0, *map(len, heads)]).astype(np.int32),
        offset=offset,
    )


PASSES: tuple[Pass, ...] = (
    fold_constants,
    absorb_buffers,
    merge_duplicates,
    count_together,
    remove_dead,
)


def simplify(graph: GateGraph) -> GateGraph:
    """What is left when no pass changes anything any more.

    That has no constant, buffer, duplicate or dead gate, and no inverter but of an input bit that
    a head counts.
    """
    while True:
        before = graph
        graph = _uncount_constants(_rewrite(graph, _fold, _order, _absorb, _merge))
        graph = remove_dead(count_together(_choose_counted(graph)))
        if _equal(graph, before):
            return graph


class _Walk:
    """What became of each node, while gates are rewritten in topological order.

    Attributes:
        n_inputs: number of input bits.
        gates: the rewritten gates so far.
        source: for each node, the node that later gates read instead.
        inverted: for each node, whether they then read the complement.
        counted: for each node, the node that heads count instead.
        first: the first node with each gate, kept by ``_merge``.
    """

    def __init__(self, n_inputs: int, n_nodes: int) -> None:
        self.n_inputs = n_inputs
        self.gates: list[Row] = []
        self.source = list(range(n_nodes))
        self.inverted = [False] * n_nodes
        self.counted = list(range(n_nodes))
        self.first: dict[Row, int] = {}

    def read(self, op: int, a: int, b: int) -> Row:
        """The same function, of what became of its wires."""
        if self.inverted[a]:
            op = _NEGATED_A[op]
        if self.inverted[b]:
            op = _NEGATED_B[op]
        return op, self.source[a], self.source[b]

    def constant(self, node: int) -> int | None:
        """0 or 1 where the node is a constant gate."""
        return None if node < self.n_inputs else _CONSTANT.get(self.gates[node - self.n_inputs][0])


Rule = Callable[[_Walk, int, Row], Row]
"""Given a node and its gate, the gate to put there; may also say what replaces the node."""


def _rewrite(graph: GateGraph, *rules: Rule) -> GateGraph:
    walk = _Walk(graph.n_inputs, graph.n_nodes)
    for node, (op, a, b) in enumerate(graph.rows(), graph.n_inputs):
        gate = walk.read(op, a, b)
        for rule in rules:
            gate = rule(walk, node, gate)
        walk.gates.append(gate)
    counted = np.array(walk.counted, dtype=np.int32)[graph.head_nodes]
    return replace(graph, **columns(walk.gates), head_nodes=counted)


def _fold(walk: _Walk, node: int, gate: Row) -> Row:
    op, a, b = gate
    known_a, known_b = walk.constant(a), walk.constant(b)
    if known_a is not None:
        op = _A_IS[known_a][op]
    if known_b is not None:
        op = _B_IS[known_b][op]
    return op, a, b


def _order(walk: _Walk, node: int, gate: Row) -> Row:
    """The one way to write a function: a < b, or a == b for one wire, or both 0 for none."""
    op, a, b = gate
    if a == b:
        op = _SAME_WIRE[op]
    reads_a, reads_b = _READS[op]
    if not reads_a and not reads_b:
        return op, 0, 0
    if not reads_b:
        return op, a, a
    if not reads_a:
        return _SWAPPED[op], b, b
    return gate if a < b else (_SWAPPED[op], b, a)


def _absorb(walk: _Walk, node: int, gate: Row) -> Row:
    op, a, b = gate
    if op not in (A, B, NOT_A, NOT_B):
        return gate
    source = a if op in (A, NOT_A) else b
    walk.source[node] = source
    if op in (A, B):
        walk.counted[node] = source
        return gate
    walk.inverted[node] = True
    if source < walk.n_inputs:
        return gate
    op, a, b = walk.gates[source - walk.n_inputs]
    return TRUE - op, a, b


def _merge(walk: _Walk, node: int, gate: Row) -> Row:
    op, a, b = gate
    equal = walk.first.setdefault(gate, node)
    complement = walk.first.get((TRUE - op, a, b), node)
    if walk.counted[node] == node:
        walk.counted[node] = equal
    if walk.source[node] == node:
        walk.source[node] = min(equal, complement)
        walk.inverted[node] ^= complement < equal
    return gate


def _choose_counted(graph: GateGraph) -> GateGraph:
    """A gate that heads do not count, but whose complement they do, becomes that complement."""
    counted = set(graph.head_nodes.tolist())
    gates = enumerate(graph.rows(), graph.n_inputs)
    functions = {gate for node, gate in gates if node in counted}

    def choose(walk: _Walk, node: int, gate: Row) -> Row:
        op, a, b = gate
        complement = (TRUE - op, a, b)
        if node in counted or complement not in functions:
            return gate
        walk.inverted[node] = True
        return complement

    return _rewrite(graph, choose, _merge)


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


def _table(*rows: int) -> list[int]:
    """For each op, the op whose truth table has these rows of its own."""
    return [from_truth(*(truth[row] for row in rows)) for truth in TRUTH.tolist()]


_NEGATED_A = _table(2, 3, 0, 1)
_NEGATED_B = _table(1, 0, 3, 2)
_SWAPPED = _table(0, 2, 1, 3)
_SAME_WIRE = _table(0, 0, 3, 3)
_A_IS = (_table(0, 1, 0, 1), _table(2, 3, 2, 3))
_B_IS = (_table(0, 0, 2, 2), _table(1, 1, 3, 3))
_CONSTANT = {FALSE: 0, TRUE: 1}
_READS = list(zip(READS_A.tolist(), READS_B.tolist(), strict=True))
