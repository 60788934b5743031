"""What is looked at around a gate, with truth tables over its leaves."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lilogic.graph.resubstitution.network import NOTHING, Ints, Net
from lilogic.jit import njit

MOST_LEAVES = 10
MOST_NODES = 160
MOST_WORDS = 1 << (MOST_LEAVES - 6)

_MOST_BEFORE_BESIDE = 100
_MOST_BEHIND = 24
_MOST_READERS = 12
_MOST_READERS_LOOKED_AT = 40

LEAF, INNER, OWN, BEHIND, LAST, DYING = range(6)
"""Kinds of nodes: leaves; gates that read nodes of the window; the gate itself; gates that depend
on it, and those of them that others need; what only the gate needs."""


class Window(NamedTuple):
    """Nodes around a gate; arrays are made once and used for one gate after another.

    Attributes:
        place: int64 [ids], where a node is in ``nodes``, or ``NOTHING``.
        kind: int64 [ids], of nodes in the window.
        nodes: int64 [most], their ids.
        size: int64 [1], how many.
        tables: int64 [most, words], their truth tables; bit ``m & 63`` of word ``m >> 6`` is the
            value where leaf ``i`` is bit ``i`` of ``m``. Behind the gate: where it is 0.
        if_one: int64 [most + 2, words], behind the gate: where it is 1; then constants 0 and 1.
        on: int64 [words], where the gate is 1 and that matters.
        off: int64 [words], where the gate is 0 and that matters.
        ids: int64 [ids], for lists of nodes.
    """

    place: Ints
    kind: Ints
    nodes: Ints
    size: Ints
    tables: Ints
    if_one: Ints
    on: Ints
    off: Ints
    ids: Ints


def empty(n_ids: int) -> Window:
    """A window of a network with that many ids."""
    if_one = np.zeros((MOST_NODES + 2, MOST_WORDS), dtype=np.int64)
    if_one[MOST_NODES + 1] = -1
    on, off = np.zeros((2, MOST_WORDS), dtype=np.int64)
    kind, listed = np.zeros((2, n_ids), dtype=np.int64)
    nodes, count = np.zeros(MOST_NODES, dtype=np.int64), np.zeros(1, dtype=np.int64)
    tables = np.zeros((MOST_NODES, MOST_WORDS), dtype=np.int64)
    return Window(np.full(n_ids, NOTHING), kind, nodes, count, tables, if_one, on, off, listed)


@njit(cache=True)
def look(net: Net, window: Window, gate: int, behind: int) -> int:
    """Fill the window around a gate; returns the number of words, or 0 where it has no room."""
    leaves = 0
    while leaves == 0 and behind >= 0:
        for i in range(window.size[0]):
            window.place[window.nodes[i]] = NOTHING
        window.size[0] = 0
        _find_behind(net, window, gate, behind)
        leaves = _find_leaves(net, window, gate)
        behind -= 1
    if leaves == 0:
        return 0
    _find_beside(net, window, gate)
    words = max(1, (1 << leaves) >> 6)
    _fill_tables(net, window, words)
    _fill_care(net, window, gate, words)
    return words


@njit(cache=True)
def _add(window: Window, node: int, kind: int) -> bool:
    """Add a node, if there is room."""
    count = window.size[0]
    if count == MOST_NODES:
        return False
    window.place[node], window.kind[node] = count, kind
    window.nodes[count] = node
    window.size[0] = count + 1
    return True


@njit(cache=True)
def _find_behind(net: Net, window: Window, gate: int, depth: int) -> None:
    """Add the gate and what depends on it: of each node all that reads it, or nothing."""
    _add(window, gate, OWN)
    begin = 0
    for _ in range(depth):
        end = window.size[0]
        for i in range(begin, end):
            node = window.nodes[i]
            if net.counted[node] or net.uses[node] > _MOST_READERS or window.size[0] > _MOST_BEHIND:
                continue
            wire = net.first[node]
            while wire != NOTHING:
                if window.place[wire >> 1] == NOTHING:
                    _add(window, wire >> 1, LAST)
                wire = net.after[wire]
            if node != gate:
                window.kind[node] = BEHIND
        begin = end


@njit(cache=True)
def _find_leaves(net: Net, window: Window, gate: int) -> int:
    """Add what the window reads, and what that reads, while few leaves are enough.

    Returns the number of leaves, or 0 where there are too many, or where one depends on the gate.
    """
    behind, leaves = window.size[0], 0
    for i in range(behind):
        leaves = _add_sources(net, window, window.nodes[i], leaves)
    while leaves:
        best, fewest = NOTHING, 2
        for i in range(behind, window.size[0]):
            node = window.nodes[i]
            if window.kind[node] != LEAF or node < net.n_inputs:
                continue
            a, b = net.a[node], net.b[node]
            more = int(window.place[a] == NOTHING) - 1
            more += int(b != a and window.place[b] == NOTHING)
            if node > gate:
                # Only of gates before it is it known that they do not depend on the gate.
                best, fewest = node, -2
            elif more < fewest or (more == fewest and node > best):
                best, fewest = node, more
        if best == NOTHING or (fewest > 0 and leaves + fewest > MOST_LEAVES):
            break
        window.kind[best] = INNER
        leaves = _add_sources(net, window, best, leaves - 1)
        for source in (net.a[best], net.b[best]):
            if window.kind[source] == OWN or window.kind[source] >= BEHIND:
                return 0
    return leaves if leaves <= MOST_LEAVES else 0


@njit(cache=True)
def _add_sources(net: Net, window: Window, node: int, leaves: int) -> int:
    """Add what a node reads as leaves; returns how many there are then, 0 without room."""
    for source in (net.a[node], net.b[node]):
        if window.place[source] == NOTHING:
            if not _add(window, source, LEAF):
                return 0
            leaves += 1
    return leaves


@njit(cache=True)
def _find_beside(net: Net, window: Window, gate: int) -> None:
    """Add gates before the gate that read nodes of the window."""
    i = 0
    while i < window.size[0] and window.size[0] < _MOST_BEFORE_BESIDE:
        node = window.nodes[i]
        wire = net.first[node] if node < gate else NOTHING
        for _ in range(_MOST_READERS_LOOKED_AT):
            if wire == NOTHING:
                break
            reader = wire >> 1
            if (
                reader < gate
                and window.place[reader] == NOTHING
                and window.place[net.a[reader]] != NOTHING
                and window.place[net.b[reader]] != NOTHING
            ):
                _add(window, reader, INNER)
            wire = net.after[wire]
        i += 1


@njit(cache=True)
def _fill_tables(net: Net, window: Window, words: int) -> None:
    """The truth tables of all nodes but those behind the gate."""
    leaf = 0
    for node in np.sort(window.nodes[: window.size[0]]):
        kind, table = window.kind[node], window.tables[window.place[node]]
        if kind == LEAF:
            for word in range(words):
                table[word] = _LEAVES[leaf] if leaf < 6 else -(word >> (leaf - 6) & 1)
            leaf += 1
        elif kind in (INNER, OWN):
            a, b = window.place[net.a[node]], window.place[net.b[node]]
            _apply(net.op[node], window.tables[a], window.tables[b], table, words)


@njit(cache=True)
def _fill_care(net: Net, window: Window, gate: int, words: int) -> None:
    """``on`` and ``off``: where the gate's value reaches what others need, for bits that occur."""
    order = np.sort(window.nodes[: window.size[0]])
    care = np.zeros(words, dtype=np.int64)
    is_last = True
    for node in order:
        kind, place = window.kind[node], window.place[node]
        if kind != BEHIND and kind != LAST:
            continue
        is_last = False
        for value in range(2):
            table = window.if_one[place] if value else window.tables[place]
            a = _given(window, gate, net.a[node], value)
            _apply(net.op[node], a, _given(window, gate, net.b[node], value), table, words)
        if kind == LAST:
            for word in range(words):
                care[word] |= window.tables[place, word] ^ window.if_one[place, word]
    if is_last:
        care[:] = -1
    for x in order:
        for y in order:
            if x >= net.n_inputs or y >= net.n_inputs:
                break
            same = x != y and net.feature[x] == net.feature[y]
            if same and net.threshold[x] >= net.threshold[y]:
                for word in range(words):
                    exceeds_x = window.tables[window.place[x], word]
                    care[word] &= ~exceeds_x | window.tables[window.place[y], word]
    for word in range(words):
        own = window.tables[window.place[gate], word]
        window.on[word], window.off[word] = own & care[word], ~own & care[word]


@njit(cache=True)
def _given(window: Window, gate: int, node: int, value: int) -> Ints:
    """A node's truth table, given the gate's value."""
    table: Ints = window.tables[window.place[node]]
    if node == gate:
        table = window.if_one[MOST_NODES + value]
    elif value and (window.kind[node] == BEHIND or window.kind[node] == LAST):
        table = window.if_one[window.place[node]]
    return table


@njit(cache=True)
def _apply(op: int, a: Ints, b: Ints, out: Ints, words: int) -> None:
    """A gate's truth table."""
    f00, f01, f10, f11 = -(op >> 3 & 1), -(op >> 2 & 1), -(op >> 1 & 1), -(op & 1)
    for word in range(words):
        x, y = a[word], b[word]
        out[word] = (~x & ((f00 & ~y) | (f01 & y))) | (x & ((f10 & ~y) | (f11 & y)))


def _leaf(leaf: int) -> int:
    """The word of a leaf's truth table, as a signed integer."""
    return sum(1 << m for m in range(64) if m >> leaf & 1) - (1 << 64)


_LEAVES = (_leaf(0), _leaf(1), _leaf(2), _leaf(3), _leaf(4), _leaf(5))
