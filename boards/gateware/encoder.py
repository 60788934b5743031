"""The thermometer encoder, feature after feature, so that pixels need no room on the chip."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import stream
from amaranth.lib.data import StructLayout
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Out

from lilogic.boards.protocol import feature_width
from lilogic.data.capabilities import SERIAL, required
from lilogic.graph import GateGraph


class Step(NamedTuple):
    """One cycle's work on a feature.

    Attributes:
        bit: the input bit to make, or None for a feature that no used bit looks at.
        least: the bit is 1 from this value on, counted from the lowest of the input's dtype.
        last: whether the next step is the next feature's.
    """

    bit: int | None
    least: int
    last: bool


class SerialEncoder(Component):
    """Input bits that a graph depends on, one a cycle, in the order in which features arrive.

    Every bit's threshold stands in a memory, so it is all the same whether features share theirs.

    Args:
        graph: a graph with an encoder.

    Attributes:
        start: in, the first feature is next; not while bits of another one are being made.
        bytes: in, a stream of the features' bytes, each feature's lowest byte first; as many cycles
            apart as ``busiest``, or more.
        bits: out, a stream of them.
        order: the input bits in the order in which they come out.
        width: bits of a feature, as it comes.
        busiest: cycles that the feature with the most bits takes.

    Raises:
        GraphError: the graph has no encoder, or one that is left to the host.
    """

    def __init__(self, graph: GateGraph) -> None:
        encoder = required(SERIAL, graph.encoder)
        self.width = feature_width(encoder)
        self._signed = encoder.lowest < 0
        self._steps: list[Step] = []
        used = graph.alive[: graph.n_inputs]
        for feature in range(encoder.n_features):
            bits: list[int | None] = [*np.flatnonzero(used & (encoder.feature == feature)).tolist()]
            bits = bits or [None]
            for bit in bits:
                threshold = 0 if bit is None else int(encoder.threshold[bit])
                least = min(max(threshold - encoder.lowest + 1, 0), 1 << self.width)
                self._steps.append(Step(bit, least, bit == bits[-1]))
        self.order = [step.bit for step in self._steps if step.bit is not None]
        most = max(np.bincount(encoder.feature[used], minlength=1).tolist())
        self.busiest = max(most, 1) + 1
        super().__init__(
            {
                "start": In(1),
                "bytes": In(stream.Signature(8, always_ready=True)),
                "bits": Out(stream.Signature(1, always_ready=True)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        layout = StructLayout({"used": 1, "last": 1, "least": self.width + 1})
        rows = [
            {"used": step.bit is not None, "last": step.last, "least": step.least}
            for step in self._steps
        ]
        m.submodules.steps = steps = Memory(shape=layout, depth=len(rows), init=rows)
        port = steps.read_port()
        step = port.data  # always that at ``address``
        address, following = Signal(range(len(rows) + 1)), Signal(range(len(rows) + 1))
        m.d.comb += [following.eq(address), port.addr.eq(following)]
        m.d.sync += address.eq(following)

        value = Signal(self.width)
        missing = Signal(range(self.width // 8 + 1), init=self.width // 8)  # bytes of the feature
        busy = Signal()
        with m.If(self.bytes.valid):
            m.d.sync += [value.eq(Cat(value, self.bytes.payload)[8:]), missing.eq(missing - 1)]
            with m.If(missing == 1):
                m.d.sync += [missing.eq(missing.init), busy.eq(1)]
        from_lowest = value ^ (self._signed << self.width - 1)
        m.d.comb += [
            self.bits.payload.eq(from_lowest >= step.least),
            self.bits.valid.eq(busy & step.used),
        ]
        with m.If(busy):
            m.d.comb += following.eq(address + 1)
            with m.If(step.last):
                m.d.sync += busy.eq(0)
        with m.If(self.start):
            m.d.comb += following.eq(0)
            m.d.sync += missing.eq(missing.init)
        return m
