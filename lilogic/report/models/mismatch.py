"""An answer of hardware that is not that of software, and the sample that shows it."""

from __future__ import annotations

from lilogic.report.models.base import Report


class Answer(Report):
    """An answer of a classifier.

    Attributes:
        index: Number of the class; absent if the simulator has undefined bits in it.
        scores: Scores of the classes; absent if undefined, or not asked for.
    """

    index: int | None = None
    scores: list[int] | None = None


class Sample(Report):
    """A sample at the data input, and the answers to it.

    Attributes:
        data: Name of the data input: ``bits`` or ``features``.
        width: Width of the data input, in bits.
        inputs: Value of the data input, in hexadecimal.
        expected: Answer of the software.
        got: Answer of the hardware; absent if there was none.
    """

    data: str
    width: int
    inputs: str
    expected: Answer
    got: Answer | None = None
