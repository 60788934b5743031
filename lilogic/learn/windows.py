"""The windows of a convolution: which rows each of its filters sees at each place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from lilogic.errors import RecipeError

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Windows:
    """Square windows that move over planes of rows.

    Channels stand in sets of ``groups``, and filter ``f`` of however many sees the channels of set
    ``f % n_sets``. Within a window, positions count channel by channel, row by row.

    Attributes:
        planes: int64 [channels, height, width], the row of the activations that stands there, or
            -1 where there is none and 0 is seen instead.
        kernel: height and width of a window.
        stride: from one window to the next, both ways.
        padding: rows and columns of 0 around each plane.
        groups: how many channels a window spans.

    Raises:
        RecipeError: windows larger than the planes, or channels that do not fill sets.
    """

    planes: Rows
    kernel: int
    stride: int = 1
    padding: int = 0
    groups: int = 1

    def __post_init__(self) -> None:
        channels, height, width = self.planes.shape
        if channels % self.groups:
            raise RecipeError(
                f"groups of {self.groups} channels do not divide the {channels} that there are"
            )
        if min(height, width) + 2 * self.padding < self.kernel:
            raise RecipeError(
                f"a kernel of {self.kernel}×{self.kernel} does not fit planes of {height}×{width} "
                f"with a padding of {self.padding}"
            )

    @property
    def n_sets(self) -> int:
        """How many sets of channels there are."""
        return len(self.planes) // self.groups

    @property
    def size(self) -> int:
        """How many positions a window has."""
        return self.groups * self.kernel**2

    @property
    def shape(self) -> tuple[int, int]:
        """In how many rows and columns windows stand."""
        height, width = (
            (side + 2 * self.padding - self.kernel) // self.stride + 1
            for side in self.planes.shape[1:]
        )
        return height, width

    @property
    def n_places(self) -> int:
        """At how many places windows stand."""
        height, width = self.shape
        return height * width

    @cached_property
    def padded(self) -> Rows:
        """int64 [sets, groups, height, width]: the planes with their padding."""
        around = (self.padding, self.padding)
        padded = np.pad(self.planes, [(0, 0), around, around], constant_values=-1)
        return padded.reshape(self.n_sets, self.groups, *padded.shape[1:])

    @cached_property
    def rows(self) -> Rows:
        """int64 [sets, size, places]: the row at each position of each window, or -1."""
        seen = np.lib.stride_tricks.sliding_window_view(self.padded, (self.kernel,) * 2, (2, 3))
        seen = seen[:, :, :: self.stride, :: self.stride]
        # [sets, groups, height, width, kernel, kernel], places behind positions.
        return seen.transpose(0, 1, 4, 5, 2, 3).reshape(self.n_sets, self.size, -1)

    def sets(self, filters: int) -> Rows:
        """int64 [filters]: the set of channels that each filter sees."""
        return np.arange(filters) % self.n_sets
