"""LogicNet: soft gates on softly chosen wires, which harden into a GateGraph.

Activations are feature-major, float [features, batch].
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from torch import nn

from lilogic.encoder import Encoder
from lilogic.errors import LilogicError
from lilogic.gates import COEFFICIENTS
from lilogic.graph import GateGraph
from lilogic.kernels import Kernel
from lilogic.kernels.wiring import Wiring


class Sharpness(NamedTuple):
    """Factors on the logits before each softmax: 1 is as learnt, infinity is the hard choice."""

    connections: float = 1.0
    gates: float = 1.0


HARD = Sharpness(math.inf, math.inf)


def sharpened(logits: torch.Tensor, factor: float) -> torch.Tensor:
    """Softmax over the last dimension of ``factor · logits``; one-hot for an infinite factor."""
    if math.isinf(factor):
        best = logits.argmax(-1, keepdim=True)
        return torch.zeros_like(logits).scatter_(-1, best, 1.0)
    return torch.softmax(factor * logits, -1)


class TopKConnect(nn.Module):
    """Two wires for each gate, each a softmax over K candidate rows (arXiv 2511.12340).

    Candidates start at random, every input as often as any other, and are re-drawn by ``grow``.

    Args:
        n_inputs: rows to choose from.
        n_gates: gates to feed.
        k: candidates per wire; ``n_inputs`` or more is the dense, fully learnable connection.
        generator: source of the initial draw.
    """

    candidates: torch.Tensor | None

    def __init__(self, n_inputs: int, n_gates: int, k: int, generator: torch.Generator) -> None:
        super().__init__()
        self.n_inputs = n_inputs
        k = min(k, n_inputs)
        self.logits = nn.Parameter(torch.randn(2, n_gates, k, generator=generator))
        self.register_buffer("candidates", None)
        if k < n_inputs:
            # Whole permutations: every row is drawn equally often.
            rounds = -(-2 * n_gates * k // n_inputs)
            draws = [torch.randperm(n_inputs, generator=generator) for _ in range(rounds)]
            self.candidates = torch.cat(draws)[: 2 * n_gates * k].view(2, n_gates, k)
        self._wiring: Wiring | None = None
        self.register_load_state_dict_post_hook(  # type: ignore[no-untyped-call]
            TopKConnect._forget_wiring
        )

    def _forget_wiring(self, _: object) -> None:
        """Loading a state overwrites the candidates in place."""
        self._wiring = None

    @property
    def wiring(self) -> Wiring | None:
        """The candidates as kernels want them; None in the dense case."""
        if self.candidates is None:
            return None
        if self._wiring is None or self._wiring.candidates is not self.candidates:
            self._wiring = Wiring(self.n_inputs, self.candidates)
        return self._wiring

    @torch.no_grad()
    def chosen(self) -> torch.Tensor:
        """int64 [2, gates]: the row each wire reads once hardened."""
        best = self.logits.argmax(-1, keepdim=True)
        rows = best if self.candidates is None else self.candidates.gather(-1, best)
        return rows[..., 0]

    @torch.no_grad()
    def grow(
        self, x: torch.Tensor, wire_gradient: torch.Tensor, share: float
    ) -> torch.Tensor | None:
        """Replace each wire's weakest candidates by the rows that would lower the loss most.

        The gradient of the loss to the weight of row ``r`` in the dense connection is
        ``wire_gradient · x[r]``; the most negative ones are taken in. A new candidate starts at
        the mean of its wire's logits.

        Args:
            x: float [inputs, batch], the layer's inputs.
            wire_gradient: float [2, gates, batch], the loss's gradient to the wires.
            share: fraction of the candidates to replace.

        Returns:
            int64 [2, gates, replaced], the replaced positions, or None in the dense case.
        """
        replaced = int(self.logits.shape[-1] * share)
        if self.candidates is None or replaced == 0:
            return None
        gains = -(wire_gradient @ x.T)
        gains.scatter_(-1, self.candidates, -math.inf)
        replaced = min(replaced, self.n_inputs - self.logits.shape[-1])
        fresh = gains.topk(replaced, dim=-1).indices
        weakest = self.logits.topk(replaced, dim=-1, largest=False).indices
        self.candidates = self.candidates.scatter(-1, weakest, fresh)
        start = self.logits.mean(-1, keepdim=True).expand_as(weakest)
        self.logits.scatter_(-1, weakest, start)
        return weakest


class GateLayer(nn.Module):
    """A layer of soft gates: each is a softmax over the sixteen functions of its two wires."""

    coefficients: torch.Tensor

    def __init__(self, connect: TopKConnect, generator: torch.Generator) -> None:
        super().__init__()
        self.connect = connect
        self.n_gates = connect.logits.shape[1]
        self.logits = nn.Parameter(torch.randn(self.n_gates, 16, generator=generator))
        table = torch.tensor(COEFFICIENTS, dtype=torch.float32)
        self.register_buffer("coefficients", table, persistent=False)

    def forward(
        self,
        x: torch.Tensor,
        sharpness: Sharpness,
        kernel: Kernel,
        wire_gradient: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Float [gates, batch] of x, float [inputs, batch]; ``wire_gradient`` as in the kernel."""
        weights = sharpened(self.connect.logits, sharpness.connections)
        mixture = sharpened(self.logits, sharpness.gates) @ self.coefficients
        return kernel(x, self.connect.wiring, weights, mixture, wire_gradient)


