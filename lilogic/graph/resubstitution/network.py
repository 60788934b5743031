"""Gates that can be replaced one by one, with lists of who reads each node."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lilogic.graph.circuit import Int32
from lilogic.graph.gate_graph import GateGraph
from lilogic.jit import njit

Ints = npt.NDArray[np.int64]

NOTHING = -1

_ROOM = 2
"""Ids for each gate: its own, and before it one of a further gate that its function may need. So
all gates read smaller ids than their own, whatever is replaced."""


class Net(NamedTuple):
    """A network under change.

    Attributes:
        n_inputs: number of input bits, whose ids come first.
        op: int64 [ids], each gate's function, or ``NOTHING`` where there is no gate.
        a: int64 [ids], its first wire.
        b: int64 [ids], its second wire.
        level: int64 [ids], no lower than the gate's level.
        counted: bool [ids], whether heads count the node.
        uses: int64 [ids], how many wires read the node, and 1 more if it is counted.
        first: int64 [ids], the first wire that reads the node, or ``NOTHING``; wire ``2g`` is the
            first of gate ``g`` and ``2g + 1`` its second.
        after: int64 [wires], the next wire that reads the same node.
        before: int64 [wires], the one before.
        feature: int64 [inputs], equal for bits whose thresholds are of the same value.
        threshold: int64 [inputs].
    """

    n_inputs: int
    op: Ints
    a: Ints
    b: Ints
    level: Ints
    counted: npt.NDArray[np.bool_]
    uses: Ints
    first: Ints
    after: Ints
    before: Ints
    feature: Ints
    threshold: Ints


def ids(graph: GateGraph) -> Ints:
    """int64 [nodes]: the nodes' ids in a network."""
    inputs, own = np.arange(graph.n_inputs), np.arange(graph.n_gates)
    return np.concatenate([inputs, graph.n_inputs + own * _ROOM + _ROOM - 1])


def of(graph: GateGraph) -> Net:
    """The network of a graph's gates."""
    known, n_inputs = ids(graph), graph.n_inputs
    size = n_inputs + graph.n_gates * _ROOM
    op, a, b, level, feature, threshold = np.zeros((6, size), dtype=np.int64)
    op[:] = NOTHING
    gates = known[n_inputs:]
    op[gates], a[gates], b[gates] = graph.op, known[graph.a], known[graph.b]
    level[known] = graph.levels
    counted = np.zeros(size, dtype=bool)
    counted[known[graph.head_nodes]] = True
    feature = np.arange(n_inputs)
    threshold = np.zeros(n_inputs, dtype=np.int64)
    if graph.encoder is not None:
        encoder = graph.encoder
        feature = encoder.feature.astype(np.int64) * (encoder.zero + 1) + encoder.minus
        threshold = encoder.threshold.astype(np.int64)
    first, after, before = np.full(size, NOTHING), *np.full((2, 2 * size), NOTHING)
    uses = counted.astype(np.int64)
    net = Net(n_inputs, op, a, b, level, counted, uses, first, after, before, feature, threshold)
    _link_all(net)
    return net


def gates(net: Net) -> tuple[npt.NDArray[np.uint8], Int32, Int32, Int32]:
    """The gates' ``op``, ``a`` and ``b`` as graphs have them, and int32 [ids] each id's node."""
    left = np.flatnonzero(net.op != NOTHING)
    number = np.zeros(len(net.op), dtype=np.int32)
    number[: net.n_inputs] = np.arange(net.n_inputs)
    number[left] = net.n_inputs + np.arange(len(left))
    return net.op[left].astype(np.uint8), number[net.a[left]], number[net.b[left]], number


@njit(cache=True)
def _link_all(net: Net) -> None:
    for gate in range(net.n_inputs, len(net.op)):
        if net.op[gate] != NOTHING:
            _link(net, gate)


@njit(cache=True)
def _link(net: Net, gate: int) -> None:
    """Note that a gate reads its wires."""
    for wire in (2 * gate, 2 * gate + 1):
        source = net.b[gate] if wire & 1 else net.a[gate]
        following = net.first[source]
        net.after[wire], net.before[wire] = following, NOTHING
        if following != NOTHING:
            net.before[following] = wire
        net.first[source] = wire
        net.uses[source] += 1


@njit(cache=True)
def _unlink(net: Net, gate: int) -> None:
    """Note that a gate no longer reads its wires."""
    for wire in (2 * gate, 2 * gate + 1):
        source = net.b[gate] if wire & 1 else net.a[gate]
        before, after = net.before[wire], net.after[wire]
        if before == NOTHING:
            net.first[source] = after
        else:
            net.after[before] = after
        if after != NOTHING:
            net.before[after] = before
        net.uses[source] -= 1


@njit(cache=True)
def find_cone(net: Net, gate: int, cone: Ints) -> int:
    """List what only ``gate`` needs, itself first; returns how many, at most as ``cone`` holds."""
    size, at = 1, 0
    cone[0] = gate
    while at < size:
        for source in (net.a[cone[at]], net.b[cone[at]]):
            net.uses[source] -= 1
            if net.uses[source] == 0 and source >= net.n_inputs and size < len(cone):
                cone[size] = source
                size += 1
        at += 1
    for i in range(size):
        net.uses[net.a[cone[i]]] += 1
        net.uses[net.b[cone[i]]] += 1
    return size


@njit(cache=True)
def put(net: Net, gate: int, op: int, a: int, b: int) -> None:
    """A gate where there is none."""
    net.op[gate], net.a[gate], net.b[gate] = op, a, b
    _link(net, gate)


@njit(cache=True)
def remove(net: Net, gate: int, unused: Ints) -> None:
    """Take a gate away, and whatever nothing needs any more then.

    Args:
        net: the network.
        gate: the gate; what reads it keeps reading its id.
        unused: for as many ids as only the gate needs.
    """
    unused[0] = gate
    n = 1
    while n:
        n -= 1
        node = unused[n]
        a, b = net.a[node], net.b[node]
        _unlink(net, node)
        net.op[node] = NOTHING
        if a >= net.n_inputs and net.uses[a] == 0:
            unused[n] = a
            n += 1
        if b != a and b >= net.n_inputs and net.uses[b] == 0:
            unused[n] = b
            n += 1
