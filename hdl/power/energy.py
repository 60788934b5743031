"""The energy of an inference, of what a mapped netlist's nets do and what its library says.

Each change of a net takes ½·C·V² of what it drives, and what the library's tables say that cells
take inside. Leakage flows all the time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.errors import FormatError
from lilogic.hdl.power import transitions
from lilogic.hdl.power.design import Cell, Net
from lilogic.hdl.power.liberty import Library
from lilogic.hdl.power.library import Kind
from lilogic.hdl.power.simulation import PARTS, Function, Simulation
from lilogic.hdl.power.transitions import Weights
from lilogic.report.models.activity import EnergyReport, PartEnergy

Floats = npt.NDArray[np.float64]

_Member = tuple[str, Cell, Kind]
"""A cell with its part and kind."""

_PICO, _NANO, _MICRO, _FEMTO = 1e-12, 1e-9, 1e-6, 1e-15


CLOCK_MHZ = 100.0
"""What is assumed where no clock is asked for."""


@dataclass(frozen=True)
class Conditions:
    """What a netlist does not say.

    Attributes:
        clock_mhz: at which an inference is made in every cycle.
        slew_ns: of all transitions.
        wire_ff: femtofarads of wire for each pin that a net drives; None for the library's wire
            load.
    """

    clock_mhz: float = CLOCK_MHZ
    slew_ns: float = 0.1
    wire_ff: float | None = None


class Cells:
    """The kinds of cells of a library, read when they are first needed.

    Args:
        file: what the library is called in messages.
        data: the bytes of its Liberty file.

    Raises:
        FormatError: an unusable file.
    """

    def __init__(self, file: str, data: bytes) -> None:
        self.file = file
        self._kinds: dict[str, Kind] = {}
        try:
            self.library = Library(data)
        except FormatError as error:
            raise error.at(file) from error

    def kind(self, name: str) -> Kind:
        """The kind of that name.

        Raises:
            FormatError: there is none, or none that is understood.
        """
        if name not in self._kinds:
            try:
                self._kinds[name] = Kind(self.library, name)
            except FormatError as error:
                raise error.at(self.file) from error
        return self._kinds[name]

    def functions(self, cell: Cell) -> list[tuple[Net, Function]]:
        """What drives each net at the outputs of a cell."""
        try:
            return self.kind(cell.kind).functions(cell)
        except FormatError as error:
            raise error.at(self.file) from error


def estimate(simulated: Simulation, cells: Cells, conditions: Conditions) -> EnergyReport:
    """What an inference takes.

    Raises:
        FormatError: the library lacks what that takes.
    """
    try:
        return _Estimate(simulated, cells, conditions).report()
    except FormatError as error:
        raise error.at(cells.file) from error


class _Estimate:
    def __init__(self, simulated: Simulation, cells: Cells, conditions: Conditions) -> None:
        self._simulated, self._cells, self._conditions = simulated, cells, conditions
        self._volts = cells.library.volts
        self._steps = simulated.activity.samples - 1
        self._wire, self._wire_text = _wires(cells.library, conditions)
        self._kinds = [(part, cell, cells.kind(cell.kind)) for part, cell in simulated.cells]
        fan_out: dict[Net, int] = defaultdict(int)
        pins: dict[Net, float] = defaultdict(float)
        for _, cell, kind in self._kinds:
            for pin, net in cell.pins.items():
                pins[net] += kind.capacitance[pin]
                fan_out[net] += pin not in cell.outputs
        for name, is_input in simulated.top.ports.items():
            for net in simulated.top.wires[name].nets if not is_input else ():
                fan_out[net] += 1
        self._fan_out = fan_out
        self.loads = {net: pins[net] + self._wire(fan_out[net]) for net in fan_out | pins}
        self._parts: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))

    def report(self) -> EnergyReport:
        """All parts, and their sum."""
        for part, cell, kind in self._kinds:
            found = self._parts[part]
            found["cells" if kind.clock is None else "registers"] += 1
            found["area"] += kind.area
            outputs = [cell.pins[pin] for pin in kind.outputs if pin in cell.pins]
            found["switching"] += sum(map(self._switched, outputs))
            if kind.clock is not None:
                clock = cell.pins[kind.clock]
                share = self._wire(self._fan_out[clock]) / self._fan_out[clock]
                # It rises and falls in every cycle.
                found["clock"] += (kind.capacitance[kind.clock] + share) * self._volts**2
        groups = self._alike()
        rows = [self._rows(members) for members in groups]
        counts = transitions.counted(self._simulated.circuit, self._simulated.bits, rows)
        for members, steps in zip(groups, counts, strict=True):
            self._add(members, steps)
        parts = {part: _part(self._parts[part]) for part in PARTS if part in self._parts}
        whole: dict[str, float] = defaultdict(float)
        for found in self._parts.values():
            for name, value in found.items():
                whole[name] += value
        total = _part(whole)
        hertz = 1e6 * self._conditions.clock_mhz
        dynamic = whole["switching"] + whole["internal"] + whole["clock"]
        leakage = whole["leakage"] / hertz
        data = self._simulated.top.wires[self._simulated.data].nets
        library = self._cells.library
        return EnergyReport(
            library=library.name,
            file=self._cells.file,
            volts=library.volts,
            celsius=library.celsius,
            clock_mhz=self._conditions.clock_mhz,
            slew_ns=self._conditions.slew_ns,
            parts=parts,
            total=total,
            inputs_pj=sum(map(self._switched, data)) / _PICO,
            leakage_pj=leakage / _PICO,
            energy_pj=(dynamic + leakage) / _PICO,
            power_uw=(dynamic + leakage) * hertz / _MICRO,
            assumptions=tuple(self._assumptions(len(self._clocked()))),
        )

    def _switched(self, net: Net) -> float:
        """Joules for each inference of charging and discharging a net."""
        if net not in self._simulated.node:
            return 0.0
        node = self._simulated.node[net]
        changes = int(self._simulated.activity.toggles[node]) / self._steps
        joules: float = 0.5 * self.loads.get(net, 0.0) * self._volts**2 * changes
        return joules

    def _clocked(self) -> list[Cell]:
        return [cell for _, cell, kind in self._kinds if kind.clock is not None]

    def _alike(self) -> list[list[_Member]]:
        """Cells of one kind, and of one value at each pin of a register that keeps its value."""
        groups: dict[Any, list[_Member]] = defaultdict(list)
        for part, cell, kind in self._kinds:
            groups[kind.name, part, *_held(cell, kind).items()].append((part, cell, kind))
        return [*groups.values()]

    def _rows(self, members: Sequence[_Member]) -> npt.NDArray[np.int64]:
        """int64 [cells, pins]: the nodes at the inputs of gates, or at the data of registers."""
        _, first, kind = members[0]
        pins = kind.inputs if kind.clock is None else (kind.data(first),)
        rows = [[self._simulated.node[cell.pins[pin]] for pin in pins] for _, cell, _ in members]
        return np.array(rows, dtype=np.int64).reshape(len(members), len(pins))

    def _add(self, members: Sequence[_Member], counts: npt.NDArray[np.int64]) -> None:
        """Add what cells of one kind and part take inside, and what leaks.

        Args:
            members: the cells.
            counts: int64 [cells, states, states], of ``transitions.counted``.
        """
        part, first, kind = members[0]
        if kind.clock is None:
            weights, leaks = transitions.of_gate(kind), _gate_leakage(kind)
        else:
            outputs = {pin: int(kind.inverts(pin)) for pin in kind.outputs}
            given = kind, kind.data(first), _held(first, kind), outputs
            weights, leaks = transitions.of_register(*given), _register_leakage(*given)
        found = self._parts[part]
        found["leakage"] += float((counts * leaks).sum()) / self._steps
        cells = [cell for _, cell, _ in members]
        for name, joules in self._internal(cells, kind, weights, counts).items():
            found[name] += joules / self._steps

    def _internal(
        self, cells: Sequence[Cell], kind: Kind, weights: Weights, counts: npt.NDArray[Any]
    ) -> dict[str, float]:
        """Joules inside cells, of their clocks and of the rest."""
        taken: dict[str, float] = defaultdict(float)
        flat = counts.reshape(len(cells), -1)
        slew = self._conditions.slew_ns * _NANO / self._cells.library.seconds
        for number, arc in enumerate(kind.arcs):
            loads = np.array([self.loads.get(c.pins.get(arc.pin, "0"), 0.0) for c in cells])
            loads /= self._cells.library.farads
            for table, share in ((arc.rise, weights.rise), (arc.fall, weights.fall)):
                if table is not None and share[number].any():
                    times = flat @ share[number].ravel()
                    joules = self._cells.library.joules * float(times @ table.at(slew, loads))
                    taken["clock" if arc.pin == kind.clock else "internal"] += joules
        return taken

    def _assumptions(self, registers: int) -> list[str]:
        given = self._conditions
        found = [
            f"Each change of a net takes ½·C·V² at {self._volts:g} V; C is the capacitance of the "
            f"pins that it drives and of wires: {self._wire_text}.",
            f"Internal energy comes from the library's tables, at a slew of {given.slew_ns:g} ns "
            "and the net's load; if several inputs of a cell change at once, it is their mean.",
            f"Leakage depends on the cells' states, for a clock cycle at {given.clock_mhz:g} MHz.",
            "Cells are those that Yosys maps to before placement: no buffers, no routed wires.",
            "The drivers of the data input and the loads at the outputs are not counted.",
        ]
        if registers:
            found.append(
                "The clock drives the registers directly: their clock pins and wires are "
                "counted, but there is no clock tree."
            )
        return found


def _wires(library: Library, given: Conditions) -> tuple[Any, str]:
    """Farads of wire by fan-out, and where they come from."""
    if given.wire_ff is not None:
        each = given.wire_ff * _FEMTO
        return (lambda fan_out: fan_out * each), f"{given.wire_ff:g} fF for each pin, as given"
    load = library.wire_load()
    if load is None:
        return (lambda fan_out: 0.0), "none, because the library has no wire loads"
    name, points, slope = load
    places, values = np.array(sorted(points)), np.array([points[n] for n in sorted(points)])

    def wire(fan_out: int) -> float:
        if not fan_out:
            return 0.0
        beyond = max(0, fan_out - int(places[-1]))
        return float(np.interp(fan_out, places, values)) + beyond * slope

    first = wire(1) / _FEMTO
    return wire, f"the library's wire load {name}, {first:.2g} fF for the first pin"


def _held(cell: Cell, kind: Kind) -> dict[str, int]:
    """The values of a register's pins that keep theirs."""
    if kind.clock is None:
        return {}
    return {pin: int(cell.pins[pin]) for pin in kind.inputs if cell.pins.get(pin) in ("0", "1")}


