"""Comparisons of pixels as gates, for encoders that tell pixels apart by a few levels.

A feature of such an encoder is a code: how many levels the pixel exceeds. Gates make binary numbers
of the bits that say which levels these are, once for each pixel, and compare the numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from lilogic.data.encoder import Encoder
from lilogic.data.levels import Levels
from lilogic.errors import GraphError
from lilogic.graph.circuit import Builder
from lilogic.graph.gate_graph import GateGraph
from lilogic.graph.gates import A_AND_NOT_B, A_OR_NOT_B, AND, OR


def in_gates(graph: GateGraph) -> GateGraph:
    """The same classifier, with an encoder that compares pixels with constants only.

    What compares the codes of two pixels is gates, which stand before those of ``graph``, as its
    first layer. A graph whose encoder has no levels stays as it is.

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
        metadata=_with_layer(graph.metadata, made.n_gates),
    )


def _with_layer(metadata: Mapping[str, Any], gates: int) -> Mapping[str, Any]:
    """The metadata, of which the layers begin with one of so many gates."""
    if not gates or "layers" not in metadata:
        return metadata
    return {**metadata, "layers": [{"gates": gates}, *metadata["layers"]]}


class _Comparators:
    """The bits of an encoder as gates that read a bit for each level of each pixel."""

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
        self._levels = [range(end - count, end) for end, count in zip(ends, counts, strict=True)]
        self._numbers: dict[tuple[int, int], list[int]] = {}

    def exceeds(self, bit: int) -> int:
        """The node of a bit of the encoder."""
        rows = self.encoder.feature, self.encoder.minus, self.encoder.threshold
        feature, minus, by = (int(row[bit]) for row in rows)
        if minus == self.encoder.zero:
            levels = self._levels[feature]
            return levels[by] if 0 <= by < len(levels) else self.builder.constant(by < 0)
        if by >= 0:
            return self._is_more(feature, minus, by)
        # One code does not exceed the other by more than s where that exceeds it by -s or more.
        return self.builder.inverted(self._is_more(minus, feature, -by - 1))

    def _is_more(self, first: int, second: int, by: int) -> int:
        """The node that is 1 where one pixel's code is more than ``by`` above another's."""
        if by >= len(self._levels[second]):
            return self.builder.constant(0)
        gate, made = self.builder.gate, None
        for a, b in zip(self._number(first, 0), self._number(second, by), strict=True):
            above = gate(A_AND_NOT_B, a, b)
            if made is not None:
                above = gate(OR, above, gate(AND, made, gate(A_OR_NOT_B, a, b)))
            made = above
        assert made is not None
        return made

    def _number(self, feature: int, more: int) -> list[int]:
        """The nodes of a pixel's code plus ``more``, or the highest code, lowest digit first."""
        if (feature, more) not in self._numbers:
            levels = self._levels[feature]
            # Whether the sum is at least 1, 2, …
            always = [self.builder.constant(1)] * more if more else []
            reached = [*always, *levels][: len(levels)]
            self._numbers[feature, more] = [
                self._digit(reached[step - 1 :: step])
                for step in (1 << place for place in range(len(levels).bit_length()))
            ]
        return self._numbers[feature, more]

    def _digit(self, reached: list[int]) -> int:
        """The node that is 1 where an odd number of what follows one another is reached."""
        gate = self.builder.gate
        odd, *others = [
            gate(A_AND_NOT_B, one, two)
            for one, two in zip(reached[::2], reached[1::2], strict=False)
        ] + reached[len(reached) & ~1 :]
        for other in others:
            odd = gate(OR, odd, other)
        return odd
