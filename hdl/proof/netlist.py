"""Reading compiled Verilog back as gates, to be compared with what it was compiled from.

Yosys parses and flattens the Verilog and breaks it into simple gates; nothing is optimised, so
what is proven is what was written. Adders ripple, so that carries are simple functions of the
numbers added.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lilogic.errors import FormatError
from lilogic.formats.importers.cells import CELLS
from lilogic.graph import Circuit
from lilogic.graph.circuit import Builder, LoopError, topological
from lilogic.hdl.fpga import yosys

Net = int | str
"""A net's number in Yosys's JSON, or one of the constants "0", "1" and "x"."""

_SCRIPT = """\
read_verilog {verilog}
hierarchy -check -top {top}
proc -noopt -norom
flatten
techmap -map carry.v -map +/techmap.v
simplemap
opt_clean
write_json netlist.json
"""

REGISTER = "$_DFF_P_"
"""The one kind of registers there is: enables and resets are gates before it."""

MUX = "$_MUX_"
"""A multiplexer; its inputs are what selects, and what is selected by 0 and by 1."""

CONSTANTS = ("0", "1")
"""The nets that are constants."""


class WrongNetlistError(Exception):
    """The netlist cannot be what was compiled, whatever its gates compute."""


@dataclass(frozen=True)
class Cell:
    """A simple gate, multiplexer or register, with its inputs as ``as_circuit`` reads them."""

    kind: str
    inputs: tuple[Net, ...]


@dataclass(frozen=True)
class Netlist:
    """A flat module of simple cells.

    Attributes:
        tool: what read it.
        wires: each named wire's nets, hierarchical names joined by dots.
        driver: the cell that drives a net.
    """

    tool: str
    wires: dict[str, list[Net]]
    driver: dict[Net, Cell]

    def vector(self, name: str, width: int) -> list[Net]:
        """The first ``width`` nets of wire ``name``, or the payloads of stream or vector ``name``.

        Raises:
            FormatError: there is no such wire.
            WrongNetlistError: it is narrower.
        """
        nets = list(self.wires.get(name) or self.wires.get(f"{name}__payload", []))
        number = 0
        while (part := f"{name}__lane{number}__payload") in self.wires:
            nets += self.wires[part]
            number += 1
        if not nets and width:
            raise FormatError(f"the netlist has no wire {name}")
        if len(nets) < width:
            raise WrongNetlistError(f"{name} has {len(nets)} bits, not {width}")
        return nets[:width]

    def signals(self, pattern: str) -> set[Net]:
        """The nets of wires whose whole names match a regular expression."""
        return {
            net for name, nets in self.wires.items() if re.fullmatch(pattern, name) for net in nets
        }

    def cone(self, outputs: Sequence[Net], leaves: Iterable[Net]) -> list[Net]:
        """Driven nets that ``outputs`` depend on, up to ``leaves``; sources first.

        All that the first output depends on comes before the rest.

        Raises:
            WrongNetlistError: feedback, or a dependence on a net that nothing drives.
        """
        stop = {*leaves, *CONSTANTS}

        def sources(net: Net) -> list[Net]:
            if net not in self.driver:
                raise WrongNetlistError(f"{self.name(net)} does not come from the preceding part")
            return [source for source in self.driver[net].inputs if source not in stop]

        try:
            return list(topological((net for net in outputs if net not in stop), sources))
        except LoopError as error:
            raise WrongNetlistError(f"{self.name(error.node)} depends on itself") from error

    def visited(self, outputs: Sequence[Net], leaves: Sequence[Net]) -> list[Net]:
        """``leaves`` in the order in which ``cone`` comes to them, then the others."""
        wanted = set(leaves)
        seen = (net for cell in self.cone(outputs, leaves) for net in self.driver[cell].inputs)
        return list(dict.fromkeys([*(net for net in seen if net in wanted), *leaves]))

    def name(self, net: Net) -> str:
        """A name for ``net`` that a reader of the Verilog can find."""
        for name, nets in self.wires.items():
            if net in nets:
                return f"{name}[{nets.index(net)}]" if len(nets) > 1 else name
        return f"net {net}"


def read(verilog: bytes, top: str, folder: Path, timeout: float | None) -> Netlist:
    """Read module ``top`` of Verilog with Yosys, in the scratch folder ``folder``.

    Raises:
        ToolTimeoutError: the time was up.
        FormatError: there are cells that have no simple meaning.
        LilogicError: Yosys failed.
    """
    (folder / "design.v").write_bytes(verilog)
    (folder / "carry.v").write_text(yosys.RIPPLE_CARRY)
    yosys.run(_SCRIPT.format(verilog="design.v", top=top), folder, timeout)
    design = json.loads((folder / "netlist.json").read_text("utf-8"))
    module = design["modules"][top]
    tool = " ".join(design["creator"].split()[:2])
    wires = {name: wire["bits"] for name, wire in module["netnames"].items()}
    clock = module["ports"].get("clk", {"bits": [None]})["bits"]
    driver: dict[Net, Cell] = {}
    for cell in module["cells"].values():
        if cell["type"] == yosys.SCOPE:
            continue
        nets = {port: bits[0] for port, bits in cell["connections"].items()}
        output = nets.pop("Q" if cell["type"] == REGISTER else "Y", None)
        if output is None or output in driver:
            raise FormatError(f"the netlist has a cell {cell['type']}, which is not supported")
        driver[output] = Cell(cell["type"], _inputs(cell["type"], nets, clock))
    return Netlist(tool, wires, driver)


def _inputs(kind: str, nets: Mapping[str, Net], clock: Sequence[Net | None]) -> tuple[Net, ...]:
    """A cell's input nets as in ``Cell``."""
    if kind == REGISTER and nets["C"] in clock:
        return (nets["D"],)
    if kind == MUX:
        return nets["S"], nets["A"], nets["B"]
    if kind in CELLS:
        return (nets["A"], nets.get("B", nets["A"]))
    raise FormatError(f"the netlist has a cell {kind}, which is not supported")


