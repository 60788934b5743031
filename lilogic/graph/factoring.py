"""Factoring: the cones of roots written anew with fewer gates.

A root is a function of at most six leaves. Of all its cofactors, 729 at most, the cheapest form is
found from the smallest on: a gate of a wire and one cofactor where the other is constant, the
same or the complement, two gates where one cofactor implies the other, else a multiplexer; for
each the best wire is taken. That is the dynamic program over the orders of a decision diagram,
with forms that such diagrams lack.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lilogic.graph import GateGraph
from lilogic.graph.circuit import Int32
from lilogic.graph.cones import MOST_LEAVES
from lilogic.graph.gates import (
    AND,
    NOT_A,
    NOT_A_AND_B,
    NOT_A_OR_B,
    OR,
    READS_A,
    READS_B,
    XOR,
)
from lilogic.jit import njit

_WEIGHT = np.where(READS_A & READS_B, 2, 0).astype(np.int64)
_WEIGHT[[XOR, XOR ^ 15]] = 3
"""What gates cost, in halves of an AND: inverters and wires are free."""

_GATE, _PAIR, _MUX = 2, 4, 6
_STATES = 3**MOST_LEAVES
_WORD = (1 << 32) - 1

_STEPS = 3 ** np.arange(MOST_LEAVES)
_IS_LEFT = np.arange(_STATES)[:, None] // _STEPS % 3 == 2
"""bool [states, leaves]: which leaves a state's function may depend on."""

# How a cofactor is made; the arguments stand beside it.
_CONSTANT, _SAME, _LITERAL, _BOTH_DIFFER, _ONE, _ONE_IMPLIES, _SELECTS = range(7)

Int64 = npt.NDArray[np.int64]


def factored(graph: GateGraph) -> GateGraph:
    """The same graph with cones written anew where that costs less.

    Without ``graph.roots``, there is nothing to write anew.
    """
    if not len(graph.roots):
        return graph
    cones = graph.cones
    scratch = _Scratch.of(graph)
    counted = graph.head_nodes[graph.head_nodes >= graph.n_inputs]
    roots = np.union1d(cones.roots, counted)  # heads may count constants
    leaves = cones.leaves[roots - graph.n_inputs].astype(np.int32).reshape(-1)
    # What is written anew costs less than the gates before, and an inverter a leaf costs nothing.
    most = 2 * _size(scratch, roots, leaves) + (MOST_LEAVES + 1) * len(roots)
    op, a, b = np.zeros((3, most), dtype=np.int32)
    made = _Made(op, a, b, np.zeros(1, dtype=np.int64))
    _factor(scratch, made, roots, leaves)
    n_gates = int(made.end[0])
    number = scratch.number
    kept = number[graph.roots]  # those of which nothing is needed have none
    return replace(
        graph,
        op=made.op[:n_gates].astype(np.uint8),
        a=made.a[:n_gates],
        b=made.b[:n_gates],
        roots=np.unique(kept[kept >= graph.n_inputs]).astype(np.int32),
        head_nodes=number[graph.head_nodes],
    )


class _Made(NamedTuple):
    """The gates so far: int32 [gates] each, and int64 [1], how many."""

    op: Int32
    a: Int32
    b: Int32
    end: Int64


