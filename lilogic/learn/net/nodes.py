"""Nodes: soft gates, each a softly chosen function of its two wires."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import nn

from lilogic.graph.gates import COEFFICIENTS, A
from lilogic.learn.kernels import Kernel
from lilogic.learn.net.sharpness import Sharpness
from lilogic.learn.net.wires import TopKConnect

_PASS_THROUGH = 4.0

_VECTOR = 16
"""Over fewer values that lie side by side, torch's softmax does one row at a time."""


def sharpened(logits: torch.Tensor, factor: float) -> torch.Tensor:
    """Softmax over the last dimension of ``factor · logits``; one-hot for an infinite factor."""
    if math.isinf(factor):
        best = logits.argmax(-1, keepdim=True)
        return torch.zeros_like(logits).scatter_(-1, best, 1.0)
    if logits.shape[-1] >= _VECTOR:
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
        connect: the wires.
        generator: source of the initial logits.
        initial: ``normal``, or ``pass-through`` to start with gates that mostly repeat wire a, so
            that deep networks begin as shallow ones (Petersen et al., arXiv 2411.04732).
        relaxation: name of an entry of ``RELAXATIONS``.
    """

    coefficients: torch.Tensor

    def __init__(
        self,
        connect: TopKConnect,
        generator: torch.Generator,
        initial: str = "normal",
        relaxation: str = "softmax",
    ) -> None:
        super().__init__()
        self.connect = connect
        self.n_gates = connect.logits.shape[1]
        self.logits = nn.Parameter(torch.randn(self.n_gates, 16, generator=generator))
        if initial == "pass-through":
            self.logits.data[:, A] += _PASS_THROUGH
        self.relaxation = RELAXATIONS[relaxation]
        table = torch.tensor(COEFFICIENTS, dtype=torch.float32)
        self.register_buffer("coefficients", table, persistent=False)

    def forward(
        self,
        x: torch.Tensor,
        sharpness: Sharpness,
        kernel: Kernel,
        wire_gradient: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Float [gates, batch] of x; ``x`` and ``wire_gradient`` as in the kernel."""
        choose = self.relaxation if self.training else sharpened
        weights = choose(self.connect.logits, sharpness.connections)
        mixture = choose(self.logits, sharpness.gates) @ self.coefficients
        return kernel(x, self.connect.wiring, weights, mixture, wire_gradient)
