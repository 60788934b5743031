"""Wires: which rows a layer's nodes read, softly chosen among candidates."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from lilogic.learn.kernels.wiring import Wiring

Gains = Callable[[slice, torch.Tensor], torch.Tensor]
"""For some of the nodes and int64 rows: float [wires, nodes, rows], how fast the loss would fall
with the weight of each."""

_BLOCK = 2**24
"""Gains that are asked for at once."""


class TopKConnect(nn.Module):
    """Wires for each node, each a softmax over K candidate rows (arXiv 2511.12340).

    Candidates start at random, every input as often as any other; ``regrow`` replaces weak ones
    and ``prune`` leaves fewer.

    Args:
        n_inputs: rows to choose from.
        n_nodes: nodes to feed.
        k: candidates per wire; ``n_inputs`` or more is the dense, fully learnable connection.
        generator: source of the initial draw.
        n_data: how many of the rows, from the first, are data, to which no gradient goes back.
        wires: of each node.
    """

    candidates: torch.Tensor | None

    def __init__(
        self,
        n_inputs: int,
        n_nodes: int,
        k: int,
        generator: torch.Generator,
        n_data: int = 0,
        wires: int = 2,
    ) -> None:
        super().__init__()
        self.n_inputs, self.n_data = n_inputs, n_data
        k = min(k, n_inputs)
        self.logits = nn.Parameter(torch.randn(wires, n_nodes, k, generator=generator))
        self.register_buffer("candidates", None)
        if k < n_inputs:
            dealt = _dealt(n_inputs, wires * n_nodes, k, generator)
            self.candidates = dealt.view(wires, n_nodes, k)
        self._wiring: Wiring | None = None
        self.register_load_state_dict_post_hook(  # type: ignore[no-untyped-call]
            TopKConnect._forget_wiring
        )

    def _forget_wiring(self, _: object) -> None:
        """Loading a state overwrites the candidates in place."""
        self._wiring = None

    def _load_from_state_dict(
        self, state_dict: Mapping[str, Any], prefix: str, *arguments: Any
    ) -> None:
        """See ``nn.Module``; wires get as many candidates as the state has.

        Where that changes, ``logits`` becomes another parameter.
        """
        logits, candidates = (state_dict.get(prefix + name) for name in ("logits", "candidates"))
        if logits is not None and logits.shape[:-1] == self.logits.shape[:-1]:
            if logits.shape != self.logits.shape:
                self.logits = nn.Parameter(
                    self.logits.new_empty(logits.shape), self.logits.requires_grad
                )
            if candidates is None and logits.shape[-1] == self.n_inputs:
                self.candidates = None
            elif self.candidates is None or self.candidates.shape != logits.shape:
                self.candidates = torch.empty_like(self.logits, dtype=torch.int64)
        super()._load_from_state_dict(state_dict, prefix, *arguments)

    @property
    def wiring(self) -> Wiring | None:
        """The candidates as kernels want them; None in the dense case."""
        if self.candidates is None:
            return None
        if self._wiring is None or self._wiring.candidates is not self.candidates:
            self._wiring = Wiring(self.n_inputs, self.candidates, self.n_data)
        return self._wiring

    def reads(self, sharpness: float) -> torch.Tensor:
        """Float [n_inputs]: how many wires read each row, each by the weight that it gives it."""
        weights = torch.softmax(sharpness * self.logits, -1)
        if self.candidates is None:
            return weights.sum((0, 1))
        reads = torch.zeros(self.n_inputs, device=weights.device)
        return reads.index_add(0, self.candidates.reshape(-1), weights.reshape(-1))

    @torch.no_grad()
    def chosen(self) -> torch.Tensor:
        """int64 [wires, nodes]: the row each wire reads once hardened."""
        best = self.logits.argmax(-1, keepdim=True)
        rows = best if self.candidates is None else self.candidates.gather(-1, best)
        return rows[..., 0]

    @torch.no_grad()
    def regrow(
        self, gains_of: Gains, share: float, rows: torch.Tensor | None = None
    ) -> torch.Tensor | None:
        """Replace each wire's weakest candidates by the rows that would lower the loss most.

        A new candidate starts at the mean of its wire's logits.

        Args:
            gains_of: what rows would gain.
            share: fraction of the candidates to replace; at least one, unless it is 0 or the only
                candidate.
            rows: int64, distinct, the rows that may be taken in; default: all. To ask for their
                gains is what regrowing costs, and a random part of the rows has good ones, too.

        Returns:
            int64 [wires, nodes, replaced], the replaced positions, or None in the dense case or
            where nothing is replaced.
        """
        if self.candidates is None:
            return None
        if rows is None:
            rows = torch.arange(self.n_inputs, device=self.candidates.device)
        k = self.logits.shape[-1]
        # Even if all of a wire's candidates are among the rows, enough others must be.
        fewest = int(share > 0 and k > 1)
        replaced = min(max(int(k * share), fewest), len(rows) - k)
        if replaced <= 0:
            return None
        # One more column than there are rows stands for the other rows.
        column = torch.full((self.n_inputs,), len(rows), device=rows.device)
        column[rows] = torch.arange(len(rows), device=rows.device)
        fresh = []
        size = max(1, _BLOCK // (len(self.logits) * len(rows)))
        for first in range(0, self.logits.shape[1], size):
            gates = slice(first, first + size)
            gains = torch.nn.functional.pad(gains_of(gates, rows), (0, 1))
            # What is a candidate already is out.
            gains.scatter_(-1, column[self.candidates[:, gates]], -math.inf)
            fresh.append(rows[gains[..., :-1].topk(replaced, dim=-1).indices])
        weakest = self.logits.topk(replaced, dim=-1, largest=False).indices
        self.candidates = self.candidates.scatter(-1, weakest, torch.cat(fresh, 1))
        start = self.logits.mean(-1, keepdim=True).expand_as(weakest)
        self.logits.scatter_(-1, weakest, start)
        return weakest

    @torch.no_grad()
    def redraw(self, which: torch.Tensor) -> None:
        """Deal the wires of the nodes of ``which``, bool [nodes], new candidates and logits."""
        wires, _, k = self.logits.shape
        count = int(which.sum())
        self.logits[:, which] = torch.randn(wires, count, k).to(self.logits.device)
        if self.candidates is not None:
            candidates = self.candidates.clone()
            dealt = _dealt(self.n_inputs, wires * count, k).view(wires, count, k)
            candidates[:, which] = dealt.to(candidates.device)
            self.candidates = candidates

    @torch.no_grad()
    def prune(self, k: int) -> torch.Tensor | None:
        """Keep each wire's ``k`` likeliest candidates; at ``k`` = 1 it is hard and costs least.

        ``logits`` becomes another parameter.

        Returns:
            int64 [wires, nodes, k], the positions kept, or None if there are no more than ``k``.
        """
        if k >= self.logits.shape[-1]:
            return None
        kept = self.logits.topk(k, dim=-1).indices
        self.candidates = kept if self.candidates is None else self.candidates.gather(-1, kept)
        self.logits = nn.Parameter(self.logits.gather(-1, kept))
        return kept


def _dealt(
    n_inputs: int, wires: int, k: int, generator: torch.Generator | None = None
) -> torch.Tensor:
    """int64 [wires, k] inputs, each equally often or nearly so."""
    if n_inputs < 4 * k:
        # Where one permutation ends and another begins, many wires would have an input twice.
        order = torch.randperm(n_inputs, generator=generator)
        first = k * torch.arange(wires)[:, None]
        return order[(first + torch.arange(k)) % n_inputs]
    rounds = max(1, -(-wires * k // n_inputs))
    draws = [torch.randperm(n_inputs, generator=generator) for _ in range(rounds)]
    return torch.cat(draws)[: wires * k].view(wires, k)
