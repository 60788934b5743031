"""The thermometer encoder in hardware: features to input bits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from amaranth.hdl import Cat, Const, Module, Signal, Value, signed
from amaranth.lib.wiring import Component, In, Out

from lilogic.data.capabilities import PARALLEL, required
from lilogic.data.encoder import Encoder
from lilogic.graph import GateGraph
from lilogic.hdl.components import interface, naming, vector
from lilogic.hdl.components.interface import port_width


class ThermometerEncoder(Component):
    """Comparators for the input bits that a graph depends on; the other bits stay 0.

    Features are those of ``Encoder.features``: cropping and resizing is left to the sender.

    Args:
        graph: a graph with an encoder.
        registered: whether ``bits`` come from registers.

    Attributes:
        features: in, ``vector.Signature``: the features' ``interface.words``.
        bits: out, ``vector.Signature``: the graph's input bits.
        latency: clock cycles from ``features`` to ``bits``.

    Raises:
        GraphError: the graph has no encoder, or one that is left to the host.
    """

    def __init__(self, graph: GateGraph, registered: bool) -> None:
        encoder = encoder_of(graph)
        used = graph.alive[: graph.n_inputs]
        self._used = np.flatnonzero(used)
        self._encoder = encoder
        self.latency = int(registered)
        super().__init__(
            {
                "features": In(vector.Signature(port_width(encoder))),
                "bits": Out(vector.Signature(graph.n_inputs)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        bits = self._compared(m)
        domain = "sync" if self.latency else "comb"
        held = vector.signals(len(bits), "encoded")
        m.d[domain] += vector.assign(held, bits)
        m.d.comb += vector.assign(self.bits.signals, vector.bits(held))
        return m

    def _compared(self, m: Module) -> list[Value]:
        """The input bits; comparisons with one threshold are wide vector operations, as gates."""
        encoder = self._encoder
        bits: list[Value] = [Const(0, 1)] * encoder.n_bits
        widths, own = encoder.widths[encoder.feature], encoder.preprocessing.widths is not None
        kinds = np.stack([encoder.threshold, encoder.subtracts, widths], axis=1)[self._used]
        features = np.stack([encoder.feature, encoder.minus], axis=1)
        for kind in np.unique(kinds, axis=0):
            used = self._used[(kinds == kind).all(axis=1)]
            threshold, subtracts, width = kind.tolist()
            name = f"{'differs' if subtracts else 'exceeds'}_{threshold}".replace("-", "minus_")
            name += f"_in_{width}_bits" if own else ""
            found: dict[tuple[int, ...], Value] = {}
            for run in vector.chunks(np.unique(features[used], axis=0).tolist()):
                of, others = zip(*run, strict=True)
                values = self._columns(of)
                if subtracts:
                    result = _exceed_others(values, self._columns(others), threshold)
                else:
                    result = _exceed(values, threshold - encoder.lowest)
                exceeding = Signal(len(run), name=name)
                m.d.comb += exceeding.eq(naming.named(m, result, name))
                found.update(zip(map(tuple, run), exceeding, strict=True))
            for bit in used.tolist():
                bits[bit] = found[tuple(features[bit].tolist())]
        return bits

    def _columns(self, features: Sequence[int]) -> list[Value]:
        """The lowest bits of features of one width in a row, their second ones, and so on.

        With its sign bit flipped, two's complement is in the order of unsigned numbers, and
        differences are the same.
        """
        bits_in, words = vector.bits(self.features.signals), interface.words(self._encoder)
        places = zip(*(words[feature] for feature in features), strict=True)
        rows: list[Value] = [Cat(bits_in[bit] for bit in place) for place in places]
        return [*rows[:-1], ~rows[-1]] if self._encoder.lowest < 0 else rows


def _exceed(columns: Sequence[Value], threshold: int) -> Value:
    """For many unsigned values at once, whether each is greater than ``threshold``.

    ``columns`` are the values' bits, lowest first. Yosys makes less of a comparison with a constant
    written out like this than of ``>``, which it takes for a subtraction.
    """
    highest = (1 << len(columns)) - 1
    if not 0 <= threshold < highest:
        return Const(0 if threshold >= highest else -1, signed(1))
    exceeds: Value = Const(0, 1)
    for place, column in enumerate(columns):
        exceeds = column & exceeds if threshold >> place & 1 else column | exceeds
    return exceeds


def _exceed_others(columns: Sequence[Value], others: Sequence[Value], threshold: int) -> Value:
    """For many pairs of values at once, whether one exceeds the other by more than ``threshold``.

    Both are columns as in ``_exceed``.
    """
    most = (1 << len(columns)) - 1
    if not -most <= threshold < most:
        return Const(0 if threshold >= most else -1, signed(1))
    if threshold < 0:
        raised, carry = _raised(columns, -threshold)
        return _greater(raised, others) | carry
    raised, carry = _raised(others, threshold)
    return _greater(columns, raised) & ~carry


def _raised(columns: Sequence[Value], amount: int) -> tuple[list[Value], Value]:
    """Many unsigned values plus a constant, and the carries."""
    raised, carry = [], Const(0, 1)
    for place, column in enumerate(columns):
        one = amount >> place & 1
        raised.append(~(column ^ carry) if one else column ^ carry)
        carry = column | carry if one else column & carry
    return raised, carry


def _greater(columns: Sequence[Value], others: Sequence[Value]) -> Value:
    """For many pairs of unsigned values, whether the first is greater."""
    greater: Value = Const(0, 1)
    for column, other in zip(columns, others, strict=True):
        greater = column & ~other | ~(column ^ other) & greater
    return greater


def encoder_of(graph: GateGraph) -> Encoder:
    """The graph's encoder.

    Raises:
        GraphError: the graph has none, or one that is left to the host.
    """
    return required(PARALLEL, graph.encoder)


def bit_reads(encoder: Encoder) -> int:
    """Of how many bits on the port ``features`` an input bit is a function, at most."""
    return int(encoder.widths.max()) * (2 if encoder.has_differences else 1)
