"""What compiling a network gave: its hardware, what that takes, and whether it is right."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from lilogic.report.models.area import AreaReport
from lilogic.report.models.base import Shown
from lilogic.report.models.gates import FanOut, Level
from lilogic.report.models.graph import GraphReport
from lilogic.report.models.proof import ProofReport
from lilogic.report.models.simulation import SimulationReport

if TYPE_CHECKING:
    from lilogic.report.drawing import Picture
    from lilogic.report.pages import Section


class CompiledLevel(Level):
    """The gates of one level, as compiled.

    Attributes:
        ffs: Number of flip-flops after the level.
    """

    ffs: int


class CompileReport(GraphReport, Shown):
    """A compiled network: its gates, its ports, its size and whether it is right.

    Attributes:
        inputs: How often input bits are read.
        levels: The gates, level by level from level 1.
        interface: Ports and latency: the content of ``interface.json``.
        area: Size, if the Verilog was mapped.
        simulation: Result of the simulation, if it was run.
        formal: Result of the proof, if it was run.
    """

    inputs: FanOut
    levels: list[CompiledLevel]
    interface: dict[str, Any]
    area: AreaReport | None = None
    simulation: SimulationReport | None = None
    formal: ProofReport | None = None

    def tables(self) -> Iterable[Section]:
        """The figures that matter most; ``lilogic.report.pages`` has all."""
        from lilogic.report import pages, tables

        yield pages.summary(self.name, tables.compile_rows(self))

    def draw(self) -> Picture:
        """Gates by function and by level, how often they are read, and where the area goes.

        Raises:
            MissingExtraError: Matplotlib is not installed.
        """
        from lilogic.report import plots
        from lilogic.report.drawing import Picture

        return Picture(plots.svg(self))


class Verification(Shown):
    """Whether a compiled network computes what the software computes.

    Attributes:
        passed: Whether nothing that was simulated or proven contradicts the network.
        altered: Whether the Verilog was changed after it was compiled.
        simulation: Result of the simulation.
        formal: Result of the proof, if it was run.
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

    def tables(self) -> Iterable[Section]:
        """What simulation and proof gave."""
        from lilogic.report import pages, tables

        yield pages.summary("", tables.verification_rows(self))
