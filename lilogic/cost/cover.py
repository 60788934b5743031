"""Covering of gates with look-up tables: how many k-input LUTs a circuit takes.

Cuts of each gate, sets of up to k nodes that it is a function of, are merged from those of what
it reads, and few of them are kept: those of least area flow (Mishchenko et al., "Combinational and
sequential mapping with priority cuts", 2007). A cover is chosen from the roots back, and gates
whose cuts could be exchanged for ones that take less are, twice.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.graph.gates import READS_A, READS_B
from lilogic.jit import njit

_KEPT = 6
"""Cuts of each gate that are kept."""


def cover(
    first: int,
    op: npt.NDArray[np.integer[Any]],
    a: npt.NDArray[np.integer[Any]],
    b: npt.NDArray[np.integer[Any]],
    roots: npt.NDArray[np.integer[Any]],
    k: int,
) -> npt.NDArray[np.int64]:
    """int64: the nodes that LUTs of up to ``k`` inputs make, so that all roots are made.

    Args:
        first: nodes before it are inputs; gate g is node ``first + g``, as in ``Gates``.
        op: [gates], their functions; of constants, whose value is free, nothing is made.
        a: [gates], what they read.
        b: [gates], what they read.
        roots: nodes, of which inputs are there already.
        k: 2 to 8.
    """
    reads_a, reads_b = READS_A[op], READS_B[op]
    made = _cover(
        first,
        np.where(reads_a, a, -1).astype(np.int64),
        np.where(reads_b, b, -1).astype(np.int64),
        np.unique(roots).astype(np.int64),
        k,
        _KEPT,
    )
    return np.flatnonzero(made)


@njit(cache=True)
def _cover(first: Any, a: Any, b: Any, roots: Any, k: Any, kept: Any) -> Any:
    nodes = first + len(a)
    references = np.zeros(nodes, dtype=np.float64)
    for gate in range(len(a)):
        if a[gate] >= 0:
            references[a[gate]] += 1
        if b[gate] >= 0:
            references[b[gate]] += 1
    for root in roots:
        references[root] += 1
    leaves = np.zeros((nodes, kept + 1, k), dtype=np.int32)
    sizes = np.zeros((nodes, kept + 1), dtype=np.int64)
    counts = np.zeros(nodes, dtype=np.int64)
    best = np.zeros(nodes, dtype=np.int64)
    used = np.zeros(nodes, dtype=np.int64)
    for _ in range(2):
        _rank(first, a, b, references, leaves, sizes, counts, k, kept)
        best[:] = 0
        used[:] = 0
        for root in roots:
            used[root] += 1
        for node in range(nodes - 1, first - 1, -1):
            if used[node]:
                for place in range(sizes[node, 0]):
                    used[leaves[node, 0, place]] += 1
        for node in range(nodes):
            references[node] = (references[node] + 2 * max(used[node], 1)) / 3
    stack = np.empty(nodes + 1, dtype=np.int64)
    for _ in range(2):
        for node in range(first, nodes):
            if used[node] and counts[node] > 1:
                _release(node, first, leaves, sizes, best, used, stack)
                least, choice = 1 << 60, best[node]
                for cut in range(counts[node]):
                    best[node] = cut
                    area = _take(node, first, leaves, sizes, best, used, stack)
                    _release(node, first, leaves, sizes, best, used, stack)
                    if area < least:
                        least, choice = area, cut
                best[node] = choice
                _take(node, first, leaves, sizes, best, used, stack)
    made = used > 0
    made[:first] = False
    for node in range(first, nodes):
        if counts[node] == 0:
            made[node] = False
    return made


@njit(cache=True)
def _rank(
    first: Any,
    a: Any,
    b: Any,
    references: Any,
    leaves: Any,
    sizes: Any,
    counts: Any,
    k: Any,
    kept: Any,
) -> None:
    """For each gate the cuts of least area flow, best first, and behind them the gate itself."""
    nodes = len(counts)
    flow = np.zeros(nodes, dtype=np.float64)
    area = np.zeros(kept + 1, dtype=np.float64)
    merged = np.empty(k, dtype=np.int32)
    for node in range(nodes):
        count = 0
        if node >= first:
            left, right = a[node - first], b[node - first]
            if left < 0:
                left, right = right, left
            if left >= 0:
                for one in range(counts[left] + 1):
                    others = counts[right] + 1 if right >= 0 else 1
                    for other in range(others):
                        size = sizes[left, one]
                        if right < 0:
                            for place in range(size):
                                merged[place] = leaves[left, one, place]
                        else:
                            size = _merge(
                                leaves[left, one],
                                size,
                                leaves[right, other],
                                sizes[right, other],
                                merged,
                                k,
                            )
                        if size < 0:
                            continue
                        cost = 1.0
                        for place in range(size):
                            cost += flow[merged[place]]
                        cost += 1e-4 * size
                        place = count
                        if count == kept:
                            if cost >= area[count - 1]:
                                continue
                            place = count - 1
                        is_known = False
                        for cut in range(count):
                            if sizes[node, cut] == size and area[cut] == cost:
                                is_known = True
                                for i in range(size):
                                    if leaves[node, cut, i] != merged[i]:
                                        is_known = False
                                        break
                                if is_known:
                                    break
                        if is_known:
                            continue
                        while place > 0 and area[place - 1] > cost:
                            area[place] = area[place - 1]
                            sizes[node, place] = sizes[node, place - 1]
                            for i in range(k):
                                leaves[node, place, i] = leaves[node, place - 1, i]
                            place -= 1
                        area[place] = cost
                        sizes[node, place] = size
                        for i in range(size):
                            leaves[node, place, i] = merged[i]
                        count = min(count + 1, kept)
            if count:
                flow[node] = area[0] / max(references[node], 1.0)
        counts[node] = count
        # What reads it may take the gate itself.
        sizes[node, count] = 1
        leaves[node, count, 0] = node


@njit(cache=True)
def _merge(one: Any, ones: Any, other: Any, others: Any, merged: Any, k: Any) -> Any:
    """The size of the union of two sorted sets, -1 if that is above k."""
    i, j, size = 0, 0, 0
    while i < ones or j < others:
        if size == k:
            return -1
        if j == others or (i < ones and one[i] < other[j]):
            merged[size] = one[i]
            i += 1
        elif i == ones or other[j] < one[i]:
            merged[size] = other[j]
            j += 1
        else:
            merged[size] = one[i]
            i += 1
            j += 1
        size += 1
    return size


@njit(cache=True)
def _take(node: Any, first: Any, leaves: Any, sizes: Any, best: Any, used: Any, stack: Any) -> Any:
    """Use what the node's cut needs; returns how many LUTs that adds, the node's own among them."""
    area, top = 0, 1
    stack[0] = node
    while top:
        top -= 1
        taken = stack[top]
        area += 1
        for place in range(sizes[taken, best[taken]]):
            leaf = leaves[taken, best[taken], place]
            if used[leaf] == 0 and leaf >= first:
                stack[top] = leaf
                top += 1
            used[leaf] += 1
    return area


@njit(cache=True)
def _release(
    node: Any, first: Any, leaves: Any, sizes: Any, best: Any, used: Any, stack: Any
) -> None:
    """The contrary of ``_take``."""
    top = 1
    stack[0] = node
    while top:
        top -= 1
        left = stack[top]
        for place in range(sizes[left, best[left]]):
            leaf = leaves[left, best[left], place]
            used[leaf] -= 1
            if used[leaf] == 0 and leaf >= first:
                stack[top] = leaf
                top += 1
