"""Gates and carry cells under construction."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import numpy as np
import numpy.typing as npt

from lilogic.graph.gates import FALSE

Nodes = npt.NDArray[np.int64]

ZERO = -1
"""The node that is always 0."""

PARTS = ("encoder", "gates", "heads", "argmax")


class Carry(Enum):
    """What sums are made of: gates, or a family's carry cells and LUTs beside them."""

    GATES = "gates"
    XC7 = "xc7"
    ICE40 = "ice40"
    ECP5 = "ecp5"


@dataclass
class Netlist:
    """Gates under construction; nodes are numbered as they are made, inputs and carries among them.

    Attributes:
        carry: what sums are made of.
        fixed: LUTs that carry cells take, by part.
    """

    carry: Carry
    fixed: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PARTS, 0))

    def __post_init__(self) -> None:
        self._end = 0
        self._part = PARTS[0]
        self._columns: list[tuple[Nodes, Nodes, Nodes]] = []
        self._roots: list[Nodes] = []
        self._starts: dict[str, int] = {}

    def begin(self, part: str) -> None:
        """What comes next is of this part."""
        self._part = part
        self._starts[part] = self._end

    def inputs(self, *shape: int) -> Nodes:
        """New nodes that take nothing to make: ports, or the sums of carry cells."""
        return self.gates(FALSE, *(np.full(shape, ZERO, dtype=np.int64),) * 2, fold=False)

    def gates(self, op: int | Nodes, a: Nodes, b: Nodes, *, fold: bool = True) -> Nodes:
        """New gates that are 0 where both wires are, or the wire that one is left to repeat."""
        ops, a, b = np.broadcast_arrays(op, a, b)
        made: Nodes = self._end + np.arange(ops.size).reshape(ops.shape)
        if fold:
            of_b, of_a = np.where(ops & 4, b, ZERO), np.where(ops & 2, a, ZERO)
            both = np.where(ops & 1, a, ZERO)
            known = np.where(a == b, both, np.where(a == ZERO, of_b, of_a))
            is_made = (a != ZERO) & (b != ZERO) & (a != b)
            made = np.where(is_made, self._end + np.cumsum(is_made).reshape(ops.shape) - 1, known)
            ops, a, b = ops[is_made], a[is_made], b[is_made]
        self._columns.append((ops.ravel(), a.ravel(), b.ravel()))
        self._end += ops.size
        return made

    def root(self, nodes: Nodes) -> None:
        """These nodes are needed as such."""
        self._roots.append(nodes[nodes != ZERO].ravel())

    def luts(self, count: int) -> None:
        """So many LUTs belong to carry cells."""
        self.fixed[self._part] += count

    @property
    def end(self) -> int:
        """The node that would be made next."""
        return self._end

    @property
    def op(self) -> Nodes:
        """int64 [nodes]: functions; ``FALSE`` for inputs."""
        return np.concatenate([column[0] for column in self._columns])

    @property
    def a(self) -> Nodes:
        """int64 [nodes]: first wires."""
        return np.concatenate([column[1] for column in self._columns])

    @property
    def b(self) -> Nodes:
        """int64 [nodes]: second wires."""
        return np.concatenate([column[2] for column in self._columns])

    @property
    def roots(self) -> Nodes:
        """int64: what is needed as such."""
        return np.concatenate(self._roots)

    def by_part(self, nodes: Nodes) -> dict[str, int]:
        """How many of the nodes are of each part."""
        starts = [self._starts.get(part, 0) for part in PARTS]
        counts = np.histogram(nodes, [*starts, self._end])[0]
        return dict(zip(PARTS, counts.tolist(), strict=True))
