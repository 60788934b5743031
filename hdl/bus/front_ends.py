"""What makes reads and writes of registers of a bus: AXI4-Lite, Wishbone."""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib.wiring import Component, In, Out, Signature

from lilogic.hdl.bus.register_file import ACCESS
from lilogic.hdl.bus.registers import ADDRESS_BITS, WIDTH

AXI_LITE = Signature(
    {
        "awaddr": Out(ADDRESS_BITS),
        "awprot": Out(3),
        "awvalid": Out(1),
        "awready": In(1),
        "wdata": Out(WIDTH),
        "wstrb": Out(WIDTH // 8),
        "wvalid": Out(1),
        "wready": In(1),
        "bresp": In(2),
        "bvalid": In(1),
        "bready": Out(1),
        "araddr": Out(ADDRESS_BITS),
        "arprot": Out(3),
        "arvalid": Out(1),
        "arready": In(1),
        "rdata": In(WIDTH),
        "rresp": In(2),
        "rvalid": In(1),
        "rready": Out(1),
    }
)
"""AXI4-Lite, from the side of the manager."""

WISHBONE = Signature(
    {
        "cyc": Out(1),
        "stb": Out(1),
        "we": Out(1),
        "adr": Out(ADDRESS_BITS),
        "sel": Out(WIDTH // 8),
        "dat_w": Out(WIDTH),
        "dat_r": In(WIDTH),
        "ack": In(1),
    }
)
"""Wishbone B4, classic cycles, from the side of the initiator; ``adr`` counts bytes."""


class AxiLite(Component):
    """AXI4-Lite; every access is answered with OKAY.

    A write is taken once both its address and its data are there.

    Attributes:
        bus: in, ``AXI_LITE``.
        access: out, ``register_file.ACCESS``.
    """

    def __init__(self) -> None:
        super().__init__({"bus": In(AXI_LITE), "access": Out(ACCESS)})

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        bus, access = self.bus, self.access
        m.d.comb += [
            access.write.eq(bus.awvalid & bus.wvalid & ~bus.bvalid),
            access.write_address.eq(bus.awaddr),
            access.data.eq(bus.wdata),
            access.keep.eq(bus.wstrb),
            bus.awready.eq(access.write),
            bus.wready.eq(access.write),
            access.read.eq(bus.arvalid & ~bus.rvalid),
            access.read_address.eq(bus.araddr),
            bus.arready.eq(~bus.rvalid),
        ]
        with m.If(access.write):
            m.d.sync += bus.bvalid.eq(1)
        with m.Elif(bus.bready):
            m.d.sync += bus.bvalid.eq(0)
        with m.If(access.read):
            m.d.sync += [bus.rvalid.eq(1), bus.rdata.eq(access.answer)]
        with m.Elif(bus.rready):
            m.d.sync += bus.rvalid.eq(0)
        return m


class Wishbone(Component):
    """Wishbone; every access is acknowledged in the cycle after it came.

    Attributes:
        bus: in, ``WISHBONE``.
        access: out, ``register_file.ACCESS``.
    """

    def __init__(self) -> None:
        super().__init__({"bus": In(WISHBONE), "access": Out(ACCESS)})

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        bus, access = self.bus, self.access
        is_asked, is_answered = bus.cyc & bus.stb, Signal()
        is_new = is_asked & ~is_answered
        m.d.comb += [
            access.write.eq(is_new & bus.we),
            access.write_address.eq(bus.adr),
            access.data.eq(bus.dat_w),
            access.keep.eq(bus.sel),
            access.read.eq(is_new & ~bus.we),
            access.read_address.eq(bus.adr),
        ]
        m.d.comb += bus.ack.eq(is_asked & is_answered)
        m.d.sync += is_answered.eq(is_new)
        with m.If(access.read):
            m.d.sync += bus.dat_r.eq(access.answer)
        return m
