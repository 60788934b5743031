"""What was proven of a compiled network, part by part."""

from __future__ import annotations

from typing import Literal

from lilogic.report.models.base import Report
from lilogic.report.models.mismatch import Sample


class WrongGate(Report):
    """The first gate of a simplified network that the Verilog gets wrong for a sample.

    Attributes:
        node: its node; the network is the ``.lgn`` beside the Verilog.
        function: what it should compute of the nodes that it reads.
        reads: these nodes.
        expected: its value.
        got: what the Verilog makes of it.
    """

    node: int
    function: str
    reads: list[int]
    expected: int
    got: int


class Counterexample(Report):
    """Where a part of the Verilog is not what it should be.

    Attributes:
        where: a bit of the encoder, a node, the score of a class or the index.
        classes: those whose score it is, or counts it.
        expected: what is right there.
        got: what the Verilog has there.
        gate: where the network's gates first go wrong, as far as that is known.
        inputs: what the part reads there, as a hexadecimal number.
        sample: the sample that brings this about.
        remark: why there is no such sample, or what is to be known of it.
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
        status: ``proven``; ``refuted``, with a counterexample or, where the netlist is wrong
            whatever the inputs are, with the reason; or ``simulated``, with the reason why there
            is no proof.
        counterexample: what is wrong, and for which sample.
        reason: why there is no counterexample, or no proof.
        seconds: the time that it took.
    """

    status: Literal["proven", "refuted", "simulated"]
    counterexample: Counterexample | None = None
    reason: str | None = None
    seconds: float = 0.0


class ProofReport(Report):
    """The verdicts on all parts.

    Attributes:
        tool: what proved them.
        parts: timing, encoder (where there is one), gates, heads, argmax and control.
        proven: whether every part but control, for which there is no proof, is proven.
        verilog: SHA-256 of the Verilog that this is about.
    """

    tool: str
    parts: dict[str, PartResult]
    proven: bool
    verilog: str
