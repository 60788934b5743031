"""What the nets of a netlist do in time, clock cycle by clock cycle.

In each cycle, a sample comes in at the rising edge of the clock, and each net takes the value that
it settles to. A net behind registers has no known value before the first sample has come to it.
After the last sample, which stays, there are as many cycles as it takes to get through.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from lilogic.errors import LilogicError
from lilogic.hdl.power.design import Net
from lilogic.hdl.power.simulation import Simulation
from lilogic.infer import golden

_UNKNOWN = ord("x")
_AT_ONCE = 512
"""Cycles."""


@dataclass(frozen=True, eq=False)
class Waves:
    """A simulation in time.

    Attributes:
        simulated: what the nets do from sample to sample.
        period: picoseconds of a clock cycle.
    """

    simulated: Simulation
    period: int

    @classmethod
    def at(cls, simulated: Simulation, clock_mhz: float) -> Waves:
        """A simulation at a clock.

        Raises:
            LilogicError: the clock is too fast for picoseconds.
        """
        period = round(1e6 / clock_mhz)
        if period < 2:
            raise LilogicError(
                f"a clock of {clock_mhz:g} MHz is too fast for waveforms in steps of 1 ps; choose "
                "a slower one"
            )
        return cls(simulated, period)

    @cached_property
    def cycles(self) -> int:
        """How many clock cycles there are."""
        return len(self.simulated.bits) + self.simulated.latency

    @property
    def duration(self) -> int:
        """Picoseconds of all cycles."""
        return self.cycles * self.period

    @cached_property
    def clock(self) -> Net | None:
        """The clock's net; None where there are no registers, and it stays at 0."""
        wires = self.simulated.top.wires
        return wires["clk"].nets[0] if self.simulated.latency and "clk" in wires else None

    def is_driven(self, net: Net) -> bool:
        """Whether anything gives a net a value."""
        return net not in ("x", "z") and (net == self.clock or net in self.simulated.node)

    def times(self, net: Net) -> tuple[int, int, int, int]:
        """Picoseconds at 0, at 1 and unknown, and the number of changes between 0 and 1."""
        if net == self.clock:
            high = self.cycles * (self.period // 2)
            return self.duration - high, high, 0, 2 * self.cycles - 1
        if not self.is_driven(net):
            return 0, 0, self.duration, 0
        counts, node = self.simulated.activity, self.simulated.node[net]
        delay = self.simulated.delay.get(net, 0)
        ends = self.simulated.latency - delay
        ones = int(counts.ones[node]) + ends * int(counts.last[node])
        high, unknown = ones * self.period, delay * self.period
        return self.duration - high - unknown, high, unknown, int(counts.toggles[node])

    def values(self, nets: list[Net]) -> Iterator[npt.NDArray[np.uint8]]:
        """The values of nets, "0", "1" or "x" as in ASCII, uint8 [cycles, nets], some at a time.

        What nothing drives is unknown. The clock has the value of the first half of a cycle.
        """
        simulated = self.simulated
        nodes = np.array([simulated.node.get(net, 0) for net in nets])
        known = np.array([*map(self.is_driven, nets)])
        delays = np.array([simulated.delay.get(net, 0) for net in nets])
        is_clock = np.array([net == self.clock for net in nets], dtype=bool)
        for start in range(0, self.cycles, _AT_ONCE):
            end = min(start + _AT_ONCE, self.cycles)
            sample = np.arange(start, end)[:, None] - delays
            first = max(0, start - simulated.latency)
            last = min(end, len(simulated.bits))
            found = golden.node_values(simulated.circuit, simulated.bits[first:last])
            place = np.clip(sample - first, 0, last - first - 1)
            values = found[place, nodes].astype(np.uint8) + np.uint8(ord("0"))
            values[(sample < 0) | ~known] = _UNKNOWN
            values[:, is_clock] = ord("1")
            yield values
