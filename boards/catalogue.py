"""The boards that a classifier can be put on, by the names that people type.

A new board is one entry in ``BOARDS``: what amaranth-boards calls it, its device, and what stands
between its pins and the host.
"""

from __future__ import annotations

from dataclasses import dataclass

from lilogic.errors import GraphError
from lilogic.hdl.fpga.devices import DEVICES, Device
from lilogic.hdl.fpga.families import Family
from lilogic.report.models.board import BoardEntry

OSCILLATOR = "OSCH"
"""The clock of a board whose FPGA makes its own, as Amaranth calls it."""


@dataclass(frozen=True)
class Board:
    """A board.

    Attributes:
        name: what people type.
        title: what it is sold as.
        module: module of ``amaranth_boards`` that describes it.
        platform: class in that module.
        device: its FPGA.
        part: the FPGA's name, as amaranth-boards has it.
        clock_hz: frequency of the board's own clock in Hz; of ``OSCILLATOR``, the highest.
        link: what connects its UART with the host.
        loader: program that loads a bitstream, and its arguments before the file's name; empty
            where we know of none.
        clock: the clock resource, where it is not the platform's default; or ``OSCILLATOR``.
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
    part: str
    clock_hz: float
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
        return self.device.family

    @property
    def clocks(self) -> str:
        """What makes its clocks, as ``pll.LOOPS`` has it: its oscillator, or its family's loops."""
        return OSCILLATOR if self.clock == OSCILLATOR else self.family.name


_INACCURATE = (
    "the FPGA's own oscillator is inaccurate: if the board is silent, try baud rates a few percent "
    "higher and lower"
)


_UNKNOWN = "nextpnr from PyPI does not know its FPGA; name one that does in NEXTPNR_MACHXO2"


def _machxo2_breakout(name: str, size: str, device: str) -> Board:
    remark = f"solder R14 to R21 for the link; {_INACCURATE}"
    return Board(
        name=f"machxo2-{name}-breakout",
        title=f"Lattice MachXO2 breakout board with LCMXO2-{size}",
        module="machxo2_breakout",
        platform=f"MachXO2_{size}_BreakoutPlatform",
        device=DEVICES[device],
        part=f"LCMXO2-{size}",
        clock_hz=133_000_000,
        link="USB (FT2232H)",
        loader=("openFPGALoader", "-b", "machXO2EVN", "-m"),
        clock=OSCILLATOR,
        uart=("73", "74"),
        remark=remark if DEVICES[device].is_packaged else f"{_UNKNOWN}; {remark}",
    )


def _ulx3s(size: str, device: str) -> Board:
    return Board(
        name=f"ulx3s-{size}f",
        title=f"Radiona ULX3S with LFE5U-{size}F",
        module="ulx3s",
        platform=f"ULX3S_{size}F_Platform",
        device=DEVICES[device],
        part=f"LFE5U-{size}F",
        clock_hz=25_000_000,
        link="USB (FT231X)",
        loader=("openFPGALoader", "-b", "ulx3s"),
    )


def _orangecrab(size: str, device: str) -> Board:
    return Board(
        name=f"orangecrab-{size}f",
        title=f"OrangeCrab r0.2 with LFE5U-{size}F",
        module="orangecrab_r0_2",
        platform=f"OrangeCrabR0_2_{size}FPlatform",
        device=DEVICES[device],
        part=f"LFE5U-{size}F",
        clock_hz=48_000_000,
        link="adapter on RX and TX",
        loader=("openFPGALoader", "-b", "orangeCrab"),
        uart=("N17", "M18"),
        remark="USB has no serial bridge; connect a 3.3 V USB-serial adapter to pins 0 and 1",
    )


def _arty(size: str) -> Board:
    return Board(
        name=f"arty-a7-{size}",
        title=f"Digilent Arty A7-{size}T",
        module="arty_a7",
        platform=f"ArtyA7_{size}Platform",
        device=DEVICES[f"xc7a{size}t"],
        part=f"xc7a{size}ti",
        clock_hz=100_000_000,
        link="USB (FT2232H)",
        loader=("openFPGALoader", "-b", f"arty_a7_{size}t"),
        remark="build the bitstream with Vivado, whose router is not on PyPI",
    )


