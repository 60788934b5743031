"""One board around a top level: its clock, the pins of the link, LEDs.

Everything that belongs to a vendor is here; the rest of the hardware is plain logic.
"""

from __future__ import annotations

import importlib
from typing import Any, Protocol

from amaranth.build import Attrs, Pins, Resource, Subsignal
from amaranth.hdl import (
    Cat,
    ClockDomain,
    ClockSignal,
    Const,
    Elaboratable,
    Instance,
    Module,
    Signal,
)
from amaranth.lib import io
from amaranth.lib.cdc import ResetSynchronizer

from lilogic.boards.catalogue import OSCILLATOR, Board
from lilogic.boards.flow.pll import MHZ, Setting
from lilogic.extras import needs


class Linked(Protocol):
    """What a board connects: a component that speaks over two wires.

    Attributes:
        rx: in, the wire from the host, idle high.
        tx: out, the wire to the host, idle high.
        index: out, the class computed last.
        seen: out, whether a class has been computed since reset.
    """

    rx: Signal
    tx: Signal
    index: Signal
    seen: Signal


class OnBoard(Elaboratable):
    """``top`` on the pins of ``board``.

    LED ``n`` shows bit ``n`` of the class, lowest first, and the next one whether a class has been
    computed; of an RGB LED, red is the first.

    Args:
        board: the board.
        top: what runs on it.
        pll: how to make the clock.
    """

    def __init__(self, board: Board, top: Linked, pll: Setting) -> None:
        self._board = board
        self._top = top
        self._pll = pll

    def elaborate(self, platform: Any) -> Module:
        """Amaranth calls this."""
        m = Module()
        m.submodules.top = top = self._top
        if self._pll.dividers:
            _CLOCKS[self._board.family.name](m, platform, self._pll, self._board.pad)
        uart = platform.request("uart", 0, dir="-")
        m.submodules.rx = rx = io.Buffer("i", uart.rx)
        m.submodules.tx = tx = io.Buffer("o", uart.tx)
        m.d.comb += [top.rx.eq(rx.i), tx.o.eq(top.tx)]
        if self._board.high is not None:
            m.submodules.high = high = io.Buffer("o", platform.request("high", 0, dir="-"))
            m.d.comb += high.o.eq(1)
        shown = Cat(top.index, top.seen)
        leds = _leds(platform) if self._board.leds else []
        for place, (port, value) in enumerate(zip(leds, shown, strict=False)):
            m.submodules[f"led{place}"] = led = io.Buffer("o", port)
            m.d.comb += led.o.eq(value)
        return m


def make(board: Board, frequency: float | None = None) -> Any:
    """The board's platform, with the resources that the catalogue adds.

    Args:
        board: the board.
        frequency: Hz of the FPGA's own oscillator, where that is the clock; None for the highest.

    Raises:
        MissingExtraError: amaranth-boards is missing.
    """
    with needs("boards", "amaranth-boards"):
        module = importlib.import_module(f"amaranth_boards.{board.module}")
    known = getattr(module, board.platform)
    bases = (*filter(None, [_FLOWS.get(board.family.name)]), known)
    pins = Attrs(**board.family.pins)
    platform = type(board.platform, bases, {})()
    if board.clock is not None:
        platform.default_clk = board.clock
    if board.clock == OSCILLATOR:
        platform.osch_frequency = round((frequency or board.clock_hz) / MHZ, 2)
    if board.uart is not None:
        receive, send = board.uart
        wires = Subsignal("rx", Pins(receive, dir="i")), Subsignal("tx", Pins(send, dir="o"))
        platform.add_resources([Resource("uart", 0, *wires, pins)])
    if board.high is not None:
        platform.add_resources([Resource("high", 0, Pins(board.high, dir="o"), pins)])
    if board.extras is not None:
        platform.add_resources(getattr(platform, board.extras))
    return platform


class _HimbaechelFlow:
    """Gowin's flow of Amaranth names a place and route program that has had a successor since."""

    @property
    def required_tools(self) -> list[str]:
        return ["yosys", "nextpnr-himbaechel", "gowin_pack"]

    @property
    def command_templates(self) -> list[str]:
        synthesis, _, pack = super().command_templates  # type: ignore[misc]
        route = r"""
            {{invoke_tool("nextpnr-himbaechel")}}
                {{get_override("nextpnr_opts")|options}}
                --log {{name}}.tim
                --device {{platform.part}}
                --vopt family={{platform._chipdb_device}}
                --vopt cst={{name}}.cst
                --json {{name}}.syn.json
                --write {{name}}.pnr.json
        """
        return [synthesis, route, pack]


class _TrellisFlow:
    """Amaranth uses Lattice's programs for MachXO2 by default, and otherwise packs with ecppack.

    PyPI has two of that name: the one for MachXO2 is called xo2pack.
    """

    def __init__(self) -> None:
        super().__init__(toolchain="Trellis")  # type: ignore[call-arg]

    @property
    def required_tools(self) -> list[str]:
        return ["yosys", "nextpnr-machxo2", "xo2pack"]

    @property
    def command_templates(self) -> list[str]:
        templates: list[str] = self._trellis_command_templates  # type: ignore[attr-defined]
        return [template.replace('"ecppack"', '"xo2pack"') for template in templates]


