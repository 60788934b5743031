"""Real values as integers of few bits, which is what encoders compare and hardware takes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.errors import DataError, GraphError

MOST_BITS = 16
"""Bits of an integer that stands for a real value, at most."""

_TRIED = 9
"""How many places within the outermost gaps a grid may begin and end at."""

_MOST_STEPS = 512
"""How many numbers of steps between these are tried for one width."""


@dataclass(frozen=True)
class Scaling:
    """Turns real values into integers, feature by feature.

    The integer of a value x is ``clip(ceil((x - offset) * scale), 0, 2**bits - 1)`` in float64, and
    0 for NaN. It exceeds j if x is above ``offset + j / scale``, except for rounding.

    Attributes:
        offset: For each feature, the value at the first point of its grid.
        scale: For each feature, steps of the grid per unit; positive.
        bits: For each feature, bits of its integers, 0 to 16; 0 if nothing reads it.

    Raises:
        GraphError: A field is out of range, or lengths differ.
    """

    offset: tuple[float, ...]
    scale: tuple[float, ...]
    bits: tuple[int, ...]

    def __post_init__(self) -> None:
        if not len(self.offset) == len(self.scale) == len(self.bits):
            raise GraphError("encoder scaling has offset, scale and bits of different lengths")
        for feature, (offset, scale, bits) in enumerate(
            zip(self.offset, self.scale, self.bits, strict=True)
        ):
            if not (np.isfinite(offset) and np.isfinite(scale) and scale > 0):
                raise GraphError(
                    f"encoder scales feature {feature} by {scale} from {offset}, "
                    "but both must be finite, and the scale positive"
                )
            if type(bits) is not int or not 0 <= bits <= MOST_BITS:
                raise GraphError(
                    f"encoder scales feature {feature} to {bits} bits, not to 0 to {MOST_BITS}"
                )

    @cached_property
    def dtype(self) -> str:
        """Name of the narrowest dtype that holds the integers of all features."""
        return "uint8" if max(self.bits, default=0) <= 8 else "uint16"

    @cached_property
    def highest(self) -> npt.NDArray[np.int64]:
        """int64 [features]: the highest integer of each feature."""
        highest: npt.NDArray[np.int64] = (1 << np.array(self.bits, dtype=np.int64)) - 1
        return highest

    def integers(self, values: npt.NDArray[np.float64]) -> npt.NDArray[Any]:
        """Return the integers [samples, features] of real values [samples, features]."""
        with np.errstate(over="ignore", invalid="ignore"):
            steps = np.ceil((values - np.array(self.offset)) * np.array(self.scale))
        steps[np.isnan(steps)] = 0
        integers: npt.NDArray[Any] = steps.clip(0, self.highest).astype(self.dtype)
        return integers

    def level(self, feature: int, integer: int) -> float:
        """Return the value above which a feature's integer exceeds ``integer``."""
        return self.offset[feature] + integer / self.scale[feature]


def as_reals(raw: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """``raw`` as float64.

    Raises:
        DataError: values that are no numbers.
    """
    if raw.dtype.kind not in "buif":
        raise DataError(f"values are {raw.dtype}, but must be numbers")
    return raw.astype(np.float64)


@dataclass(frozen=True)
class Grid:
    """The points with which one feature is compared; see ``Scaling`` for the fields."""

    offset: float
    scale: float
    bits: int

    @classmethod
    def spanning(cls, levels: npt.NDArray[np.float64], bits: int) -> Grid:
        """A grid of ``bits`` from the lowest of rising levels to the highest."""
        low, high = (float(level) for level in (levels[0], levels[-1]))
        steps = (1 << bits) - 2
        if not steps or not np.isfinite(scale := steps / (high - low) if high > low else np.inf):
            return cls(low, 1.0, min(bits, 1))
        return cls(low, scale, bits)

    def nearest(self, levels: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """The number of the point next to each level."""
        steps = np.rint((np.asarray(levels, dtype=np.float64) - self.offset) * self.scale)
        return steps.clip(0, max(0, (1 << self.bits) - 2)).astype(np.int64)

    def points_below(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """How many points are below each value: its integer, were it not for its bits."""
        return np.ceil((values - self.offset) * self.scale).astype(np.int64)


def narrowest(below: npt.NDArray[np.float64], above: npt.NDArray[np.float64]) -> Grid | None:
    """The grid of the fewest bits with a point in each of some gaps; None where none was found.

    A gap is what lies from a value (inclusive) to the next one (exclusive), so that comparing with
    the point tells the two apart.

    Args:
        below: rising, [gaps] of at least one: where each gap begins.
        above: [gaps], where each ends, at most where the next one begins.
    """
    if len(below) == 1:
        low, high = float(below[0]), float(above[0])
        middle = low / 2 + high / 2
        return Grid(middle if low <= middle < high else low, 1.0, 1)
    for bits in range(len(below).bit_length(), MOST_BITS + 1):
        grid = _best(below, above, bits)
        if grid is not None:
            return grid
    return None


def _best(below: npt.NDArray[np.float64], above: npt.NDArray[np.float64], bits: int) -> Grid | None:
    """Of the grids of so many bits that were tried, the one that is farthest from all values."""
    most = (1 << bits) - 2
    least = max(len(below) - 1, most // 2)
    counts = np.unique(
        np.linspace(least, most, min(_MOST_STEPS, most - least + 1)).astype(np.int64)
    )
    inside = (np.arange(_TRIED) + 0.5) / _TRIED
    first = below[0] + inside * (above[0] - below[0])
    last = below[-1] + inside * (above[-1] - below[-1])
    offset, end, count = (
        axis.reshape(-1) for axis in np.meshgrid(first, last, counts, indexing="ij")
    )
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        scale = count / (end - offset)
        margin = np.full(len(offset), np.inf)
        for low, high in zip(below, above, strict=True):
            point = np.ceil((low - offset) * scale) / scale + offset
            margin = np.minimum(margin, np.minimum(point - low, high - point) / (high - low))
    margin[~np.isfinite(scale) | (scale <= 0)] = -np.inf
    # What is computed of the values themselves decides; the margins are rounded otherwise.
    for number in np.argsort(-margin, kind="stable")[:_TRIED]:
        if not margin[number] > 0:
            return None
        grid = Grid(float(offset[number]), float(scale[number]), bits)
        if separates(grid, below, above):
            return grid
    return None


def separates(grid: Grid, below: npt.NDArray[np.float64], above: npt.NDArray[np.float64]) -> bool:
    """Whether the grid has a point in each gap, computed as ``Scaling`` computes it."""
    point = np.maximum(grid.points_below(below), 0)
    return bool(((point < grid.points_below(above)) & (point < (1 << grid.bits) - 1)).all())
