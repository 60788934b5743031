"""A UART: eight data bits, lowest first, no parity, one stop bit; the line is high at rest."""

from __future__ import annotations

from fractions import Fraction

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.data import StructLayout
from amaranth.lib.wiring import Component, In, Out

from lilogic.errors import GraphError

FRAME_BITS = 10
LEAST_CYCLES_PER_BIT = 4
"""With fewer, a host whose clock is 2 % off would be misread."""

_FRACTION_BITS = 4

RECEIVED = stream.Signature(StructLayout({"byte": 8, "damaged": 1}), always_ready=True)
"""Bytes from a line; a damaged one has no stop bit."""

BYTES = stream.Signature(8)
"""Bytes to a line."""


def cycles_per_bit(clock_hz: float, baud: int) -> Fraction:
    """Clock cycles that a bit lasts, in sixteenths.

    Raises:
        GraphError: too few of them.
    """
    exact = Fraction(clock_hz) / baud
    if exact < LEAST_CYCLES_PER_BIT:
        raise GraphError(
            f"{baud} baud leaves {float(exact):.2f} clock cycles per bit at {clock_hz / 1e6:g} "
            f"MHz, but the receiver needs {LEAST_CYCLES_PER_BIT}"
        )
    return Fraction(round(exact * 2**_FRACTION_BITS), 2**_FRACTION_BITS)


class BitTimer(Component):
    """Ticks once a bit.

    Args:
        period: clock cycles of a bit; where it is no integer, bits differ by one cycle.
        first: bits from ``restart`` to the first tick.

    Attributes:
        restart: in, starts anew.
        tick: out, high for one cycle.
    """

    def __init__(self, period: Fraction, first: Fraction) -> None:
        self._one = 2**_FRACTION_BITS
        self._period = int(period * self._one)
        self._first = int(period * first * self._one)
        super().__init__({"restart": In(1), "tick": Out(1)})

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        left = Signal(range(self._period + self._one))  # fractions of cycles after this one
        m.d.comb += self.tick.eq(left < self._one)
        m.d.sync += left.eq(Mux(self.tick, left + (self._period - self._one), left - self._one))
        with m.If(self.restart):
            m.d.sync += left.eq(self._first - self._one)
        return m


class Receiver(Component):
    """Bytes from a line.

    Args:
        period: clock cycles of a bit.

    Attributes:
        rx: in, the line; it may change at any time.
        received: out, ``RECEIVED``; as many cycles apart as bytes are on the line.
    """

    def __init__(self, period: Fraction) -> None:
        self._period = period
        super().__init__({"rx": In(1), "received": Out(RECEIVED)})

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        m.submodules.timer = timer = BitTimer(self._period, Fraction(1, 2))
        rx, before = Signal(init=1), Signal(init=1)
        m.submodules.synchronizer = FFSynchronizer(self.rx, rx, init=1)
        m.d.sync += before.eq(rx)

        busy = Signal()
        bit = Signal(range(FRAME_BITS))
        payload = self.received.payload
        m.d.sync += self.received.valid.eq(0)
        with m.If(~busy):
            with m.If(before & ~rx):
                m.d.comb += timer.restart.eq(1)
                m.d.sync += [busy.eq(1), bit.eq(0)]
        with m.Elif(timer.tick):
            m.d.sync += bit.eq(bit + 1)
            with m.If(bit == 0):
                m.d.sync += busy.eq(~rx)  # high in the middle of a start bit: that was none
            with m.Elif(bit == FRAME_BITS - 1):
                m.d.sync += [busy.eq(0), self.received.valid.eq(1), payload.damaged.eq(~rx)]
            with m.Else():
                m.d.sync += payload.byte.eq(Cat(payload.byte[1:], rx))
        return m


class Transmitter(Component):
    """Bytes to a line.

    Args:
        period: clock cycles of a bit.

    Attributes:
        bytes: in, ``BYTES``.
        tx: out, the line.
    """

    def __init__(self, period: Fraction) -> None:
        self._period = period
        super().__init__({"bytes": In(BYTES), "tx": Out(1, init=1)})

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        m.submodules.timer = timer = BitTimer(self._period, Fraction(1))
        rest = Signal(FRAME_BITS - 1)  # after the bit on the line; its highest one marks the end
        busy = Signal()
        m.d.comb += self.bytes.ready.eq(~busy)
        with m.If(~busy):
            with m.If(self.bytes.valid):
                m.d.comb += timer.restart.eq(1)
                m.d.sync += [
                    busy.eq(1),
                    self.tx.eq(0),
                    rest.eq(Cat(self.bytes.payload, Const(1, 1))),
                ]
        with m.Elif(timer.tick):
            m.d.sync += [self.tx.eq(rest[0]), rest.eq(rest[1:])]
            with m.If(rest == 0):
                m.d.sync += [busy.eq(0), self.tx.eq(1)]
        return m
