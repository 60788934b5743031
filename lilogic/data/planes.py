"""Planes: an image encoder's bits as pictures of one bit a pixel, for convolutions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lilogic.data.encoder import Encoder
from lilogic.errors import GraphError


def planes(encoder: Encoder) -> npt.NDArray[np.int64]:
    """int64 [planes, height, width]: the bit of each pixel in each plane, or -1 for none.

    Bits of one plane are of one channel, compare it with the pixel that lies in one direction, or
    with none, and have the same place in the order of the pixel's thresholds.

    Raises:
        GraphError: samples are no images.
    """
    shape = encoder.feature_shape
    if len(shape) < 2:
        raise GraphError(f"convolution needs images, but samples have shape {shape}")
    height, width = shape[:2]
    channels = encoder.n_features // (height * width)
    pixel, channel = np.divmod(encoder.feature, channels)
    row, column = np.divmod(pixel, width)
    other_pixel, other_channel = np.divmod(encoder.minus, channels)
    other_row, other_column = np.divmod(other_pixel, width)
    # Where nothing is subtracted, all pixels compare with the same.
    kinds = np.stack([other_channel, other_row - row, other_column - column])
    kinds = np.where(encoder.subtracts, kinds, np.array([-1, height, width])[:, None])
    key = np.concatenate([[_ranks(encoder)], kinds, [channel]]).T
    distinct, plane = np.unique(key, axis=0, return_inverse=True)
    laid = np.full((len(distinct), height, width), -1)
    laid[plane.reshape(-1), row, column] = np.arange(encoder.n_bits)
    return laid


def _ranks(encoder: Encoder) -> npt.NDArray[np.int64]:
    """int64 [bits]: how many bits compare the same with a lower threshold, or come before."""
    order = np.lexsort([encoder.threshold, encoder.minus, encoder.feature])
    pairs = np.stack([encoder.feature, encoder.minus])[:, order]
    begins = np.append(True, (np.diff(pairs) != 0).any(0))
    first = np.maximum.accumulate(np.where(begins, np.arange(len(order)), 0))
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order)) - first
    return ranks
