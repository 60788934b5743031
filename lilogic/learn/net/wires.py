"""Wires: which rows a layer's gates read, softly chosen among candidates."""

from __future__ import annotations

import math

import torch
from torch import nn

from lilogic.learn.kernels.wiring import Wiring


class TopKConnect(nn.Module):
    """Two wires for each gate, each a softmax over K candidate rows (arXiv 2511.12340).

    Candidates start at random, every input as often as any other; ``regrow`` replaces weak ones
    and ``prune`` leaves fewer.

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
    def regrow(
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
            x: float or bool [inputs, batch], the layer's inputs.
            wire_gradient: float [2, gates, batch], the loss's gradient to the wires.
            share: fraction of the candidates to replace; at least one, unless it is 0 or the only
                candidate.
            rows: int64, distinct, the rows that may be taken in; default: all. The dense product
                is what regrowing costs, and a random part of the rows has good ones, too.

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
        gains = -(wire_gradient @ x[rows].T.to(wire_gradient.dtype))
        # What is a candidate already is out; one more column stands for the other rows.
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
    def prune(self, k: int) -> torch.Tensor | None:
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
