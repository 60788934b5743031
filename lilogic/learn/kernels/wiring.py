"""Which rows each wire may read, and the same read backwards."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch

from lilogic.errors import DataError
from lilogic.jit import njit


@dataclass(frozen=True, eq=False)
class Wiring:
    """The candidates of a layer's wires; replaced as a whole when one of them changes.

    Attributes:
        n_inputs: number of rows that can be read.
        candidates: int64 [wires, nodes, K], rows that each wire of each node may read; of gates,
            wire a is the first and wire b the second.
        n_data: how many of the rows, from the first, are data: kernels send no gradient to them.

    Raises:
        DataError: candidates of another shape or dtype, or that are no rows.
    """

    n_inputs: int
    candidates: torch.Tensor
    n_data: int = 0

    def __post_init__(self) -> None:
        dtype, shape = self.candidates.dtype, tuple(self.candidates.shape)
        if dtype != torch.int64 or len(shape) != 3 or shape[0] < 2 or 0 in shape:
            raise DataError(
                f"candidates are {dtype} of shape {shape}, but must be int64 (wires, nodes, K)"
            )
        low, high = (int(bound) for bound in self.candidates.aminmax())
        if low < 0 or high >= self.n_inputs:
            raise DataError(
                f"candidates reach from row {low} to row {high}, "
                f"but rows are 0 to {self.n_inputs - 1}"
            )
        if not 0 <= self.n_data <= self.n_inputs:
            raise DataError(f"n_data is {self.n_data}, but there are {self.n_inputs} rows")

    @cached_property
    def rows(self) -> npt.NDArray[np.int32]:
        """int32 [wires · nodes, K]: the candidates as the kernels in numba want them."""
        flat = self.candidates.reshape(-1, self.candidates.shape[-1])
        return flat.cpu().numpy().astype(np.int32)

    @cached_property
    def readers(
        self,
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """The wiring transposed, as a CSR matrix.

        Entries ``pointers[r] : pointers[r + 1]`` of ``slots`` are the positions in the flattened
        candidates that read row ``r``, and position ``s`` is entry ``places[s]`` of them: int32
        [n_inputs + 1], int32 [wires · nodes · K] and int32 [wires · nodes · K].
        """
        pointers, slots, places = _transpose(self.rows.reshape(-1), self.n_inputs)
        return pointers, slots, places


@njit(cache=True)
def _transpose(rows, n_inputs):  # type: ignore[no-untyped-def]
    pointers = np.zeros(n_inputs + 1, np.int32)
    for row in rows:
        pointers[row + 1] += 1
    for row in range(n_inputs):
        pointers[row + 1] += pointers[row]
    filled = pointers[:-1].copy()
    slots, places = np.empty(len(rows), np.int32), np.empty(len(rows), np.int32)
    for slot in range(len(rows)):
        place = filled[rows[slot]]
        slots[place], places[slot] = slot, place
        filled[rows[slot]] += 1
    return pointers, slots, places
