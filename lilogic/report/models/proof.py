"""What was proven of a compiled network, part by part."""

from __future__ import annotations

from typing import Literal

from lilogic.report.models.base import Report


class PartResult(Report):
    """The verdict on one part.

    Attributes:
        status: ``proven``; ``refuted``, with a counterexample or, where the netlist is wrong
            whatever the inputs are, with the reason; or ``simulated``, with the reason why there
            is no proof.
        counterexample: what is wrong for some inputs, in words.
        inputs: those inputs of the part, as a hexadecimal number.
        reason: why there is no counterexample, or no proof.
        seconds: the time that it took.
    """

    status: Literal["proven", "refuted", "simulated"]
    counterexample: str | None = None
    inputs: str | None = None
    reason: str | None = None
    seconds: float = 0.0


class ProofReport(Report):
    """The verdicts on all parts.

    Attributes:
        tool: what proved them.
        parts: timing, encoder (where there is one), gates, heads, argmax and control.
        proven: whether every part but control, for which there is no proof, is proven.
    """

    tool: str
    parts: dict[str, PartResult]
    proven: bool
