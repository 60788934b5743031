"""The top module of a classifier behind a bus, with what whoever connects it has to know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lilogic.hdl.bus.description import BusInterface
from lilogic.hdl.bus.packets import Packet
from lilogic.hdl.bus.registers import ADDRESS_BITS, WIDTH
from lilogic.hdl.components.interface import Interface
from lilogic.hdl.options import Bus, InputKind
from lilogic.hdl.ports import cycles, every

_TOP = """\
{about}module {module} (
{ports}
);
  {core} core (
{connections}
  );
endmodule
"""


class Port(NamedTuple):
    """A port of the module.

    Attributes:
        direction: ``input`` or ``output``.
        width: its bits.
        name: its name.
        core: which port of the core it is, if it is one.
        comment: what it is for, where its name does not say so.
        before: what stands on the line before it, for Vivado.
    """

    direction: str
    width: int
    name: str
    core: str | None = None
    comment: str = ""
    before: str = ""

    @property
    def has_range(self) -> bool:
        """Whether it is declared with a range, be it of one bit."""
        return self.width > 1 or self.name.endswith("tkeep")


def module(bus: BusInterface, interface: Interface, core: str) -> str:
    """The module that gives the ports of ``core`` the names of the bus's standard."""
    declared = [*ports(bus)]
    connections = {port.core: port.name for port in declared if port.core} | dict(_joined(bus.kind))
    return _TOP.format(
        about="".join(f"// {line}\n" for line in _about(bus, interface)),
        module=bus.module,
        core=core,
        ports="\n".join(_declared(declared)),
        connections=",\n".join(f"    .{port}({wire})" for port, wire in connections.items()),
    )


def _about(bus: BusInterface, interface: Interface) -> Iterator[str]:
    sample, result = bus.sample, bus.result
    unit = "bytes of eight input bits"
    if interface.data is InputKind.FEATURES:
        unit = "features" if interface.levels is None else "codes of features"
    signed = "two's complement" if result.signed else "unsigned"
    yield f"The classifier behind {_NAMES[bus.kind]}."
    yield f"Sample: {sample.words} {unit}, {_size(sample)}"
    yield f"Result: the class, then {interface.classes} scores, {signed}, {_size(result)}"
    yield f"Latency: {cycles(bus.latency)} from the last beat of a sample to its result,"
    yield f"where neither waits; a sample every {every(bus.interval)}."


_NAMES = {
    Bus.AXIS: "AXI4-Stream",
    Bus.AXIS_AXIL: "AXI4-Stream, with registers behind AXI4-Lite",
    Bus.AXIL: "AXI4-Lite",
    Bus.WISHBONE: "Wishbone",
}


def _size(packet: Packet) -> str:
    bytes_ = f"{packet.word_bytes} byte{'s' * (packet.word_bytes > 1)}"
    beats = f"{packet.beats} beat{'s' * (packet.beats > 1)}"
    return f"{bytes_} each, little-endian: {packet.bytes} bytes in {beats}."


def ports(bus: BusInterface) -> Iterator[Port]:
    """The ports of the module, in order."""
    kind = bus.kind
    if kind is Bus.WISHBONE:
        yield Port("input", 1, "wb_clk_i", "clk", "rising edge")
        yield Port("input", 1, "wb_rst_i", "rst", "synchronous, active high")
        yield from _wishbone()
        return
    buses = ["s_axis", "m_axis"] * kind.has_streams + ["s_axi"] * kind.has_registers
    parameters = f"ASSOCIATED_BUSIF {':'.join(buses)}, ASSOCIATED_RESET aresetn"
    told = f'(* X_INTERFACE_PARAMETER = "{parameters}" *)'
    yield Port("input", 1, "aclk", "clk", "rising edge", told)
    told = '(* X_INTERFACE_PARAMETER = "POLARITY ACTIVE_LOW" *)'
    yield Port("input", 1, "aresetn", None, "synchronous, active low", told)
    if kind.has_streams:
        yield from _stream("s_axis", "input", "output", bus.width, "samples")
        yield from _stream("m_axis", "output", "input", bus.width, "results")
    if kind.has_registers:
        yield from _axi_lite()


def _stream(name: str, there: str, back: str, width: int, of: str) -> Iterator[Port]:
    yield Port(there, width, f"{name}_tdata", None, f"{of}, the first byte lowest")
    yield Port(there, width // 8, f"{name}_tkeep", None, "which bytes are of the packet")
    yield Port(there, 1, f"{name}_tlast", None, "the last beat of one")
    yield Port(there, 1, f"{name}_tvalid", f"{name}__valid")
    yield Port(back, 1, f"{name}_tready", f"{name}__ready")


_AXI_LITE = {
    "input": {
        "awaddr": ADDRESS_BITS, "awprot": 3, "awvalid": 1,
        "wdata": WIDTH, "wstrb": WIDTH // 8, "wvalid": 1,
        "bready": 1,
        "araddr": ADDRESS_BITS, "arprot": 3, "arvalid": 1,
        "rready": 1,
    },
    "output": {
        "awready": 1, "wready": 1, "bresp": 2, "bvalid": 1,
        "arready": 1, "rdata": WIDTH, "rresp": 2, "rvalid": 1,
    },
}  # fmt: skip


def _axi_lite() -> Iterator[Port]:
    for direction, widths in _AXI_LITE.items():
        for name, width in widths.items():
            yield Port(direction, width, f"s_axi_{name}", f"s_axi__{name}")


def _wishbone() -> Iterator[Port]:
    yield Port("input", 1, "wb_cyc_i", "wb__cyc")
    yield Port("input", 1, "wb_stb_i", "wb__stb")
    yield Port("input", 1, "wb_we_i", "wb__we")
    yield Port("input", ADDRESS_BITS, "wb_adr_i", "wb__adr", "of bytes; the low two are ignored")
    yield Port("input", WIDTH // 8, "wb_sel_i", "wb__sel")
    yield Port("input", WIDTH, "wb_dat_i", "wb__dat_w")
    yield Port("output", WIDTH, "wb_dat_o", "wb__dat_r")
    yield Port("output", 1, "wb_ack_o", "wb__ack")


def _joined(kind: Bus) -> Iterator[tuple[str, str]]:
    """Ports of the core that are no single port of the top, and what they are."""
    if kind is not Bus.WISHBONE:
        yield "rst", "~aresetn"
    if kind.has_streams:
        for name in ("s_axis", "m_axis"):
            yield f"{name}__payload", f"{{{name}_tlast, {name}_tkeep, {name}_tdata}}"


def _declared(ports: list[Port]) -> Iterator[str]:
    for number, port in enumerate(ports):
        if port.before:
            yield f"    {port.before}"
        bits = f"[{port.width - 1}:0] " if port.has_range else ""
        comma = "," if number < len(ports) - 1 else ""
        declared = f"{port.direction} {bits}{port.name}{comma}"
        comment = f"// {port.comment}" if port.comment else ""
        yield f"    {declared:<36}{comment}".rstrip()
