"""How fast a classifier is after place and route: see ``lilogic.hdl.synthesis.timing``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lilogic.report.models.base import Report, Shown

if TYPE_CHECKING:
    from lilogic.report.pages import Section


class TimingReport(Report):
    """A classifier on a device, between shift registers that stand in for its pins.

    Attributes:
        luts: Lookup tables of the classifier, as counted by Yosys.
        ffs: Flip-flops of the classifier, as counted by Yosys.
        latency: Clock cycles from a sample to its class.
        fits: Whether nextpnr could place and route it, with the shift registers.
        reason: What nextpnr reports if not.
        seed: Seed of nextpnr; absent if it does not fit, like all fields below.
        used: Logic cells taken, with the shift registers.
        available: Logic cells of the device.
        fmax_mhz: Highest clock, in MHz. A combinational classifier is measured between two
            registers.
        samples_per_second: Throughput at that clock.
    """

    luts: int
    ffs: int
    latency: int
    fits: bool
    reason: str | None = None
    seed: int | None = None
    used: int | None = None
    available: int | None = None
    fmax_mhz: float | None = None
    samples_per_second: int | None = None


class PipelinePoint(TimingReport):
    """A classifier with one choice of pipeline registers.

    Attributes:
        levels_per_stage: Levels of logic between registers; 0 for a combinational classifier.
    """

    levels_per_stage: int


class PipelineReport(Shown):
    """A classifier with more and fewer pipeline registers.

    Attributes:
        name: Name of the network.
        device: Name of the device.
        points: One result for each number of levels between registers.
    """

    name: str
    device: str
    points: tuple[PipelinePoint, ...]

    def tables(self) -> Iterable[Section]:
        """A line for each number of levels."""
        from lilogic.report import pages, tables

        title = f"{self.name} on {self.device}"
        yield pages.summary(title, tables.sweep_rows(self))
