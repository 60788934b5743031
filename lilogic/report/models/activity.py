"""What a classifier's nets do over a data set, and the energy that an inference takes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pydantic import NonNegativeInt, PositiveInt

from lilogic.report.models.base import Report, Shown

if TYPE_CHECKING:
    from lilogic.report.pages import Section


class LevelActivity(Report):
    """The signals of one level of a part.

    Attributes:
        level: Number of gates of the part on the longest path up to the signals, these included.
        signals: Number of signals.
        toggles: Changes of all signals together, per inference.
    """

    level: NonNegativeInt
    signals: NonNegativeInt
    toggles: float


class PartActivity(Report):
    """The signals of one part of the classifier.

    Attributes:
        signals: Number of signals.
        toggles: Changes of all signals together, per inference.
        rate: Changes of a signal per inference, mean over the signals.
        high: Fraction of the samples for which a signal is 1, mean over the signals.
        levels: The signals level by level.
    """

    signals: NonNegativeInt
    toggles: float
    rate: float
    high: float
    levels: tuple[LevelActivity, ...] = ()


class PartEnergy(Report):
    """The cells of one part, and the energy that they take.

    Attributes:
        cells: Number of cells, registers excluded.
        registers: Number of flip-flops.
        area: Area, in the unit of the library.
        switching_pj: Energy per inference to charge and discharge what the cells drive, in pJ.
        internal_pj: Energy per inference inside the cells, without clocks, in pJ.
        clock_pj: Energy per inference of the clock at the registers, inside and outside them, in
            pJ.
        leakage_nw: Leakage power, in nW.
    """

    cells: NonNegativeInt
    registers: NonNegativeInt
    area: float
    switching_pj: float
    internal_pj: float
    clock_pj: float
    leakage_nw: float


class EnergyReport(Report):
    """The energy of an inference with the cells of a library.

    Attributes:
        library: Name of the library.
        file: Liberty file that it was read from.
        volts: Supply voltage, in V.
        celsius: Temperature, in °C.
        clock_mhz: Clock frequency, in MHz, with one inference per cycle.
        slew_ns: Transition time of all signals, in ns.
        parts: The parts, by name.
        total: All parts together.
        inputs_pj: Energy per inference that drives the data input, in pJ; not part of the total.
        leakage_pj: Energy of leakage during one clock cycle, in pJ.
        energy_pj: Energy per inference, in pJ: switching, internal, clock and leakage.
        power_uw: Power at that energy in every clock cycle, in µW.
        assumptions: The assumptions behind these figures, one sentence each.
    """

    library: str
    file: str
    volts: float
    celsius: float
    clock_mhz: float
    slew_ns: float
    parts: dict[str, PartEnergy]
    total: PartEnergy
    inputs_pj: float
    leakage_pj: float
    energy_pj: float
    power_uw: float
    assumptions: tuple[str, ...]


class ActivityReport(Shown):
    """Switching activity of a classifier over a sequence of samples.

    Attributes:
        name: Name of the network.
        version: Version of lilogic.
        dataset: Data set that the samples come from.
        samples: Number of samples.
        tool: Program that wrote the netlist.
        mapped: Whether the signals are outputs of library cells; otherwise they are those of the
            gates in the Verilog.
        latency: Clock cycles from a sample to its class.
        inputs: The bits of the data input.
        parts: The parts, by name: encoder (if any), gates, heads, argmax and other.
        total: All parts together.
        energy: Energy of an inference, if a library was given.
        assumptions: The assumptions behind these figures, one sentence each.
    """

    name: str
    version: str
    dataset: str
    samples: PositiveInt
    tool: str
    mapped: bool
    latency: NonNegativeInt
    inputs: PartActivity
    parts: dict[str, PartActivity]
    total: PartActivity
    energy: EnergyReport | None = None
    assumptions: tuple[str, ...]

    def tables(self) -> Iterable[Section]:
        """The activity of parts and levels and, where cells are known, energy."""
        from lilogic.report.datasheet import activity

        return activity.of_report(self)
