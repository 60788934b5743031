"""The thermometer encoder, feature after feature, so that pixels need no room on the chip."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from amaranth.hdl import Cat, Module, Signal
from amaranth.lib.data import StructLayout
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Out

from lilogic.errors import GraphError
from lilogic.graph import GateGraph
from lilogic.hdl.components.encoder import encoder_of, feature_width


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
        byte: in, the next byte of the features, lowest byte first, with ``valid``.
        valid: in; as many cycles apart as ``busiest``, or more.
        bit: out, with ``bit_valid``.
        bit_valid: out.
        order: the input bits in the order in which they come out.
        busiest: cycles that the feature with the most bits takes.

    Raises:
        GraphError: the graph has no encoder, or one that compares differences.
    """

    def __init__(self, graph: GateGraph) -> None:
        encoder = encoder_of(graph)
        if encoder.minus is not None:
            raise GraphError(
                f"the encoder {encoder.compares}, but pixels that come one after another are not "
                "kept for that: let the board read bits"
            )
        self._width = feature_width(encoder)
        info = np.iinfo(encoder.input_dtype)
        self._signed = info.min < 0
        self._steps: list[Step] = []
        used = graph.alive[: graph.n_inputs]
        for feature in range(encoder.n_features):
            bits: list[int | None] = [*np.flatnonzero(used & (encoder.feature == feature)).tolist()]
            bits = bits or [None]
            for bit in bits:
                threshold = 0 if bit is None else int(encoder.threshold[bit])
                least = min(max(threshold - int(info.min) + 1, 0), 1 << self._width)
                self._steps.append(Step(bit, least, bit == bits[-1]))
        self.order = [step.bit for step in self._steps if step.bit is not None]
        most = max(np.bincount(encoder.feature[used], minlength=1).tolist())
        self.busiest = max(most, 1) + 1
        super().__init__(
            {
                "start": In(1),
                "byte": In(8),
                "valid": In(1),
                "bit": Out(1),
                "bit_valid": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        layout = StructLayout({"used": 1, "last": 1, "least": self._width + 1})
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

        value = Signal(self._width)
        missing = Signal(range(self._width // 8 + 1), init=self._width // 8)  # bytes of the feature
        busy = Signal()
        with m.If(self.valid):
            m.d.sync += [value.eq(Cat(value, self.byte)[8:]), missing.eq(missing - 1)]
            with m.If(missing == 1):
                m.d.sync += [missing.eq(missing.init), busy.eq(1)]
        from_lowest = value ^ (self._signed << self._width - 1)
        m.d.comb += [
            self.bit.eq(from_lowest >= step.least),
            self.bit_valid.eq(busy & step.used),
        ]
        with m.If(busy):
            m.d.comb += following.eq(address + 1)
            with m.If(step.last):
                m.d.sync += busy.eq(0)
        with m.If(self.start):
            m.d.comb += following.eq(0)
            m.d.sync += missing.eq(missing.init)
        return m
