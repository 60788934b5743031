"""Sharpness: how far soft choices are on their way to hard ones."""

from __future__ import annotations

import math
from typing import NamedTuple


class Sharpness(NamedTuple):
    """Factors on the logits before each softmax; infinity makes the hard choice.

    Attributes:
        connections: Factor for the choice among candidates.
        gates: Factor for the choice among functions.
    """

    connections: float = 1.0
    gates: float = 1.0


HARD = Sharpness(math.inf, math.inf)
"""The sharpness of hard choices."""
