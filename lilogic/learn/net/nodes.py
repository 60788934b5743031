"""Nodes: soft gates, each a softly chosen function of its two wires."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from lilogic.graph.gates import COEFFICIENTS, FALSE, TRUE, A
from lilogic.learn.kernels import Kernel
from lilogic.learn.kernels.reference import Gates
from lilogic.learn.net.arrangement import Arrangement, Taps
from lilogic.learn.net.sharpness import Sharpness
from lilogic.learn.net.wires import TopKConnect

_PASS_THROUGH = 4.0

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


class GateLayer(nn.Module):
    """A layer of soft gates: each is a softmax over the sixteen functions of its two wires.

    Args:
        arrangement: where the gates stand.
        connect: the wires.
        generator: source of the initial logits.
        initial: ``normal``, or ``pass-through`` to start with gates that mostly repeat wire a, so
            that deep networks begin as shallow ones (Petersen et al., arXiv 2411.04732).
        relaxation: name of an entry of ``RELAXATIONS``.
    """

    coefficients: torch.Tensor

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
        self.n_gates = connect.logits.shape[1]
        self.hard: Gates | None = None
        self._passes = initial == "pass-through"
        self.logits = nn.Parameter(self._drawn(self.n_gates, generator))
        self.relaxation = RELAXATIONS[relaxation]
        table = torch.tensor(COEFFICIENTS, dtype=torch.float32)
        self.register_buffer("coefficients", table, persistent=False)

    def forward(
        self, x: torch.Tensor, sharpness: Sharpness, kernel: Kernel, taps: Taps | None = None
    ) -> torch.Tensor:
        """[outputs, batch] of x, [inputs, batch]: float, or bool as of hard layers."""
        if self.hard is not None:
            return kernel.gates(x.to(torch.bool), self.hard)
        choose = self.relaxation if self.training else sharpened
        weights = choose(self.connect.logits, sharpness.connections)
        mixture = choose(self.logits, sharpness.gates) @ self.coefficients
        return self.arrangement.compute(kernel, x, self.connect, weights, mixture, taps)

    def _apply(self, fn: Callable[..., Any], recurse: bool = True) -> GateLayer:
        """See ``nn.Module``; what is hard moves with the network."""
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        if self.hard is not None:
            self.hard = Gates(*map(fn, self.hard))
        return self

    @property
    def n_outputs(self) -> int:
        """Rows that it makes."""
        return self.n_gates * math.prod(self.places or ())

    @property
    def n_unrolled(self) -> int:
        """Gates that it stands for: one for each of its rows."""
        return self.n_outputs

    @property
    def places(self) -> tuple[int, int] | None:
        """In how many rows and columns each gate stands, where it is shared."""
        return self.arrangement.places

    def _drawn(self, gates: int, generator: torch.Generator | None = None) -> torch.Tensor:
        """Float [gates, 16] initial logits."""
        logits = torch.randn(gates, 16, generator=generator)
        if self._passes:
            logits[:, A] += _PASS_THROUGH
        return logits

    @torch.no_grad()
    def repeated(self) -> torch.Tensor:
        """Bool [gates]: which are constant, or the same function of the same rows as one before."""
        op = self.logits.argmax(-1).cpu().numpy()
        key = self.arrangement.keys(op, self.connect.chosen().cpu().numpy())
        _, first, group = np.unique(key, axis=1, return_index=True, return_inverse=True)
        is_repeated = first[group.reshape(-1)] != np.arange(self.n_gates)
        return torch.from_numpy(is_repeated | np.isin(op, (FALSE, TRUE)))

    @torch.no_grad()
    def redraw(self, which: torch.Tensor) -> None:
        """Begin anew with the gates of ``which``, bool [gates], and with their wires."""
        which = which.to(self.logits.device)
        drawn = self._drawn(int(which.sum()))
        self.logits[which] = drawn.to(self.logits.device)
        self.connect.redraw(which)

    def harden(self) -> None:
        """Make the choices for good: the layer learns no more."""
        self.hard = self.unroll().to(self.logits.device)
        self.requires_grad_(False)

    @torch.no_grad()
    def unroll(self) -> Gates:
        """The hard gates: each its likeliest function, each wire its likeliest row."""
        op = self.logits.argmax(-1).cpu().numpy().astype(np.uint8)
        return self.arrangement.unroll(op, self.connect.chosen().cpu().numpy())
