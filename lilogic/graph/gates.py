"""The sixteen two-input gates: the only place that spells them out.

A gate's number is its truth table read as ``f(0,0) f(0,1) f(1,0) f(1,1)``, most significant bit
first, so ``f(a, b) = (op >> (3 - 2a - b)) & 1`` (the numbering of Petersen et al., "Deep
Differentiable Logic Gate Networks", arXiv 2210.08277, table 1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Gate:
    """One of the sixteen Boolean functions of two inputs; ``gate(a, b)`` is its output.

    Attributes:
        op: Its number: ``f(a, b) = (op >> (3 - 2a - b)) & 1``.
        name: Its name, such as ``A_AND_NOT_B``.
        symbol: Its formula, such as ``a∧¬b``.
    """

    op: int
    name: str
    symbol: str

    def __call__(self, a: int, b: int) -> int:
        """The gate's output, 0 or 1, for input bits ``a`` and ``b``."""
        return (self.op >> (3 - 2 * a - b)) & 1


GATES: tuple[Gate, ...] = tuple(
    Gate(op, name, symbol)
    for op, (name, symbol) in enumerate(
        [
            ("FALSE", "0"),
            ("AND", "a∧b"),
            ("A_AND_NOT_B", "a∧¬b"),
            ("A", "a"),
            ("NOT_A_AND_B", "¬a∧b"),
            ("B", "b"),
            ("XOR", "a⊕b"),
            ("OR", "a∨b"),
            ("NOR", "¬(a∨b)"),
            ("XNOR", "¬(a⊕b)"),
            ("NOT_B", "¬b"),
            ("A_OR_NOT_B", "a∨¬b"),
            ("NOT_A", "¬a"),
            ("NOT_A_OR_B", "¬a∨b"),
            ("NAND", "¬(a∧b)"),
            ("TRUE", "1"),
        ]
    )
)
"""The sixteen gates, by their number."""

FALSE, AND, A_AND_NOT_B, A, NOT_A_AND_B, B, XOR, OR = range(8)
NOR, XNOR, NOT_B, A_OR_NOT_B, NOT_A, NOT_A_OR_B, NAND, TRUE = range(8, 16)


def _truth() -> npt.NDArray[np.uint8]:
    return np.array([[gate(i >> 1, i & 1) for i in range(4)] for gate in GATES], dtype=np.uint8)


def _coefficients() -> npt.NDArray[np.float64]:
    f00, f01, f10, f11 = TRUTH.astype(np.float64).T
    return np.stack([f00, f10 - f00, f01 - f00, f11 - f10 - f01 + f00], axis=1)


TRUTH = _truth()
"""uint8 [16, 4]: output of gate ``op`` for inputs (a, b) = 00, 01, 10, 11."""

COEFFICIENTS = _coefficients()
"""float64 [16, 4]: the multilinear relaxation ``c0 + c1·a + c2·b + c3·a·b`` that equals the gate
on bits and is the expected output for independent inputs with probabilities a and b."""

READS_A = (TRUTH[:, :2] != TRUTH[:, 2:]).any(axis=1)
"""bool [16]: whether the gate's output depends on a."""

READS_B = (TRUTH[:, ::2] != TRUTH[:, 1::2]).any(axis=1)
"""bool [16]: whether the gate's output depends on b."""


def from_truth(f00: int, f01: int, f10: int, f11: int) -> int:
    """Return the number of the gate with these outputs for (a, b) = 00, 01, 10, 11."""
    return f00 << 3 | f01 << 2 | f10 << 1 | f11
