"""What a compiled classifier does over samples, and what that takes: a report, and files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lilogic.errors import GraphError
from lilogic.files import write_bytes, write_text
from lilogic.hdl.components.interface import Interface
from lilogic.hdl.power import energy, netlists, saif, vcd
from lilogic.hdl.power.design import Net
from lilogic.hdl.power.energy import Cells, Conditions
from lilogic.hdl.power.netlists import Netlist
from lilogic.hdl.power.simulation import PARTS, Simulation
from lilogic.hdl.power.waves import Waves
from lilogic.hdl.synthesis.area import Target
from lilogic.hdl.synthesis.liberty import LIBRARY
from lilogic.report.models.activity import (
    ActivityReport,
    EnergyReport,
    LevelActivity,
    PartActivity,
)
from lilogic.version import __version__

_DEFAULT = Conditions()


_SETTLED = (
    "Each signal settles to one value per sample; glitches are not counted.",
    "Samples arrive in the order of the data set, one per clock cycle.",
)
_GATES = (
    "Signals are the gates of the Verilog, before synthesis; inverters, constants and registers "
    "are not counted."
)
_CELLS = "Signals are the outputs of the library's cells, including registers."


@dataclass(frozen=True, eq=False)
class Measured:
    """What a classifier does over samples.

    Attributes:
        netlist: its netlist.
        simulated: what the nets do.
        waves: that in time.
        report: the figures.
    """

    netlist: Netlist
    simulated: Simulation
    waves: Waves
    report: ActivityReport

    def write_saif(self, path: str | Path) -> None:
        """Write how often each net of the netlist changes as SAIF."""
        write_text(Path(path), "".join(f"{line}\n" for line in saif.lines(self.waves)))

    def write_vcd(self, path: str | Path) -> None:
        """Write waveforms of all nets of the netlist."""
        vcd.write(self.waves, Path(path))

    def write_csv(self, path: str | Path) -> None:
        """Write a line for each signal: its name, part, level, samples at 1, and changes."""
        found = signals(self.simulated, mapped=self.report.mapped)
        write_text(Path(path), "".join(f"{line}\n" for line in csv(self.simulated, found)))

    def write_netlist(self, path: str | Path) -> None:
        """Write the netlist as Verilog, with the names that the other files have."""
        write_bytes(Path(path), self.netlist.verilog)


def measure(
    folder: Path,
    bits: npt.NDArray[np.bool_],
    library: Target | None = None,
    conditions: Conditions = _DEFAULT,
    *,
    name: str,
    dataset: str,
) -> Measured:
    """What the classifier compiled into a folder does over samples.

    Args:
        folder: with ``classifier.v`` and ``interface.json``.
        bits: bool [samples, data_width], what stands on the data input; see ``interface.pack``.
        library: standard cells to map it to, of ``liberty.read``; default: none, as it is written.
        conditions: of the energy and of the files.
        name: of the network.
        dataset: what the samples are of.

    Raises:
        GraphError: the classifier is folded.
        DataError: there are fewer than two samples.
        FormatError: the library lacks what that takes.
        ToolError: Yosys is missing or failed.
    """
    interface = Interface.read(folder)
    if interface.interval > 1:
        raise GraphError(
            "the activity of a folded classifier cannot be measured; compile it without folding",
            option="fold",
        )
    made: EnergyReport | None = None
    if library is None:
        netlist = netlists.simple(folder)
        simulated = Simulation.of(netlist.top, interface, bits)
    else:
        cells = Cells(library.source, library.files[LIBRARY])
        netlist = netlists.mapped(folder, library)
        simulated = Simulation.of(netlist.top, interface, bits, cells.functions)
        made = energy.estimate(simulated, cells, conditions)
    mapped = library is not None
    found = signals(simulated, mapped=mapped)
    report = ActivityReport(
        name=name,
        version=__version__,
        dataset=dataset,
        samples=len(bits),
        tool=netlist.tool,
        mapped=mapped,
        latency=interface.latency,
        inputs=inputs(simulated),
        parts=parts(simulated, found),
        total=total(simulated, found),
        energy=made,
        assumptions=(*_SETTLED, _CELLS if mapped else _GATES),
    )
    return Measured(netlist, simulated, Waves.at(simulated, conditions.clock_mhz), report)


@dataclass(frozen=True)
class Signal:
    """What a cell drives.

    Attributes:
        name: a name of the net in the netlist, or of the cell where it has none.
        part: of the classifier.
        level: how many gates of the part stand one behind the other, up to it.
        node: of the simulation's circuit.
    """

    name: str
    part: str
    level: int
    node: int


def signals(simulated: Simulation, *, mapped: bool) -> list[Signal]:
    """What gates drive, or all cells where these are of a library, by part and level."""
    part_of: dict[Net, str] = {}
    for part, cell in simulated.cells:
        part_of |= {cell.pins[pin]: part for pin in cell.outputs if pin in cell.pins}
    levels = simulated.levels(part_of)
    names = _names(simulated)
    found = [
        Signal(names.get(net, f"net {net}"), part_of[net], levels[net], simulated.node[net])
        for net, function in simulated.functions.items()
        if mapped or function.is_gate
    ]
    return sorted(found, key=lambda each: (PARTS.index(each.part), each.level))


def parts(simulated: Simulation, found: Sequence[Signal]) -> dict[str, PartActivity]:
    """The activity of each part that has signals."""
    by_part: dict[str, list[Signal]] = defaultdict(list)
    for signal in found:
        by_part[signal.part].append(signal)
    return {
        name: _part(simulated, by_part[name], with_levels=True) for name in PARTS if by_part[name]
    }


def total(simulated: Simulation, found: Sequence[Signal]) -> PartActivity:
    """The activity of all signals together."""
    return _part(simulated, found, with_levels=False)


def inputs(simulated: Simulation) -> PartActivity:
    """The activity of the data input."""
    nets = simulated.top.wires[simulated.data].nets
    return _part(simulated, [Signal("", "", 0, simulated.node[net]) for net in nets], False)


def csv(simulated: Simulation, found: Sequence[Signal]) -> Iterator[str]:
    """A line for each signal, after a head."""
    counts = simulated.activity
    yield "signal,part,level,samples,ones,toggles"
    for signal in found:
        ones, toggles = counts.ones[signal.node], counts.toggles[signal.node]
        yield f"{signal.name},{signal.part},{signal.level},{counts.samples},{ones},{toggles}"


def _names(simulated: Simulation) -> dict[Net, str]:
    """A name for each net that has one: of several, that of the innermost module."""
    names: dict[Net, str] = {}
    for path, instance in simulated.top.walk():
        for wire in instance.wires.values():
            for place, net in enumerate(wire.nets):
                names[net] = ".".join((*path[1:], wire.bit(place)))
    return names


def _part(simulated: Simulation, found: Sequence[Signal], with_levels: bool) -> PartActivity:
    counts, steps = simulated.activity, simulated.activity.samples - 1
    nodes = np.array([signal.node for signal in found], dtype=np.int64)
    toggles = int(counts.toggles[nodes].sum()) / steps
    by_level = _by_level(simulated, found, nodes) if with_levels else ()
    size = max(1, len(found))
    return PartActivity(
        signals=len(found),
        toggles=toggles,
        rate=toggles / size,
        high=int(counts.ones[nodes].sum()) / counts.samples / size,
        levels=tuple(by_level),
    )


def _by_level(
    simulated: Simulation, found: Sequence[Signal], nodes: npt.NDArray[np.int64]
) -> Iterator[LevelActivity]:
    counts, steps = simulated.activity, simulated.activity.samples - 1
    levels = np.array([signal.level for signal in found])
    for level in np.unique(levels).tolist():
        here = nodes[levels == level]
        toggles = int(counts.toggles[here].sum()) / steps
        yield LevelActivity(level=level, signals=len(here), toggles=toggles)
