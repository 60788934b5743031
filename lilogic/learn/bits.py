"""Batches of samples as bits, on the device of the network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from lilogic.data.encoder import Encoder


def features(values: npt.NDArray[Any], device: torch.device) -> torch.Tensor:
    """Features on the device, in their own dtype where torch computes with it, else a wider one."""
    kind = values.dtype
    if kind.kind == "u" and kind.itemsize > 1:
        kind = np.dtype(f"i{2 * kind.itemsize}")
    array = np.ascontiguousarray(values, kind)
    # torch warns of arrays that cannot be written to.
    return torch.from_numpy(array if array.flags.writeable else array.copy()).to(device)


def bits_on(encoder: Encoder, device: torch.device) -> Callable[[torch.Tensor], torch.Tensor]:
    """What makes, on the device, bool [samples, bits] of integers [samples, n_features].

    In memory, bits of all samples stand together, as layers read them.
    """
    if device.type == "cpu":
        # torch takes several times as long as numpy to compare.
        return lambda features: torch.from_numpy(encoder.bits(features.numpy()))
    return Comparisons(encoder, device)


class Comparisons:
    """``Encoder.bits`` in torch.

    Args:
        encoder: the comparisons.
        device: where they are made.
    """

    def __init__(self, encoder: Encoder, device: torch.device) -> None:
        bytes_ = 2 * np.dtype(encoder.feature_dtype).itemsize
        limits = np.iinfo(f"i{bytes_}")
        # Twice as wide as features, no difference overflows; thresholds beyond decide the same.
        threshold = encoder.threshold.clip(limits.min, limits.max).astype(limits.dtype)
        self._threshold = torch.from_numpy(threshold)[:, None].to(device)
        self._feature = torch.tensor(encoder.feature, device=device)
        self._minus = None
        if encoder.has_differences:
            self._minus = torch.tensor(encoder.minus, device=device)
        self._rank = encoder.rank

    def __call__(self, features: torch.Tensor) -> torch.Tensor:
        """Bool [samples, bits] of features, integers [samples, n_features]; see ``bits_on``."""
        columns = features.T.to(self._threshold.dtype)
        values = columns.index_select(0, self._feature)
        if self._minus is not None:
            zero = columns.new_zeros(1, columns.shape[1])
            values -= torch.cat([columns, zero]).index_select(0, self._minus)
        if self._rank is not None:
            values -= columns.sort(0).values[self._rank]
        return (values > self._threshold).T