def _gate_leakage(kind: Kind) -> Floats:
    """Watts [states, states] of a gate between two states of its inputs, half in each."""
    full = [
        state
        | sum((table >> state & 1) << kind.pins.index(pin) for pin, table in kind.tables.items())
        for state in range(1 << len(kind.inputs))
    ]
    leaks = kind.leakage[full]
    mean: Floats = (leaks[:, None] + leaks[None, :]) / 2
    return mean


def _register_leakage(
    kind: Kind, data: str, held: Mapping[str, int], outputs: Mapping[str, int]
) -> Floats:
    """Watts [holds, takes over] of a register, the clock high for half of the time."""
    found = np.zeros((2, 2))
    for holds in (0, 1):
        for taken in (0, 1):
            for clock in (0, 1):
                values = {**held, data: taken, str(kind.clock): clock}
                values |= {pin: holds ^ inverts for pin, inverts in outputs.items()}
                state = sum(values.get(pin, 0) << place for place, pin in enumerate(kind.pins))
                found[holds, taken] += kind.leakage[state] / 2
    return found


def _part(found: Mapping[str, float]) -> PartEnergy:
    return PartEnergy(
        cells=int(found.get("cells", 0)),
        registers=int(found.get("registers", 0)),
        area=round(found.get("area", 0.0), 3),
        switching_pj=found.get("switching", 0.0) / _PICO,
        internal_pj=found.get("internal", 0.0) / _PICO,
        clock_pj=found.get("clock", 0.0) / _PICO,
        leakage_nw=found.get("leakage", 0.0) / _NANO,
    )
