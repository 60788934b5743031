"""Pooling: the OR of what stands beside each other in a plane."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from lilogic.errors import RecipeError
from lilogic.graph.gates import OR
from lilogic.learn.kernels import Kernel
from lilogic.learn.kernels.reference import Gates
from lilogic.learn.net.arrangement import Taps
from lilogic.learn.net.sharpness import Sharpness
from lilogic.learn.windows import Windows


class OrPool(nn.Module):
    """The OR of each square of ``size`` × ``size`` rows of a plane; what is over is left out.

    Its relaxation is the highest of the values (Petersen et al., arXiv 2411.04732).

    Args:
        channels: planes.
        shape: rows and columns of a plane; planes stand behind each other.
        size: side of a square, at least 2.

    Raises:
        RecipeError: squares larger than the planes.
    """

    def __init__(self, channels: int, shape: tuple[int, int], size: int) -> None:
        super().__init__()
        height, width = shape
        if size > min(shape):
            raise RecipeError(f"pooling of {size}×{size} does not fit planes of {height}×{width}")
        planes = np.arange(channels * height * width).reshape(channels, height, width)
        self.windows = Windows(planes, size, size)
        # [squares, positions] rows.
        self._rows = self.windows.rows.transpose(0, 2, 1).reshape(-1, size**2)

    @property
    def n_outputs(self) -> int:
        """Rows that it makes."""
        return len(self._rows)

    @property
    def n_unrolled(self) -> int:
        """Gates that it stands for."""
        return len(self._rows) * (self.windows.size - 1)

    @property
    def places(self) -> tuple[int, int]:
        """Rows and columns of what it makes of each plane."""
        return self.windows.shape

    def forward(
        self, x: torch.Tensor, sharpness: Sharpness, kernel: Kernel, taps: Taps | None = None
    ) -> torch.Tensor:
        """[channels · squares, batch] of x, float or bool [rows, batch]."""
        channels, height, width = self.windows.planes.shape
        size, (rows, columns) = self.windows.kernel, self.windows.shape
        planes = x.view(channels, height, width, -1)[:, : rows * size, : columns * size]
        squares = planes.reshape(channels, rows, size, columns, size, -1)
        return squares.amax((2, 4)).flatten(0, 2)

    def unroll(self, n_rows: int) -> Gates:
        """Gates, behind so many rows, in rounds: each takes one more row of its square in.

        The last round's are what it makes.
        """
        squares, positions = self._rows.shape
        below = self._rows[:, 0]
        a, b = [], []
        for taken in range(1, positions):
            a.append(below)
            b.append(self._rows[:, taken])
            first = n_rows + (taken - 1) * squares
            below = np.arange(first, first + squares)
        count = squares * (positions - 1)
        return Gates.of(np.full(count, OR), np.concatenate(a), np.concatenate(b))
