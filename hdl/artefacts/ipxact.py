"""An IP-XACT component, by the schema of IEEE 1685-2014."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lilogic.hdl.artefacts.block import STEM, Block
from lilogic.hdl.bus import registers
from lilogic.hdl.bus.registers import Access
from lilogic.hdl.ports import Direction

COMPONENT = f"{STEM}.xml"

DIRECTIONS = {Direction.INPUT: "in", Direction.OUTPUT: "out"}
ACCESS = {Access.READ: "read-only", Access.WRITE: "write-only"}


@dataclass(frozen=True)
class _Standard:
    """A bus of Arm's IP-XACT definitions.

    Attributes:
        name: of the definition, in the library AMBA4 of amba.com.
        version: of it.
        mode: which side of it the block is.
    """

    name: str
    version: str
    mode: str


STANDARDS = {
    "s_axis": _Standard("AXI4Stream", "r0p0_1", "slave"),
    "m_axis": _Standard("AXI4Stream", "r0p0_1", "master"),
    "s_axi": _Standard("AXI4-Lite", "r0p0_0", "slave"),
}
"""By what the names of a block's ports begin with."""


@dataclass(frozen=True)
class _Connection:
    """One of a block's buses, and its ports, by the names that the standard has."""

    name: str
    standard: _Standard
    ports: dict[str, str]


def write(block: Block) -> dict[str, str]:
    """The component: its Verilog, its ports and buses, its registers, its timing as parameters."""
    interface = block.interface
    parameters = {
        "CLASSES": interface.classes,
        "SCORE_WIDTH": interface.score_width,
        "SCORE_SIGNED": int(interface.score_signed),
        "LATENCY": interface.latency if interface.bus is None else interface.bus.latency,
        "INTERVAL": interface.interval if interface.bus is None else interface.bus.interval,
    }
    text = block.render(
        "ipxact.xml",
        escape=True,
        directions=DIRECTIONS,
        access=ACCESS,
        parameters=parameters,
        connections=[*_connections(block)],
        registers=interface.bus.registers if interface.bus else (),
        fields=registers.present_fields(interface.bus.kind) if interface.bus else (),
        width=registers.WIDTH,
        range=1 << registers.ADDRESS_BITS,
    )
    return {COMPONENT: text}


def _connections(block: Block) -> Iterator[_Connection]:
    for name, standard in STANDARDS.items():
        prefix = f"{name}_"
        ports = {
            port.name.removeprefix(prefix).upper(): port.name
            for port in block.ports
            if port.name.startswith(prefix)
        }
        if ports:
            yield _Connection(name, standard, ports)