def cycles(netlist: Netlist, outputs: Sequence[Net], inputs: Sequence[Net]) -> dict[Net, int]:
    """How many registers every path from ``inputs`` to a net crosses, for ``outputs`` and before.

    Constants may cross registers too, as long as they settle before the first sample comes by.

    Raises:
        WrongNetlistError: two paths to one net cross different numbers of registers, or see
            ``Netlist.cone``.
    """
    crossed: dict[Net, int] = dict.fromkeys(inputs, 0)
    settled: dict[Net, int] = {"0": 0, "1": 0}
    for net in netlist.cone(outputs, inputs):
        cell = netlist.driver[net]
        own = int(cell.kind == REGISTER)
        arrivals = {crossed[source] for source in cell.inputs if source in crossed}
        settles = max((settled[source] for source in cell.inputs if source in settled), default=0)
        if not arrivals:
            settled[net] = settles + own
        elif len(arrivals) > 1 or settles > min(arrivals):
            raise WrongNetlistError(
                f"paths to {netlist.name(net)} cross different numbers of registers"
            )
        else:
            crossed[net] = arrivals.pop() + own
    late = max((settled[net] for net in outputs if net in settled), default=0)
    counts = {net: crossed[net] for net in outputs if net in crossed}
    if late > min(counts.values(), default=late):
        raise WrongNetlistError("a constant output settles after the first result is due")
    return crossed


def as_circuit(netlist: Netlist, outputs: Sequence[Net], inputs: Sequence[Net]) -> Circuit:
    """What is between two cuts, registers being wires.

    Input bit ``i`` of the circuit is ``inputs[i]``; these must differ and be no constants.

    Raises:
        WrongNetlistError: see ``Netlist.cone``.
    """
    builder = Builder(max(1, len(inputs)))
    node: dict[Net, int] = {net: i for i, net in enumerate(inputs)}
    node |= {net: builder.constant(int(net)) for net in CONSTANTS}
    for net in netlist.cone(outputs, inputs):
        cell = netlist.driver[net]
        wires = [node[source] for source in cell.inputs]
        if cell.kind == REGISTER:
            node[net] = wires[0]
        elif cell.kind == MUX:
            select, low, high = wires
            node[net] = builder.select(select, high, low)
        else:
            node[net] = builder.gate(CELLS[cell.kind], wires[0], wires[1])
    return builder.build([node[net] for net in outputs])
