"""The head: from the gates that each class counts to its score."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import torch
from torch import nn

_SHORT = (torch.bfloat16, torch.float16)
"""The dtypes of rows under ``torch.autocast``."""


class GroupSum(nn.Module):
    """Class scores: the sum of each class's equal share of every layer's rows, over ``tau``."""

    def __init__(self, n_classes: int, tau: float) -> None:
        super().__init__()
        self.n_classes, self.tau = n_classes, tau

    def forward(self, layers: Sequence[torch.Tensor]) -> torch.Tensor:
        """Float [batch, classes] of layers, each [gates, batch], float or bool."""
        shares = [y.reshape(self.n_classes, len(y) // self.n_classes, y.shape[1]) for y in layers]
        # Sums of many values are more precise than rows may be; those of bits are whole numbers.
        counts = [
            share.sum(1, dtype=torch.float32 if share.dtype in _SHORT else None) for share in shares
        ]
        # Hard layers count in whole numbers.
        return functools.reduce(torch.add, counts).T / self.tau