class _Scratch(NamedTuple):
    """A graph's gates, and what is known of the cone that is looked at.

    A function of the leaves is two words of 32 bits, of which the lower has the values where the
    last leaf is 0; ``states`` number the cofactors of the root's function: in base 3, digit i says
    that leaf i is 0, is 1, or is left.

    Attributes:
        op, a, b: int64 and int32 [gates].
        number: int32 [nodes], the new number of input bits and of what was made; else -1.
        stamp: int64 [nodes], the walk that saw a node last.
        low, high: int64 [nodes], the function of what has the stamp.
        stack: int64, room for two times all nodes and for all states.
        inverter: int64 [leaves], of each leaf, or -1.
        low_of, high_of, cost, kind, leaf, first, second, node: int64 [states].
        variables: int64 [2 leaves], the functions that are one leaf: the low words, then the high.
    """

    op: Int64
    a: Int32
    b: Int32
    number: Int32
    stamp: Int64
    low: Int64
    high: Int64
    stack: Int64
    inverter: Int64
    low_of: Int64
    high_of: Int64
    cost: Int64
    kind: Int64
    leaf: Int64
    first: Int64
    second: Int64
    node: Int64
    variables: Int64

    @classmethod
    def of(cls, graph: GateGraph) -> _Scratch:
        number = np.full(graph.n_nodes, -1, dtype=np.int32)
        number[: graph.n_inputs] = np.arange(graph.n_inputs)
        stamp, low, high = np.full((3, graph.n_nodes), -1, dtype=np.int64)
        stack = np.zeros(2 * graph.n_nodes + 2 * _STATES, dtype=np.int64)
        inverter = np.zeros(MOST_LEAVES, dtype=np.int64)
        states = np.zeros((8, _STATES), dtype=np.int64)
        low_of, high_of, cost, kind, leaf, first, second, node = states
        entries = np.arange(2**MOST_LEAVES)
        values = [[(1 << int(e) % 32) * int(e >> leaf & 1) for e in entries] for leaf in range(6)]
        words = [[sum(v[:32]) for v in values], [sum(v[32:]) for v in values]]
        return cls(
            graph.op.astype(np.int64), graph.a, graph.b, number, stamp, low, high, stack,
            inverter, low_of, high_of, cost, kind, leaf, first, second, node,
            np.array(words, dtype=np.int64).reshape(-1),
        )  # fmt: skip


@njit(cache=True)
def _size(scratch: _Scratch, roots: Int64, leaves: Int32) -> int:
    """How many gates the cones of all roots have."""
    size = 0
    most = len(leaves) // max(1, len(roots))
    for at in range(len(roots)):
        size += _walk(scratch, roots[at], 2 * at, leaves, at * most, most)[0]
    return size


@njit(cache=True)
def _factor(scratch: _Scratch, made: _Made, roots: Int64, leaves: Int32) -> None:
    """Make the gates of all roots, in their order."""
    n_inputs = len(scratch.number) - len(scratch.op)
    most = len(leaves) // max(1, len(roots))
    for at in range(len(roots)):
        root, start = roots[at], at * most
        count = 0
        while count < most and leaves[start + count] >= 0:
            count += 1
        _, weight = _walk(scratch, root, 2 * at + 1, leaves, start, most)
        states = 3**count
        _cofactors(scratch, root, count, states)
        for state in range(states):
            _choose(scratch, state, count)
        if scratch.cost[states - 1] < weight:
            scratch.number[root] = _make(scratch, made, states - 1, leaves, start, n_inputs)
        else:
            _copy(scratch, made, root, n_inputs)


@njit(cache=True)
def _walk(
    scratch: _Scratch, root: int, walk: int, leaves: Int32, start: int, most: int
) -> tuple[int, int]:
    """Fill in the functions of a cone's gates; how many they are, and what they cost."""
    n_inputs = len(scratch.number) - len(scratch.op)
    for place in range(most):
        leaf = leaves[start + place]
        if leaf >= 0:
            scratch.stamp[leaf] = walk
            scratch.low[leaf] = scratch.variables[place]
            scratch.high[leaf] = scratch.variables[6 + place]
    depth, size, weight = 1, 0, 0
    scratch.stack[0] = root
    while depth:
        node = scratch.stack[depth - 1]
        if scratch.stamp[node] == walk:
            depth -= 1
            continue
        gate = node - n_inputs
        op, a, b = scratch.op[gate], scratch.a[gate], scratch.b[gate]
        waits = False
        if READS_A[op] and scratch.stamp[a] != walk:
            scratch.stack[depth] = a
            depth, waits = depth + 1, True
        if READS_B[op] and scratch.stamp[b] != walk:
            scratch.stack[depth] = b
            depth, waits = depth + 1, True
        if waits:
            continue
        depth -= 1
        low_a, high_a, low_b, high_b = 0, 0, 0, 0
        if scratch.stamp[a] == walk:
            low_a, high_a = scratch.low[a], scratch.high[a]
        if scratch.stamp[b] == walk:
            low_b, high_b = scratch.low[b], scratch.high[b]
        scratch.stamp[node] = walk
        scratch.low[node] = _apply(op, low_a, low_b)
        scratch.high[node] = _apply(op, high_a, high_b)
        size += 1
        weight += _WEIGHT[op]
    return size, weight


