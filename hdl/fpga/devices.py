"""FPGAs that nextpnr knows, and how long a level of logic takes on each.

A new device is one entry in ``DEVICES``; ``bench/delays.py`` measures its delays.
"""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import Value
from amaranth.hdl._ast import Concat, Operator, Slice, SwitchValue

from lilogic.errors import LilogicError


@dataclass(frozen=True)
class Delays:
    """Nanoseconds after placement and routing, with what the wires take included.

    Attributes:
        stage: what every stage takes, however little stands in it: out of one register, into the
            next, and the wires between.
        gate: a LUT4, or a level of two-input gates: where others read a gate too, LUTs hold one.
        chain: getting into and out of a carry chain.
        bit: each bit of a carry chain.
    """

    stage: float
    gate: float
    chain: float
    bit: float

    def of(self, value: Value) -> float:
        """The longest way through the operators that ``value`` is written with."""
        seen: dict[int, float] = {}

        def longest(value: Value) -> float:
            if id(value) not in seen:
                own, parts = self._step(value)
                seen[id(value)] = own + max(map(longest, parts), default=0)
            return seen[id(value)]

        return longest(value)

    def luts(self, inputs: int) -> float:
        """A function of ``inputs`` bits, in a row of LUT4s of which each takes in three more."""
        return self.gate * -(-(inputs - 1) // 3)

    def _step(self, value: Value) -> tuple[float, list[Value]]:
        """What the outermost operator takes, and what it reads."""
        match value:
            case Operator(operator="+" | "<" | ">", operands=operands):
                return self.chain + self.bit * max(map(len, operands)), [*operands]
            case Operator():
                leaves = _leaves(value)
                return self.luts(len(leaves)), leaves
            case SwitchValue(test=test, cases=cases):
                return self.gate, [test, *(chosen for _, chosen in cases)]
            case Slice(value=whole):
                return 0, [whole]
            case Concat(parts=parts):
                return 0, [*parts]
        return 0, []


def _leaves(value: Value) -> list[Value]:
    """The distinct values that a bitwise expression is made of."""
    if not (isinstance(value, Operator) and value.operator in ("~", "&", "|", "^")):
        return [value]
    leaves = {id(leaf): leaf for operand in value.operands for leaf in _leaves(operand)}
    return [*leaves.values()]


@dataclass(frozen=True)
class Device:
    """An FPGA that nextpnr knows.

    Attributes:
        label: its name for people.
        target: what ``area.TARGETS`` calls its family.
        program: nextpnr for its family.
        options: of nextpnr, which choose the device.
        logic: the name of its logic cells in nextpnr's utilization.
        delays: what levels take.
    """

    label: str
    target: str
    program: str
    options: tuple[str, ...]
    logic: str
    delays: Delays


DEVICES: dict[str, Device] = {
    "hx8k": Device(
        label="iCE40 HX8K",
        target="ice40",
        program="nextpnr-ice40",
        options=("--hx8k", "--package", "ct256"),
        logic="ICESTORM_LC",
        delays=Delays(stage=2.377, gate=1.07, chain=2.182, bit=0.084),
    ),
    "up5k": Device(
        label="iCE40 UP5K",
        target="ice40",
        program="nextpnr-ice40",
        options=("--up5k", "--package", "sg48"),
        logic="ICESTORM_LC",
        delays=Delays(stage=3.854, gate=2.997, chain=5.812, bit=0.335),
    ),
    "ecp5": Device(
        label="ECP5-85F, speed grade 6",
        target="ecp5",
        program="nextpnr-ecp5",
        options=("--85k", "--package", "CABGA756", "--speed", "6"),
        logic="TRELLIS_COMB",
        delays=Delays(stage=1.061, gate=1.121, chain=2.112, bit=0.043),
    ),
}


def find(name: str) -> Device:
    """The device called ``name``.

    Raises:
        LilogicError: there is none.
    """
    if name not in DEVICES:
        raise LilogicError(f"device {name!r} is not one of {', '.join(DEVICES)}")
    return DEVICES[name]


def family(name: str) -> str:
    """What ``area.TARGETS`` calls the family of a device, or ``name`` where that is no device."""
    return DEVICES[name].target if name in DEVICES else name


@dataclass(frozen=True)
class Clock:
    """A clock that a classifier should run at.

    Attributes:
        mhz: the clock.
        device: the label of the device.
        delays: what levels take on it.
    """

    mhz: float
    device: str
    delays: Delays

    @classmethod
    def on(cls, mhz: float, device: Device) -> Clock:
        """A clock on a device.

        Raises:
            LilogicError: the clock is none.
        """
        if not mhz > 0:
            raise LilogicError(f"the clock is {mhz:g} MHz, but must be more than 0")
        return cls(mhz, device.label, device.delays)

    def capacity(self, slowest: float) -> float:
        """Nanoseconds for the levels of a stage.

        Raises:
            LilogicError: a level that takes ``slowest`` is too slow.
        """
        capacity = 1000 / self.mhz - self.delays.stage
        if slowest > capacity:
            best = 1000 / (self.delays.stage + slowest)
            raise LilogicError(
                f"{self.mhz:g} MHz is too fast for the {self.device}: with registers after "
                f"every level, the slowest one allows about {best:.0f} MHz"
            )
        return capacity