BOARDS: dict[str, Board] = {
    board.name: board
    for board in (
        Board(
            name="icestick",
            title="Lattice iCEstick",
            module="icestick",
            platform="ICEStickPlatform",
            device=DEVICES["hx1k"],
            part="iCE40HX1K",
            clock_hz=12_000_000,
            link="USB (FT2232H)",
            loader=("openFPGALoader", "-b", "ice40_generic"),
            remark="too small for the networks of the zoo",
        ),
        Board(
            name="icebreaker",
            title="1BitSquared iCEBreaker",
            module="icebreaker",
            platform="ICEBreakerPlatform",
            device=DEVICES["up5k"],
            part="iCE40UP5K",
            clock_hz=12_000_000,
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
            device=DEVICES["up5k"],
            part="iCE40UP5K",
            clock_hz=12_000_000,
            link="USB (FT232H)",
            loader=("iceprog",),
            clock="clk12",
            uart=("15", "14"),
            high="16",
            remark=(
                "close the OSC jumper, because the FPGA's own oscillator is too inaccurate for a "
                "UART"
            ),
        ),
        Board(
            name="ice40-hx8k-b-evn",
            title="Lattice iCE40-HX8K breakout board",
            module="ice40_hx8k_b_evn",
            platform="ICE40HX8KBEVNPlatform",
            device=DEVICES["hx8k"],
            part="iCE40HX8K",
            clock_hz=12_000_000,
            link="USB (FT2232H)",
            loader=("openFPGALoader", "-b", "ice40_generic"),
        ),
        _ulx3s("12", "ecp5-25f"),
        _ulx3s("25", "ecp5-25f"),
        _ulx3s("45", "ecp5-45f"),
        _ulx3s("85", "ecp5"),
        _orangecrab("25", "ecp5-25f"),
        _orangecrab("85", "ecp5"),
        Board(
            name="colorlight-5a-75b",
            title="Colorlight 5A-75B, revision 7.0",
            module="colorlight_5a75b_r7_0",
            platform="Colorlight_5A75B_R70Platform",
            device=DEVICES["ecp5-25f"],
            part="LFE5U-25F",
            clock_hz=25_000_000,
            link="adapter on J19",
            loader=("openFPGALoader", "-c", "ft232"),
            leds=False,
            remark=(
                "needs a JTAG adapter; the UART uses the pins of the key (receive) and the LED "
                "(send)"
            ),
        ),
        Board(
            name="versa-ecp5",
            title="Lattice ECP5 Versa",
            module="versa_ecp5",
            platform="VersaECP5Platform",
            device=DEVICES["ecp5-45f"],
            part="LFE5UM-45F",
            clock_hz=100_000_000,
            link="USB (FT2232H)",
            loader=(),
            remark="not supported by openFPGALoader; load the bitstream with Lattice's programmer",
        ),
        Board(
            name="tinyfpga-ax2",
            title="TinyFPGA AX2",
            module="tinyfpga_ax2",
            platform="TinyFPGAAX2Platform",
            device=DEVICES["xo2-1200"],
            part="LCMXO2-1200HC",
            clock_hz=133_000_000,
            link="adapter on pins 1 and 2",
            loader=("tinyproga", "-b"),
            clock=OSCILLATOR,
            uart=("13", "14"),
            remark=(
                "connect a 3.3 V USB-serial adapter, its TX to pin 1 and its RX to pin 2; "
                f"{_INACCURATE}"
            ),
        ),
        _machxo2_breakout("1200ze", "1200ZE", "xo2-1200"),
        _machxo2_breakout("7000he", "7000HE", "xo2-7000"),
        Board(
            name="step-mxo2",
            title="STEP-MXO2",
            module="stepmxo2",
            platform="StepMXO2Platform",
            device=DEVICES["xo2-4000"],
            part="LCMXO2-4000HC",
            clock_hz=12_000_000,
            link="USB (LPC microcontroller)",
            loader=(),
            remark=f"{_UNKNOWN}; its loader takes JED files, which only Lattice's tools write",
        ),
        Board(
            name="tang-nano-9k",
            title="Sipeed Tang Nano 9K",
            module="tang_nano_9k",
            platform="TangNano9kPlatform",
            device=DEVICES["gw1nr-9"],
            part="GW1NR-LV9QN88PC6/I5",
            clock_hz=27_000_000,
            link="USB (BL702)",
            loader=("openFPGALoader", "-b", "tangnano9k"),
        ),
        Board(
            name="tang-primer-20k",
            title="Sipeed Tang Primer 20K on its dock",
            module="tang_primer_20k",
            platform="TangPrimer20kDockPlatform",
            device=DEVICES["gw2a-18"],
            part="GW2A-LV18PG256C8/I7",
            clock_hz=27_000_000,
            link="USB (BL616)",
            loader=("openFPGALoader", "-b", "tangprimer20k"),
        ),
        _arty("35"),
        _arty("100"),
    )
}


def describe(board: Board) -> BoardEntry:
    """What there is to know of a board before one builds for it."""
    family = board.family
    return BoardEntry(
        name=board.name,
        title=board.title,
        device=board.part,
        luts=board.device.luts,
        lut=family.lut,
        clock_hz=board.clock_hz,
        link=board.link,
        tools=[*family.tools],
        bitstream=board.device.is_complete,
        remark=board.remark,
    )


def find(name: str) -> Board:
    """The board called ``name``.

    Raises:
        GraphError: there is none.
    """
    if name not in BOARDS:
        raise GraphError(f"board {name!r} is not one of {', '.join(BOARDS)}")
    return BOARDS[name]
