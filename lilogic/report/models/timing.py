"""How fast a classifier is after place and route: see ``lilogic.hdl.synthesis.timing``."""

from __future__ import annotations

from lilogic.report.models.base import Report


class TimingReport(Report):
    """A classifier on a device, between shift registers that stand in for its pins.

    Attributes:
        luts: the classifier's own look-up tables, as Yosys counts them.
        ffs: likewise, its flip-flops.
        latency: clock cycles from a sample to its class.
        fits: whether nextpnr could place and route it, with the shift registers.
        reason: what nextpnr says if not.
        seed: nextpnr's; like the following, None if not.
        used: logic cells taken, with the shift registers.
        available: logic cells of the device.
        fmax_mhz: the highest clock in MHz, which a combinational classifier reaches between two
            registers.
        samples_per_second: at that clock.
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
    """A classifier with registers in some places.

    Attributes:
        levels_per_stage: levels between registers; 0 for a combinational classifier.
    """

    levels_per_stage: int


class PipelineReport(Report):
    """A classifier with registers more and less often.

    Attributes:
        name: of the network.
        device: the device's name for people.
        points: one for each number of levels between registers.
    """

    name: str
    device: str
    points: tuple[PipelinePoint, ...]
