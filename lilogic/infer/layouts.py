"""The two ways in which bits lie in words of 64: 64 samples a word, or 64 bits of one sample."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

WORD = 64
"""Bits in a word."""

Words = npt.NDArray[np.uint64]


def slice_bits(bits: npt.NDArray[Any]) -> Words:
    """uint64 [width, ceil(samples / 64)] of bool [samples, width]: 64 samples a word.

    Sample ``s`` is bit ``s % 64`` of word ``s // 64``; bits behind the last sample are 0.
    """
    return pack_bits(np.ascontiguousarray(np.asarray(bits, dtype=bool).T))


def pack_bits(bits: npt.NDArray[Any]) -> Words:
    """uint64 [samples, ceil(width / 64)] of bool [samples, width]: each sample in its own words.

    Bit ``i`` is bit ``i % 64`` of word ``i // 64``; bits behind the last are 0.
    """
    data = np.packbits(np.asarray(bits, dtype=bool), axis=1, bitorder="little")
    data = np.pad(data, ((0, 0), (0, -data.shape[1] % 8)))
    words: Words = np.ascontiguousarray(data).view("<u8").astype(np.uint64, copy=False)
    return words
