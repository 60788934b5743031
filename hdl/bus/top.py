"""Classifiers behind the buses of ``options.Bus``."""

from __future__ import annotations

from amaranth.hdl import ClockSignal, Instance, Module, ResetSignal, Shape, Signal
from amaranth.lib.wiring import Component, In, Out, Signature, connect, flipped

from lilogic.hdl.bus import stream
from lilogic.hdl.bus.description import BusInterface
from lilogic.hdl.bus.front_ends import AXI_LITE, WISHBONE, AxiLite, Wishbone
from lilogic.hdl.bus.register_file import RegisterFile
from lilogic.hdl.bus.stream import AnyClassifier, StreamClassifier
from lilogic.hdl.components import streams
from lilogic.hdl.components.interface import Interface
from lilogic.hdl.options import Bus

PORTS: dict[str, tuple[Signature, type[AxiLite] | type[Wishbone]]] = {
    "s_axi": (AXI_LITE, AxiLite),
    "wb": (WISHBONE, Wishbone),
}
"""The port of each bus with registers, and what makes reads and writes of it."""


def register_port(kind: Bus) -> str:
    """Which of ``PORTS`` a bus has."""
    return "wb" if kind is Bus.WISHBONE else "s_axi"


class BusClassifier(Component):
    """A classifier behind a bus.

    Args:
        classifier: the classifier, which becomes a submodule.
        bus: the bus.

    Attributes:
        s_axis: in, ``stream.beats`` with samples; only with streams.
        m_axis: out, ``stream.beats`` with results; only with streams.
        s_axi: in, ``front_ends.AXI_LITE``; only with that.
        wb: in, ``front_ends.WISHBONE``; only with that.
    """

    def __init__(self, classifier: AnyClassifier, bus: BusInterface) -> None:
        self._bus = bus
        self._stream = StreamClassifier(classifier, bus.width)
        ports = {}
        if bus.kind.has_streams:
            beats = stream.beats(bus.width)
            ports = {"s_axis": In(beats), "m_axis": Out(beats)}
        if bus.kind.has_registers:
            name = register_port(bus.kind)
            ports[name] = In(PORTS[name][0])
        super().__init__(ports)

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        m.submodules.stream = classifier = self._stream
        if self._bus.kind.has_registers:
            name = register_port(self._bus.kind)
            m.submodules[name] = front_end = PORTS[name][1]()
            m.submodules.registers = registers = RegisterFile(self._bus)
            connect(m, flipped(getattr(self, name)), front_end.bus)
            connect(m, front_end.access, registers.access)
            m.d.comb += registers.events.eq(classifier.events)
            if not self._bus.kind.has_streams:
                connect(m, registers.beats, classifier.s_axis)
                connect(m, classifier.m_axis, registers.results)
        if self._bus.kind.has_streams:
            connect(m, flipped(self.s_axis), classifier.s_axis)
            connect(m, classifier.m_axis, flipped(self.m_axis))
        return m


class CompiledClassifier(Component):
    """The module of a classifier that was compiled to Verilog, in a design of Amaranth's.

    Args:
        interface: what it promises; the design needs its ``classifier.v``.

    Attributes:
        interface: as given.
        samples, results: as of ``Classifier``.
    """

    def __init__(self, interface: Interface) -> None:
        self.interface = interface
        score = Shape(interface.score_width, interface.score_signed)
        super().__init__(
            {
                "samples": In(streams.samples(interface.data_width, interface.interval)),
                "results": Out(streams.results(score, interface.classes)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        interface, result = self.interface, self.results.payload
        scores = Signal(interface.classes * interface.score_width)
        ready = {"o_ready": self.samples.ready} if interface.interval > 1 else {}
        m.submodules[interface.module] = Instance(
            interface.module,
            i_clk=ClockSignal(),
            i_rst=ResetSignal(),
            i_valid_in=self.samples.valid,
            **{f"i_{interface.data}": self.samples.payload},
            **ready,
            o_valid_out=self.results.valid,
            o_index=result.index,
            o_scores=scores,
        )
        m.d.comb += result.scores.as_value().eq(scores)
        return m
