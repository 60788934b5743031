"""Comparisons of pixels as gates, for encoders that tell pixels apart by a few levels.

A feature of such an encoder is a code: how many levels the pixel exceeds. Its thermometer code has
a bit for each level. One code exceeds another by more than s where, for some i, the first pixel
exceeds level i + s and the second one does not exceed level i.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lilogic.data.encoder import Encoder
from lilogic.data.levels import Levels
from lilogic.errors import GraphError
from lilogic.graph.circuit import Builder
from lilogic.graph.gate_graph import GateGraph
from lilogic.graph.gates import A_AND_NOT_B, OR


def in_gates(graph: GateGraph) -> GateGraph:
    """The same classifier, with an encoder that compares pixels with constants only.

    What compares the codes of two pixels is gates, which stand before those of ``graph``. A graph
    whose encoder has no levels stays as it is.

    Raises:
        GraphError: codes are compared with a quantile of the sample.
    """
    encoder = graph.encoder
    if encoder is None or encoder.preprocessing.levels is None:
        return graph
    if encoder.rank is not None:
        raise GraphError("codes cannot be compared with a quantile of the sample in gates")
    comparators = _Comparators(encoder, encoder.preprocessing.levels)
    used = np.flatnonzero(graph.alive[: graph.n_inputs])
    made = comparators.builder.build([comparators.exceeds(bit) for bit in used.tolist()])
    nodes = np.zeros(graph.n_nodes, np.int32)
    nodes[used] = made.outputs
    nodes[graph.n_inputs :] = made.n_nodes + np.arange(graph.n_gates)
    roots = nodes[graph.roots]
    if len(roots):  # else each gate is a node, as each of these is
        roots = np.concatenate([np.arange(made.n_inputs, made.n_nodes, dtype=np.int32), roots])
    return replace(
        graph,
        n_inputs=made.n_inputs,
        op=np.concatenate([made.op, graph.op]),
        a=np.concatenate([made.a, nodes[graph.a]]),
        b=np.concatenate([made.b, nodes[graph.b]]),
        roots=roots,
        head_nodes=nodes[graph.head_nodes],
        encoder=comparators.thermometer,
    )


class _Comparators:
    """The bits of an encoder as gates that read thermometer codes."""

    def __init__(self, encoder: Encoder, levels: Levels) -> None:
        counts = [len(each) for each in levels.of]
        self.encoder = encoder
        self.thermometer = Encoder(
            preprocessing=replace(encoder.preprocessing, levels=None),
            feature=np.repeat(np.arange(encoder.n_features), counts),
            threshold=np.concatenate(levels.of),
        )
        self.builder = Builder(self.thermometer.n_bits)
        ends = np.cumsum(counts).tolist()
        self._codes = [range(end - count, end) for end, count in zip(ends, counts, strict=True)]
        self._codes.append(range(0))  # of the feature that is always 0

    def exceeds(self, bit: int) -> int:
        """The node of a bit of the encoder."""
        rows = self.encoder.feature, self.encoder.minus, self.encoder.threshold
        feature, minus, by = (int(row[bit]) for row in rows)
        if by >= 0:
            return self._by_more(self._codes[feature], self._codes[minus], by)
        # One code does not exceed the other by more than s where that exceeds it by -s or more.
        return self.builder.inverted(
            self._by_more(self._codes[minus], self._codes[feature], -by - 1)
        )

    def _by_more(self, first: range, second: range, by: int) -> int:
        """The node that is 1 where one code exceeds another by more than ``by``, at least 0."""
        gate = self.builder.gate
        terms = [gate(A_AND_NOT_B, a, b) for a, b in zip(first[by:], second, strict=False)]
        # Where the second code has no more levels, it exceeds none.
        terms += first[by + len(second) :][:1]
        while len(terms) > 1:
            terms = [
                *(gate(OR, a, b) for a, b in zip(terms[::2], terms[1::2], strict=False)),
                *(terms[-1:] if len(terms) % 2 else []),
            ]
        return terms[0] if terms else self.builder.constant(0)
