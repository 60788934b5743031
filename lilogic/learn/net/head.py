"""The head: from the gates that each class counts to its score."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import torch
from torch import nn


class GroupSum(nn.Module):
    """Class scores: the sum of each class's equal share of every layer's rows, over ``tau``."""

    def __init__(self, n_classes: int, tau: float) -> None:
        super().__init__()
        self.n_classes, self.tau = n_classes, tau

    def forward(self, layers: Sequence[torch.Tensor]) -> torch.Tensor:
        """Float [batch, classes] of layers, each [gates, batch], float or bool."""
        shares = [y.reshape(self.n_classes, len(y) // self.n_classes, y.shape[1]) for y in layers]
        counts = [share.sum(1) for share in shares]
        # Hard layers count in whole numbers.
        return functools.reduce(torch.add, counts).T / self.tau
