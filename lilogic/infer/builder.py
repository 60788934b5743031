"""Emitting runs of gates and counts, on rows that are each written once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lilogic.graph import gates
from lilogic.graph.gates import READS_A, READS_B, TRUTH
from lilogic.infer.layouts import WORD
from lilogic.infer.program import RUN, Kind, Run

Rows = npt.NDArray[np.int64]
Pair = tuple[int, int]
_Flips = tuple[int, int, int]

_ONES = 2**64 - 1


class Builder:
    """Runs, in order.

    Attributes:
        zero: the row that holds 0; those before it hold input bits.
        n_rows: how many rows there are.
    """

    def __init__(self, words: int) -> None:
        self.zero = words * WORD
        self.n_rows = self.zero + 1
        self._runs: list[Run] = []
        self._operands: list[Rows] = [np.empty(0, dtype=np.int64)]
        self._n_operands = 0
        self._one: int | None = None

    @property
    def runs(self) -> npt.NDArray[np.void]:
        """``program.RUN`` [runs]: what was emitted."""
        return np.array(self._runs, dtype=RUN)

    @property
    def operands(self) -> Rows:
        """int64 [n]: the rows of all steps."""
        return np.concatenate(self._operands)

    @property
    def one(self) -> int:
        """The row that holds 1."""
        if self._one is None:
            self._one = self.gate(gates.TRUE, self.zero, self.zero)
        return self._one

    def gate(self, op: int, a: int, b: int) -> int:
        """The row of a gate."""
        return int(self.gates(op, np.array([a]), np.array([b]))[0])

    def gates(self, op: int, a: Rows, b: Rows) -> Rows:
        """The rows [n] of gates of one function that read rows [n]; on end they make one run."""
        made = self._new(len(a))
        begin, end = self._emit(self._read(op, a, b), made)
        kind = Kind.LINEAR if _is_linear(op) else Kind.PRODUCT
        run = Run(kind, begin, end, *_flips(op), *[self.zero] * 4)
        if self._runs and self._runs[-1] == run._replace(begin=self._runs[-1].begin, end=begin):
            run = run._replace(begin=self._runs.pop().begin)
        self._runs.append(run)
        return made

    def count(self, sums: Pair, rows: Rows) -> tuple[Pair, Rows]:
        """Sums of ones and of twos with rows [4 n] added, four a time, and the carries [n]."""
        return self._count(Kind.COUNT, rows.reshape(-1, 4), (0, 0, 0), sums)

    def count_gates(self, op: int, sums: Pair, a: Rows, b: Rows) -> tuple[Pair, Rows]:
        """The same with gates of one function that read rows [4 n]."""
        kind = Kind.COUNT_LINEAR if _is_linear(op) else Kind.COUNT_PRODUCT
        return self._count(kind, self._read(op, a, b).reshape(-1, 8), _flips(op), sums)

    def _read(self, op: int, a: Rows, b: Rows) -> Rows:
        """[n, 2]: what gates read, with 0 in place of wires that their function ignores."""
        zero = np.full(len(a), self.zero)
        return np.stack([a if READS_A[op] else zero, b if READS_B[op] else zero], axis=1)

    def _new(self, count: int) -> Rows:
        self.n_rows += count
        return np.arange(self.n_rows - count, self.n_rows)

    def _emit(self, read: Rows, written: Rows) -> Pair:
        """Where the operands begin and end of steps that read rows [n, …] and write rows [n]."""
        begin = self._n_operands
        self._operands.append(np.column_stack([read, written]).ravel())
        self._n_operands += self._operands[-1].size
        return begin, self._n_operands

    def _count(self, kind: Kind, read: Rows, flips: _Flips, before: Pair) -> tuple[Pair, Rows]:
        """Emit a count."""
        carries = self._new(len(read))
        begin, end = self._emit(read, carries)
        ones, twos = self._new(2).tolist()
        self._runs.append(Run(kind, begin, end, *flips, before[0], ones, before[1], twos))
        return (ones, twos), carries


def _is_linear(op: int) -> bool:
    """Whether a gate is a constant, a wire, its complement, XOR or XNOR."""
    return int(TRUTH[op].sum()) % 2 == 0


def _flips(op: int) -> _Flips:
    """``flip_a``, ``flip_b`` and ``flip`` of a run of gates of that function.

    A product has one pair of inputs for which it is unlike all others.
    """
    truth = TRUTH[op].tolist()
    if _is_linear(op):
        return 0, 0, _ONES * truth[0]
    flip = int(sum(truth) == 3)
    odd = truth.index(1 - flip)
    return _ONES * (1 - (odd >> 1)), _ONES * (1 - (odd & 1)), _ONES * flip
