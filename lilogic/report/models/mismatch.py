"""An answer of hardware that is not that of software, and the sample that shows it."""

from __future__ import annotations

from lilogic.report.models.base import Report


class Answer(Report):
    """What a classifier answers.

    Attributes:
        index: the class; None where the simulator cannot tell some bits of it.
        scores: of the classes; None where it cannot tell these, or they were not asked for.
    """

    index: int | None = None
    scores: list[int] | None = None


class Sample(Report):
    """A sample on the data input of compiled Verilog, and the answers to it.

    Attributes:
        data: the name of the data input: ``bits`` or ``features``.
        width: of the data input, in bits.
        inputs: what stands on it, as a hexadecimal number.
        expected: software's answer.
        got: the Verilog's answer; None where there is none.
    """

    data: str
    width: int
    inputs: str
    expected: Answer
    got: Answer | None = None
