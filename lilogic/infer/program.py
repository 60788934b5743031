"""What a graph is compiled to: runs of instructions on rows, each one bit of 512 samples.

A branch for each gate would cost more than the gate, so instructions, called steps, come in runs of
one kind. Most gates of a trained network are only counted: a run computes them and counts them at
once, with the sum in registers, and writes only carries (carry-save addition; Harley and Seal's
population count, H. S. Warren, "Hacker's Delight", 5-1).

Rows are named by the word of memory where they begin.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lilogic.infer.layouts import WORD
from lilogic.infer.simd import LANES

BLOCK = WORD * LANES
"""Samples that go through a program at once: the bits of a row."""


class Kind(IntEnum):
    """What a run does.

    A count adds four rows a step to a sum of ones and a sum of twos, and writes the carry, which
    counts four; it has its four rows from memory, or from four gates that it computes.
    """

    LINEAR = 0
    """Gates ``a ^ b ^ flip``."""
    PRODUCT = 1
    """Gates ``(a ^ flip_a) & (b ^ flip_b) ^ flip``."""
    COUNT = 2
    """A count of rows."""
    COUNT_LINEAR = 3
    """A count of gates as of ``LINEAR``."""
    COUNT_PRODUCT = 4
    """A count of gates as of ``PRODUCT``."""


GATE_OPERANDS, COUNT_OPERANDS, COUNT_GATES_OPERANDS = 3, 5, 9
"""How many rows a step reads and writes: a gate's two and its result; a count's four, or the two of
each of its four gates, and the carry. What is written stands last."""

OPERANDS = (
    GATE_OPERANDS,
    GATE_OPERANDS,
    COUNT_OPERANDS,
    COUNT_GATES_OPERANDS,
    COUNT_GATES_OPERANDS,
)
"""How many rows a step of each ``Kind`` reads and writes."""


class Run(NamedTuple):
    """A run of steps.

    Attributes:
        kind: a ``Kind``.
        begin: where its operands begin in ``Code.operands``.
        end: where they end.
        flip_a: mask of all ones or zeros, for the first input of its gates.
        flip_b: the same for the second.
        flip: the same for the result.
        ones_before: the row that a count's sum of ones starts from.
        ones: the row that it is left in.
        twos_before: the row that a count's sum of twos starts from.
        twos: the row that it is left in.
    """

    kind: int
    begin: int
    end: int
    flip_a: int
    flip_b: int
    flip: int
    ones_before: int
    ones: int
    twos_before: int
    twos: int


RUN = np.dtype([(field, np.uint64) for field in Run._fields])
"""A ``Run`` as an element of an array."""


class Code(NamedTuple):
    """What the interpreter runs.

    Attributes:
        runs: ``RUN`` [runs].
        operands: uint32 [n]: the rows of all steps.
        words: int64 [used words]: which words of a sample's input bits are read.
        input_rows: uint32 [used words, 64]: the rows of their bits; bits that nobody reads
            share one.
        zero: the row that holds 0.
        n_rows: how many rows of memory it takes.
        class_rows: uint32 [bits]: rows of the class's number, lowest bit first.
        score_rows: uint32 [classes, bits]: rows of the scores less ``lowest``, lowest bit first.
        lowest: what is added to every score.
    """

    runs: npt.NDArray[Any]
    operands: npt.NDArray[np.uint32]
    words: npt.NDArray[np.int64]
    input_rows: npt.NDArray[np.uint32]
    zero: int
    n_rows: int
    class_rows: npt.NDArray[np.uint32]
    score_rows: npt.NDArray[np.uint32]
    lowest: int


class Comparisons(NamedTuple):
    """How input bits are made of raw features, 64 at once.

    Attributes:
        first: int64 [words]: each word's first feature, of 64 that follow each other.
        thresholds: [words, 64] of the features' dtype: bit i of a word of input bits tells whether
            its feature i exceeds this.
    """

    first: npt.NDArray[np.int64]
    thresholds: npt.NDArray[Any]


@dataclass(frozen=True, eq=False, kw_only=True)
class Program:
    """A graph that ``executor`` can run.

    Attributes:
        code: what is run on input bits.
        comparisons: what makes them of raw features; None where samples are packed bits.
        width: what samples must be wide: features, or words of packed bits.
    """

    code: Code
    comparisons: Comparisons | None
    width: int

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.code.score_rows)

    @property
    def dtype(self) -> np.dtype[Any]:
        """What samples must be: the features' dtype, or uint64 for packed bits."""
        return (
            np.dtype(np.uint64) if self.comparisons is None else self.comparisons.thresholds.dtype
        )
