"""The ports of a classifier's top module, as whoever connects it has to know them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from lilogic.hdl.components.interface import Interface
from lilogic.hdl.options import InputKind


class Direction(StrEnum):
    """Where a port leads, as Verilog spells it."""

    INPUT = "input"
    OUTPUT = "output"


@dataclass(frozen=True)
class Port:
    """A port of the top module.

    Attributes:
        name: as Verilog has it.
        direction: where it leads.
        width: in bits; None for a single wire, which has no range.
        comment: what stands on it.
    """

    name: str
    direction: Direction
    width: int | None
    comment: str

    @property
    def bits(self) -> int:
        """How many wires it is."""
        return 1 if self.width is None else self.width


def ports(interface: Interface) -> Iterator[Port]:
    """The ports of a classifier, in the order of its module."""
    delay = f"{cycles(interface.latency)} later" if interface.latency else "in the same cycle"
    unused = "" if interface.latency else "unused: there are no registers"
    taken = "valid_in & ready" if interface.interval > 1 else "valid_in"
    reset = unused or "synchronous, active high; discards samples in flight"
    yield Port("clk", Direction.INPUT, None, unused or "rising edge")
    yield Port("rst", Direction.INPUT, None, reset)
    yield Port("valid_in", Direction.INPUT, None, "there is a sample in this cycle")
    yield Port(str(interface.data), Direction.INPUT, interface.data_width, _data(interface))
    if interface.interval > 1:
        pace = f"the sample is taken; at most once every {cycles(interface.interval)}"
        yield Port("ready", Direction.OUTPUT, None, pace)
    yield Port("valid_out", Direction.OUTPUT, None, f"{taken}, {delay}")
    winner = "the first class with the highest score"
    yield Port("index", Direction.OUTPUT, interface.index_width, winner)
    width = interface.classes * interface.score_width
    yield Port("scores", Direction.OUTPUT, width, _scores(interface))


def _data(interface: Interface) -> str:
    width = interface.feature_width
    if interface.levels is not None:
        return f"codes of {len(interface.levels)} features, each a word of its own width"
    if interface.scaling is not None:
        return f"{len(interface.scaling.bits)} features, each a word of its own width"
    if interface.data is InputKind.FEATURES and width is not None:
        count = interface.data_width // width
        return f"{count} features of {width} bits, feature i at [{width}*i +: {width}]"
    return f"{interface.data_width} input bits of the network, bit i at [i]"


def _scores(interface: Interface) -> str:
    kind = "two's complement" if interface.score_signed else "unsigned"
    width = interface.score_width
    return f"{interface.classes} scores, {kind}, class c at [{width}*c +: {width}]"


def pace(interface: Interface) -> str:
    """How often a sample may enter."""
    often = f"a sample every {every(interface.interval)}"
    if interface.interval == 1 or interface.clock_mhz is None:
        return often
    return f"{often}, {1e6 * interface.clock_mhz / interface.interval:,.0f} per second"


def every(interval: int) -> str:
    """What stands behind "every" where something happens once in so many clock cycles."""
    return "cycle" if interval == 1 else cycles(interval)


def cycles(count: int) -> str:
    """So many clock cycles, in words."""
    return f"{count} clock cycle{'s' * (count != 1)}"
