"""What compiling a network gave: its hardware, what that takes, and whether it is right."""

from __future__ import annotations

from typing import Any

from lilogic.report.models.area import AreaReport
from lilogic.report.models.base import Report
from lilogic.report.models.gates import FanOut, Level
from lilogic.report.models.graph import GraphReport
from lilogic.report.models.proof import ProofReport
from lilogic.report.models.simulation import SimulationReport


class CompiledLevel(Level):
    """The gates of one level, as the Verilog has them.

    Attributes:
        ffs: flip-flops that stand after the level.
    """

    ffs: int


class CompileReport(GraphReport):
    """A compiled network.

    Attributes:
        inputs: how often input bits are read.
        levels: the gates of level 1, 2, …
        interface: the ports and the latency, as ``interface.json`` has them.
        area: what it takes, where it was mapped.
        simulation: what simulation gave, where it was run.
        formal: what was proven, where that was tried.
    """

    inputs: FanOut
    levels: list[CompiledLevel]
    interface: dict[str, Any]
    area: AreaReport | None = None
    simulation: SimulationReport | None = None
    formal: ProofReport | None = None


class Verification(Report):
    """Whether a compiled network computes what software does.

    Attributes:
        passed: whether nothing that was simulated or proven contradicts the graph.
        altered: whether the Verilog is another text than was compiled.
        simulation: what simulation gave.
        formal: what was proven, where that was tried.
    """

    passed: bool
    altered: bool = False
    simulation: SimulationReport
    formal: ProofReport | None = None

    @classmethod
    def of(
        cls, simulation: SimulationReport, formal: ProofReport | None, altered: bool = False
    ) -> Verification:
        """The verdict on what simulation and proof gave."""
        refuted = formal is not None and any(
            part.status == "refuted" for part in formal.parts.values()
        )
        passed = simulation.passed and not refuted
        return cls(passed=passed, altered=altered, simulation=simulation, formal=formal)
