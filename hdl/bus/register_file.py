"""The registers of ``registers.REGISTERS`` in hardware."""

from __future__ import annotations

from collections.abc import Mapping

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib.wiring import Component, In, Out, Signature

from lilogic.hdl.bus import stream
from lilogic.hdl.bus.description import BusInterface
from lilogic.hdl.bus.registers import ADDRESS_BITS, FIELDS, WIDTH, Register

ACCESS = Signature(
    {
        "read": Out(1),
        "read_address": Out(ADDRESS_BITS),
        "answer": In(WIDTH),
        "write": Out(1),
        "write_address": Out(ADDRESS_BITS),
        "data": Out(WIDTH),
        "keep": Out(WIDTH // 8),
    }
)
"""Reads and writes of registers, from the side of who asks.

Members:
    read: high for the one cycle in which the register at ``read_address`` is read.
    answer: what it holds in that cycle.
    write: high for the one cycle in which ``data`` is written to the register at ``write_address``.
    keep: which of the bytes of ``data`` are.
"""


class RegisterFile(Component):
    """Registers that say what a classifier is and count what it does.

    Args:
        bus: what they are for.

    Attributes:
        access: in, ``ACCESS``.
        events: in, ``stream.EVENTS`` to be counted.
        beats: out, ``stream.beats`` written to registers; only without streams.
        results: in, ``stream.beats`` to be read from registers; only without streams.
    """

    def __init__(self, bus: BusInterface) -> None:
        self._bus = bus
        self._feeds = not bus.kind.has_streams
        fed = {"beats": Out(stream.beats(WIDTH)), "results": In(stream.beats(WIDTH))}
        super().__init__(
            {"access": In(ACCESS), "events": In(stream.EVENTS)} | (fed if self._feeds else {})
        )

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        registers = {register.name: register for register in self._bus.registers}
        clear = Signal()
        m.d.comb += clear.eq(
            self._is_written(registers["CONTROL"])
            & self.access.keep[0]
            & self.access.data[_place("CLEAR")]
        )
        events = self.events
        counted = {
            "SAMPLES": events.taken,
            "RESULTS": events.sent,
            "SHORT": events.short,
            "LONG": events.long,
            "HOLES": events.holes,
            "STALLS": events.stalled,
        }
        status = {"BUSY": events.busy}
        values: dict[str, Value | int] = dict(self._bus.constants)
        if self._feeds:
            counted["OVERRUNS"] = self._feed(m, registers, values)
            status |= {
                "ROOM": self.beats.ready,
                "RESULT": self.results.valid,
                "RESULT_LAST": self.results.valid & self.results.payload.last,
            }
        values |= {name: _counter(m, name, event, clear) for name, event in counted.items()}
        cycles, high = Signal(2 * WIDTH), Signal(WIDTH)
        m.d.sync += cycles.eq(cycles + 1)
        with m.If(clear):
            m.d.sync += cycles.eq(0)
        with m.If(self._is_read(registers["CYCLES"])):
            m.d.sync += high.eq(cycles[WIDTH:])
        values |= {"CYCLES": cycles[:WIDTH], "CYCLES_HIGH": high, "STATUS": _gathered(status)}
        with m.Switch(self.access.read_address[2:]):
            for name, value in values.items():
                with m.Case(registers[name].offset >> 2):
                    m.d.comb += self.access.answer.eq(value)
        return m

    def _feed(
        self, m: Module, registers: Mapping[str, Register], values: dict[str, Value | int]
    ) -> Value:
        """Beats through registers; gives the one with results a value, and says what was lost."""
        access, results = self.access, self.results
        is_last = self._is_written(registers["DATA_LAST"])
        m.d.comb += [
            self.beats.valid.eq(self._is_written(registers["DATA"]) | is_last),
            self.beats.payload.data.eq(access.data),
            self.beats.payload.keep.eq(access.keep),
            self.beats.payload.last.eq(is_last),
            results.ready.eq(self._is_read(registers["RESULT"])),
        ]
        shown = Signal(WIDTH)
        with m.If(results.valid):
            m.d.comb += shown.eq(results.payload.data)
        values["RESULT"] = shown
        return self.beats.valid & ~self.beats.ready

    def _is_read(self, register: Register) -> Value:
        at = self.access.read_address[2:] == register.offset >> 2
        return self.access.read & at

    def _is_written(self, register: Register) -> Value:
        at = self.access.write_address[2:] == register.offset >> 2
        return self.access.write & at


def _counter(m: Module, name: str, event: Value, clear: Value) -> Signal:
    """How often something happened."""
    count = Signal(WIDTH, name=name.lower())
    with m.If(clear):
        m.d.sync += count.eq(0)
    with m.Elif(event):
        m.d.sync += count.eq(count + 1)
    return count


def _gathered(status: Mapping[str, Value]) -> Value:
    """``STATUS`` of its fields that there are."""
    by_place = {
        field.place: status.get(field.name, 0) for field in FIELDS if field.register == "STATUS"
    }
    return Cat(Value.cast(by_place.get(place, 0))[:1] for place in range(max(by_place) + 1))


def _place(field: str) -> int:
    return next(each.place for each in FIELDS if each.name == field)
