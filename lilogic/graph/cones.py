"""Cones: the gates that stand for one node of up to six wires, which fits one lookup table.

Which those are, a graph's ``roots`` say. Whatever they say, every cone found here is one, so roots
can make a circuit larger or slower, but not wrong.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lilogic.graph.circuit import Gates, Int32, read_only
from lilogic.graph.gates import READS_A, READS_B
from lilogic.jit import loop, part

MOST_LEAVES = 6
"""Wires that a cone may read: as many as a lookup table of an FPGA has, or a trained node."""

_NOTHING = -1

Bools = npt.NDArray[np.bool_]


class Cones(NamedTuple):
    """For each gate, a cone that ends in it; and the roots, whose values are needed outside theirs.

    Without ``Gates.roots``, each gate is a cone.

    Attributes:
        leaves: int32 [gates, most leaves], the wires that a gate is a function of, in no order, and
            -1 behind them. Those of roots are input bits and other roots, or constants where each
            gate is a cone.
        level: int32 [nodes]: 0 for input bits, else 1 + the largest level among the leaves.
        is_root: bool [nodes]: outputs that are gates, and gates that are leaves of other roots.
    """

    leaves: Int32
    level: Int32
    is_root: Bools

    @classmethod
    def of(cls, gates: Gates, outputs: Int32) -> Cones:
        """The cones of gates, of which ``outputs`` are needed."""
        leaves, level = _grown(gates, outputs) if len(gates.roots) else _single(gates)
        is_root = np.zeros(gates.n_nodes, dtype=bool)
        is_root[outputs] = True
        _mark_leaves(leaves.reshape(-1), leaves.shape[1], is_root)
        is_root[: gates.n_inputs] = False
        return cls(read_only(leaves), read_only(level), read_only(is_root))

    @property
    def roots(self) -> npt.NDArray[np.int64]:
        """int64 [roots], ascending."""
        return np.flatnonzero(self.is_root)

    @property
    def root_leaves(self) -> Int32:
        """int32 [roots, most leaves]: the leaves of the roots, as in ``leaves``."""
        return self.leaves[self.roots - len(self.level) + len(self.leaves)]


def _single(gates: Gates) -> tuple[Int32, Int32]:
    """Leaves and levels of cones of one gate each."""
    reads = np.stack([READS_A[gates.op], READS_B[gates.op]], 1)
    return np.where(reads, np.stack([gates.a, gates.b], 1), np.int32(_NOTHING)), gates.levels


def _grown(gates: Gates, outputs: Int32) -> tuple[Int32, Int32]:
    """Leaves and levels of cones that end where the gates' roots and outputs do."""
    is_root = np.zeros(gates.n_nodes, dtype=bool)
    is_root[: gates.n_inputs] = True
    is_root[gates.roots] = True
    is_root[outputs] = True
    growth = _Growth(
        leaves=np.full(gates.n_gates * MOST_LEAVES, _NOTHING, dtype=np.int32),
        level=np.zeros(gates.n_nodes, dtype=np.int32),
        is_root=is_root,
        chosen=np.zeros(3 * MOST_LEAVES, dtype=np.int32),
        deeper=np.zeros(3 * MOST_LEAVES, dtype=np.int32),
    )
    _grow(growth, READS_A[gates.op], gates.a, READS_B[gates.op], gates.b)
    return growth.leaves.reshape(-1, MOST_LEAVES), growth.level


@loop
def _mark_leaves(leaves: Int32, most: int, is_root: Bools) -> None:
    """Mark the leaves of what is marked; gates are the last nodes."""
    n_inputs = len(is_root) - len(leaves) // most
    for node in range(len(is_root) - 1, n_inputs - 1, -1):
        if is_root[node]:
            for place in range((node - n_inputs) * most, (node - n_inputs + 1) * most):
                if leaves[place] != _NOTHING:
                    is_root[leaves[place]] = True


class _Growth(NamedTuple):
    """What ``_grow`` finds, and scratch.

    Attributes:
        leaves: int32 [gates * MOST_LEAVES], those of each gate.
        level: int32 [nodes].
        is_root: bool [nodes], whether cones that read a node have it as their leaf, and not its
            leaves; input bits are.
        chosen: int32 [3 * MOST_LEAVES], the leaves of the gate that is looked at.
        deeper: likewise, others that it could have.
    """

    leaves: Int32
    level: Int32
    is_root: Bools
    chosen: Int32
    deeper: Int32