class GroupSum(nn.Module):
    """Class scores: the sum of each class's equal share of rows, divided by ``tau``."""

    def __init__(self, n_classes: int, tau: float) -> None:
        super().__init__()
        self.n_classes, self.tau = n_classes, tau

    def forward(self, y: torch.Tensor) -> torch.Tensor:
        """Float [batch, classes] of y, float [gates, batch]."""
        counts = y.view(self.n_classes, -1, y.shape[1]).sum(1)
        return counts.T / self.tau


class LogicNet(nn.Module):
    """[TopKConnect + GateLayer] × L, then GroupSum.

    Args:
        n_inputs: encoder bits.
        widths: gates in each layer; the last must be a multiple of the classes.
        n_classes: number of classes.
        k: candidates per wire, or None for all.
        tau: temperature of GroupSum.
        kernel: computes the layers, see ``lilogic.kernels``.
        seed: of the initial candidates and logits.

    Raises:
        LilogicError: the last layer cannot be shared out evenly among the classes.
    """

    def __init__(
        self,
        n_inputs: int,
        widths: list[int],
        n_classes: int,
        k: int | None,
        tau: float,
        kernel: Kernel,
        seed: int,
    ) -> None:
        super().__init__()
        if widths[-1] % n_classes:
            raise LilogicError(
                f"the last layer has {widths[-1]} gates, "
                f"which is not a multiple of the {n_classes} classes"
            )
        generator = torch.Generator().manual_seed(seed)
        self.n_inputs, self.kernel = n_inputs, kernel
        self.layers = nn.ModuleList()
        for width in widths:
            connect = TopKConnect(n_inputs, width, k or n_inputs, generator)
            self.layers.append(GateLayer(connect, generator))
            n_inputs = width
        self.head = GroupSum(n_classes, tau)

    @property
    def gate_layers(self) -> list[GateLayer]:
        """The layers, first to last."""
        return cast("list[GateLayer]", list(self.layers))

    def forward(self, x: torch.Tensor, sharpness: Sharpness) -> torch.Tensor:
        """Float [batch, classes] logits of x, float [n_inputs, batch], bits as 0.0 and 1.0."""
        for layer in self.layers:
            x = layer(x, sharpness, self.kernel)
        scores: torch.Tensor = self.head(x)
        return scores

    @torch.no_grad()
    def freeze(
        self, encoder: Encoder | None = None, metadata: Mapping[str, Any] | None = None
    ) -> GateGraph:
        """The hard network: each gate its likeliest function, each wire its likeliest row."""
        ops, wires, below = [], [], 0
        for layer in self.gate_layers:
            ops.append(layer.logits.argmax(-1).cpu().numpy())
            wires.append(below + layer.connect.chosen().cpu().numpy())
            below += layer.connect.n_inputs
        a, b = np.concatenate(wires, axis=1)
        counted = np.arange(below, below + len(ops[-1]))
        share = len(counted) // self.head.n_classes
        return GateGraph(
            self.n_inputs,
            np.concatenate(ops).astype(np.uint8),
            a.astype(np.int32),
            b.astype(np.int32),
            counted.astype(np.int32),
            np.arange(0, len(counted) + 1, share, dtype=np.int32),
            np.zeros(self.head.n_classes, dtype=np.int32),
            encoder,
            metadata or {},
        )
