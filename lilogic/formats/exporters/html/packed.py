"""Integers as short text: differences in zigzag order, as varints, in base64.

What numbers of a graph are near each other, so most differences fit a byte or two.
``page/decoding.js`` reads it.
"""

from __future__ import annotations

from base64 import b64encode

import numpy as np
import numpy.typing as npt

_GROUP = 7
"""Bits of a number that a byte of a varint holds; its highest bit says that more follow."""


def packed(values: npt.ArrayLike) -> str:
    """ASCII text of integers that differ by less than 2^34, in C order."""
    numbers = np.asarray(values, dtype=np.int64).reshape(-1)
    steps = np.diff(numbers, prepend=np.int64(0))
    zigzag = (steps << 1) ^ (steps >> 63)
    groups = zigzag[:, None] >> np.arange(0, 5 * _GROUP, _GROUP)
    follow = (groups >> _GROUP) > 0
    written = np.ones(groups.shape, dtype=bool)
    written[:, 1:] = follow[:, :-1]
    digits = (groups & 0x7F | follow << _GROUP).astype(np.uint8)
    return b64encode(digits[written].tobytes()).decode()
