"""How long levels of logic take on a device, and what that leaves room for at a clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lilogic.errors import GraphError

if TYPE_CHECKING:
    from amaranth.hdl import Value


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

    def table(self, inputs: int) -> float:
        """Any function of ``inputs`` bits: a LUT4, or several and multiplexers between them.

        That is a level of LUTs more for each bit beyond four; and they stand farther apart, as each
        bit goes to several, which takes about one more.
        """
        return self.gate * (1 if inputs <= 4 else inputs - 2)

    def _step(self, value: Value) -> tuple[float, list[Value]]:
        """What the outermost operator takes, and what it reads."""
        # Whoever only lists devices needs no Amaranth.
        from amaranth.hdl._ast import Concat, Operator, Slice, SwitchValue

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
    from amaranth.hdl._ast import Operator

    if not (isinstance(value, Operator) and value.operator in ("~", "&", "|", "^")):
        return [value]
    leaves = {id(leaf): leaf for operand in value.operands for leaf in _leaves(operand)}
    return [*leaves.values()]


@dataclass(frozen=True)
class Clock:
    """A clock that a classifier should run at.

    Attributes:
        mhz: the clock.
        device: the label of the device.
        delays: what levels take on it.

    Raises:
        GraphError: the clock is not above 0 MHz.
    """

    mhz: float
    device: str
    delays: Delays

    def __post_init__(self) -> None:
        if not self.mhz > 0:
            raise GraphError(f"the clock is {self.mhz:g} MHz, but must be more than 0")

    def capacity(self, slowest: float) -> float:
        """Nanoseconds for the levels of a stage.

        Raises:
            GraphError: a level that takes ``slowest`` is too slow.
        """
        capacity = 1000 / self.mhz - self.delays.stage
        if slowest > capacity:
            best = 1000 / (self.delays.stage + slowest)
            raise GraphError(
                f"{self.mhz:g} MHz is too fast for the {self.device}: even with registers after "
                f"every level, the limit is about {best:.0f} MHz"
            )
        return capacity
