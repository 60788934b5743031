"""How often the nodes of a circuit change, over samples that follow each other.

Time stands still within a sample: a node has one value for each, the one that it settles to, so
glitches are not counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.errors import DataError
from lilogic.graph.circuit import Gates
from lilogic.infer import golden
from lilogic.infer.layouts import WORD, Words

Counts = npt.NDArray[np.int64]

_BLOCK_BYTES = 32 * 2**20
_BLOCK_WORDS = 64


@dataclass(frozen=True, eq=False)
class Activity:
    """What the nodes of a circuit do over samples.

    Attributes:
        samples: how many there were; each but the last is followed by another.
        ones: int64 [nodes]: for how many samples the node is 1.
        rises: int64 [nodes]: how often it goes from 0 to 1.
        falls: int64 [nodes]: how often it goes from 1 to 0.
        last: bool [nodes]: its value for the last sample.
    """

    samples: int
    ones: Counts
    rises: Counts
    falls: Counts
    last: npt.NDArray[np.bool_]

    @property
    def toggles(self) -> Counts:
        """int64 [nodes]: how often the node changes."""
        return self.rises + self.falls


@dataclass(frozen=True, eq=False)
class Block:
    """The values of all nodes for samples that follow each other.

    Attributes:
        words: uint64 [nodes, words], 64 samples a word; of the sample that follows the last one
            of the block, too, if there is one.
        samples: how many are in the block.
        steps: from how many of them to the next there is a step.
    """

    words: Words
    samples: int
    steps: int

    @property
    def next_words(self) -> Words:
        """uint64 [nodes, words]: for each sample the value of the one that follows it."""
        shifted: Words = self.words >> np.uint64(1)
        shifted[:, :-1] |= self.words[:, 1:] << np.uint64(WORD - 1)
        return shifted


def blocks(circuit: Gates, bits: npt.NDArray[Any]) -> Iterator[Block]:
    """The values of a circuit's nodes for samples [samples, n_inputs], some at a time.

    Raises:
        DataError: bits of another width, or values other than 0 and 1.
    """
    bits = golden.checked(circuit, bits)
    words = max(1, min(_BLOCK_WORDS, _BLOCK_BYTES // (8 * circuit.n_nodes)))
    size = WORD * words
    for start in range(0, len(bits), size):
        samples = min(size, len(bits) - start)
        steps = min(samples, len(bits) - start - 1)
        yield Block(golden.node_words(circuit, bits[start : start + size + 1]), samples, steps)


def measure(circuit: Gates, bits: npt.NDArray[Any]) -> Activity:
    """Count what a circuit's nodes do over samples [samples, n_inputs], in their order.

    Raises:
        DataError: fewer than two samples, bits of another width, or values other than 0 and 1.
    """
    if len(bits) < 2:
        raise DataError("activity needs at least two samples")
    ones, rises, falls = np.zeros((3, circuit.n_nodes), dtype=np.int64)
    last = np.zeros(circuit.n_nodes, dtype=bool)
    for block in blocks(circuit, bits):
        words, following = block.words, block.next_words
        here, steps = (_first(count, words.shape[1]) for count in (block.samples, block.steps))
        ones += _ones(words & here)
        rises += _ones(~words & following & steps)
        falls += _ones(words & ~following & steps)
        word, bit = divmod(block.samples - 1, WORD)
        last = (words[:, word] >> np.uint64(bit) & np.uint64(1)).astype(bool)
    return Activity(samples=len(bits), ones=ones, rises=rises, falls=falls, last=last)


def _first(count: int, words: int) -> Words:
    """uint64 [words]: a mask of the first samples."""
    mask = np.zeros(words * WORD, dtype=np.uint8)
    mask[:count] = 1
    return np.packbits(mask, bitorder="little").view("<u8").astype(np.uint64)


def _ones(words: Words) -> Counts:
    counts: Counts = np.bitwise_count(words).sum(axis=1, dtype=np.int64)
    return counts
