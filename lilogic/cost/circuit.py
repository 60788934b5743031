"""The circuit of a classifier as gates and adders, as synthesis sees it, to be counted.

It is what the hardware is made of, part by part, but for inverters, which cost nothing in a LUT
and little elsewhere: in comparisons of signed features and of differences, a gate may be the
complement of the one that is built.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
import numpy.typing as npt

from lilogic.data.encoder import Encoder
from lilogic.graph import GateGraph
from lilogic.graph.gates import A_AND_NOT_B, AND, FALSE, NOT_A_AND_B, OR, XOR

Nodes = npt.NDArray[np.int64]

ZERO = -1
"""The node that is always 0."""

PARTS = ("encoder", "gates", "heads", "argmax")

_SHORTEST = 3
"""Bits of the narrowest sum that gets carry cells; narrower ones are gates."""


class Carry(Enum):
    """What sums are made of: gates, or a family's carry cells and LUTs beside them."""

    GATES = "gates"
    XC7 = "xc7"
    ICE40 = "ice40"
    ECP5 = "ecp5"


# Which popcounts are built is measured, see the hardware's; what is not said here is a tree.
_COUNTERS = {Carry.XC7: 17}
"""Bits of the largest head that is made of counters of six bits instead of full adders."""


@dataclass
class Netlist:
    """Gates under construction; nodes are numbered as they are made, inputs and carries among them.

    Attributes:
        carry: what sums are made of.
        fixed: LUTs that carry cells take, by part.
    """

    carry: Carry
    fixed: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PARTS, 0))

    def __post_init__(self) -> None:
        self._end = 0
        self._part = PARTS[0]
        self._columns: list[tuple[Nodes, Nodes, Nodes]] = []
        self._roots: list[Nodes] = []
        self._starts: dict[str, int] = {}

    def begin(self, part: str) -> None:
        """What comes next is of this part."""
        self._part = part
        self._starts[part] = self._end

    def inputs(self, *shape: int) -> Nodes:
        """New nodes that take nothing to make: ports, or the sums of carry cells."""
        return self.gates(FALSE, *(np.full(shape, ZERO, dtype=np.int64),) * 2, fold=False)

    def gates(self, op: int | Nodes, a: Nodes, b: Nodes, *, fold: bool = True) -> Nodes:
        """New gates that are 0 where both wires are, or the wire that one is left to repeat."""
        ops, a, b = np.broadcast_arrays(op, a, b)
        made: Nodes = self._end + np.arange(ops.size).reshape(ops.shape)
        if fold:
            of_b, of_a = np.where(ops & 4, b, ZERO), np.where(ops & 2, a, ZERO)
            both = np.where(ops & 1, a, ZERO)
            known = np.where(a == b, both, np.where(a == ZERO, of_b, of_a))
            is_made = (a != ZERO) & (b != ZERO) & (a != b)
            made = np.where(is_made, self._end + np.cumsum(is_made).reshape(ops.shape) - 1, known)
            ops, a, b = ops[is_made], a[is_made], b[is_made]
        self._columns.append((ops.ravel(), a.ravel(), b.ravel()))
        self._end += ops.size
        return made

    def root(self, nodes: Nodes) -> None:
        """These nodes are needed as such."""
        self._roots.append(nodes[nodes != ZERO].ravel())

    def luts(self, count: int) -> None:
        """So many LUTs belong to carry cells."""
        self.fixed[self._part] += count

    @property
    def end(self) -> int:
        """The node that would be made next."""
        return self._end

    @property
    def op(self) -> Nodes:
        """int64 [nodes]: functions; ``FALSE`` for inputs."""
        return np.concatenate([column[0] for column in self._columns])

    @property
    def a(self) -> Nodes:
        """int64 [nodes]: first wires."""
        return np.concatenate([column[1] for column in self._columns])

    @property
    def b(self) -> Nodes:
        """int64 [nodes]: second wires."""
        return np.concatenate([column[2] for column in self._columns])

    @property
    def roots(self) -> Nodes:
        """int64: what is needed as such."""
        return np.concatenate(self._roots)

    def by_part(self, nodes: Nodes) -> dict[str, int]:
        """How many of the nodes are of each part."""
        starts = [self._starts.get(part, 0) for part in PARTS]
        counts = np.histogram(nodes, [*starts, self._end])[0]
        return dict(zip(PARTS, counts.tolist(), strict=True))


