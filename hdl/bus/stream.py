"""A classifier between two streams of beats: AXI4-Stream, but for its names.

Whatever arrives, packets that are samples get their results, each once and in order, and all other
packets are dropped whole.
"""

from __future__ import annotations

from typing import Protocol

from amaranth.hdl import Cat, Const, Module, Mux, Shape, Signal, Value
from amaranth.lib import stream
from amaranth.lib.data import StructLayout, View
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import Component, In, Out, connect, flipped

from lilogic.hdl.bus import packets
from lilogic.hdl.bus.description import timing
from lilogic.hdl.bus.packets import Packet
from lilogic.hdl.components import vector
from lilogic.hdl.components.interface import Interface

_THROUGH_QUEUE = 2


def beats(width: int) -> stream.Signature:
    """Beats of ``width`` bits.

    Members of the payload:
        data: bytes, the first lowest.
        keep: a bit for each byte, whether it is one of the packet.
        last: whether the packet ends.
    """
    return stream.Signature(StructLayout({"data": width, "keep": width // 8, "last": 1}))


EVENTS = StructLayout(
    {"taken": 1, "sent": 1, "short": 1, "long": 1, "holes": 1, "stalled": 1, "busy": 1}
)
"""What happens in a clock cycle.

Members:
    taken: the classifier takes a sample.
    sent: a result's last beat is taken.
    short, long, holes: a packet is found to be none of a sample: it ends too early, does not end
        in time, or lacks bytes.
    stalled: a beat has to wait.
    busy: a sample or a result is on its way.
"""


class AnyClassifier(Protocol):
    """What is put between two streams: a ``Classifier``, or something that looks like one."""

    interface: Interface
    samples: stream.Interface
    results: stream.Interface


class StreamClassifier(Component):
    """A classifier that reads samples from the beats of packets, and answers in such.

    Args:
        classifier: the classifier, which becomes a submodule.
        width: bits of a beat, whole bytes.

    Attributes:
        sample: how a sample is sent.
        result: how a result is.
        latency: clock cycles from the last beat of a sample to the first beat of its result, where
            neither waits.
        interval: clock cycles from one sample to the next, at best.
        depth: samples that may be on their way from the classifier's input to the last beat of
            their results.
        sender: the submodule where results wait.
        s_axis: in, ``beats`` with samples.
        m_axis: out, ``beats`` with results.
        events: out, ``EVENTS``.
    """

    def __init__(self, classifier: AnyClassifier, width: int = 32) -> None:
        interface = classifier.interface
        self.classifier = classifier
        self.sample = packets.sample_packet(interface, width)
        self.result = packets.result_packet(interface, width)
        self.latency, self.interval = timing(interface, width)
        # As many as are on their way at full rate, so that the classifier never waits for results.
        on_their_way = interface.latency + _THROUGH_QUEUE + self.result.beats
        self.depth = -(-on_their_way // self.interval)
        self.sender = Sender(classifier.results.signature, self.result, self.depth)
        super().__init__(
            {"s_axis": In(beats(width)), "m_axis": Out(beats(width)), "events": Out(EVENTS)}
        )

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        m.submodules.classifier = classifier = self.classifier
        interface = classifier.interface
        m.submodules.receiver = receiver = Receiver(interface, self.sample)
        m.submodules.sender = sender = self.sender
        connect(m, flipped(self.s_axis), receiver.beats)
        connect(m, sender.beats, flipped(self.m_axis))
        connect(m, classifier.results, sender.results)
        taken = receiver.samples.valid & sender.room & classifier.samples.ready
        m.d.comb += [
            classifier.samples.payload.eq(receiver.samples.payload),
            classifier.samples.valid.eq(receiver.samples.valid & sender.room),
            receiver.samples.ready.eq(sender.room & classifier.samples.ready),
            sender.taken.eq(taken),
            self.events.taken.eq(taken),
            self.events.sent.eq(sender.sent),
            self.events.short.eq(receiver.short),
            self.events.long.eq(receiver.long),
            self.events.holes.eq(receiver.holes),
            self.events.stalled.eq(self.s_axis.valid & ~self.s_axis.ready),
            self.events.busy.eq(receiver.busy | sender.busy),
        ]
        return m


class Receiver(Component):
    """Samples out of packets; all others are dropped.

    A packet is a sample's if it ends with the sample's last beat, and keeps all its bytes. Of the
    last beat, further bytes may be kept or not: they mean nothing.

    Args:
        interface: the classifier's.
        packet: how a sample is sent.

    Attributes:
        beats: in, ``stream.beats``; they wait only while a whole sample does.
        samples: out, the data of the classifier's port.
        short, long, holes, busy: out, as in ``EVENTS``.
    """

    def __init__(self, interface: Interface, packet: Packet) -> None:
        self._packet = packet
        self._places = packets.places(interface)
        super().__init__(
            {
                "beats": In(beats(packet.width)),
                "samples": Out(stream.Signature(interface.data_width)),
                "short": Out(1),
                "long": Out(1),
                "holes": Out(1),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        packet, beat, samples = self._packet, self.beats.payload, self.samples
        place = Signal(range(packet.beats))
        is_over, has_holes, is_whole = Signal(), Signal(), Signal()
        taken, at_end, holes = Signal(), Signal(), Signal()
        needed = _kept(packet, at_end)
        is_sample = at_end & ~is_over & ~holes
        m.d.comb += [
            holes.eq(has_holes | ((beat.keep & needed) != needed)),
            taken.eq(self.beats.valid & self.beats.ready),
            at_end.eq(place == packet.beats - 1),
            self.beats.ready.eq(~is_whole | samples.ready),
            samples.valid.eq(is_whole),
            self.short.eq(taken & beat.last & ~at_end),
            self.long.eq(taken & ~beat.last & at_end & ~is_over),
            self.holes.eq(taken & beat.last & at_end & ~is_over & holes),
            self.busy.eq(is_whole | (place != 0)),
        ]
        with m.If(samples.ready):
            m.d.sync += is_whole.eq(0)
        with m.If(taken):
            with m.If(beat.last):
                m.d.sync += [place.eq(0), is_over.eq(0), has_holes.eq(0), is_whole.eq(is_sample)]
            with m.Elif(at_end):
                m.d.sync += is_over.eq(1)
            with m.Else():
                m.d.sync += [place.eq(place + 1), has_holes.eq(holes)]
        held = [
            Signal(packet.width, name=f"beat{number}", reset_less=True)
            for number in range(packet.beats)
        ]
        for number, register in enumerate(held):
            with m.If(taken & (place == number)):
                m.d.sync += register.eq(beat.data)
        m.d.comb += vector.driven(samples.payload, vector.take(held, self._places))
        return m


class Sender(Component):
    """Packets of results, which wait in a queue with room for every sample that is taken.

    Args:
        results: the signature of the classifier's results.
        packet: how a result is sent.
        depth: samples that may be on their way.

    Attributes:
        taken: in, a sample is taken; only with ``room``.
        room: out, one may be.
        results: in.
        beats: out, ``stream.beats``.
        sent: out, a result's last beat is taken.
        busy: out, a result is still to come.
        queue: of results.
    """

    def __init__(self, results: stream.Signature, packet: Packet, depth: int) -> None:
        self._packet, self._depth = packet, depth
        # One place more than there are samples: it holds the one that stands at the queue's output.
        width = Shape.cast(results.members["payload"].shape).width
        self.queue = SyncFIFOBuffered(width=width, depth=depth + 1)
        super().__init__(
            {
                "taken": In(1),
                "room": Out(1),
                "results": In(results),
                "beats": Out(beats(packet.width)),
                "sent": Out(1),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        packet, result = self._packet, self.results.payload
        m.submodules.queue = queue = self.queue
        first = Signal(result.shape())
        place, last = Signal(range(packet.beats)), Signal()
        row = packed(first, packet)
        beat = self.beats.payload
        m.d.comb += vector.driven(queue.w_data, Value.cast(result))
        m.d.comb += vector.driven(Value.cast(first), queue.r_data)
        with m.Switch(place):
            for number in range(packet.beats):
                with m.Case(number):
                    m.d.comb += beat.data.eq(row.word_select(number, packet.width))
        m.d.comb += [
            queue.w_en.eq(self.results.valid),
            last.eq(place == packet.beats - 1),
            self.beats.valid.eq(queue.r_rdy),
            beat.keep.eq(_kept(packet, last)),
            beat.last.eq(last),
            self.sent.eq(self.beats.valid & self.beats.ready & last),
            queue.r_en.eq(self.beats.ready & last),
        ]
        with m.If(self.beats.valid & self.beats.ready):
            m.d.sync += place.eq(Mux(last, 0, place + 1))
        free = Signal(range(self._depth + 1), init=self._depth)
        m.d.sync += free.eq(free - self.taken + self.sent)
        m.d.comb += [self.room.eq(free != 0), self.busy.eq(free != self._depth)]
        return m


def _kept(packet: Packet, is_last: Value) -> Value:
    """Which bytes of a beat are of the packet."""
    whole, last = (
        Const((1 << count) - 1, packet.beat_bytes)
        for count in (packet.beat_bytes, packet.last_bytes)
    )
    return whole if packet.last_bytes == packet.beat_bytes else Mux(is_last, last, whole)


def packed(result: View[StructLayout], packet: Packet) -> Value:
    """The bytes of a result."""
    return Cat(_filled(word, 8 * packet.word_bytes) for word in (result.index, *result.scores))


def _filled(value: Value, width: int) -> Value:
    """``value`` in ``width`` bits, with its sign if it has one."""
    fill = value[-1] if value.shape().signed else Const(0, 1)
    return Cat(value, (width - len(value)) * [fill])
