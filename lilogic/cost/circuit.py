"""The circuit of a classifier as gates and adders, as synthesis sees it, to be counted.

It is what the hardware is made of, part by part, but for inverters, which cost nothing in a LUT
and little elsewhere: in comparisons of signed features and of differences, a gate may be the
complement of the one that is built.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lilogic.cost.comparisons import encoded, greater, raised
from lilogic.cost.netlist import PARTS, ZERO, Carry, Netlist, Nodes
from lilogic.graph import GateGraph
from lilogic.graph.gates import A_AND_NOT_B, AND, OR, XOR

_SHORTEST = 3
"""Bits of the narrowest sum that gets carry cells; narrower ones are gates."""

# Which popcounts are built is measured, see the hardware's; what is not said here is a tree.
_COUNTERS = {Carry.XC7: 17}
"""Bits of the largest head that is made of counters of six bits instead of full adders."""


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


def encoder(graph: GateGraph, carry: Carry) -> Netlist:
    """The circuit of the encoder's bits in use, alone."""
    assert graph.encoder is not None
    net = Netlist(carry)
    net.begin("encoder")
    net.root(encoded(net, graph.encoder, np.flatnonzero(graph.alive[: graph.n_inputs])))
    for part in PARTS[1:]:
        net.begin(part)
    return net


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
        digits, carry = raised(net, number, amount)
        return np.stack([*digits, carry])
    net.root(number)
    net.luts(amount.bit_count() if net.carry is Carry.XC7 else len(number) + 1)
    return net.inputs(len(number) + 1)


def _compared(net: Netlist, a: Nodes, b: Nodes) -> Nodes:
    """[pairs]: whether a number of a, [pairs, digits], is greater."""
    pairs, digits = a.shape
    if net.carry in (Carry.GATES, Carry.XC7) or digits < _SHORTEST:
        return greater(net, a.T, b.T)
    net.root(a)
    net.root(b)
    net.luts(pairs * digits if net.carry is Carry.ICE40 else pairs * 2 * -(-(digits + 1) // 2))
    return net.inputs(pairs)


def _chosen(net: Netlist, which: Nodes, ones: Nodes, zeros: Nodes) -> Nodes:
    """Multiplexers."""
    on, off = net.gates(AND, ones, which), net.gates(A_AND_NOT_B, zeros, which)
    return net.gates(OR, on, off)


def _full_adders(net: Netlist, a: Nodes, b: Nodes, c: Nodes) -> tuple[Nodes, Nodes]:
    """Ones and twos of three bits each."""
    half = net.gates(XOR, a, b)
    return net.gates(XOR, half, c), net.gates(OR, net.gates(AND, a, b), net.gates(AND, half, c))


def _padded(number: Nodes, width: int) -> Nodes:
    return np.concatenate([number, np.full(width - len(number), ZERO)])