def classifier(graph: GateGraph, carry: Carry, *, with_encoder: bool) -> Netlist:
    """The circuit of a simplified graph, bits in or with the encoder of the bits in use."""
    net = Netlist(carry)
    net.begin("encoder")
    used = np.flatnonzero(graph.alive[: graph.n_inputs])
    bits = np.full(graph.n_inputs, ZERO, dtype=np.int64)
    if with_encoder and graph.encoder is not None:
        bits[used] = encoded(net, graph.encoder, used)
    else:
        bits[used] = net.inputs(len(used))
    net.begin("gates")
    nodes = np.concatenate([bits, net.end + np.arange(graph.n_gates)])
    net.gates(graph.op.astype(np.int64), nodes[graph.a], nodes[graph.b], fold=False)
    net.begin("heads")
    scores = heads(net, [nodes[head] for head in graph.heads], graph.offset.tolist())
    net.begin("argmax")
    argmax(net, scores)
    return net


def encoded(net: Netlist, encoder: Encoder, bits: Nodes) -> Nodes:
    """Nodes of the encoder's ``bits``."""
    lowest = int(np.iinfo(encoder.input_dtype).min)
    width = 8 * np.dtype(encoder.input_dtype).itemsize
    features = np.full((encoder.n_features + 1, width), ZERO, dtype=np.int64)
    features[:-1] = net.inputs(encoder.n_features, width)
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
            made[at] = _exceed(runs, encoder.feature[bits[at]], threshold - lowest)
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


def heads(net: Netlist, counted: Sequence[Nodes], offsets: Sequence[int]) -> list[Nodes]:
    """For each class the digits of its score, lowest first, of the nodes that it counts."""
    scores: list[Nodes] = [np.empty(0, dtype=np.int64)] * len(counted)
    sizes = np.array([len(head) for head in counted])
    for size in np.unique(sizes):
        classes = np.flatnonzero(sizes == size).tolist()
        totals = _popcount(net, np.stack([_arranged(counted[class_]) for class_ in classes]))
        for class_, total in zip(classes, totals, strict=True):
            scores[class_] = total
    for class_, offset in enumerate(offsets):
        if offset:
            scores[class_] = _plus(net, scores[class_], abs(offset))
    return scores


def argmax(net: Netlist, scores: Sequence[Nodes]) -> Nodes:
    """The digits of the winner, lowest first, of a tournament; the scores are put out, too."""
    width = max(map(len, scores))
    alive = np.stack([_padded(score, width) for score in scores])
    net.root(alive)
    places = np.empty((len(alive), 0), dtype=np.int64)
    while len(alive) > 1:
        pairs = len(alive) // 2
        lefts, rights = alive[0 : 2 * pairs : 2], alive[1 : 2 * pairs : 2]
        wins = _compared(net, rights, lefts)[:, None]
        grown = _chosen(net, wins, places[1 : 2 * pairs : 2], places[0 : 2 * pairs : 2])
        grown = np.concatenate([grown, wins], axis=1)
        rest = places[2 * pairs :]
        rest = np.concatenate([rest, np.full((len(rest), 1), ZERO)], axis=1)
        places = np.concatenate([grown, rest])
        is_last = len(alive) == 2
        alive = (
            alive[:1]
            if is_last
            else np.concatenate([_chosen(net, wins, rights, lefts), alive[2 * pairs :]])
        )
    net.root(places)
    winner: Nodes = places[0]
    return winner


