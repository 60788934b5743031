"""FPGAs: what they have room for, and how long a level of logic takes on some of them.

A new device is one entry in ``DEVICES``; ``bench/delays.py`` measures delays.
"""

from __future__ import annotations

from dataclasses import dataclass

from lilogic.errors import GraphError
from lilogic.hdl.fpga.delays import Clock, Delays
from lilogic.hdl.fpga.families import FAMILIES, GENERIC, Family


@dataclass(frozen=True)
class Device:
    """An FPGA.

    Attributes:
        name: what people type.
        label: its name for people.
        family: what it is built with.
        luts: look-up tables that place and route may use.
        ffs: flip-flops.
        options: of nextpnr, which choose the device, its package and its speed grade; empty where
            only boards use it, which say so themselves.
        delays: what levels take; None where they were not measured.
        is_packaged: whether nextpnr on PyPI knows it; one that was built for it does, if not.
    """

    name: str
    label: str
    family: Family
    luts: int
    ffs: int
    options: tuple[str, ...] = ()
    delays: Delays | None = None
    is_packaged: bool = True

    @property
    def is_complete(self) -> bool:
        """Whether bitstreams can be built for it with programs from PyPI."""
        return self.family.is_complete and self.is_packaged


_ICE40, _ECP5, _MACHXO2, _GOWIN, _XC7 = (
    FAMILIES[name] for name in ("ice40", "ecp5", "machxo2", "gowin", "xc7")
)

# Counts are those that nextpnr reports as available; where it does not know the device, those of
# the data sheet (Xilinx DS180, Lattice FPGA-DS-02056). An LFE5U-12F is sold as 12,000 LUTs, but
# nextpnr uses what its die has, which is that of a 25F.
DEVICES: dict[str, Device] = {
    device.name: device
    for device in (
        Device("hx1k", "iCE40 HX1K", _ICE40, 1280, 1280),
        Device(
            "hx8k",
            "iCE40 HX8K",
            _ICE40,
            7680,
            7680,
            options=("--hx8k", "--package", "ct256"),
            delays=Delays(stage=2.377, gate=1.07, chain=2.182, bit=0.084),
        ),
        Device(
            "up5k",
            "iCE40 UP5K",
            _ICE40,
            5280,
            5280,
            options=("--up5k", "--package", "sg48"),
            delays=Delays(stage=3.854, gate=2.997, chain=5.812, bit=0.335),
        ),
        Device("ecp5-25f", "ECP5-25F", _ECP5, 24288, 24288),
        Device("ecp5-45f", "ECP5-45F", _ECP5, 43848, 43848),
        Device(
            "ecp5",
            "ECP5-85F, speed grade 6",
            _ECP5,
            83640,
            83640,
            options=("--85k", "--package", "CABGA756", "--speed", "6"),
            delays=Delays(stage=1.061, gate=1.121, chain=2.112, bit=0.043),
        ),
        Device("xo2-1200", "MachXO2-1200", _MACHXO2, 1280, 1280),
        Device("xo2-4000", "MachXO2-4000", _MACHXO2, 4320, 4320, is_packaged=False),
        Device("xo2-7000", "MachXO2-7000", _MACHXO2, 6864, 6864, is_packaged=False),
        Device("gw1nr-9", "GW1NR-9", _GOWIN, 8640, 6480),
        Device("gw2a-18", "GW2A-18", _GOWIN, 20736, 15552),
        Device("xc7a35t", "XC7A35T", _XC7, 20800, 41600),
        Device("xc7a100t", "XC7A100T", _XC7, 63400, 126800),
    )
}


def find(name: str) -> Device:
    """The device called ``name``, of those whose delays were measured.

    Raises:
        GraphError: there is none.
    """
    timed = _timed()
    if name not in timed:
        raise GraphError(f"device {name!r} is not one of {', '.join(timed)}")
    return timed[name]


def names() -> list[str]:
    """The devices that ``find`` knows."""
    return [*_timed()]


def targets() -> list[str]:
    """What a classifier can be compiled for.

    That is standard cells, families whose areas are measured, and the devices that ``find`` knows,
    which stand for their families.
    """
    measured = [family.name for family in FAMILIES.values() if family.mapping]
    return list(dict.fromkeys([GENERIC, *measured, *_timed()]))


def family(target: str) -> str:
    """The name of the family that one of ``targets`` is of.

    Raises:
        GraphError: there is no such target.
    """
    if target not in targets():
        raise GraphError(f"target {target!r} is not one of {', '.join(targets())}")
    timed = _timed()
    return timed[target].family.name if target in timed else target


def clock(mhz: float, name: str) -> Clock:
    """A clock on the device called ``name``.

    Raises:
        GraphError: there is no such device, or the clock is not above 0 MHz.
    """
    device = find(name)
    assert device.delays is not None, "find knows no others"
    return Clock(mhz, device.label, device.delays)


def _timed() -> dict[str, Device]:
    return {name: device for name, device in DEVICES.items() if device.delays is not None}
