"""What each part of a classifier should compute, as circuits made straight from the graph.

Nothing here is shared with what makes the hardware, so that a proof compares two independent
accounts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lilogic.data.encoder import Encoder
from lilogic.graph import Circuit, GateGraph, gates
from lilogic.graph.circuit import Builder
from lilogic.hdl.components.interface import Interface
from lilogic.hdl.options import InputKind

ZERO, ONE = -2, -1
"""Sources of an input bit that are constants; others are variables 0, 1, …"""


class _Arithmetic(Builder):
    """A circuit over some variables and the two constants; numbers list bits, lowest first."""

    def __init__(self, variables: int) -> None:
        super().__init__(max(1, variables))

    def source(self, source: int) -> int:
        """The node of a variable, of ``ZERO`` or of ``ONE``."""
        return source if source >= 0 else self.constant(int(source == ONE))

    def greater(self, left: Sequence[int], right: Sequence[int]) -> int:
        """Whether unsigned ``left`` is greater than ``right``."""
        greater = self.constant(0)
        for a, b in zip(left, right, strict=True):
            greater = self.select(self.gate(gates.XOR, a, b), a, greater)
        return greater

    def less(self, left: Sequence[int], right: Sequence[int]) -> list[int]:
        """Unsigned ``left`` less ``right``, and 2^bits more so that it is not negative."""
        carry, difference = self.constant(1), []
        for a, b in zip(left, right, strict=True):
            half = self.gate(gates.XNOR, a, b)
            difference.append(self.gate(gates.XOR, half, carry))
            carry = self.select(half, carry, a)
        return [*difference, carry]

    def sum(self, words: Sequence[Sequence[int]], width: int) -> list[int]:
        """The sum of unsigned numbers, modulo ``2^width``."""
        total = [self.constant(0)] * width
        for word in words:
            carry = self.constant(0)
            for place, bit in enumerate([*word, *[self.constant(0)] * (width - len(word))]):
                half = self.gate(gates.XOR, total[place], bit)
                kept = self.gate(gates.AND, total[place], bit)
                total[place], carry = (
                    self.gate(gates.XOR, half, carry),
                    self.gate(gates.OR, kept, self.gate(gates.AND, half, carry)),
                )
        return total

    def embed(self, circuit: Circuit, inputs: Sequence[int]) -> list[int]:
        """The nodes of the outputs of another circuit that reads the nodes ``inputs``."""
        node = [*inputs] or [self.constant(0)]
        for op, a, b in circuit.rows():
            node.append(self.gate(op, node[a], node[b]))
        return [node[output] for output in circuit.outputs.tolist()]


def classifier(graph: GateGraph, interface: Interface) -> Circuit:
    """The whole of it: index and scores as ``first_maximum`` puts them out, of the data input."""
    whole = _Arithmetic(interface.data_width)
    bits = data = list(range(interface.data_width))
    if interface.data is InputKind.FEATURES and graph.encoder is not None:
        used = np.flatnonzero(graph.alive[: graph.n_inputs]).tolist()
        encoder = encoder_bits(graph.encoder, used, data, len(data))
        bits = [whole.constant(0)] * graph.n_inputs
        for bit, node in zip(used, whole.embed(encoder, data), strict=True):
            bits[bit] = node
    counted = np.unique(graph.head_nodes).tolist()
    values = whole.embed(counted_gates(graph, range(len(bits)), len(bits)), bits)
    value = dict(zip(counted, values, strict=True))
    width, scores = interface.score_width, []
    for nodes, offset in zip(graph.heads, graph.offset.tolist(), strict=True):
        constant = [whole.constant(offset >> place & 1) for place in range(width)]
        scores += whole.sum([constant, *([value[node]] for node in nodes.tolist())], width)
    signed, index_width = interface.score_signed, interface.index_width
    winner = first_maximum(range(len(scores)), len(scores), width, signed, index_width)
    return whole.build(whole.embed(winner, scores))


def counted_gates(graph: GateGraph, sources: Sequence[int], variables: int) -> Circuit:
    """The nodes that heads count, in ascending order; input bit ``i`` comes from ``sources[i]``."""
    circuit = all_gates(graph, sources, variables)
    return replace(circuit, outputs=circuit.outputs[np.unique(graph.head_nodes)])


def all_gates(graph: GateGraph, sources: Sequence[int], variables: int) -> Circuit:
    """All nodes of a graph, whose input bit ``i`` comes from ``sources[i]``."""
    circuit = _Arithmetic(variables)
    node = [circuit.source(source) for source in sources]
    for op, a, b in graph.rows():
        node.append(circuit.gate(op, node[a], node[b]))
    return circuit.build(node)


def encoder_bits(
    encoder: Encoder, bits: Sequence[int], sources: Sequence[int], variables: int
) -> Circuit:
    """The encoder's ``bits``; the features' bits come from ``sources``, lowest first."""
    circuit = _Arithmetic(variables)
    outputs = []
    for bit in bits:
        feature, threshold = int(encoder.feature[bit]), int(encoder.threshold[bit])
        value = _feature(circuit, encoder, feature, sources)
        lowest = encoder.lowest
        if encoder.minus[bit] != encoder.zero:
            other = _feature(circuit, encoder, int(encoder.minus[bit]), sources)
            value, lowest = circuit.less(value, other), -(1 << len(value))
        outputs.append(_exceeds(circuit, value, threshold - lowest))
    return circuit.build(outputs)


def _feature(
    circuit: _Arithmetic, encoder: Encoder, feature: int, sources: Sequence[int]
) -> list[int]:
    """A feature's bits, lowest first, as an unsigned number: less the lowest that it may be."""
    first, width = int(encoder.widths[:feature].sum()), int(encoder.widths[feature])
    value = [circuit.source(source) for source in sources[first : first + width]]
    return _ordered(circuit, value, encoder.lowest < 0)


def _exceeds(circuit: _Arithmetic, value: Sequence[int], threshold: int) -> int:
    """Whether an unsigned value is greater than a constant."""
    if not 0 <= threshold < (1 << len(value)) - 1:
        return circuit.source(ONE if threshold < 0 else ZERO)
    exceeds = circuit.source(ZERO)
    for position, bit in enumerate(value):
        op = gates.AND if threshold >> position & 1 else gates.OR
        exceeds = circuit.gate(op, bit, exceeds)
    return exceeds


def first_maximum(
    sources: Sequence[int], variables: int, width: int, signed: bool, index_width: int
) -> Circuit:
    """Index of the first highest score, found from class 0 up, and then the scores themselves.

    Scores of ``width`` bits come from ``sources``, lowest bit first, class after class.
    """
    circuit = _Arithmetic(variables)
    nodes = [circuit.source(source) for source in sources]
    best = _ordered(circuit, nodes[:width], signed)
    index = [circuit.source(ZERO)] * index_width
    for class_ in range(1, len(nodes) // width):
        score = _ordered(circuit, nodes[class_ * width : (class_ + 1) * width], signed)
        better = circuit.greater(score, best)
        best = [circuit.select(better, new, old) for new, old in zip(score, best, strict=True)]
        number = [circuit.source(ONE if class_ >> i & 1 else ZERO) for i in range(index_width)]
        index = [circuit.select(better, new, old) for new, old in zip(number, index, strict=True)]
    return circuit.build([*index, *nodes])


def _ordered(circuit: _Arithmetic, score: Sequence[int], signed: bool) -> list[int]:
    """The score's bits, with the sign bit flipped, so that unsigned comparison orders them."""
    return [*score[:-1], circuit.inverted(score[-1])] if signed else [*score]
