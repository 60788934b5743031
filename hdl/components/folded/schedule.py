"""Which counted bits a folded classifier adds up in which clock cycle.

Counted nodes are held in a row of registers, a word for each cycle, and one word after the other
is counted. A word has a share for each of the classes that are counted side by side, its lanes.
With at least a cycle for each class there is one lane, and each class has a word or more; with
fewer, several classes share the one word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lilogic.graph import GateGraph

_NARROWEST = 8
"""Bits of a word, at least, if a class has as many. Fewer save nothing, as more words need longer
counters, but they take longer, and a single long row is harder to route: mnist-tiny on an iCE40UP5K
with one bit a word left nextpnr's router2 with conflicts; with eight, it was routed in seconds."""


@dataclass(frozen=True, eq=False)
class Schedule:
    """What is counted when.

    Classes are taken in order, ``lanes`` at a time; these are a group.

    Attributes:
        classes: how many there are.
        widths: for each lane, the bits of it that a word holds.
        words: for each group, how many words it has.
        nodes: int64 [interval, sum(widths)], the node that stands at each place of each word, lane
            after lane; -1 where there is none.
    """

    classes: int
    widths: tuple[int, ...]
    words: tuple[int, ...]
    nodes: npt.NDArray[np.int64]

    @property
    def lanes(self) -> int:
        """Classes that are counted at once."""
        return len(self.widths)

    @property
    def interval(self) -> int:
        """Clock cycles that a sample takes, one for each word."""
        return sum(self.words)

    @classmethod
    def of(cls, graph: GateGraph, fold: int) -> Schedule | None:
        """The smallest circuit for ``graph`` that takes a sample in at most ``fold`` cycles.

        None where one cycle is all that there is, or that is of use.
        """
        if fold == 1:
            return None
        sizes = np.diff(graph.head_ptr).astype(np.int64)
        lanes = -(-len(sizes) // fold)
        if lanes > 1:
            groups = -(-len(sizes) // lanes)
            padded = np.zeros((groups, lanes), dtype=np.int64)
            padded.flat[: len(sizes)] = sizes
            widths = tuple(np.maximum(padded.max(axis=0), 1).tolist())
            words = (1,) * groups
        else:
            widths = (_width(sizes, fold),)
            words = tuple(_words(sizes, widths[0]).tolist())
        if sum(words) == 1:
            return None
        return cls(len(sizes), widths, words, _places(graph.heads, widths, words))


def _width(sizes: npt.NDArray[np.int64], cycles: int) -> int:
    """Bits of a word: of those that leave no more words than cycles, the one that costs least.

    Each place of a word needs an adder, and each place of the row a register.
    """
    widest = int(max(sizes.max(), 1))
    narrowest = min(_NARROWEST, widest)
    least = next(w for w in range(narrowest, widest + 1) if _words(sizes, w).sum() <= cycles)
    candidates = range(least, min(2 * least, widest) + 1)
    return min(candidates, key=lambda width: (int(_words(sizes, width).sum()) + 2) * width)


def _words(sizes: npt.NDArray[np.int64], width: int) -> npt.NDArray[np.int64]:
    return np.maximum(-(-sizes // width), 1)


def _places(
    heads: Sequence[npt.NDArray[np.int32]], widths: Sequence[int], words: Sequence[int]
) -> npt.NDArray[np.int64]:
    nodes = np.full((sum(words), sum(widths)), -1, dtype=np.int64)
    lane_ends, word_ends = np.cumsum(widths), np.cumsum(words)
    for class_, head in enumerate(heads):
        group, lane = divmod(class_, len(widths))
        share = nodes[
            word_ends[group] - words[group] : word_ends[group],
            lane_ends[lane] - widths[lane] : lane_ends[lane],
        ]
        word, place = np.divmod(np.arange(len(head)), widths[lane])
        share[word, place] = head
    return nodes
