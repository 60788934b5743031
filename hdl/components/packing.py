"""Packing of counted nodes into full adders: those that read the same wires share one.

A look-up table takes in more of a full adder and of the gates that it adds the fewer different
wires these read. Which bits of a head meet where is free: a sum does not depend on the order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.graph import GateGraph
from lilogic.graph.gates import READS_A, READS_B
from lilogic.jit import njit

Nodes = npt.NDArray[np.int64]

_READ = 6
"""Most nodes that a gate reads, at once and through one more gate."""


def triples(graph: GateGraph, nodes: Nodes, count: int) -> tuple[Nodes, Nodes, Nodes, Nodes]:
    """The first, second and third of ``count`` triples of a head's nodes, and the rest.

    Nodes are taken greedily: first the one that is closest to another, and to it twice what reads
    most of what is read already and least besides. Without enough nodes, the last triples are
    short.
    """
    read = _read(graph, nodes)
    known, named = np.unique(read, return_inverse=True)
    named = named.reshape(read.shape) - int((known[:1] < 0).any())
    order = np.argsort(named, axis=None, kind="stable")
    ends = np.searchsorted(named.ravel()[order], np.arange(named.max(initial=-1) + 2))
    readers = order // _READ
    close = _closeness(named, ends, readers)
    places = _grouped(named, ends, readers, np.argsort(-close, kind="stable"), count)
    groups = [places[:, i] for i in range(3)]
    taken = np.zeros(len(nodes), dtype=bool)
    taken[places[places >= 0]] = True
    rest = np.flatnonzero(~taken)
    for group in groups:
        missing = np.flatnonzero(group < 0)[: len(rest)]
        group[missing], rest = rest[: len(missing)], rest[len(missing) :]
    first, second, third = (nodes[group[group >= 0]] for group in groups)
    return first, second, third, nodes[rest]


def _read(graph: GateGraph, nodes: Nodes) -> Nodes:
    """int64 [nodes, 6]: what each reads, at once and through one more gate, each once; else -1."""
    a, b = (np.full(graph.n_nodes, -1, dtype=np.int64) for _ in range(2))
    gates = slice(graph.n_inputs, None)
    a[gates] = np.where(READS_A[graph.op], graph.a, -1)
    b[gates] = np.where(READS_B[graph.op], graph.b, -1)
    # The last element stands for nothing, which reads nothing.
    a, b = np.append(a, -1), np.append(b, -1)
    wires = np.stack([a[nodes], b[nodes]], axis=1)
    read = np.concatenate([wires, a[wires], b[wires]], axis=1)
    read.sort(axis=1)
    read[:, 1:][read[:, 1:] == read[:, :-1]] = -1
    return read


@njit(cache=True)
def _closeness(read: Any, ends: Any, readers: Any) -> Any:
    """int64 [nodes]: how close the closest other node is to each, as ``_closest`` says."""
    nodes = len(read)
    shared = np.zeros(nodes, dtype=np.int64)
    alive = np.ones(nodes, dtype=np.int64)
    reads = _counted(read)
    close = np.empty(nodes, dtype=np.int64)
    for node in range(nodes):
        alive[node] = 0
        _, close[node] = _closest(read[node], ends, readers, alive, shared, reads)
        alive[node] = 1
    return close


@njit(cache=True)
def _grouped(read: Any, ends: Any, readers: Any, order: Any, count: int) -> Any:
    """int64 [count, 3]: places of nodes, -1 where none that reads the same was left.

    ``readers[ends[i] : ends[i + 1]]`` are the places of the nodes that read node i of ``read``;
    ``order`` is that in which nodes are taken.
    """
    nodes, most = read.shape
    shared = np.zeros(nodes, dtype=np.int64)
    alive = np.ones(nodes, dtype=np.int64)
    reads = _counted(read)
    union = np.empty(3 * most, dtype=np.int64)
    groups = np.empty((count, 3), dtype=np.int64)
    groups[:] = -1
    done = 0
    for node in order:
        if done == count:
            break
        if not alive[node]:
            continue
        alive[node] = 0
        groups[done, 0] = node
        used = 0
        for place in range(1, 3):
            used = _unite(union, used, read[groups[done, place - 1]])
            found, _ = _closest(union[:used], ends, readers, alive, shared, reads)
            if found < 0:
                break
            alive[found] = 0
            groups[done, place] = found
        done += 1
    return groups


@njit(cache=True)
def _counted(read: Any) -> Any:
    """int64 [nodes]: how many nodes each reads."""
    reads = np.zeros(len(read), dtype=np.int64)
    for node in range(len(read)):
        for wire in read[node]:
            reads[node] += wire >= 0
    return reads


@njit(cache=True)
def _unite(union: Any, used: int, wires: Any) -> int:
    """Put wires behind the first ``used`` ones of ``union``, each once; returns how many it has."""
    for wire in wires:
        known = wire < 0
        for place in range(used):
            known |= union[place] == wire
        if not known:
            union[used] = wire
            used += 1
    return used


@njit(cache=True)
def _closest(wires: Any, ends: Any, readers: Any, alive: Any, shared: Any, reads: Any) -> Any:
    """The first node that reads most of the wires and least besides, and how close it is.

    Closeness is twice what is shared less what is not. -1 where no node shares any.
    """
    found, closest = -1, -_READ - 1
    for wire in wires:
        if wire >= 0:
            for node in readers[ends[wire] : ends[wire + 1]]:
                shared[node] += alive[node]
    for wire in wires:
        if wire >= 0:
            for node in readers[ends[wire] : ends[wire + 1]]:
                if shared[node]:
                    close = 3 * shared[node] - reads[node]
                    if close > closest or (close == closest and node < found):
                        found, closest = node, close
                    shared[node] = 0
    return found, closest
