"""Arrangements: where a layer's nodes stand and which rows their wires choose among."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import torch

from lilogic.graph.gates import READS_A, READS_B, TRUTH, from_truth
from lilogic.learn.kernels import Kernel
from lilogic.learn.kernels.reference import Gates
from lilogic.learn.kernels.windows import Rows, Windows
from lilogic.learn.net.wires import Gains, TopKConnect

Taps = list[tuple[TopKConnect, Gains]]
"""Where layers leave, for their wires, what rows would gain, which the backward pass finds out."""


class Arrangement(Protocol):
    """Where nodes stand."""

    @property
    def n_choices(self) -> int:
        """Rows or positions that a wire chooses among."""

    @property
    def places(self) -> tuple[int, int] | None:
        """In how many rows and columns each node stands, where it is shared."""

    @property
    def n_data(self) -> int:
        """How many of these, from the first, are rows of data, to which no gradient goes."""

    def compute(
        self,
        kernel: Kernel,
        x: torch.Tensor,
        connect: TopKConnect,
        weights: torch.Tensor,
        coefficients: torch.Tensor,
        taps: Taps | None,
    ) -> torch.Tensor:
        """Float [outputs, batch] of x, float or bool [inputs, batch]."""

    def keys(self, op: np.ndarray, chosen: Rows) -> Rows:
        """int64 [rows, nodes], equal for nodes that compute the same by the look of it."""

    def unroll(self, op: np.ndarray, chosen: Rows) -> Gates:
        """The gates that nodes of these functions stand for; ``chosen`` is [2, nodes]."""


class Dense:
    """Every node once; wires choose among all rows.

    Args:
        n_inputs: how many rows.
        n_data: how many of them, from the first, are data, to which no gradient goes back.
    """

    places = None

    def __init__(self, n_inputs: int, n_data: int = 0) -> None:
        self.n_choices, self.n_data = n_inputs, n_data

    def compute(
        self,
        kernel: Kernel,
        x: torch.Tensor,
        connect: TopKConnect,
        weights: torch.Tensor,
        coefficients: torch.Tensor,
        taps: Taps | None,
    ) -> torch.Tensor:
        """See ``Arrangement``."""
        wire_gradient = None
        if taps is not None:
            wire_gradient = weights.new_empty(*weights.shape[:2], *x.shape[1:])
            taps.append((connect, _gains(x.detach(), wire_gradient)))
        return kernel.layer(x, connect.wiring, weights, coefficients, wire_gradient)

    def keys(self, op: np.ndarray, chosen: Rows) -> Rows:
        """See ``Arrangement``."""
        return _ordered(op, chosen)

    def unroll(self, op: np.ndarray, chosen: Rows) -> Gates:
        """See ``Arrangement``."""
        return Gates.of(op, chosen[0], chosen[1])


class Convolution:
    """Every node at each place of a window that moves; wires choose among what windows see.

    Args:
        windows: where they stand.
    """

    n_data = 0

    def __init__(self, windows: Windows) -> None:
        self.windows = windows
        self.n_choices, self.places = windows.size, windows.shape

    def compute(
        self,
        kernel: Kernel,
        x: torch.Tensor,
        connect: TopKConnect,
        weights: torch.Tensor,
        coefficients: torch.Tensor,
        taps: Taps | None,
    ) -> torch.Tensor:
        """See ``Arrangement``."""
        candidates = connect.candidates
        if taps is not None and candidates is not None:
            # With a weight for each position, 0 for most, the kernel says what all would gain.
            every = weights.new_zeros(*weights.shape[:2], self.n_choices)
            weights = every.scatter(-1, candidates, weights)
            weights.register_hook(_filled(taps, connect))  # type: ignore[no-untyped-call]
            candidates = None
        return kernel.convolution(x, self.windows, candidates, weights, coefficients)

    def keys(self, op: np.ndarray, chosen: Rows) -> Rows:
        """See ``Arrangement``."""
        return np.concatenate([_ordered(op, chosen), [self.windows.sets(len(op))]])

    def unroll(self, op: np.ndarray, chosen: Rows) -> Gates:
        """See ``Arrangement``."""
        seen = self.windows.rows[self.windows.sets(len(op))]  # [filters, positions, places]
        each = np.arange(len(op))
        a, b = seen[each, chosen[0]].reshape(-1), seen[each, chosen[1]].reshape(-1)
        op = op.repeat(self.windows.n_places)
        op = np.where(a < 0, _WITHOUT_A[op], op)
        op = np.where(b < 0, _WITHOUT_B[op], op).astype(np.uint8)
        # What such a gate ignores may be any row that there is.
        return Gates.of(op, a.clip(0), b.clip(0))


def _gains(x: torch.Tensor, wire_gradient: torch.Tensor) -> Gains:
    """By the gradient of the loss to the weight of a row in the dense connection."""

    def gains(gates: slice, rows: torch.Tensor) -> torch.Tensor:
        return -(wire_gradient[:, gates] @ x[rows].T.to(wire_gradient.dtype))

    return gains


def _filled(taps: Taps, connect: TopKConnect) -> Callable[[torch.Tensor], None]:
    """A hook that takes the gradient to the weights of all rows."""

    def hook(gradient: torch.Tensor) -> None:
        taps.append((connect, lambda gates, rows: -gradient[:, gates, rows]))

    return hook


def _ordered(op: np.ndarray, chosen: Rows) -> Rows:
    """int64 [3, nodes]: functions, and wires in ascending order, -1 for those not read."""
    a, b = np.where([READS_A[op], READS_B[op]], chosen, -1)
    return np.where(a <= b, [op, a, b], [_SWAPPED[op], b, a])


def _table(*rows: int) -> np.ndarray:
    return np.array([from_truth(*(truth[row] for row in rows)) for truth in TRUTH.tolist()])


_SWAPPED = _table(0, 2, 1, 3)
"""uint8 [16]: the gate for wires that change places."""

_WITHOUT_A, _WITHOUT_B = _table(0, 1, 0, 1), _table(0, 0, 2, 2)
"""uint8 [16]: what a gate is where its wire a, or b, is 0."""
