"""The boards that a classifier can be put on, by the names that people type.

A new board is one entry in ``BOARDS``: what amaranth-boards calls it, its device, and what stands
between its pins and the host.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lilogic.errors import LilogicError
from lilogic.hdl.synthesis.area import TARGETS, Weights


@dataclass(frozen=True)
class Family:
    """FPGAs that are built with the same tools.

    Attributes:
        tools: programs for synthesis, place and route, and the bitstream, in this order; ends
            early where a step's program is not on PyPI.
        lut: what its look-up tables are called.
        columns: what each cell type of Yosys adds to ``luts``, ``ffs`` and ``carries``.
        joint: whether a flip-flop takes the place of a look-up table that does not feed it.
        synth_options: for Yosys' synthesis command.
        route_options: for nextpnr.
        netlist: file that synthesis makes.
        first_clock: Hz that the first place and route is asked for, to learn what can be reached.
        bitstream: file name extension.
        target: the one of ``lilogic.hdl.synthesis.area.TARGETS`` that its logic cells are alike.
    """

    tools: tuple[str, ...]
    lut: str
    columns: Mapping[str, Weights]
    joint: bool
    synth_options: str
    route_options: str
    netlist: str
    first_clock: float
    bitstream: str
    target: str

    @property
    def is_complete(self) -> bool:
        """Whether bitstreams can be built with programs from PyPI."""
        return len(self.tools) == len(STEPS)


STEPS = ("synthesis", "place and route", "bitstream")

# What follows names cells after their wires, which takes a quarter of the time for 24,000 LUTs.
_UNNAMED = "-run begin:check"


FAMILIES: dict[str, Family] = {
    "ice40": Family(
        tools=("yosys", "nextpnr-ice40", "icepack"),
        lut="LUT4",
        columns=TARGETS["ice40"].columns,
        joint=True,
        synth_options=_UNNAMED,
        route_options="--router router2",  # router1 circles forever on the digits network
        netlist="top.json",
        first_clock=60e6,
        bitstream="bin",
        target="ice40",
    ),
    "ecp5": Family(
        tools=("yosys", "nextpnr-ecp5", "ecppack"),
        lut="LUT4",
        columns=TARGETS["ecp5"].columns,
        joint=False,
        synth_options=f"-nowidelut {_UNNAMED}",
        route_options="--router router2",
        netlist="top.json",
        # Large networks reach little more, and small ones climb from there in a few tries.
        first_clock=62.5e6,
        bitstream="bit",
        target="ecp5",
    ),
    "gowin": Family(
        tools=("yosys", "nextpnr-himbaechel", "gowin_pack"),
        lut="LUT4",
        columns={"luts": {"LUT[1-4]": 1, "ALU": 1}, "ffs": {"DFF*": 1}, "carries": {"ALU": 1}},
        joint=True,
        synth_options="-nowidelut",
        route_options="",
        netlist="top.syn.json",
        first_clock=60e6,
        bitstream="fs",
        target="ice40",  # four inputs, and carries in the same cell
    ),
    "xc7": Family(
        tools=("yosys",),
        lut="LUT6",
        columns={"luts": {"$lut": 1}, "ffs": {"$_*DFF*": 1}, "carries": {}},
        joint=False,
        synth_options="-lut 6",
        route_options="",
        netlist="top.json",
        first_clock=100e6,
        bitstream="bit",
        target="xc7",
    ),
}


@dataclass(frozen=True)
class Device:
    """An FPGA.

    Attributes:
        family: one of ``FAMILIES``.
        luts: look-up tables that place and route may use.
        ffs: flip-flops.
    """

    family: str
    luts: int
    ffs: int


# Counts are those that nextpnr reports as available; for Xilinx, those of data sheet DS180. An
# LFE5U-12F is sold as 12,000 LUTs, but nextpnr uses what its die has, which is that of a 25F.
HX1K = Device("ice40", 1280, 1280)
HX8K = Device("ice40", 7680, 7680)
UP5K = Device("ice40", 5280, 5280)
LFE5U_25F = Device("ecp5", 24288, 24288)
LFE5U_45F = Device("ecp5", 43848, 43848)
LFE5U_85F = Device("ecp5", 83640, 83640)
GW1NR_9 = Device("gowin", 8640, 6480)
XC7A35T = Device("xc7", 20800, 41600)
XC7A100T = Device("xc7", 63400, 126800)


@dataclass(frozen=True)
class Board:
    """A board.

    Attributes:
        name: what people type.
        title: what it is sold as.
        module: module of ``amaranth_boards`` that describes it.
        platform: class in that module.
        device: its FPGA.
        link: what connects its UART with the host.
        loader: program that loads a bitstream, and its arguments before the file's name; empty
            where we know of none.
        clock: the clock resource, where it is not the platform's default.
        uart: pins to receive and to send on, where amaranth-boards names none.
        high: a pin that must be kept high, so that what shares the link's pins stays silent.
        pad: whether the clock comes in on the pin that belongs to the phase-locked loop (iCE40).
        extras: attribute of the platform with the resources of a part that comes along.
        leds: whether LEDs show the class; false where they share pins with the link.
        remark: what to know before the first use.
    """

    name: str
    title: str
    module: str
    platform: str
    device: Device
    link: str
    loader: tuple[str, ...]
    clock: str | None = None
    uart: tuple[str, str] | None = None
    high: str | None = None
    pad: bool = False
    extras: str | None = None
    leds: bool = True
    remark: str = ""

    @property
    def family(self) -> Family:
        """What its FPGA is built with."""
        return FAMILIES[self.device.family]


def _ulx3s(size: str, device: Device) -> Board:
    return Board(
        name=f"ulx3s-{size}f",
        title=f"Radiona ULX3S with LFE5U-{size}F",
        module="ulx3s",
        platform=f"ULX3S_{size}F_Platform",
        device=device,
        link="USB (FT231X)",
        loader=("openFPGALoader", "-b", "ulx3s"),
    )


def _orangecrab(size: str, device: Device) -> Board:
    return Board(
        name=f"orangecrab-{size}f",
        title=f"OrangeCrab r0.2 with LFE5U-{size}F",
        module="orangecrab_r0_2",
        platform=f"OrangeCrabR0_2_{size}FPlatform",
        device=device,
        link="adapter on RX and TX",
        loader=("openFPGALoader", "-b", "orangeCrab"),
        uart=("N17", "M18"),
        remark="its USB has no serial bridge: connect a 3.3 V USB-serial adapter to pins 0 and 1",
    )


def _arty(size: str, device: Device) -> Board:
    return Board(
        name=f"arty-a7-{size}",
        title=f"Digilent Arty A7-{size}T",
        module="arty_a7",
        platform=f"ArtyA7_{size}Platform",
        device=device,
        link="USB (FT2232H)",
        loader=("openFPGALoader", "-b", f"arty_a7_{size}t"),
        remark="build the bitstream with Vivado: its router is not on PyPI",
    )


BOARDS: dict[str, Board] = {
    board.name: board
    for board in (
        Board(
            name="icestick",
            title="Lattice iCEstick",
            module="icestick",
            platform="ICEStickPlatform",
            device=HX1K,
            link="USB (FT2232H)",
            loader=("openFPGALoader", "-b", "ice40_generic"),
            remark="too small for the networks that come along",
        ),
        Board(
            name="icebreaker",
            title="1BitSquared iCEBreaker",
            module="icebreaker",
            platform="ICEBreakerPlatform",
            device=UP5K,
            link="USB (FT2232H)",
            loader=("openFPGALoader", "-b", "ice40_generic"),
            pad=True,
            extras="break_off_pmod",
        ),
        Board(
            name="upduino-v3",
            title="tinyVision UPduino v3",
            module="upduino_v3",
            platform="UpduinoV3Platform",
            device=UP5K,
            link="USB (FT232H)",
            loader=("iceprog",),
            clock="clk12",
            uart=("15", "14"),
            high="16",
            remark="close the OSC jumper: the FPGA's own oscillator is too inaccurate for a UART",
        ),
        Board(
            name="ice40-hx8k-b-evn",
            title="Lattice iCE40-HX8K breakout board",
            module="ice40_hx8k_b_evn",
            platform="ICE40HX8KBEVNPlatform",
            device=HX8K,
            link="USB (FT2232H)",
            loader=("openFPGALoader", "-b", "ice40_generic"),
        ),
        _ulx3s("12", LFE5U_25F),
        _ulx3s("25", LFE5U_25F),
        _ulx3s("45", LFE5U_45F),
        _ulx3s("85", LFE5U_85F),
        _orangecrab("25", LFE5U_25F),
        _orangecrab("85", LFE5U_85F),
        Board(
            name="colorlight-5a-75b",
            title="Colorlight 5A-75B, revision 7.0",
            module="colorlight_5a75b_r7_0",
            platform="Colorlight_5A75B_R70Platform",
            device=LFE5U_25F,
            link="adapter on J19",
            loader=("openFPGALoader", "-c", "ft232"),
            leds=False,
            remark="needs a JTAG adapter; the UART is at the key (receive) and the LED (send)",
        ),
        Board(
            name="versa-ecp5",
            title="Lattice ECP5 Versa",
            module="versa_ecp5",
            platform="VersaECP5Platform",
            device=LFE5U_45F,
            link="USB (FT2232H)",
            loader=(),
            remark="openFPGALoader does not know it: load it with Lattice's programmer",
        ),
        Board(
            name="tang-nano-9k",
            title="Sipeed Tang Nano 9K",
            module="tang_nano_9k",
            platform="TangNano9kPlatform",
            device=GW1NR_9,
            link="USB (BL702)",
            loader=("openFPGALoader", "-b", "tangnano9k"),
        ),
        _arty("35", XC7A35T),
        _arty("100", XC7A100T),
    )
}


def find(name: str) -> Board:
    """The board called ``name``.

    Raises:
        LilogicError: there is none.
    """
    if name not in BOARDS:
        raise LilogicError(f"there is no board {name}; there are {', '.join(BOARDS)}")
    return BOARDS[name]