class _VivadoFlow:
    """For Xilinx, Yosys only counts LUTs, from Verilog that is part of the project for Vivado.

    It counts with `abc -lut 6`, because ABC9 in `synth_xilinx` fails on these circuits.
    """

    @property
    def required_tools(self) -> list[str]:
        return ["yosys"]

    @property
    def file_templates(self) -> dict[str, str]:
        templates: dict[str, str] = dict(super().file_templates)  # type: ignore[misc]
        del templates["{{name}}.v"], templates["{{name}}.debug.v"]
        templates["{{name}}.il"] = "{{emit_rtlil()}}"
        templates["{{name}}.ys"] = r"""
            read_rtlil {{name}}.il
            hierarchy -top {{name}}
            proc -noopt
            opt_clean
            write_verilog -norename {{name}}.v
            flatten
            synth -noabc -run coarse:check -top {{name}}
            abc {{get_override("synth_opts")|options}}
            opt_clean
            write_json {{name}}.json
        """
        return templates

    @property
    def command_templates(self) -> list[str]:
        return ['{{invoke_tool("yosys")}} -q -l {{name}}.rpt {{name}}.ys']


_FLOWS: dict[str, type] = {"gowin": _HimbaechelFlow, "machxo2": _TrellisFlow, "xc7": _VivadoFlow}


def _leds(platform: Any) -> list[io.PortLike]:
    """The ports of the board's LEDs, in their order."""
    numbers = sorted(number for name, number in platform.resources if name == "led")
    leds = [platform.request("led", number, dir="-") for number in numbers]
    if not leds and ("rgb_led", 0) in platform.resources:
        rgb = platform.request("rgb_led", 0, dir="-")
        leds = [rgb.r, rgb.g, rgb.b]
    return leds


def _reset(m: Module, platform: Any, locked: Signal) -> None:
    """Hold the logic in reset until the clock is good, and while the board's button is pressed."""
    held = ~locked
    if platform.default_rst is not None:
        port = platform.request(platform.default_rst, dir="-")
        m.submodules.button = button = io.Buffer("i", port)
        held |= button.i
    m.submodules.reset = ResetSynchronizer(held, domain="sync")


def _ice40_clock(m: Module, platform: Any, pll: Setting, pad: bool) -> None:
    """Domain ``sync`` from SB_PLL40 (Lattice FPGA-TN-02052).

    The loop that shares a pin with the clock must take it from there; another takes it from a wire,
    and the buffer of a global clock, which Amaranth would make, does not reach it.
    """
    port = platform.request(platform.default_clk, dir="-").io
    fast, locked = Signal(), Signal()
    m.submodules.pll = Instance(
        "SB_PLL40_PAD" if pad else "SB_PLL40_CORE",
        p_FEEDBACK_PATH="SIMPLE",
        p_DIVR=Const(pll.dividers["DIVR"], 4),
        p_DIVF=Const(pll.dividers["DIVF"], 7),
        p_DIVQ=Const(pll.dividers["DIVQ"], 3),
        p_FILTER_RANGE=Const(pll.dividers["FILTER_RANGE"], 3),
        i_RESETB=Const(1),
        i_BYPASS=Const(0),
        o_PLLOUTCORE=fast,
        o_LOCK=locked,
        **{"i_PACKAGEPIN" if pad else "i_REFERENCECLK": port},
    )
    m.domains.sync = ClockDomain()
    m.d.comb += ClockSignal().eq(fast)
    _reset(m, platform, locked)


def _ecp5_clock(m: Module, platform: Any, pll: Setting, pad: bool) -> None:
    """Domain ``sync`` from EHXPLLL (Lattice FPGA-TN-02200)."""
    m.submodules.clock = slow = io.Buffer("i", platform.request(platform.default_clk, dir="-"))
    fast, locked = Signal(), Signal()
    m.submodules.pll = Instance(
        "EHXPLLL",
        a_FREQUENCY_PIN_CLKI=f"{platform.default_clk_frequency / MHZ:g}",
        a_FREQUENCY_PIN_CLKOP=f"{pll.frequency / MHZ:g}",
        a_ICP_CURRENT="12",
        a_LPF_RESISTOR="8",
        a_MFG_ENABLE_FILTEROPAMP="1",
        a_MFG_GMCREF_SEL="2",
        p_PLLRST_ENA="DISABLED",
        p_INTFB_WAKE="DISABLED",
        p_STDBY_ENABLE="DISABLED",
        p_DPHASE_SOURCE="DISABLED",
        p_OUTDIVIDER_MUXA="DIVA",
        p_OUTDIVIDER_MUXB="DIVB",
        p_OUTDIVIDER_MUXC="DIVC",
        p_OUTDIVIDER_MUXD="DIVD",
        p_FEEDBK_PATH="CLKOP",
        p_CLKOP_ENABLE="ENABLED",
        p_CLKI_DIV=pll.dividers["CLKI_DIV"],
        p_CLKFB_DIV=pll.dividers["CLKFB_DIV"],
        p_CLKOP_DIV=pll.dividers["CLKOP_DIV"],
        p_CLKOP_CPHASE=pll.dividers["CLKOP_DIV"] - 1,
        p_CLKOP_FPHASE=0,
        i_CLKI=slow.i,
        i_CLKFB=fast,
        i_RST=Const(0),
        i_STDBY=Const(0),
        i_PHASESEL0=Const(0),
        i_PHASESEL1=Const(0),
        i_PHASEDIR=Const(1),
        i_PHASESTEP=Const(1),
        i_PHASELOADREG=Const(1),
        i_PLLWAKESYNC=Const(0),
        i_ENCLKOP=Const(0),
        o_CLKOP=fast,
        o_LOCK=locked,
    )
    m.domains.sync = ClockDomain()
    m.d.comb += ClockSignal().eq(fast)
    _reset(m, platform, locked)


_CLOCKS = {"ice40": _ice40_clock, "ecp5": _ecp5_clock}