@njit(cache=True)
def _apply(op: int, a: int, b: int) -> int:
    """A gate of 32 values at once."""
    value = 0
    if op & 8:
        value |= (a ^ _WORD) & (b ^ _WORD)
    if op & 4:
        value |= (a ^ _WORD) & b
    if op & 2:
        value |= a & (b ^ _WORD)
    if op & 1:
        value |= a & b
    return value


@njit(cache=True)
def _cofactors(scratch: _Scratch, root: int, count: int, states: int) -> None:
    """Fill in the functions of all states, from the root's own on."""
    low_of, high_of = scratch.low_of, scratch.high_of
    low_of[states - 1], high_of[states - 1] = scratch.low[root], scratch.high[root]
    for state in range(states - 1, -1, -1):
        low, high = low_of[state], high_of[state]
        for leaf in range(count):
            if _IS_LEFT[state, leaf]:
                zero, one = state - 2 * _STEPS[leaf], state - _STEPS[leaf]
                if leaf == 5:
                    low_of[zero], high_of[zero] = low, low
                    low_of[one], high_of[one] = high, high
                else:
                    shift, variable = 1 << leaf, scratch.variables[leaf]
                    low0, high0 = low & (variable ^ _WORD), high & (variable ^ _WORD)
                    low1, high1 = low & variable, high & variable
                    low_of[zero], high_of[zero] = low0 | low0 << shift, high0 | high0 << shift
                    low_of[one], high_of[one] = low1 | low1 >> shift, high1 | high1 >> shift


@njit(cache=True)
def _choose(scratch: _Scratch, state: int, count: int) -> None:
    """The cheapest way to make a state of smaller ones."""
    low_of, high_of, cost = scratch.low_of, scratch.high_of, scratch.cost
    low, high = low_of[state], high_of[state]
    if (low == 0 and high == 0) or (low == _WORD and high == _WORD):
        cost[state], scratch.kind[state], scratch.first[state] = 0, _CONSTANT, low & 1
        return
    best = 1 << 30
    for leaf in range(count):
        if _IS_LEFT[state, leaf]:
            zero, one = state - 2 * _STEPS[leaf], state - _STEPS[leaf]
            low0, high0, low1, high1 = low_of[zero], high_of[zero], low_of[one], high_of[one]
            never0, never1 = low0 == 0 and high0 == 0, low1 == 0 and high1 == 0
            always0 = low0 == _WORD and high0 == _WORD
            always1 = low1 == _WORD and high1 == _WORD
            kind, first, second, price = _SELECTS, zero, one, cost[zero] + cost[one] + _MUX
            if low0 == low1 and high0 == high1:
                kind, price = _SAME, cost[zero]
            elif (never0 and always1) or (always0 and never1):
                kind, first, price = _LITERAL, 1 if always1 else 0, 0
            elif low0 == low1 ^ _WORD and high0 == high1 ^ _WORD:
                kind, price = _BOTH_DIFFER, cost[zero] + _GATE + 1
            elif never0:
                kind, first, second, price = _ONE, one, AND, cost[one] + _GATE
            elif never1:
                kind, second, price = _ONE, NOT_A_AND_B, cost[zero] + _GATE
            elif always0:
                kind, first, second, price = _ONE, one, NOT_A_OR_B, cost[one] + _GATE
            elif always1:
                kind, second, price = _ONE, OR, cost[zero] + _GATE
            elif low0 & (low1 ^ _WORD) == 0 and high0 & (high1 ^ _WORD) == 0:
                kind, price = _ONE_IMPLIES, cost[zero] + cost[one] + _PAIR
            elif low1 & (low0 ^ _WORD) == 0 and high1 & (high0 ^ _WORD) == 0:
                kind, first, second = _ONE_IMPLIES, one, zero
                price = cost[zero] + cost[one] + _PAIR
            if price < best:
                best = price
                cost[state], scratch.kind[state], scratch.leaf[state] = price, kind, leaf
                scratch.first[state], scratch.second[state] = first, second


