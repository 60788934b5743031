"""Comparisons, as gates: the encoder's with thresholds, and of numbers with each other."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from lilogic.cost.netlist import ZERO, Netlist, Nodes
from lilogic.data.encoder import Encoder
from lilogic.graph.gates import A_AND_NOT_B, AND, NOT_A_AND_B, OR, XOR


def encoded(net: Netlist, encoder: Encoder, bits: Nodes) -> Nodes:
    """Nodes of the encoder's ``bits``."""
    width = max(1, *encoder.widths.tolist())
    features = np.full((encoder.n_features + 1, width), ZERO, dtype=np.int64)
    features[:-1] = net.inputs(encoder.n_features, width)
    features[:-1][np.arange(width) >= encoder.widths[:, None]] = ZERO
    runs = _Runs(net, features)
    made = np.empty(len(bits), dtype=np.int64)
    kinds = np.stack([encoder.threshold, encoder.subtracts], axis=1)[bits]
    for kind in np.unique(kinds, axis=0):
        at = (kinds == kind).all(axis=1)
        threshold, subtracts = kind.tolist()
        columns = features[encoder.feature[bits[at]]].T
        if subtracts:
            others = features[encoder.minus[bits[at]]].T
            made[at] = _exceed_others(net, columns, others, threshold)
        else:
            made[at] = _exceed(runs, encoder.feature[bits[at]], threshold - encoder.lowest)
    return made


class _Runs:
    """ANDs and ORs of neighbouring digits of features, each made once for all thresholds.

    Args:
        net: what they are made in.
        features: [features, digits], lowest first.
    """

    def __init__(self, net: Netlist, features: Nodes) -> None:
        self.net, self.features = net, features
        self._made: dict[tuple[int, int, int], Nodes] = {}

    def of(self, op: int, first: int, end: int, which: Nodes) -> Nodes:
        """For some features, ``op`` over the digits from ``first`` on before ``end``."""
        key = op, first, end
        made = self._made.setdefault(key, np.full(len(self.features), ZERO))
        missing = np.unique(which[made[which] == ZERO])
        if len(missing):
            digit = self.features[missing, first]
            if end - first > 1:
                digit = self.net.gates(op, self.of(op, first + 1, end, missing), digit)
            made[missing] = digit
        return made[which]


def _exceed(runs: _Runs, features: Nodes, threshold: int) -> Nodes:
    """Whether some features exceed a threshold."""
    digits = runs.features.shape[1]
    exceeds = np.full(len(features), ZERO)
    first = 0
    while 0 <= threshold < (1 << digits) - 1 and first < digits:
        op = AND if threshold >> first & 1 else OR
        end = first + 1
        while end < digits and threshold >> end & 1 == threshold >> first & 1:
            end += 1
        if first or op == OR:  # what is below the lowest 0 does not matter
            exceeds = runs.net.gates(op, runs.of(op, first, end, features), exceeds)
        first = end
    return exceeds


def _exceed_others(net: Netlist, columns: Nodes, others: Nodes, threshold: int) -> Nodes:
    """Whether numbers exceed others by more than a threshold."""
    first, second = (columns, others) if threshold < 0 else (others, columns)
    sums, carry = raised(net, first, abs(threshold))
    return net.gates(NOT_A_AND_B, carry, greater(net, second, sums))


def raised(net: Netlist, columns: Nodes, amount: int) -> tuple[list[Nodes], Nodes]:
    """Numbers plus a constant, and the carries."""
    sums, carry = [], np.full(columns.shape[1:], ZERO)
    for place, column in enumerate(columns):
        sums.append(net.gates(XOR, column, carry))
        is_one = amount >> place & 1
        carry = (
            column
            if is_one and (carry == ZERO).all()
            else net.gates(OR if is_one else AND, column, carry)
        )
    return sums, carry


def greater(net: Netlist, columns: Iterable[Nodes], others: Iterable[Nodes]) -> Nodes:
    """Whether numbers exceed others; both are columns of digits, lowest first."""
    found: Nodes = np.array(ZERO)
    for column, other in zip(columns, others, strict=True):
        above, below = net.gates(A_AND_NOT_B, column, other), net.gates(NOT_A_AND_B, column, other)
        found = net.gates(OR, above, net.gates(A_AND_NOT_B, found, below))
    return found
