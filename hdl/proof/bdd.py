"""Reduced ordered binary decision diagrams, to prove sums.

A SAT solver does not finish with sums of more than a few dozen bits. As decision diagrams, the
bits of a sum grow only with the square of the number of bits, and equal functions are the same
node (R. E. Bryant, "Graph-Based Algorithms for Boolean Function Manipulation", 1986).
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.graph import Circuit
from lilogic.jit import njit

MAX_VARIABLES = 4096
"""More variables could overflow the stack."""

_NODES = 2**24
_TABLE = 2**25
_CACHE = 2**22
_NO_ROOM = -1


class TooLargeError(Exception):
    """The diagrams outgrew their memory or time."""


class Diagrams:
    """A store of diagrams over variables 0, 1, …, from the root down; nodes 0 and 1 are constants.

    Args:
        seconds: time after which work is given up.

    Raises:
        TooLargeError: from all methods, where a diagram outgrows its memory or time.
    """

    def __init__(self, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds
        # Rows: variable, low, high. Pages of zeros take no memory before they are used.
        self._nodes = np.zeros((_NODES, 3), dtype=np.int32)
        self._nodes[:2, 0] = np.iinfo(np.int32).max
        self._used = np.array([2])
        self._table = np.zeros(_TABLE, dtype=np.int32)
        self._cache = np.zeros((_CACHE, 2), dtype=np.int64)

    def outputs(self, circuit: Circuit) -> list[int]:
        """The diagrams of the circuit's outputs; variables are its inputs."""
        inputs = range(circuit.n_inputs)
        roots = [self._checked(_node(v, 0, 1, *self._store)) for v in inputs]
        for op, a, b in circuit.rows():
            roots.append(self.apply(op, roots[a], roots[b]))
        return [roots[node] for node in circuit.outputs.tolist()]

    def apply(self, op: int, a: int, b: int) -> int:
        """The diagram of gate ``op`` (see ``lilogic.graph.gates``) of two diagrams."""
        return self._checked(_apply(op, a, b, self._cache, *self._store))

    def sum_bit(self, weights: npt.NDArray[Any], offset: int, bit: int) -> int:
        """The diagram of one bit of ``offset + Σ weights[v]·v`` in two's complement."""
        return self._checked(_sum_bit(weights.astype(np.int64), offset, bit, *self._store))

    def assignment(self, root: int) -> dict[int, bool]:
        """Values of some variables that make ``root``, which is not 0, true whatever the rest."""
        values = {}
        while root != 1:
            variable, low, high = self._nodes[root].tolist()
            values[variable] = low == 0
            root = high if low == 0 else low
        return values

    @property
    def _store(self) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
        return self._nodes, self._used, self._table

    def _checked(self, root: int) -> int:
        if root == _NO_ROOM:
            raise TooLargeError(f"the decision diagrams need more than {_NODES} nodes")
        if time.monotonic() > self._deadline:
            raise TooLargeError("the decision diagrams take too long")
        return int(root)


@njit(cache=True)
def _node(variable: int, low: int, high: int, nodes: Any, used: Any, table: Any) -> Any:
    """The one node with these fields."""
    if low == high:
        return low
    key = (variable * 40_503 + low) * 2_654_435_761 + high * 2_246_822_519
    slot = (key ^ key >> 29) & (len(table) - 1)
    while table[slot] != 0:
        found = table[slot]
        if nodes[found, 0] == variable and nodes[found, 1] == low and nodes[found, 2] == high:
            return found
        slot = (slot + 1) & (len(table) - 1)
    new = used[0]
    if new == len(nodes):
        return _NO_ROOM
    used[0] = new + 1
    table[slot] = new
    nodes[new, 0], nodes[new, 1], nodes[new, 2] = variable, low, high
    return new


@njit(cache=True)
def _apply(op: int, a: int, b: int, cache: Any, nodes: Any, used: Any, table: Any) -> Any:
    # Where only one diagram is left to look at, the result is constant or the diagram itself,
    # or else its complement, which is worked out like any other gate.
    if a < 2 and b < 2:
        return (op >> (3 - 2 * a - b)) & 1
    if a < 2 or b < 2 or a == b:
        if a < 2:
            if_false, if_true, rest = (op >> (3 - 2 * a)) & 1, (op >> (2 - 2 * a)) & 1, b
        elif b < 2:
            if_false, if_true, rest = (op >> (3 - b)) & 1, (op >> (1 - b)) & 1, a
        else:
            if_false, if_true, rest = (op >> 3) & 1, op & 1, a
        if if_false == if_true:
            return if_true
        if if_true == 1:
            return rest
    key = (op << 56) | (a << 28) | b
    slot = (key * 0x9E3779B97F4A7C1 >> 23) & (len(cache) - 1)
    if cache[slot, 0] == key:
        return cache[slot, 1]
    variable = min(nodes[a, 0], nodes[b, 0])
    low_a, high_a, low_b, high_b = a, a, b, b
    if nodes[a, 0] == variable:
        low_a, high_a = nodes[a, 1], nodes[a, 2]
    if nodes[b, 0] == variable:
        low_b, high_b = nodes[b, 1], nodes[b, 2]
    low = _apply(op, low_a, low_b, cache, nodes, used, table)
    high = _apply(op, high_a, high_b, cache, nodes, used, table)
    if low == _NO_ROOM or high == _NO_ROOM:
        return _NO_ROOM
    result = _node(variable, low, high, nodes, used, table)
    if result != _NO_ROOM:
        cache[slot, 0], cache[slot, 1] = key, result
    return result


@njit(cache=True)
def _sum_bit(weights: Any, offset: int, bit: int, nodes: Any, used: Any, table: Any) -> Any:
    # below[s]: the bit, as a function of the variables from v on, where those before v sum to s.
    total = weights.sum()
    below = np.empty(total + 1, dtype=np.int64)
    for partial in range(total + 1):
        below[partial] = ((offset + partial) >> bit) & 1
    for variable in range(len(weights) - 1, -1, -1):
        total -= weights[variable]
        for partial in range(total + 1):
            high = below[partial + weights[variable]]
            below[partial] = _node(variable, below[partial], high, nodes, used, table)
            if below[partial] == _NO_ROOM:
                return _NO_ROOM
    return below[0]