def _arranged(head: Nodes) -> Nodes:
    """Counted nodes, such that those counted twice enter one full adder, which costs nothing."""
    nodes, times = np.unique(head, return_counts=True)
    pairs, others = np.repeat(nodes, times // 2), nodes[times % 2 == 1]
    leaves = _leaves(len(head))
    twice, more = pairs[:leaves], np.repeat(pairs[leaves:], 2)
    ends = np.cumsum([leaves - len(twice)] * 2 + [len(twice), leaves - len(twice)])
    first, second, beside, third, rest = np.split(others, ends)
    return np.concatenate([twice, first, twice, second, beside, third, rest, more])


def _leaves(size: int) -> int:
    """Full adders at the bottom of a tree, which leave a carry for each adder above them."""
    return -(-(size + 1) // 4)


def _popcount(net: Netlist, bits: Nodes) -> Nodes:
    """[classes, digits] of bits [classes, counted]: full adders of three, then a tree of sums."""
    classes, size = bits.shape
    numbers, spare = bits.reshape(classes, size, 1), bits[:, size:]
    if size > 1:
        counts = 6 if size <= _COUNTERS.get(net.carry, 0) else 3
        leaves = -(-(size + 1) // 7) if counts == 6 else _leaves(size)
        columns = np.full((classes, counts * leaves), ZERO)
        columns[:, : min(size, counts * leaves)] = bits[:, : counts * leaves]
        digits = [*_full_adders(net, *np.split(columns[:, : 3 * leaves], 3, axis=1))]
        if counts == 6:
            high = _full_adders(net, *np.split(columns[:, 3 * leaves :], 3, axis=1))
            ones, carry = net.gates(XOR, digits[0], high[0]), net.gates(AND, digits[0], high[0])
            digits = [ones, *_full_adders(net, digits[1], high[1], carry)]
        numbers, spare = np.stack(digits, axis=2), bits[:, counts * leaves :]
    while numbers.shape[1] > 1:
        pairs = numbers.shape[1] // 2
        carries = np.full((classes, pairs), ZERO)
        carries[:, : min(pairs, spare.shape[1])] = spare[:, :pairs]
        spare = spare[:, pairs:]
        sums = _sum(net, numbers[:, 0 : 2 * pairs : 2], numbers[:, 1 : 2 * pairs : 2], carries)
        rest = numbers[:, 2 * pairs :]
        odd = np.full((*rest.shape[:2], sums.shape[2]), ZERO)
        odd[:, :, : rest.shape[2]] = rest
        numbers = np.concatenate([sums, odd], axis=1)
    # What no class can reach is 0.
    return numbers.reshape(classes, -1)[:, : max(1, int(size).bit_length())]


def _sum(net: Netlist, a: Nodes, b: Nodes, carry: Nodes) -> Nodes:
    """[…, digits + 1] of numbers [..., digits] and carries [...]."""
    shape, digits = a.shape[:-1], a.shape[-1]
    if net.carry is Carry.GATES or digits + 1 < _SHORTEST:
        made = []
        for place in range(digits):
            digit, carry = _full_adders(net, a[..., place], b[..., place], carry)
            made.append(digit)
        return np.stack([*made, carry], axis=-1)
    has_carry = int((carry != ZERO).sum())
    if net.carry is Carry.XC7:
        net.root(net.gates(XOR, a, b))
        net.root(a)
    else:
        net.root(a)
        net.root(b)
    net.root(carry)
    sums = int(np.prod(shape))
    if net.carry is Carry.ICE40:
        net.luts(sums * digits)
    elif net.carry is Carry.ECP5:
        net.luts(
            2 * (has_carry * -(-(digits + 2) // 2) + (sums - has_carry) * -(-(digits + 1) // 2))
        )
    return net.inputs(*shape, digits + 1)


def _plus(net: Netlist, number: Nodes, amount: int) -> Nodes:
    """A number plus a constant."""
    if net.carry is Carry.GATES:
        raised, carry = _raised(net, number, amount)
        return np.stack([*raised, carry])
    net.root(number)
    net.luts(amount.bit_count() if net.carry is Carry.XC7 else len(number) + 1)
    return net.inputs(len(number) + 1)


def _compared(net: Netlist, a: Nodes, b: Nodes) -> Nodes:
    """[pairs]: whether a number of a, [pairs, digits], is greater."""
    pairs, digits = a.shape
    if net.carry in (Carry.GATES, Carry.XC7) or digits < _SHORTEST:
        return _greater(net, a.T, b.T)
    net.root(a)
    net.root(b)
    net.luts(pairs * digits if net.carry is Carry.ICE40 else pairs * 2 * -(-(digits + 1) // 2))
    return net.inputs(pairs)


def _chosen(net: Netlist, which: Nodes, ones: Nodes, zeros: Nodes) -> Nodes:
    """Multiplexers."""
    on, off = net.gates(AND, ones, which), net.gates(A_AND_NOT_B, zeros, which)
    return net.gates(OR, on, off)


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
    raised, carry = _raised(net, first, abs(threshold))
    return net.gates(NOT_A_AND_B, carry, _greater(net, second, raised))


def _raised(net: Netlist, columns: Nodes, amount: int) -> tuple[list[Nodes], Nodes]:
    """Numbers plus a constant, and the carries."""
    raised, carry = [], np.full(columns.shape[1:], ZERO)
    for place, column in enumerate(columns):
        raised.append(net.gates(XOR, column, carry))
        is_one = amount >> place & 1
        carry = (
            column
            if is_one and (carry == ZERO).all()
            else net.gates(OR if is_one else AND, column, carry)
        )
    return raised, carry


def _greater(net: Netlist, columns: Iterable[Nodes], others: Iterable[Nodes]) -> Nodes:
    """Whether numbers exceed others; both are columns of digits, lowest first."""
    greater: Nodes = np.array(ZERO)
    for column, other in zip(columns, others, strict=True):
        above, below = net.gates(A_AND_NOT_B, column, other), net.gates(NOT_A_AND_B, column, other)
        greater = net.gates(OR, above, net.gates(A_AND_NOT_B, greater, below))
    return greater


def _full_adders(net: Netlist, a: Nodes, b: Nodes, c: Nodes) -> tuple[Nodes, Nodes]:
    """Ones and twos of three bits each."""
    half = net.gates(XOR, a, b)
    return net.gates(XOR, half, c), net.gates(OR, net.gates(AND, a, b), net.gates(AND, half, c))


def _padded(number: Nodes, width: int) -> Nodes:
    return np.concatenate([number, np.full(width - len(number), ZERO)])
