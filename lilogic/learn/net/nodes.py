"""Nodes: each a softly chosen function of its wires; those of two are gates."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from lilogic.graph.gates import (
    COEFFICIENTS,
    FALSE,
    READS_A,
    READS_B,
    TRUE,
    TRUTH,
    A,
    from_truth,
)
from lilogic.learn.kernels import Kernel
from lilogic.learn.kernels.reference import Gates, Tables
from lilogic.learn.net.arrangement import Arrangement, Taps
from lilogic.learn.net.sharpness import Sharpness
from lilogic.learn.net.wires import TopKConnect
from lilogic.learn.windows import Rows

PASS_THROUGH = 4.0
"""By how much, of a logit, nodes start as ones that repeat their first wire."""

_VECTOR = 16
"""Over fewer values that lie side by side, torch's softmax on CPUs does one row at a time."""


def sharpened(logits: torch.Tensor, factor: float) -> torch.Tensor:
    """Softmax over the last dimension of ``factor · logits``; one-hot for an infinite factor."""
    if math.isinf(factor):
        best = logits.argmax(-1, keepdim=True)
        return torch.zeros_like(logits).scatter_(-1, best, 1.0)
    if logits.shape[-1] >= _VECTOR or logits.is_cuda:
        return torch.softmax(factor * logits, -1)
    return torch.softmax((factor * logits).movedim(-1, 0), 0).movedim(0, -1)


def straight_through(logits: torch.Tensor, factor: float) -> torch.Tensor:
    """The hard choice, with the gradient of ``sharpened`` (Bengio et al., arXiv 1308.3432)."""
    soft = sharpened(logits, factor)
    return sharpened(logits, math.inf) + soft - soft.detach()


def gumbel(logits: torch.Tensor, factor: float) -> torch.Tensor:
    """A draw at temperature ``1 / factor`` (Jang et al., arXiv 1611.01144)."""
    noise = -torch.empty_like(logits).exponential_().log()
    return sharpened(logits + noise, factor)


Relaxation = Callable[[torch.Tensor, float], torch.Tensor]

RELAXATIONS: dict[str, Relaxation] = {
    "softmax": sharpened,
    "straight-through": straight_through,
    "gumbel": gumbel,
}
"""How training makes a choice among logits differentiable; evaluation always uses softmax."""


class NodeLayer(nn.Module, ABC):
    """A layer of nodes, each a softly chosen function of its wires.

    Args:
        arrangement: where the nodes stand.
        connect: the wires.
        generator: source of the initial logits.
        initial: ``normal``, or ``pass-through`` to start with nodes that mostly repeat their first
            wire, so that deep networks begin as shallow ones (Petersen et al., arXiv 2411.04732).
        relaxation: name of an entry of ``RELAXATIONS``.
    """

    hard: Gates | Tables | None = None
    basis: torch.Tensor

    def __init__(
        self,
        arrangement: Arrangement,
        connect: TopKConnect,
        generator: torch.Generator,
        initial: str = "normal",
        relaxation: str = "softmax",
    ) -> None:
        super().__init__()
        self.arrangement, self.connect = arrangement, connect
        self.n_nodes = connect.logits.shape[1]
        self._passes = initial == "pass-through"
        self.logits = nn.Parameter(self._drawn(self.n_nodes, generator))
        self.relaxation = RELAXATIONS[relaxation]
        basis = torch.tensor(self._basis(), dtype=torch.float32)
        self.register_buffer("basis", basis, persistent=False)

    def forward(
        self, x: torch.Tensor, sharpness: Sharpness, kernel: Kernel, taps: Taps | None = None
    ) -> torch.Tensor:
        """[outputs, batch] of x, [inputs, batch]: float, or bool as of hard layers."""
        if self.hard is not None:
            return self._compute_hard(x.to(torch.bool), kernel)
        choose = self.relaxation if self.training else sharpened
        # Choices are few beside what they are applied to, so they stay precise.
        with torch.autocast(x.device.type, enabled=False):
            weights = choose(self.connect.logits, sharpness.connections)
            coefficients = self._coefficients(choose, sharpness.gates)
        return self.arrangement.compute(kernel, x, self.connect, weights, coefficients, taps)

    def _apply(self, fn: Callable[..., Any], recurse: bool = True) -> NodeLayer:
        """See ``nn.Module``; what is hard moves with the network."""
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        if self.hard is not None:
            self.hard = type(self.hard)(*map(fn, self.hard))
        return self

    @property
    def n_outputs(self) -> int:
        """Rows that it makes."""
        return self.n_nodes * math.prod(self.places or ())

    @property
    def places(self) -> tuple[int, int] | None:
        """In how many rows and columns each node stands, where it is shared."""
        return self.arrangement.places

    @torch.no_grad()
    def repeated(self) -> torch.Tensor:
        """Bool [nodes]: which are constant, or the same function of the same rows as one before."""
        key, is_constant = self._keys(self.connect.chosen().cpu().numpy())
        key = np.concatenate([key, [self.arrangement.sets(self.n_nodes)]])
        _, first, group = np.unique(key, axis=1, return_index=True, return_inverse=True)
        is_repeated = first[group.reshape(-1)] != np.arange(self.n_nodes)
        return torch.from_numpy(is_repeated | is_constant)

    @torch.no_grad()
    def redraw(self, which: torch.Tensor) -> None:
        """Begin anew with the nodes of ``which``, bool [nodes], and with their wires."""
        which = which.to(self.logits.device)
        drawn = self._drawn(int(which.sum()))
        self.logits[which] = drawn.to(self.logits.device)
        self.connect.redraw(which)

    def harden(self) -> None:
        """Make the choices for good: the layer learns no more."""
        self.hard = self._hardened().to(self.logits.device)
        self.requires_grad_(False)

    @torch.no_grad()
    def unroll(self, n_rows: int) -> Gates:
        """The hard gates, which stand behind so many rows; the last ones make its outputs."""
        return self._unrolled(self._reads(), n_rows)

    def _reads(self) -> Rows:
        """int64 [wires, outputs]: the likeliest rows of nodes at all their places."""
        return self.arrangement.reads(self.connect.chosen().cpu().numpy())

    @property
    @abstractmethod
    def n_unrolled(self) -> int:
        """Gates that it stands for."""

    @abstractmethod
    def _drawn(self, nodes: int, generator: torch.Generator | None = None) -> torch.Tensor:
        """Initial logits of so many nodes."""

    @abstractmethod
    def _basis(self) -> npt.ArrayLike:
        """[functions or entries, 2^wires]: the coefficients of each."""

    @abstractmethod
    def _coefficients(self, choose: Relaxation, factor: float) -> torch.Tensor:
        """Float [nodes, 2^wires], as kernels want them."""

    @abstractmethod
    def _hardened(self) -> Gates | Tables:
        """The choices, as ``_compute_hard`` wants them."""

    @abstractmethod
    def _compute_hard(self, x: torch.Tensor, kernel: Kernel) -> torch.Tensor:
        """Bool [outputs, batch] of bool [inputs, batch]."""

    @abstractmethod
    def _keys(self, chosen: Rows) -> tuple[Rows, npt.NDArray[np.bool_]]:
        """[keys, nodes], equal for equal functions of equal choices, and which are constant."""

    @abstractmethod
    def _unrolled(self, reads: Rows, n_rows: int) -> Gates:
        """The gates of nodes that read these rows, [wires, outputs], or 0 where that is -1."""


