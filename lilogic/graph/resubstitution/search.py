"""Which one to three nodes of a window, and which gates of them, are as good as a gate."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lilogic.graph import gates
from lilogic.graph.resubstitution.network import NOTHING, Ints, Net, find_cone, put, remove
from lilogic.graph.resubstitution.windows import DYING, INNER, LEAF, MOST_NODES, Window, look
from lilogic.jit import njit

_MOST_PAIRS = 62
_FIRST_PAIRS = 24
_MOST_CHECKS = 300
_MOST_DYING = 64


class _Search(NamedTuple):
    """The search for nodes whose function may stand for a gate's.

    Attributes:
        nodes: int64 [most], the nodes.
        tells: int64 [most], for each node a bit for each pair: whether its values differ.
        pairs: int64 [2], how many pairs of leaves' values there are, and how many were noted. Of
            the two, the gate is 1 for one and 0 for the other, where that matters.
        chosen: int64 [3], places in ``nodes``.
        found: int64 [2, 3], gates as op and two signals; signals are the chosen, then the first
            gate.
    """

    nodes: Ints
    tells: Ints
    pairs: Ints
    chosen: Ints
    found: Ints


@njit(cache=True)
def sweep(net: Net, window: Window, behind: int) -> None:
    """Try all gates, the last one first, and put fewer in their place."""
    nodes, tells = np.zeros(MOST_NODES, np.int64), np.zeros(MOST_NODES, np.int64)
    found = np.zeros((2, 3), np.int64)
    search = _Search(nodes, tells, np.zeros(2, np.int64), np.zeros(3, np.int64), found)
    dying = np.zeros(_MOST_DYING, np.int64)
    for gate in range(len(net.op) - 1, net.n_inputs - 1, -1):
        if net.op[gate] != NOTHING and net.op[gate] not in _NO_GATES:
            _resubstitute(net, window, search, gate, behind, dying)


@njit(cache=True)
def _resubstitute(
    net: Net, window: Window, search: _Search, gate: int, behind: int, dying: Ints
) -> None:
    """Put fewer gates in a gate's place, if some are found."""
    words = look(net, window, gate, behind)
    if words == 0:
        return
    size = find_cone(net, gate, dying)
    for i in range(size):
        if window.place[dying[i]] != NOTHING:
            window.kind[dying[i]] = DYING
    is_on, is_off = False, False
    for word in range(words):
        is_on |= window.on[word] != 0
        is_off |= window.off[word] != 0
    if not is_on or not is_off:
        _replace(net, window, gate, gates.TRUE if is_on else gates.FALSE, 0, 0)
        return
    _begin(window, search, gate, words)
    if _find_one(net, window, search, gate, words, size):
        wire = search.nodes[search.chosen[0]]
        _replace(net, window, gate, search.found[0, 0], wire, wire)
    elif size > 1 and _find(net, window, search, gate, words, 1):
        _replace_by(net, window, search, gate, 2)
    elif size > 2 and net.op[gate - 1] == NOTHING and _find(net, window, search, gate, words, 2):
        _replace_by(net, window, search, gate, 3)


@njit(cache=True)
def _replace_by(net: Net, window: Window, search: _Search, gate: int, k: int) -> None:
    """Put the gates in place that were found for ``k`` nodes."""
    ids = np.zeros(4, np.int64)
    for i in range(k):
        ids[i] = search.nodes[search.chosen[i]]
    ids[k] = gate - 1
    found = search.found
    if k == 3:
        a, b = ids[found[0, 1]], ids[found[0, 2]]
        put(net, gate - 1, found[0, 0], a, b)
        net.level[gate - 1] = 1 + max(net.level[a], net.level[b])
    last = found[k - 2]
    _replace(net, window, gate, last[0], ids[last[1]], ids[last[2]])


@njit(cache=True)
def _replace(net: Net, window: Window, gate: int, op: int, a: int, b: int) -> None:
    """Make a gate another one; what only the old one needed goes."""
    net.uses[a] += 1
    net.uses[b] += 1
    remove(net, gate, window.ids)
    net.uses[a] -= 1
    net.uses[b] -= 1
    put(net, gate, op, a, b)


@njit(cache=True)
def _begin(window: Window, search: _Search, gate: int, words: int) -> None:
    """List the nodes that may be chosen, and some pairs that they have to tell apart."""
    n = 0
    for i in range(window.size[0]):
        node = window.nodes[i]
        if node < gate and (window.kind[node] == LEAF or window.kind[node] == INNER):
            search.nodes[n], search.tells[n] = node, 0
            n += 1
    search.nodes[n:] = NOTHING
    search.pairs[:] = 0
    for i in range(_FIRST_PAIRS):
        one, zero = _some(window.on, words, 5 * i), _some(window.off, words, 3 * i)
        _note(window, search, one, zero)


@njit(cache=True)
def _some(where: Ints, words: int, start: int) -> int:
    """Leaves' values of a set that has some."""
    for i in range(start, start + words):
        word = i % words
        for k in range(64 if where[word] else 0):
            bit = 7 * start + 11 * k & 63
            if where[word] >> bit & 1:
                return 64 * word + bit
    return NOTHING


@njit(cache=True)
def _note(window: Window, search: _Search, one: int, zero: int) -> None:
    """Note a pair; where there are many, the oldest goes."""
    at = search.pairs[1] % _MOST_PAIRS
    search.pairs[1] += 1
    search.pairs[0] = max(search.pairs[0], at + 1)
    i = 0
    while i < MOST_NODES and search.nodes[i] != NOTHING:
        table = window.tables[window.place[search.nodes[i]]]
        differs = (table[one >> 6] >> (one & 63) ^ table[zero >> 6] >> (zero & 63)) & 1
        search.tells[i] = search.tells[i] & ~(1 << at) | differs << at
        i += 1


