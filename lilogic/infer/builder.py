"""Emitting runs of gates and counts, on rows that are each written once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from lilogic.graph import gates
from lilogic.graph.gates import READS_A, READS_B, TRUTH
from lilogic.infer.layouts import WORD
from lilogic.infer.program import Kind, Run

Pair = tuple[int, int]
_Flips = tuple[int, int, int]

_ONES = 2**64 - 1


class Builder:
    """Runs, in order.

    Attributes:
        zero: the row that holds 0; those before it hold input bits.
        n_rows: how many rows there are.
        runs: what was emitted.
        operands: the rows of all steps.
    """

    def __init__(self, words: int) -> None:
        self.zero = words * WORD
        self.n_rows = self.zero + 1
        self.runs: list[Run] = []
        self.operands: list[int] = []
        self._one: int | None = None

    @property
    def one(self) -> int:
        """The row that holds 1."""
        if self._one is None:
            self._one = self.gate(gates.TRUE, self.zero, self.zero)
        return self._one

    def gate(self, op: int, a: int, b: int) -> int:
        """The row of a gate; gates of one function on end make one run."""
        begin, row = len(self.operands), self._new()
        self.operands += *self._read(op, (a, b)), row
        end = len(self.operands)
        kind = Kind.LINEAR if _is_linear(op) else Kind.PRODUCT
        run = Run(kind, begin, end, *_flips(op), *[self.zero] * 4)
        if self.runs and self.runs[-1] == run._replace(begin=self.runs[-1].begin, end=begin):
            run = run._replace(begin=self.runs.pop().begin)
        self.runs.append(run)
        return row

    def count(self, sums: Pair, fours: Sequence[Sequence[int]]) -> tuple[Pair, list[int]]:
        """Sums of ones and of twos with four rows a time added, and the carries."""
        begin = len(self.operands)
        carries = []
        for rows in fours:
            carries.append(self._new())
            self.operands += *rows, carries[-1]
        return self._sums(Kind.COUNT, begin, (0, 0, 0), sums), carries

    def count_gates(
        self, op: int, sums: Pair, fours: Sequence[Sequence[Pair]]
    ) -> tuple[Pair, list[int]]:
        """The same with four gates of one function a time."""
        begin = len(self.operands)
        carries = []
        for wires in fours:
            carries.append(self._new())
            self.operands += *chain(*(self._read(op, wire) for wire in wires)), carries[-1]
        kind = Kind.COUNT_LINEAR if _is_linear(op) else Kind.COUNT_PRODUCT
        return self._sums(kind, begin, _flips(op), sums), carries

    def _read(self, op: int, wire: Pair) -> Pair:
        """What a gate reads in place of wires that its function ignores."""
        a, b = wire
        return a if READS_A[op] else self.zero, b if READS_B[op] else self.zero

    def _new(self) -> int:
        self.n_rows += 1
        return self.n_rows - 1

    def _sums(self, kind: Kind, begin: int, flips: _Flips, before: Pair) -> Pair:
        """Emit a count."""
        ones, twos = self._new(), self._new()
        end = len(self.operands)
        self.runs.append(Run(kind, begin, end, *flips, before[0], ones, before[1], twos))
        return ones, twos


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
