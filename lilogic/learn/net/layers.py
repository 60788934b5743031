"""LogicNet: soft gates on softly chosen wires, which harden into a GateGraph.

Activations are feature-major, float [features, batch].
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from torch import nn

from lilogic.data.encoder import Encoder
from lilogic.errors import LilogicError
from lilogic.graph import GateGraph
from lilogic.graph.gates import COEFFICIENTS, A
from lilogic.learn.kernels import Kernel
from lilogic.learn.kernels.wiring import Wiring


class Sharpness(NamedTuple):
    """Factors on the logits before each softmax: 1 is as learnt, infinity is the hard choice."""

    connections: float = 1.0
    gates: float = 1.0


HARD = Sharpness(math.inf, math.inf)

Tap = tuple[torch.Tensor, torch.Tensor]
"""What a layer read, float [inputs, batch], and the gradient of the loss to its wires, float
[2, gates, batch], which the backward pass fills."""


def sharpened(logits: torch.Tensor, factor: float) -> torch.Tensor:
    """Softmax over the last dimension of ``factor · logits``; one-hot for an infinite factor."""
    if math.isinf(factor):
        best = logits.argmax(-1, keepdim=True)
        return torch.zeros_like(logits).scatter_(-1, best, 1.0)
    return torch.softmax(factor * logits, -1)


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

_PASS_THROUGH = 4.0


class TopKConnect(nn.Module):
    """Two wires for each gate, each a softmax over K candidate rows (arXiv 2511.12340).

    Candidates start at random, every input as often as any other, are re-drawn by ``grow`` and
    given up by ``narrow``.

    Args:
        n_inputs: rows to choose from.
        n_gates: gates to feed.
        k: candidates per wire; ``n_inputs`` or more is the dense, fully learnable connection.
        generator: source of the initial draw.
        n_data: how many of the rows, from the first, are data, to which no gradient goes back.
    """

    candidates: torch.Tensor | None

    def __init__(
        self, n_inputs: int, n_gates: int, k: int, generator: torch.Generator, n_data: int = 0
    ) -> None:
        super().__init__()
        self.n_inputs, self.n_data = n_inputs, n_data
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
            self._wiring = Wiring(self.n_inputs, self.candidates, self.n_data)
        return self._wiring

    @torch.no_grad()
    def chosen(self) -> torch.Tensor:
        """int64 [2, gates]: the row each wire reads once hardened."""
        best = self.logits.argmax(-1, keepdim=True)
        rows = best if self.candidates is None else self.candidates.gather(-1, best)
        return rows[..., 0]

    @torch.no_grad()
    def grow(
        self,
        x: torch.Tensor,
        wire_gradient: torch.Tensor,
        share: float,
        rows: torch.Tensor | None = None,
    ) -> torch.Tensor | None:
        """Replace each wire's weakest candidates by the rows that would lower the loss most.

        The gradient of the loss to the weight of row ``r`` in the dense connection is
        ``wire_gradient · x[r]``; the most negative ones are taken in. A new candidate starts at
        the mean of its wire's logits.

        Args:
            x: float [inputs, batch], the layer's inputs.
            wire_gradient: float [2, gates, batch], the loss's gradient to the wires.
            share: fraction of the candidates to replace; at least one, unless it is 0 or the only
                candidate.
            rows: int64, distinct, the rows that may be taken in; default: all. The dense product
                is what growing costs, and a random part of the rows has good ones, too.

        Returns:
            int64 [2, gates, replaced], the replaced positions, or None in the dense case or where
            nothing is replaced.
        """
        if self.candidates is None:
            return None
        if rows is None:
            rows = torch.arange(self.n_inputs, device=x.device)
        k = self.logits.shape[-1]
        # Even if all of a wire's candidates are among the rows, enough others must be.
        fewest = int(share > 0 and k > 1)
        replaced = min(max(int(k * share), fewest), len(rows) - k)
        if replaced <= 0:
            return None
        gains = -(wire_gradient @ x[rows].T)
        # What is a candidate already is out; one more column stands for rows not looked at.
        column = torch.full((self.n_inputs,), len(rows), device=x.device)
        column[rows] = torch.arange(len(rows), device=x.device)
        gains = torch.nn.functional.pad(gains, (0, 1))
        gains.scatter_(-1, column[self.candidates], -math.inf)
        fresh = rows[gains[..., :-1].topk(replaced, dim=-1).indices]
        weakest = self.logits.topk(replaced, dim=-1, largest=False).indices
        self.candidates = self.candidates.scatter(-1, weakest, fresh)
        start = self.logits.mean(-1, keepdim=True).expand_as(weakest)
        self.logits.scatter_(-1, weakest, start)
        return weakest

    @torch.no_grad()
    def narrow(self, k: int) -> torch.Tensor | None:
        """Keep each wire's ``k`` likeliest candidates; at ``k`` = 1 it is hard and costs least.

        ``logits`` becomes another parameter.

        Returns:
            int64 [2, gates, k], the positions kept, or None if there are no more than ``k``.
        """
        if k >= self.logits.shape[-1]:
            return None
        kept = self.logits.topk(k, dim=-1).indices
        self.candidates = kept if self.candidates is None else self.candidates.gather(-1, kept)
        self.logits = nn.Parameter(self.logits.gather(-1, kept))
        return kept


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
        """Float [gates, batch] of x, float [inputs, batch]; ``wire_gradient`` as in the kernel."""
        choose = self.relaxation if self.training else sharpened
        weights = choose(self.connect.logits, sharpness.connections)
        mixture = choose(self.logits, sharpness.gates) @ self.coefficients
        return kernel(x, self.connect.wiring, weights, mixture, wire_gradient)


class GroupSum(nn.Module):
    """Class scores: the sum of each class's equal share of every layer's rows, over ``tau``."""

    def __init__(self, n_classes: int, tau: float) -> None:
        super().__init__()
        self.n_classes, self.tau = n_classes, tau

    def forward(self, layers: Sequence[torch.Tensor]) -> torch.Tensor:
        """Float [batch, classes] of layers, each float [gates, batch]."""
        counts = [y.view(self.n_classes, -1, y.shape[1]).sum(1) for y in layers]
        return torch.stack(counts).sum(0).T / self.tau


class LogicNet(nn.Module):
    """[TopKConnect + GateLayer] × L, then GroupSum.

    Args:
        n_inputs: encoder bits.
        widths: gates in each layer; multiples of the classes where heads count them.
        n_classes: number of classes.
        k: candidates per wire, or None for all.
        tau: temperature of GroupSum.
        kernel: computes the layers, see ``lilogic.learn.kernels``.
        seed: of the initial candidates and logits.
        reads: what wires may read: the ``previous`` layer, or ``all`` bits and layers before.
        counts: the gates that heads count: those of the ``last`` layer, or ``all``.
        initial: see ``GateLayer``.
        relaxation: see ``GateLayer``.

    Raises:
        LilogicError: a layer that heads count cannot be shared out evenly among the classes.
    """

    def __init__(
        self,
        n_inputs: int,
        widths: Sequence[int],
        n_classes: int,
        k: int | None,
        tau: float,
        kernel: Kernel,
        seed: int,
        *,
        reads: str = "previous",
        counts: str = "last",
        initial: str = "normal",
        relaxation: str = "softmax",
    ) -> None:
        super().__init__()
        self.n_inputs, self.kernel = n_inputs, kernel
        self.reads_all, self.counts_all = reads == "all", counts == "all"
        for number, width in enumerate(widths, 1):
            if width % n_classes and (self.counts_all or number == len(widths)):
                name = "the last layer" if number == len(widths) else f"layer {number}"
                raise LilogicError(
                    f"{name} has {width} gates, which is not a multiple of the {n_classes} classes"
                )
        generator = torch.Generator().manual_seed(seed)
        self.layers = nn.ModuleList()
        rows = data = n_inputs
        for width in widths:
            connect = TopKConnect(rows, width, k or rows, generator, data)
            self.layers.append(GateLayer(connect, generator, initial, relaxation))
            rows, data = (rows + width, n_inputs) if self.reads_all else (width, 0)
        self.head = GroupSum(n_classes, tau)

    @property
    def gate_layers(self) -> list[GateLayer]:
        """The layers, first to last."""
        return cast("list[GateLayer]", list(self.layers))

    def forward(
        self, x: torch.Tensor, sharpness: Sharpness, taps: list[Tap] | None = None
    ) -> torch.Tensor:
        """Float [batch, classes] logits of x, float [n_inputs, batch], bits as 0.0 and 1.0.

        Where ``taps`` is a list, every layer adds its own, for ``TopKConnect.grow``.
        """
        outputs = []
        for layer in self.gate_layers:
            wire_gradient = None
            if taps is not None:
                wire_gradient = x.new_empty(2, layer.n_gates, x.shape[1])
                taps.append((x.detach(), wire_gradient))
            y = layer(x, sharpness, self.kernel, wire_gradient)
            outputs.append(y)
            x = torch.cat([x, y]) if self.reads_all else y
        scores: torch.Tensor = self.head(outputs if self.counts_all else outputs[-1:])
        return scores

    @torch.no_grad()
    def freeze(
        self, encoder: Encoder | None = None, metadata: Mapping[str, Any] | None = None
    ) -> GateGraph:
        """The hard network: each gate its likeliest function, each wire its likeliest row."""
        ops, wires, layers, below, end = [], [], [], 0, self.n_inputs
        for layer in self.gate_layers:
            ops.append(layer.logits.argmax(-1).cpu().numpy())
            wires.append(below + layer.connect.chosen().cpu().numpy())
            layers.append(np.arange(end, end + layer.n_gates))
            if not self.reads_all:
                below = end
            end += layer.n_gates
        a, b = np.concatenate(wires, axis=1)
        counted = layers if self.counts_all else layers[-1:]
        # Each class counts its share of every layer, layer after layer.
        shares = [nodes.reshape(self.head.n_classes, -1) for nodes in counted]
        heads = np.concatenate(shares, axis=1)
        return GateGraph(
            n_inputs=self.n_inputs,
            op=np.concatenate(ops).astype(np.uint8),
            a=a.astype(np.int32),
            b=b.astype(np.int32),
            head_nodes=heads.reshape(-1).astype(np.int32),
            head_ptr=np.arange(0, heads.size + 1, heads.shape[1], dtype=np.int32),
            offset=np.zeros(self.head.n_classes, dtype=np.int32),
            encoder=encoder,
            metadata=metadata or {},
        )