class GateLayer(NodeLayer):
    """Gates: each is a softmax over the sixteen functions of its two wires; see ``NodeLayer``."""

    hard: Gates | None

    @property
    def n_unrolled(self) -> int:
        """See ``NodeLayer``: one for each of its rows."""
        return self.n_outputs

    def _drawn(self, nodes: int, generator: torch.Generator | None = None) -> torch.Tensor:
        logits = torch.randn(nodes, 16, generator=generator)
        if self._passes:
            logits[:, A] += PASS_THROUGH
        return logits

    def _basis(self) -> npt.ArrayLike:
        return COEFFICIENTS

    def _coefficients(self, choose: Relaxation, factor: float) -> torch.Tensor:
        return choose(self.logits, factor) @ self.basis

    def _hardened(self) -> Gates:
        # No gate reads another one, so it does not matter where they stand.
        return self.unroll(0)

    def _compute_hard(self, x: torch.Tensor, kernel: Kernel) -> torch.Tensor:
        assert self.hard is not None
        return kernel.gates(x, self.hard)

    def _keys(self, chosen: Rows) -> tuple[Rows, npt.NDArray[np.bool_]]:
        op = self._ops()
        # Wires in ascending order, -1 for those not read.
        a, b = np.where([READS_A[op], READS_B[op]], chosen, -1)
        return np.where(a <= b, [op, a, b], [_SWAPPED[op], b, a]), np.isin(op, (FALSE, TRUE))

    def _unrolled(self, reads: Rows, n_rows: int) -> Gates:
        op = self._ops().repeat(self.n_outputs // self.n_nodes)
        a, b = reads
        op = np.where(a < 0, _WITHOUT_A[op], op)
        op = np.where(b < 0, _WITHOUT_B[op], op)
        # What such a gate ignores may be any row that there is.
        return Gates.of(op, a.clip(0), b.clip(0))

    def _ops(self) -> npt.NDArray[np.uint8]:
        """uint8 [gates]: the likeliest functions."""
        return self.logits.argmax(-1).cpu().numpy().astype(np.uint8)


def _table(*rows: int) -> np.ndarray:
    return np.array([from_truth(*(truth[row] for row in rows)) for truth in TRUTH.tolist()])


_SWAPPED = _table(0, 2, 1, 3)
"""uint8 [16]: the gate for wires that change places."""

_WITHOUT_A, _WITHOUT_B = _table(0, 1, 0, 1), _table(0, 0, 2, 2)
"""uint8 [16]: what a gate is where its wire a, or b, is 0."""
