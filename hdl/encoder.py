"""The thermometer encoder in hardware: features to input bits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from amaranth.hdl import Cat, Const, Module, Signal, Value, signed
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
        self._used = np.flatnonzero(used)
        self._encoder = encoder
        self.latency = int(registered)
        width = encoder.n_features * feature_width(encoder)
        super().__init__(
            {"pixels": vector.port(In, width), "bits": vector.port(Out, graph.n_inputs)}
        )

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        encoder = self._encoder
        pixels = vector.bits(self.pixels)
        width = feature_width(encoder)
        bits: list[Value] = [Const(0, 1)] * encoder.n_bits
        thresholds = encoder.threshold[self._used]
        for threshold in np.unique(thresholds).tolist():
            used = self._used[thresholds == threshold]
            exceeding: dict[int, Value] = {}
            # Comparisons with one threshold are wide vector operations, as gates are.
            for run in vector.chunks(np.unique(encoder.feature[used]).tolist()):
                first = [feature * width for feature in run]
                columns = [Cat(pixels[start + place] for start in first) for place in range(width)]
                compared = Signal(len(run), name=f"exceeds_{threshold}".replace("-", "minus_"))
                m.d.comb += compared.eq(_exceed(columns, threshold, encoder.input_dtype))
                exceeding.update(zip(run, compared, strict=True))
            for bit in used.tolist():
                bits[bit] = exceeding[int(encoder.feature[bit])]
        domain = "sync" if self.latency else "comb"
        held = vector.signals(len(bits), "encoded")
        m.d[domain] += vector.assign(held, bits)
        m.d.comb += vector.assign(self.bits, vector.bits(held))
        return m


def _exceed(columns: Sequence[Value], threshold: int, dtype: str) -> Value:
    """For many values at once, whether each is greater than ``threshold``.

    ``columns`` are the values' bits, lowest first. Yosys makes less of a comparison with a
    constant written out like this than of ``>``, which it takes for a subtraction.
    """
    info = np.iinfo(dtype)
    if not info.min <= threshold < info.max:
        return Const(0 if threshold >= info.max else -1, signed(1))
    if info.min < 0:
        # With its sign bit flipped, two's complement is in the order of unsigned numbers.
        columns = [*columns[:-1], ~columns[-1]]
    exceeds: Value = Const(0, 1)
    for place, column in enumerate(columns):
        exceeds = column & exceeds if threshold - info.min >> place & 1 else column | exceeds
    return exceeds


def encoder_of(graph: GateGraph) -> Encoder:
    """The graph's encoder.

    Raises:
        LilogicError: the graph has none, or one that is left to the host.
    """
    if graph.encoder is None:
        raise LilogicError("the classifier is to read pixels, but the graph has no encoder")
    if not graph.encoder.is_thermometer:
        raise LilogicError(
            f"the encoder {graph.encoder.compares}, which is left to the host: "
            "let the classifier read bits (--bits)"
        )
    return graph.encoder


def feature_width(encoder: Encoder) -> int:
    """Bits of one feature on the port ``pixels``."""
    return 8 * np.dtype(encoder.input_dtype).itemsize
