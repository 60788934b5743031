"""Rules that rewrite one gate at a time, and walks that apply them in topological order.

A walk may apply several rules, so that what one uncovers the next one finishes. Each rule is given
a node's gate, as function and wires, and gives the gate to put there; it may also say what replaces
the node. Walks are linear in gates.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lilogic.graph.circuit import Int32, Row
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
from lilogic.jit import loop, part

_NOBODY = -1


class Table(NamedTuple):
    """Gates that are found by function and wires.

    Attributes:
        op: uint8 [gates].
        a: int32 [gates].
        b: int32 [gates].
        seats: int32 [2 pairs]: of a gate, and of one with the complementary function of the same
            wires, or ``_NOBODY``. ``_pair`` finds two, ``_side`` says which of them is a gate's.
    """

    op: npt.NDArray[np.uint8]
    a: Int32
    b: Int32
    seats: Int32

    @classmethod
    def of(cls, op: npt.NDArray[np.uint8], a: Int32, b: Int32) -> Table:
        """A table of these gates in which none is seated; half of the pairs stay free or more."""
        seats = np.full(4 << len(op).bit_length(), _NOBODY, dtype=np.int32)
        return cls(op, a, b, seats)


class Walk(NamedTuple):
    """What became of each node, while gates are rewritten.

    Attributes:
        n_inputs: number of input bits.
        gates: up to the node where the walk is, the rewritten gates, and those with a seat are the
            first of their kind; from there on, the gates as they were.
        source: int32 [nodes], the node that later gates read instead.
        inverted: bool [nodes], whether they then read the complement.
        counted: int32 [nodes], the node that heads count instead.
    """

    n_inputs: int
    gates: Table
    source: Int32
    inverted: npt.NDArray[np.bool_]
    counted: Int32

    @classmethod
    def over(cls, n_inputs: int, op: npt.NDArray[np.uint8], a: Int32, b: Int32) -> Walk:
        """A walk over copies of these gates."""
        nodes = np.arange(n_inputs + len(op), dtype=np.int32)
        gates = Table.of(op.copy(), a.copy(), b.copy())
        return cls(n_inputs, gates, nodes, np.zeros(len(nodes), dtype=bool), nodes.copy())


@loop
def fold_constants(walk: Walk) -> None:
    """``_fold`` all gates."""
    for node in range(walk.n_inputs, len(walk.source)):
        op, a, b = _read(walk, node)
        op, a, b = _fold(walk, op, a, b)
        _put(walk, node, op, a, b)


@loop
def absorb_buffers(walk: Walk) -> None:
    """``_absorb`` all gates."""
    for node in range(walk.n_inputs, len(walk.source)):
        op, a, b = _read(walk, node)
        op, a, b = _absorb(walk, node, op, a, b)
        _put(walk, node, op, a, b)


@loop
def merge_duplicates(walk: Walk) -> None:
    """``_order`` and ``_merge`` all gates."""
    for node in range(walk.n_inputs, len(walk.source)):
        op, a, b = _read(walk, node)
        op, a, b = _order(op, a, b)
        op, a, b = _merge(walk, node, op, a, b)
        _put(walk, node, op, a, b)


@loop
def simplify(walk: Walk) -> None:
    """Apply all rules but ``_choose``."""
    for node in range(walk.n_inputs, len(walk.source)):
        op, a, b = _read(walk, node)
        op, a, b = _fold(walk, op, a, b)
        op, a, b = _order(op, a, b)
        op, a, b = _absorb(walk, node, op, a, b)
        op, a, b = _merge(walk, node, op, a, b)
        _put(walk, node, op, a, b)


@loop
def choose_counted(walk: Walk, counted: Table, is_counted: npt.NDArray[np.bool_]) -> None:
    """``_choose`` and ``_merge`` all gates.

    Args:
        walk: the walk.
        counted: the gates as they are before the walk; those that heads count get seated.
        is_counted: bool [gates], which those are.
    """
    for gate in range(len(is_counted)):
        if is_counted[gate]:
            op, a, b = counted.op[gate], counted.a[gate], counted.b[gate]
            counted.seats[_pair(counted, op, a, b) + _side(op)] = gate
    for node in range(walk.n_inputs, len(walk.source)):
        op, a, b = _read(walk, node)
        if not is_counted[node - walk.n_inputs]:
            op, a, b = _choose(walk, counted, node, op, a, b)
        op, a, b = _merge(walk, node, op, a, b)
        _put(walk, node, op, a, b)


@part
def _fold(walk: Walk, op: int, a: int, b: int) -> Row:
    """A gate that reads constants as a function of the other wire."""
    function_a, function_b = _function(walk, a), _function(walk, b)
    if function_a == FALSE:
        op = _A_IS_0[op]
    elif function_a == TRUE:
        op = _A_IS_1[op]
    if function_b == FALSE:
        op = _B_IS_0[op]
    elif function_b == TRUE:
        op = _B_IS_1[op]
    return op, a, b


@part
def _order(op: int, a: int, b: int) -> Row:
    """The one way to write a function: a < b, or a == b for one wire, or both 0 for none."""
    if a == b:
        op = _SAME_WIRE[op]
    if not _READS_A[op] and not _READS_B[op]:
        return op, 0, 0
    if not _READS_B[op]:
        return op, a, a
    if not _READS_A[op]:
        return _SWAPPED[op], b, b
    if a > b:
        return _SWAPPED[op], b, a
    return op, a, b


@part
def _absorb(walk: Walk, node: int, op: int, a: int, b: int) -> Row:
    """In place of a buffer or inverter, its source is read."""
    if op not in (A, B, NOT_A, NOT_B):
        return op, a, b
    source = a if op in (A, NOT_A) else b
    walk.source[node] = source
    if op in (A, B):
        walk.counted[node] = source
        return op, a, b
    walk.inverted[node] = True
    if source < walk.n_inputs:
        return op, a, b
    op, a, b = _gate(walk, source)
    return TRUE - op, a, b


@part
def _merge(walk: Walk, node: int, op: int, a: int, b: int) -> Row:
    """In place of a gate, the first with that function or its complement is read."""
    pair, side, seats = _pair(walk.gates, op, a, b), _side(op), walk.gates.seats
    if seats[pair + side] == _NOBODY:
        seats[pair + side] = node - walk.n_inputs
    equal = walk.n_inputs + seats[pair + side]
    other = seats[pair + 1 - side]
    complement = node if other == _NOBODY else walk.n_inputs + other
    if walk.counted[node] == node:
        walk.counted[node] = equal
    if walk.source[node] == node:
        walk.source[node] = min(equal, complement)
        walk.inverted[node] ^= complement < equal
    return op, a, b


@part
def _choose(walk: Walk, counted: Table, node: int, op: int, a: int, b: int) -> Row:
    """A gate that heads do not count, as the complement that they do count."""
    if counted.seats[_pair(counted, op, a, b) + 1 - _side(op)] == _NOBODY:
        return op, a, b
    walk.inverted[node] = True
    return TRUE - op, a, b


@part
def _read(walk: Walk, node: int) -> Row:
    """The gate as it was, as a function of what became of its wires."""
    op, a, b = _gate(walk, node)
    if walk.inverted[a]:
        op = _NEGATED_A[op]
    if walk.inverted[b]:
        op = _NEGATED_B[op]
    return op, walk.source[a], walk.source[b]


@part
def _put(walk: Walk, node: int, op: int, a: int, b: int) -> None:
    gate = node - walk.n_inputs
    walk.gates.op[gate], walk.gates.a[gate], walk.gates.b[gate] = op, a, b


@part
def _gate(walk: Walk, node: int) -> Row:
    gate = node - walk.n_inputs
    return walk.gates.op[gate], walk.gates.a[gate], walk.gates.b[gate]


@part
def _function(walk: Walk, node: int) -> int:
    """A gate's function; an input bit's is its own."""
    return A if node < walk.n_inputs else walk.gates.op[node - walk.n_inputs]


@part
def _pair(table: Table, op: int, a: int, b: int) -> int:
    """Where a gate with that function of these wires or its complement sits, or where it can.

    That is the first pair of seats that fits or is free, from one on that depends on the gate.
    """
    seats, last = table.seats, len(table.seats) - 1
    low = min(op, TRUE - op)
    mixed = a * _FACTORS[0] + b * _FACTORS[1] + low * _FACTORS[2]
    pair = (mixed ^ (mixed >> 32)) & last & ~1
    while True:
        gate = seats[pair] if seats[pair] != _NOBODY else seats[pair + 1]
        if gate == _NOBODY:
            return pair
        function = table.op[gate]
        if table.a[gate] == a and table.b[gate] == b and low == min(function, TRUE - function):
            return pair
        pair = (pair + 2) & last


@part
def _side(op: int) -> int:
    """Which seat of a pair is for a function: the first if it is 0 where both wires are."""
    return int(op > TRUE - op)


_FACTORS = 0x2C1B3C6D, 0x297A2D39, 0x1B56C4E9
"""Odd numbers below 2**30, so that no sum exceeds 63 bits."""


def _table(*rows: int) -> tuple[Any, ...]:
    """For each op, the op whose truth table has these rows of its own."""
    return tuple(from_truth(*(truth[row] for row in rows)) for truth in TRUTH.tolist())


_NEGATED_A = _table(2, 3, 0, 1)
_NEGATED_B = _table(1, 0, 3, 2)
_SWAPPED = _table(0, 2, 1, 3)
_SAME_WIRE = _table(0, 0, 3, 3)
_A_IS_0 = _table(0, 1, 0, 1)
_A_IS_1 = _table(2, 3, 2, 3)
_B_IS_0 = _table(0, 0, 2, 2)
_B_IS_1 = _table(1, 1, 3, 3)
_READS_A = tuple(READS_A.tolist())
_READS_B = tuple(READS_B.tolist())