@njit(cache=True)
def _make(
    scratch: _Scratch, made: _Made, top: int, leaves: Int32, start: int, n_inputs: int
) -> int:
    """Make a state and those that it is made of; the number of what is new."""
    stack, node = scratch.stack, scratch.node
    # Marks of what is made; costs are not needed any more.
    is_made = scratch.cost
    for state in range(top + 1):
        is_made[state] = 0
    for leaf in range(MOST_LEAVES):
        scratch.inverter[leaf] = -1
    depth = 1
    stack[0] = top
    while depth:
        state = stack[depth - 1]
        kind, first, second = scratch.kind[state], scratch.first[state], scratch.second[state]
        reads_first = kind in (_SAME, _BOTH_DIFFER, _ONE, _ONE_IMPLIES, _SELECTS)
        reads_second = kind in (_ONE_IMPLIES, _SELECTS)
        if reads_first and not is_made[first]:
            stack[depth] = first
            depth += 1
        elif reads_second and not is_made[second]:
            stack[depth] = second
            depth += 1
        else:
            depth -= 1
            if not is_made[state]:
                is_made[state] = 1
                wire = scratch.number[leaves[start + scratch.leaf[state]]]
                node[state] = _made_of(scratch, made, state, wire, n_inputs)
    return int(node[top])


@njit(cache=True)
def _made_of(scratch: _Scratch, made: _Made, state: int, wire: int, n_inputs: int) -> Any:
    """A state's number, of those that it is made of."""
    kind, first, second = scratch.kind[state], scratch.first[state], scratch.second[state]
    node = scratch.node
    if kind == _CONSTANT:
        return _gate(made, 15 * first, 0, 0, n_inputs)
    if kind == _SAME:
        return node[first]
    if kind == _LITERAL:
        if first:
            return wire
        leaf = scratch.leaf[state]
        if scratch.inverter[leaf] < 0:
            scratch.inverter[leaf] = _gate(made, NOT_A, wire, wire, n_inputs)
        return scratch.inverter[leaf]
    if kind == _BOTH_DIFFER:
        return _gate(made, XOR, wire, node[first], n_inputs)
    if kind == _ONE:
        return _gate(made, second, wire, node[first], n_inputs)
    if kind == _ONE_IMPLIES:
        # What is implied holds for one value of the wire only: that of the state's digit.
        op = AND if second > first else NOT_A_AND_B
        kept = _gate(made, op, wire, node[second], n_inputs)
        return _gate(made, OR, node[first], kept, n_inputs)
    off = _gate(made, NOT_A_AND_B, wire, node[first], n_inputs)
    on = _gate(made, AND, wire, node[second], n_inputs)
    return _gate(made, OR, off, on, n_inputs)


@njit(cache=True)
def _gate(made: _Made, op: int, a: int, b: int, n_inputs: int) -> int:
    at = int(made.end[0])
    made.op[at], made.a[at], made.b[at] = op, a, b
    made.end[0] = at + 1
    return n_inputs + at


@njit(cache=True)
def _copy(scratch: _Scratch, made: _Made, root: int, n_inputs: int) -> None:
    """Make the gates of a cone as they are; what other cones share is there already."""
    depth = 1
    scratch.stack[0] = root
    while depth:
        node = scratch.stack[depth - 1]
        gate = node - n_inputs
        if scratch.number[node] >= 0:
            depth -= 1
            continue
        op, a, b = scratch.op[gate], scratch.a[gate], scratch.b[gate]
        if READS_A[op] and scratch.number[a] < 0:
            scratch.stack[depth] = a
            depth += 1
        elif READS_B[op] and scratch.number[b] < 0:
            scratch.stack[depth] = b
            depth += 1
        else:
            depth -= 1
            # What a function ignores may be anything that is there.
            new_a = scratch.number[a] if READS_A[op] else 0
            new_b = scratch.number[b] if READS_B[op] else 0
            scratch.number[node] = _gate(made, op, new_a, new_b, n_inputs)