@loop
def _grow(growth: _Growth, reads_a: Bools, a: Int32, reads_b: Bools, b: Int32) -> None:
    """Find the leaves of each gate.

    They are those of the wires that it reads, as far as these are not roots. Passes share gates, so
    a root may stand where the gates within another cone ended; cones look through it where
    its leaves are their own. Roots do so, too, where that lowers their level.
    """
    n_inputs = len(growth.level) - len(a)
    for gate in range(len(a)):
        count = 0
        if reads_a[gate]:
            count = _read(growth, a[gate], growth.chosen, count)
        if reads_b[gate]:
            count = _read(growth, b[gate], growth.chosen, count)
        if count > MOST_LEAVES:
            count = _without_repeated(growth, count)
        if count > MOST_LEAVES:
            # Not a node of so few wires, whatever the roots say.
            growth.is_root[a[gate]] = growth.is_root[b[gate]] = True
            count = _read(growth, a[gate], growth.chosen, 0)
            count = _read(growth, b[gate], growth.chosen, count)
        if growth.is_root[n_inputs + gate]:
            count = _lowered(growth, count)
        level = 0
        for place in range(count):
            growth.leaves[gate * MOST_LEAVES + place] = growth.chosen[place]
            level = max(level, growth.level[growth.chosen[place]])
        growth.level[n_inputs + gate] = 1 + level
        if not count:
            # Always the same: nothing that a lookup table would have to read.
            growth.is_root[n_inputs + gate] = False


@part
def _read(growth: _Growth, wire: int, into: Int32, count: int) -> int:
    """Add what a cone reads with ``wire`` to the first ``count`` leaves; returns how many it is."""
    if growth.is_root[wire]:
        return _add(wire, into, count)
    return _add_leaves(growth, wire, into, count)


@part
def _add(leaf: int, into: Int32, count: int) -> int:
    for place in range(count):
        if into[place] == leaf:
            return count
    into[count] = leaf
    return count + 1


@part
def _add_leaves(growth: _Growth, node: int, into: Int32, count: int) -> int:
    first = _first(growth, node)
    for place in range(first, first + MOST_LEAVES):
        if growth.leaves[place] != _NOTHING:
            count = _add(growth.leaves[place], into, count)
    return count


@part
def _first(growth: _Growth, node: int) -> int:
    """Where a gate's leaves begin; below 0 for an input bit."""
    gates = len(growth.leaves) // MOST_LEAVES
    return (node - len(growth.level) + gates) * MOST_LEAVES


@part
def _without_repeated(growth: _Growth, count: int) -> int:
    """Leave out chosen leaves whose own leaves are all chosen, until there are few enough."""
    chosen, place = growth.chosen, 0
    while place < count and count > MOST_LEAVES:
        leaf = chosen[place]
        chosen[place] = chosen[count - 1]
        is_repeated = _first(growth, leaf) >= 0
        if is_repeated:
            is_repeated = _add_leaves(growth, leaf, chosen, count - 1) == count - 1
        if is_repeated:
            count, place = count - 1, 0
        else:
            chosen[count - 1] = chosen[place]
            chosen[place] = leaf
            place += 1
    return count


@part
def _lowered(growth: _Growth, count: int) -> int:
    """Look through the chosen leaves of the highest level, as long as there are few enough."""
    chosen, deeper = growth.chosen, growth.deeper
    while True:
        top = 0
        for place in range(count):
            top = max(top, growth.level[chosen[place]])
        fewer = 0
        for place in range(count):
            if growth.level[chosen[place]] < top:
                fewer = _add(chosen[place], deeper, fewer)
        for place in range(count):
            if growth.level[chosen[place]] == top and fewer <= MOST_LEAVES and top:
                fewer = _add_leaves(growth, chosen[place], deeper, fewer)
        if not top or fewer > MOST_LEAVES:
            return count
        count = fewer
        for place in range(count):
            chosen[place] = deeper[place]
