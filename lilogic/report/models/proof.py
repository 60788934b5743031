"""What was proven of a compiled network, part by part."""

from __future__ import annotations

from typing import Literal

from lilogic.report.models.base import Report
from lilogic.report.models.mismatch import Sample


class WrongGate(Report):
    """The first gate of the simplified network that the Verilog gets wrong.

    Attributes:
        node: Its node in the ``.lgn`` file beside the Verilog.
        function: Its function.
        reads: The nodes that it reads.
        expected: Its value in the network.
        got: Its value in the Verilog.
    """

    node: int
    function: str
    reads: list[int]
    expected: int
    got: int


class Counterexample(Report):
    """An input for which a part of the Verilog is wrong.

    Attributes:
        where: A bit of the encoder, a node, the score of a class, or the index.
        classes: The classes whose score it is, or whose score counts it.
        expected: The right value.
        got: The value in the Verilog.
        gate: The first gate that goes wrong, if known.
        inputs: Value of the part's input, in hexadecimal.
        sample: A sample that leads to this input.
        remark: Why there is no such sample, or what else to know.
    """

    where: str
    classes: list[int]
    expected: int
    got: int
    gate: WrongGate | None = None
    inputs: str
    sample: Sample | None = None
    remark: str | None = None


class PartResult(Report):
    """The verdict on one part.

    Attributes:
        status: ``proven``; ``refuted``, with a counterexample or a reason; or ``simulated``, with
            the reason why there is no proof.
        counterexample: An input for which the part is wrong.
        reason: Why there is no counterexample, or no proof.
        seconds: Time that the proof took, in seconds.
    """

    status: Literal["proven", "refuted", "simulated"]
    counterexample: Counterexample | None = None
    reason: str | None = None
    seconds: float = 0.0


class ProofReport(Report):
    """The verdicts on all parts.

    Attributes:
        tool: Program that proved them.
        parts: The verdicts, by part: timing, encoder (if any), gates, heads, argmax and control.
        proven: Whether every part except control is proven. Control is simulated only.
        verilog: SHA-256 of the Verilog.
    """

    tool: str
    parts: dict[str, PartResult]
    proven: bool
    verilog: str
