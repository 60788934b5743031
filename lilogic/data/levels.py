"""Features as the number of thresholds that they exceed: the fewest bits that tell them apart."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.errors import GraphError


@dataclass(frozen=True)
class Levels:
    """From integers to codes, feature by feature: a code is how many levels are below the integer.

    Attributes:
        of: of each feature, its levels, rising; none where nothing reads it.

    Raises:
        GraphError: levels do not rise.
    """

    of: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        for feature, levels in enumerate(self.of):
            if any(type(level) is not int for level in levels) or not (np.diff(levels) > 0).all():
                raise GraphError(f"levels of feature {feature} are not increasing integers")

    @cached_property
    def bits(self) -> tuple[int, ...]:
        """Of each feature, how many bits its codes have."""
        return tuple(len(levels).bit_length() for levels in self.of)

    @cached_property
    def are_same(self) -> bool:
        """Whether all features have the same levels."""
        return len(set(self.of)) == 1

    @cached_property
    def dtype(self) -> str:
        """Name of the dtype of codes: the narrowest that holds those of all features."""
        return "uint8" if max(self.bits, default=0) <= 8 else "uint16"

    def codes(self, integers: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """[samples, features] of ``dtype``, of integers [samples, features]."""
        codes = np.zeros(integers.shape, dtype=self.dtype)
        for feature, levels in enumerate(self.of):
            if levels:
                codes[:, feature] = np.searchsorted(levels, integers[:, feature])
        return codes

    def shift(self, feature: int, lowest: int, highest: int) -> int | None:
        """By how much an integer is shifted right for its code; None where that does not do it.

        Args:
            feature: whose levels.
            lowest: integer that it may be.
            highest: integer that it may be.
        """
        levels = self.of[feature]
        if lowest < 0 or not levels:
            return None
        places = (levels[0] + 1).bit_length() - 1
        every = range((1 << places) - 1, highest, 1 << places)
        return places if levels == tuple(every) else None
