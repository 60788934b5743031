"""What a classifier's nets do over a data set, and the energy that an inference takes."""

from __future__ import annotations

from pydantic import NonNegativeInt, PositiveInt

from lilogic.report.models.base import Report


class LevelActivity(Report):
    """The signals of one level of a part.

    Attributes:
        level: how many gates of the part stand one behind the other, up to them.
        signals: how many there are.
        toggles: changes of all of them, for each inference.
    """

    level: NonNegativeInt
    signals: NonNegativeInt
    toggles: float


class PartActivity(Report):
    """The signals of a part.

    Attributes:
        signals: how many there are.
        toggles: changes of all of them, for each inference.
        rate: changes of one of them for each inference, the mean.
        high: the fraction of samples for which a signal is 1, the mean.
        levels: those of each level.
    """

    signals: NonNegativeInt
    toggles: float
    rate: float
    high: float
    levels: tuple[LevelActivity, ...] = ()


class PartEnergy(Report):
    """What a part takes, as cells of a library.

    Attributes:
        cells: gates.
        registers: flip-flops.
        area: in the library's unit.
        switching_pj: for each inference, of charging and discharging what its cells drive.
        internal_pj: likewise, inside its cells, but for clocks.
        clock_pj: likewise, of the clock at its registers, inside and outside.
        leakage_nw: power that flows anyway.
    """

    cells: NonNegativeInt
    registers: NonNegativeInt
    area: float
    switching_pj: float
    internal_pj: float
    clock_pj: float
    leakage_nw: float


class EnergyReport(Report):
    """What an inference takes, as cells of a library.

    Attributes:
        library: what it is called.
        file: from which it was read.
        volts: the supply.
        celsius: the temperature.
        clock_mhz: at which an inference is made in every cycle.
        slew_ns: of all transitions.
        parts: by name.
        total: of all parts.
        inputs_pj: for each inference, of what drives the data input, which is not in the total.
        leakage_pj: for each inference, of leakage in one clock cycle.
        energy_pj: for each inference, all together: switching, internal, clock and leakage.
        power_uw: that, in every clock cycle.
        assumptions: what holds of these figures, a sentence each.
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


class ActivityReport(Report):
    """What a classifier's signals do over samples that follow each other.

    Attributes:
        name: of the network.
        version: of lilogic that says so.
        dataset: what the samples are of.
        samples: how many there were.
        tool: what wrote the netlist.
        mapped: whether signals are those of cells of a library; else of the Verilog's gates.
        latency: clock cycles from a sample to its class.
        inputs: bits of the data input.
        parts: encoder (where there is one), gates, heads, argmax and other.
        total: of all parts.
        energy: what an inference takes, where a library is given.
        assumptions: what holds of these figures, a sentence each.
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