@njit(cache=True)
def _find_one(net: Net, window: Window, search: _Search, gate: int, words: int, size: int) -> bool:
    """Whether a node or its complement will do; the gate to put is a buffer or an inverter."""
    i = -1
    while i + 1 < MOST_NODES and search.nodes[i + 1] != NOTHING:
        i += 1
        every = (1 << search.pairs[0]) - 1
        if search.tells[i] != every or net.level[search.nodes[i]] > net.level[gate]:
            continue
        search.chosen[0] = i
        on, off = _function(window, search, 1, words)
        # An inverter that heads count is a gate itself.
        if not on & off and (on == 2 or size > 1 or not net.counted[gate]):
            search.found[0, 0] = gates.A if on == 2 else gates.NOT_A
            return True
    return False


@njit(cache=True)
def _find(net: Net, window: Window, search: _Search, gate: int, words: int, n_gates: int) -> bool:
    """Whether one gate of two nodes, or two gates of three, will do.

    Each node that is chosen tells a pair apart that those before it do not.
    """
    chosen, tells, nodes = search.chosen, search.tells, search.nodes
    checks = 0
    for i in range(MOST_NODES):
        if nodes[i] == NOTHING or checks > _MOST_CHECKS:
            break
        if not tells[i] & 1:
            continue
        chosen[0] = i
        for j in range(MOST_NODES):
            if nodes[j] == NOTHING or checks > _MOST_CHECKS:
                break
            every = (1 << search.pairs[0]) - 1
            left = every & ~tells[i]
            if j == i or (left and not tells[j] & left & -left):
                continue
            chosen[1] = j
            if n_gates == 1:
                if not left & ~tells[j]:
                    checks += 1
                    if _try(net, window, search, gate, words, 2):
                        return True
                continue
            for k in range(MOST_NODES):
                if nodes[k] == NOTHING or checks > _MOST_CHECKS:
                    break
                every = (1 << search.pairs[0]) - 1
                left = every & ~(tells[i] | tells[j])
                if k in (i, j) or left & ~tells[k]:
                    continue
                chosen[2] = k
                checks += 1
                if _try(net, window, search, gate, words, 3):
                    return True
    return False


@njit(cache=True)
def _try(net: Net, window: Window, search: _Search, gate: int, words: int, k: int) -> bool:
    """Whether k - 1 gates of the chosen k nodes will do."""
    on, off = _function(window, search, k, words)
    if on & off:
        return False
    x, y = _SIGNALS[0], _SIGNALS[1]
    if k == 2:
        return bool(_finish(net, search, gate, k, 0, 0, 1, _op(x, y, on, off)))
    for last in range(3):
        i, j = (last + 1) % 3, (last + 2) % 3
        x, y = _SIGNALS[i], _SIGNALS[j]
        for op in _BEFORE:
            made = 0
            for row in range(4):
                if op >> (3 - row) & 1:
                    made |= (x if row & 2 else ~x) & (y if row & 1 else ~y)
            search.found[0, 0], search.found[0, 1], search.found[0, 2] = op, i, j
            if _finish(net, search, gate, k, 1, last, 3, _op(_SIGNALS[last], made, on, off)):
                return True
    return False


@njit(cache=True)
def _finish(net: Net, search: _Search, gate: int, k: int, at: int, a: int, b: int, op: int) -> bool:
    """Note the last gate, if there is one and it is no deeper than the gate was."""
    if op == NOTHING:
        return False
    search.found[at, 0], search.found[at, 1], search.found[at, 2] = op, a, b
    level = 0
    for i in range(k):
        above = 2 if at and i != a else 1
        level = max(level, net.level[search.nodes[search.chosen[i]]] + above)
    return bool(level <= net.level[gate])


@njit(cache=True)
def _op(x: int, y: int, on: int, off: int) -> int:
    """The gate of two signals that is 1 where ``on`` and 0 where ``off``, or ``NOTHING``."""
    op = 0
    for row in range(4):
        where = (x if row & 2 else ~x) & (y if row & 1 else ~y)
        if where & on:
            if where & off:
                return NOTHING
            op |= 8 >> row
    return op


@njit(cache=True)
def _function(window: Window, search: _Search, k: int, words: int) -> tuple[int, int]:
    """The gate as a function of the chosen: a bit for each of their values where it is 1, and is 0.

    Where it is both for some, they do not tell these two apart; the rest is left out then.
    """
    on, off = 0, 0
    for value in range(1 << k):
        one, zero = NOTHING, NOTHING
        for word in range(words):
            where = -1
            for i in range(k):
                table = window.tables[window.place[search.nodes[search.chosen[i]]]]
                where &= table[word] if value >> i & 1 else ~table[word]
            if one == NOTHING and where & window.on[word]:
                one = 64 * word + _lowest(where & window.on[word])
            if zero == NOTHING and where & window.off[word]:
                zero = 64 * word + _lowest(where & window.off[word])
        on |= int(one != NOTHING) << value
        off |= int(zero != NOTHING) << value
        if one != NOTHING and zero != NOTHING:
            _note(window, search, one, zero)
            break
    return on, off


@njit(cache=True)
def _lowest(word: int) -> int:
    """The place of the lowest bit that is set."""
    for bit in range(64):
        if word >> bit & 1:
            return bit
    return NOTHING


_SIGNALS = (0b10101010, 0b11001100, 0b11110000)
"""Three signals, a bit for each of their values together."""

_BEFORE = (gates.AND, gates.A_AND_NOT_B, gates.NOT_A_AND_B, gates.OR, gates.XOR)
"""The functions of two wires, but for complements."""

_NO_GATES = (gates.FALSE, gates.TRUE, gates.A, gates.B, gates.NOT_A, gates.NOT_B)
