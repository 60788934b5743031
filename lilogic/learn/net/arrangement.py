"""Arrangements: where a layer's nodes stand and which rows their wires choose among."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import torch

from lilogic.learn.kernels import Kernel
from lilogic.learn.net.wires import Gains, TopKConnect
from lilogic.learn.windows import Rows, Windows

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

    def sets(self, nodes: int) -> Rows:
        """int64 [nodes], equal for nodes that choose among the same."""

    def reads(self, chosen: Rows) -> Rows:
        """int64 [wires, outputs]: the rows that nodes read at all their places, node by node.

        ``chosen`` is [wires, nodes]; -1 stands for no row, which is 0.
        """


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
            # Where no backward pass follows, nothing is gained.
            wire_gradient = weights.new_zeros(*weights.shape[:2], *x.shape[1:])
            taps.append((connect, _gains(x.detach(), wire_gradient)))
        return kernel.layer(x, connect.wiring, weights, coefficients, wire_gradient)

    def sets(self, nodes: int) -> Rows:
        """See ``Arrangement``."""
        return np.zeros(nodes, np.int64)

    def reads(self, chosen: Rows) -> Rows:
        """See ``Arrangement``."""
        return chosen


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

    def sets(self, nodes: int) -> Rows:
        """See ``Arrangement``."""
        return self.windows.sets(nodes)

    def reads(self, chosen: Rows) -> Rows:
        """See ``Arrangement``."""
        nodes = chosen.shape[1]
        seen = self.windows.rows[self.windows.sets(nodes)]  # [nodes, positions, places]
        return seen[np.arange(nodes), chosen].reshape(len(chosen), -1)


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
