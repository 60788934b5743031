"""The thermometer encoder in hardware: features to input bits."""

from __future__ import annotations

import numpy as np
from amaranth.hdl import Cat, Const, Module, Value
from amaranth.lib.wiring import Component, In, Out

from hdl import vector
from lilogic.encoder import Encoder
from lilogic.errors import LilogicError
from lilogic.graph import GateGraph


class ThermometerEncoder(Component):
    """Comparators for the input bits that a graph depends on; the other bits stay 0.

    Features are those of ``Encoder.features``: cropping and resizing is left to the sender.

    Args:
        graph: a graph with an encoder.
        registered: whether ``bits`` come from registers.

    Attributes:
        pixels: in, features of ``feature_width`` bits, one after the other (see ``vector.port``).
        bits: out, the graph's input bits.
        latency: clock cycles from ``pixels`` to ``bits``.

    Raises:
        LilogicError: the graph has no encoder.
    """

    def __init__(self, graph: GateGraph, registered: bool) -> None:
        encoder = encoder_of(graph)
        used = graph.alive[: graph.n_inputs]
        self._used = np.flatnonzero(used).tolist()
        self._encoder = encoder
        self.latency = int(registered)
        width = encoder.n_features * feature_width(encoder)
        super().__init__(
            {"pixels": vector.port(In, width), "bits": vector.port(Out, graph.n_inputs)}
        )

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        pixels = vector.bits(self.pixels)
        width = feature_width(self._encoder)
        signed = np.issubdtype(self._encoder.input_dtype, np.signedinteger)
        # Bits with the same feature and threshold share a comparator.
        comparators: dict[tuple[int, int], Value] = {}
        bits: list[Value] = [Const(0, 1)] * self._encoder.n_bits
        for bit in self._used:
            feature = int(self._encoder.feature[bit])
            threshold = int(self._encoder.threshold[bit])
            value = Cat(pixels[feature * width : (feature + 1) * width])
            value = value.as_signed() if signed else value
            bits[bit] = comparators.setdefault((feature, threshold), value > threshold)
        domain = "sync" if self.latency else "comb"
        held = vector.signals(len(bits), "encoded")
        m.d[domain] += vector.assign(held, bits)
        m.d.comb += vector.assign(self.bits, vector.bits(held))
        return m


def encoder_of(graph: GateGraph) -> Encoder:
    """The graph's encoder.

    Raises:
        LilogicError: the graph has none.
    """
    if graph.encoder is None:
        raise LilogicError("the classifier is to read pixels, but the graph has no encoder")
    return graph.encoder


def feature_width(encoder: Encoder) -> int:
    """Bits of one feature on the port ``pixels``."""
    return 8 * np.dtype(encoder.input_dtype).itemsize
