"""The circuit of every board: a classifier behind a UART."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Signal, Value
from amaranth.lib.wiring import Component, In, Out, connect

from lilogic.boards import protocol
from lilogic.boards.gateware import uart
from lilogic.boards.gateware.encoder import SerialEncoder
from lilogic.boards.gateware.link import FrameReceiver, FrameTransmitter
from lilogic.boards.gateware.server import Server
from lilogic.boards.protocol import (
    CRC_BYTES,
    HASH_BYTES,
    HEADER_BYTES,
    Identity,
    payload_bytes,
    sent_bits,
)
from lilogic.errors import GraphError
from lilogic.graph import GateGraph, lgn
from lilogic.hdl.components.classifier import Classifier
from lilogic.hdl.options import CompileOptions, InputKind
from lilogic.version import __version__

_DEFAULT = CompileOptions()

_SHARE = 0.9
"""Of the time that a request takes on the link, what the classifier may take: both clocks may be
inaccurate."""

_BESIDE = 100
"""Clock cycles for what is not folded: the pipeline, and the bytes of a reply."""

_MOST = 60_000
"""Clock cycles that a sample may take, as their number comes back in two bytes."""


def _cycles_a_sample(graph: GateGraph, data: InputKind, clock_hz: float, baud: int) -> int:
    """How many clock cycles a sample may take the classifier without making the link slower.

    Requests may come without a pause, so a sample is done with when the next one is there.
    """
    request = protocol.request(0, 0, bytes(payload_bytes(graph, data)))
    arriving = len(request) * uart.FRAME_BITS * clock_hz / baud
    return min(max(1, int(_SHARE * arriving) - _BESIDE), _MOST)


class Top(Component):
    """A classifier that a host talks to in the frames of ``lilogic.boards.protocol``; plain RTL.

    Args:
        graph: the graph; simplify it first, as the host does.
        clock_hz: frequency of the domain ``sync``.
        baud: bits a second on the link.
        options: how to compile the classifier; what it reads, bits by default, is what the host
            sends: features are encoded here, one after the other.
            Where it is not said how far to fold, it is as far as the link stays as fast as it is.

    Attributes:
        rx: in, the line from the host; synchronised inside.
        tx: out, the line to the host.
        index: out, the last predicted class.
        seen: out, whether there has been one since reset.
        identity: what the board says of itself.
        baud: bits a second on the link.

    Raises:
        GraphError: see ``Classifier``; or the clock is too slow for the baud rate, or for the
            encoder at this rate.
    """

    def __init__(
        self,
        graph: GateGraph,
        *,
        clock_hz: float,
        baud: int,
        options: CompileOptions = _DEFAULT,
    ) -> None:
        self._input = options.input or InputKind.BITS
        encodes = self._input is InputKind.FEATURES
        self._period = uart.cycles_per_bit(clock_hz, baud)
        self._encoder = SerialEncoder(graph) if encodes else None
        if self._encoder is not None:
            cycles = int(self._period * uart.FRAME_BITS)
            if self._encoder.busiest > cycles:
                raise GraphError(
                    f"a feature with {self._encoder.busiest - 1} bits takes the encoder "
                    f"{self._encoder.busiest} cycles, but at {baud} baud and {clock_hz / 1e6:g} "
                    f"MHz a byte may arrive every {cycles}; choose a lower baud rate or a faster "
                    "clock"
                )
        self.baud = baud
        self._n_inputs = graph.n_inputs
        chosen: dict[str, object] = {"input": InputKind.BITS}
        if "fold" not in options.model_fields_set and options.levels_per_stage:
            chosen["fold"] = _cycles_a_sample(graph, self._input, clock_hz, baud)
        self._classifier = Classifier(graph, CompileOptions.of(options, chosen))
        self._bits = sent_bits(graph).tolist() if self._encoder is None else self._encoder.order
        interface = self._classifier.interface
        self.identity = Identity(
            model_hash=lgn.fingerprint(graph)[:HASH_BYTES],
            data=self._input,
            feature_width=1 if self._encoder is None else self._encoder.width,
            data_bytes=payload_bytes(graph, self._input),
            classes=interface.classes,
            score_width=interface.score_width,
            score_signed=interface.score_signed,
            latency=interface.latency,
            interval=interface.interval,
            clock_hz=round(clock_hz),
            lilogic=__version__,
        )
        super().__init__(
            {
                "rx": In(1, init=1),
                "tx": Out(1, init=1),
                "index": Out(interface.index_width),
                "seen": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        m.submodules.receiver = receiver = uart.Receiver(self._period)
        m.submodules.frames = frames = FrameReceiver(
            HEADER_BYTES + self.identity.data_bytes + CRC_BYTES
        )
        m.submodules.classifier = classifier = self._classifier
        m.submodules.server = server = Server(self.identity)
        m.submodules.sender = sender = FrameTransmitter()
        m.submodules.transmitter = transmitter = uart.Transmitter(self._period)
        connect(m, receiver.received, frames.received)
        connect(m, frames.requests, server.requests)
        connect(m, classifier.results, server.results)
        connect(m, server.replies, sender.replies)
        connect(m, sender.bytes, transmitter.bytes)
        m.d.comb += [
            receiver.rx.eq(self.rx),
            self.tx.eq(transmitter.tx),
            classifier.samples.payload.eq(self._sample(m, frames)),
            classifier.samples.valid.eq(server.start),
        ]
        with m.If(classifier.results.valid):
            m.d.sync += [self.index.eq(classifier.results.payload.index), self.seen.eq(1)]
        return m

    def _sample(self, m: Module, frames: FrameReceiver) -> Value:
        """The graph's input bits, of the sample that came last; those of no use are 0."""
        end = HEADER_BYTES + self.identity.data_bytes
        contents = frames.contents
        byte, position = contents.payload.byte, contents.payload.position
        is_sample = contents.valid & (position >= HEADER_BYTES) & (position < end)
        if self._encoder is None:
            store = Signal(8 * self.identity.data_bytes, name="sample", reset_less=True)
            with m.If(is_sample):
                m.d.sync += store.eq(Cat(store, byte)[8:])
        else:
            m.submodules.encoder = serial = self._encoder
            m.d.comb += [
                serial.start.eq(contents.valid & (position == 0)),
                serial.bytes.payload.eq(byte),
                serial.bytes.valid.eq(is_sample),
            ]
            store = Signal(max(1, len(self._bits)), name="sample", reset_less=True)
            with m.If(serial.bits.valid):
                m.d.sync += store.eq(Cat(store, serial.bits.payload)[1:])
        wires = dict(zip(self._bits, store, strict=False))
        return Cat(wires.get(bit, Const(0, 1)) for bit in range(self._n_inputs))
