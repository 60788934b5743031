"""How scores change with some input bits, evaluated only where something depends on them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lilogic.graph import GateGraph
from lilogic.graph.gates import READS_A, READS_B, TRUTH
from lilogic.infer import golden
from lilogic.infer.layouts import WORD, Words, slice_bits
from lilogic.jit import njit

_F00, _F01, _F10, _F11 = (np.uint64(0) - column.astype(np.uint64) for column in TRUTH.T)
_TABLES = np.stack([_F00, _F01, _F10, _F11], 1)
"""uint64 [16, 4]: each gate's output for (a, b) = 00, 01, 10, 11, in all bits of a word."""


class _Lists(NamedTuple):
    """A list of numbers for each node: ``items[starts[node]:starts[node + 1]]``."""

    starts: npt.NDArray[np.int64]
    items: npt.NDArray[np.int64]

    @classmethod
    def of(cls, n_nodes: int, nodes: npt.NDArray[Any], items: npt.NDArray[Any]) -> _Lists:
        """The lists in which each item stands in that of its node."""
        starts = np.concatenate([[0], np.cumsum(np.bincount(nodes, minlength=n_nodes))])
        return cls(starts.astype(np.int64), items[np.argsort(nodes, kind="stable")])


@dataclass(frozen=True, eq=False)
class Baseline:
    """A graph's values for some samples, which changes are compared with.

    Attributes:
        graph: the graph.
        bits: bool [samples, n_inputs].
    """

    graph: GateGraph
    bits: npt.NDArray[np.bool_]

    @cached_property
    def scores(self) -> npt.NDArray[np.int32]:
        """int32 [classes, samples]."""
        return np.ascontiguousarray(golden.scores(self.graph, self.bits).T)

    @cached_property
    def _values(self) -> Words:
        """uint64 [nodes, words]: every node's value, 64 samples a word."""
        return golden.node_words(self.graph, self.bits)

    @cached_property
    def _readers(self) -> _Lists:
        """The gates that depend on a node directly."""
        graph = self.graph
        gates = np.arange(graph.n_gates)
        first, second = READS_A[graph.op], READS_B[graph.op]
        nodes = np.concatenate([graph.a[first], graph.b[second]])
        return _Lists.of(graph.n_nodes, nodes, np.concatenate([gates[first], gates[second]]))

    @cached_property
    def _counters(self) -> _Lists:
        """The classes that count a node, as often as they do."""
        classes = np.repeat(np.arange(self.graph.n_classes), np.diff(self.graph.head_ptr))
        return _Lists.of(self.graph.n_nodes, self.graph.head_nodes, classes)

    @cached_property
    def _scratch(self) -> tuple[Words, npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
        """What changes of each node, whether anything does, and a list of gates."""
        nodes, gates = self.graph.n_nodes, self.graph.n_gates
        return (
            np.empty_like(self._values),
            np.zeros(nodes, dtype=bool),
            np.empty(gates, dtype=np.int64),
        )

    def change(
        self, inputs: npt.NDArray[np.int64], bits: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.int32]:
        """int32 [classes, samples]: what is added to the scores if some input bits are others.

        Args:
            inputs: int64 [k], which ones, each once.
            bits: bool [samples, k], their new values.
        """
        return self._spread(inputs, slice_bits(bits) ^ self._values[inputs])

    def flipped(self, bit: int) -> npt.NDArray[np.int32]:
        """int32 [classes, samples]: what is added to the scores if one input bit is flipped."""
        return self._spread(np.array([bit]), self._everywhere)

    @cached_property
    def _everywhere(self) -> Words:
        """uint64 [1, words]: 1 for every sample."""
        return slice_bits(np.ones((len(self.bits), 1), dtype=bool))

    def _spread(self, inputs: npt.NDArray[np.int64], flips: Words) -> npt.NDArray[np.int32]:
        change = np.zeros((self.graph.n_classes, len(self.bits)), dtype=np.int32)
        _spread(
            self._tables, self.graph.a, self.graph.b, self._values, *self._readers,
            *self._counters, inputs, flips, *self._scratch, change,
        )  # fmt: skip
        return change

    @cached_property
    def _tables(self) -> Words:
        """uint64 [gates, 4]."""
        return _TABLES[self.graph.op]


@njit(cache=True)
def _spread(  # type: ignore[no-untyped-def]
    tables, a, b, values, reader_starts, readers, counter_starts, counters,
    inputs, flips, flipped, is_flipped, reached, change,
):  # fmt: skip
    """Add to ``change`` what flips of inputs do; all flags are false before and afterwards."""
    n_inputs, words = len(values) - len(a), values.shape[1]
    found = 0
    for place in range(len(inputs)):
        node = inputs[place]
        flipped[node], is_flipped[node] = flips[place], True
        found = _reach(node, n_inputs, reader_starts, readers, is_flipped, reached, found)
        _count(node, values, flipped, counter_starts, counters, change)
    done = 0
    while done < found:
        node = n_inputs + reached[done]
        found = _reach(node, n_inputs, reader_starts, readers, is_flipped, reached, found)
        done += 1
    cone = reached[:found]
    cone.sort()
    for gate in cone:
        is_flipped[n_inputs + gate] = False
    for gate in cone:
        node, first, second = n_inputs + gate, a[gate], b[gate]
        for word in range(words):
            x, y = values[first, word], values[second, word]
            x ^= flipped[first, word] if is_flipped[first] else np.uint64(0)
            y ^= flipped[second, word] if is_flipped[second] else np.uint64(0)
            new = (
                (tables[gate, 0] & ~x & ~y)
                | (tables[gate, 1] & ~x & y)
                | (tables[gate, 2] & x & ~y)
                | (tables[gate, 3] & x & y)
            )
            flipped[node, word] = new ^ values[node, word]
        is_flipped[node] = flipped[node].any()
        if is_flipped[node]:
            _count(node, values, flipped, counter_starts, counters, change)
    for gate in cone:
        is_flipped[n_inputs + gate] = False
    for node in inputs:
        is_flipped[node] = False


@njit(cache=True)
def _reach(node, n_inputs, starts, readers, is_reached, reached, found):  # type: ignore[no-untyped-def]
    """Append the readers of a node that are not reached yet; how many there are then."""
    for place in range(starts[node], starts[node + 1]):
        gate = readers[place]
        if not is_reached[n_inputs + gate]:
            is_reached[n_inputs + gate] = True
            reached[found] = gate
            found += 1
    return found


@njit(cache=True)
def _count(node, values, flipped, starts, counters, change):  # type: ignore[no-untyped-def]
    """Add a flipped node's rises and falls to the scores of the classes that count it."""
    if starts[node] == starts[node + 1]:
        return
    for sample in range(change.shape[1]):
        word, shift = sample // WORD, np.uint64(sample % WORD)
        if (flipped[node, word] >> shift) & np.uint64(1):
            rises = 1 - 2 * np.int32((values[node, word] >> shift) & np.uint64(1))
            for place in range(starts[node], starts[node + 1]):
                change[counters[place], sample] += rises
