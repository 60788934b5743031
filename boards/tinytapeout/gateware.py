"""The circuit of a Tiny Tapeout project: a classifier behind 24 pins, loaded a byte at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from amaranth.hdl import (
    Cat,
    ClockDomain,
    ClockSignal,
    Const,
    Module,
    Mux,
    ResetSignal,
    Signal,
    Value,
)
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import Component, In, Out

from lilogic.boards.protocol import sent_bits
from lilogic.errors import GraphError
from lilogic.graph import GateGraph
from lilogic.hdl.components.classifier import Classifier
from lilogic.hdl.components.interface import Interface
from lilogic.hdl.options import CompileOptions, InputKind

WRITE, LAST, DONE = 0, 1, 2
"""Bidirectional pins: the strobe of a byte, whether it is a sample's last, and the answer is there.
"""

SELECT = 3
"""The first of the bidirectional pins that say which byte of the answer is put out."""

_SELECTABLE = 1 << 8 - SELECT


class Loader(Component):
    """Takes bytes that a host strobes, and keeps the last ones that came.

    The strobe may come at any time: two flip-flops bring it to the clock. Its rising edge takes the
    byte, which must stand from before it until three clock cycles later, as must ``last``.

    Args:
        bits: how many are kept, at least one.

    Attributes:
        byte: in, asynchronous.
        write: in, asynchronous.
        last: in, asynchronous; whether ``byte`` is a sample's last one.
        sample: out, the bits. The last byte stands highest; of the first one, only as many bits are
            kept as are left, its highest.
        complete: out, in the cycle after the last byte was taken.
        taken: out, a byte is taken in this cycle.
    """

    def __init__(self, bits: int) -> None:
        super().__init__(
            {
                "byte": In(8),
                "write": In(1),
                "last": In(1),
                "sample": Out(bits),
                "complete": Out(1),
                "taken": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        write, before = Signal(), Signal()
        m.submodules.synchronizer = FFSynchronizer(self.write, write)
        sample = Signal(len(self.sample), name="kept", reset_less=True)
        m.d.comb += [self.taken.eq(write & ~before), self.sample.eq(sample)]
        m.d.sync += [before.eq(write), self.complete.eq(self.taken & self.last)]
        with m.If(self.taken):
            m.d.sync += sample.eq(Cat(sample, self.byte)[8:])
        return m


class Project(Component):
    """A classifier with the ports of a Tiny Tapeout project.

    It reads encoded bits or, if ``options`` say so, features, as narrow words. A host writes the
    ``sent`` bits of these and reads the answer, bytes of which the pins from ``SELECT`` on
    choose one: the class is byte 0, and the scores follow, class after class, each of
    ``score_bytes``, lowest byte first, in two's complement where they may be negative.

    Args:
        graph: the graph; simplify it first.
        options: how to compile it.

    Attributes:
        ui_in: in, the byte that is written.
        uo_out: out, a byte of the answer.
        uio_in: in, the pins ``WRITE``, ``LAST`` and from ``SELECT`` on.
        uio_out: out, the pin ``DONE``: since the last sample is answered, and until a byte comes.
        uio_oe: out, which bidirectional pins are outputs.
        ena: in, always high.
        clk: in, the clock.
        rst_n: in, low for reset.
        graph: the graph, with the encoder of what is written.
        kind: what that is.
        sent: the bits of the classifier's data input that are written, in order.
        score_bytes: bytes of a score.
        interface: the classifier's.

    Raises:
        GraphError: see ``Classifier``, or there are more bytes in an answer than pins select.
    """

    def __init__(self, graph: GateGraph, options: CompileOptions) -> None:
        self.kind = options.input or InputKind.BITS
        narrow = self.kind is InputKind.FEATURES
        chosen = CompileOptions.of(options, {"input": self.kind, "narrow": narrow})
        self._classifier = Classifier(graph, chosen)
        self.graph = self._classifier.graph
        width = self.interface.data_width
        self.sent: list[int] = [*range(width)] if narrow else sent_bits(graph).tolist()
        self.score_bytes = -(-self.interface.score_width // 8)
        if self.answer_bytes > _SELECTABLE:
            raise GraphError(
                f"an answer for {self.interface.classes} classes has {self.answer_bytes} bytes, "
                f"but the pins of a Tiny Tapeout project can only address {_SELECTABLE}"
            )
        super().__init__(
            {
                "ui_in": In(8),
                "uo_out": Out(8),
                "uio_in": In(8),
                "uio_out": Out(8),
                "uio_oe": Out(8),
                "ena": In(1),
                "clk": In(1),
                "rst_n": In(1),
            }
        )

    @property
    def interface(self) -> Interface:
        """The classifier's ports and timing."""
        return self._classifier.interface

    @property
    def latency(self) -> int:
        """Clock cycles from the one that takes a sample's last byte to its answer."""
        return 1 + self.interface.latency

    @property
    def sample_bytes(self) -> int:
        """Bytes of a sample."""
        return max(1, -(-len(self.sent) // 8))

    @property
    def answer_bytes(self) -> int:
        """Bytes of an answer."""
        return 1 + self.interface.classes * self.score_bytes

    def sample(self, data: npt.NDArray[np.bool_]) -> list[bytes]:
        """The bytes of each sample, of what stands on the data input [samples, data_width].

        Bits that are not a multiple of eight stand behind zeros, the lowest bits of the first byte.
        """
        padded = np.zeros((len(data), 8 * self.sample_bytes), dtype=bool)
        padded[:, padded.shape[1] - len(self.sent) :] = data[:, self.sent]
        return [row.tobytes() for row in np.packbits(padded, axis=1, bitorder="little")]

    def answer(self, index: int, scores: Sequence[int]) -> bytes:
        """The bytes of the answer with this class and these scores."""
        size = self.score_bytes
        return bytes([index]) + b"".join(
            score.to_bytes(size, "little", signed=self.interface.score_signed) for score in scores
        )

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        m.domains.sync = ClockDomain()
        m.submodules.loader = loader = Loader(max(1, len(self.sent)))
        m.submodules.classifier = classifier = self._classifier
        wires = dict(zip(self.sent, loader.sample, strict=False))
        width = self.interface.data_width
        waiting = Signal()
        done = Signal()
        samples, results = classifier.samples, classifier.results
        m.d.comb += [
            ClockSignal().eq(self.clk),
            ResetSignal().eq(~self.rst_n),
            loader.byte.eq(self.ui_in),
            loader.write.eq(self.uio_in[WRITE]),
            loader.last.eq(self.uio_in[LAST]),
            samples.payload.eq(Cat(wires.get(bit, Const(0, 1)) for bit in range(width))),
            samples.valid.eq(loader.complete | waiting),
            self.uio_out[DONE].eq(done),
            self.uio_oe.eq(1 << DONE),
        ]
        m.d.sync += [
            waiting.eq(samples.valid & ~samples.ready),
            done.eq(~loader.taken & (results.valid | done)),
        ]
        payload = self._classifier.results.payload
        select = self.uio_in[SELECT:]
        m.d.comb += self.uo_out.eq(_chosen(select, [payload.index, *self._score_bytes()]))
        return m

    def _score_bytes(self) -> list[Value]:
        """The bytes of all scores; the highest of each is extended by its sign."""
        bytes_: list[Value] = []
        for class_ in range(self.interface.classes):
            score = self._classifier.results.payload.scores[class_]
            bytes_ += [score >> start for start in range(0, 8 * self.score_bytes, 8)]
        return bytes_


def _chosen(number: Value, values: Sequence[Value]) -> Value:
    """The one of some values that has this number; any of them beyond the last."""
    if len(values) == 1:
        return values[0]
    bit = (len(values) - 1).bit_length() - 1
    later, earlier = values[1 << bit :], values[: 1 << bit]
    return Mux(number[bit], _chosen(number, later), _chosen(number, earlier))
