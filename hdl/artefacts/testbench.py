"""A SystemVerilog testbench that needs nothing but a simulator, and its vectors."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lilogic.hdl.artefacts.block import STEM, Block
from lilogic.hdl.components.interface import Interface
from lilogic.hdl.vectors import KINDS, Vectors

TESTBENCH = f"{STEM}_tb.sv"
STIMULUS = f"{STEM}_tb.stimulus.hex"
EXPECTED = f"{STEM}_tb.expected.hex"

OF_A_KIND = 250
"""Vectors of each of ``vectors.KINDS``, at most."""

MOST_BITS = 2**20
"""On the data input, of all vectors: wide ones take Icarus seconds each."""


def write(block: Block) -> dict[str, str]:
    """The testbench, and in hexadecimal what it sends and must get."""
    vectors = block.make_vectors()
    rows = spread(vectors)
    stimulus, expected = [*_stimulus(vectors, rows)], [*_expected(vectors, rows, block.interface)]
    return {
        TESTBENCH: block.render(
            "testbench.sv", vectors=len(rows), stimulus=STIMULUS, expected=EXPECTED
        ),
        STIMULUS: "".join(stimulus),
        EXPECTED: "".join(expected),
    }


def spread(vectors: Vectors) -> list[int]:
    """Which vectors to take: of each kind some, evenly apart, the kinds in turn."""
    share = max(1, min(OF_A_KIND, MOST_BITS // (len(KINDS) * vectors.data_width)))
    turns: list[tuple[int, int]] = []
    for kind in range(len(KINDS)):
        found = np.flatnonzero(vectors.kind == kind)
        places = np.linspace(0, len(found) - 1, min(len(found), share)).astype(int)
        turns += enumerate(found[places].tolist())
    return [row for _, row in sorted(turns)]


def _stimulus(vectors: Vectors, rows: list[int]) -> Iterator[str]:
    words, digits = vectors.words(), -(-vectors.data_width // 4)
    for row in rows:
        yield f"{words[row]:0{digits}x}\n"


def _expected(vectors: Vectors, rows: list[int], interface: Interface) -> Iterator[str]:
    """Index above scores, the first class lowest."""
    width = interface.score_width
    digits = -(-(interface.index_width + interface.classes * width) // 4)
    for row in rows:
        word = int(vectors.index[row])
        for score in reversed(vectors.scores[row].tolist()):
            word = word << width | score & (1 << width) - 1
        yield f"{word:0{digits}x}\n"
