"""Layers of thresholds, as the encoder that makes the same bits of raw samples."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import Preprocessing
from lilogic.errors import FormatError
from lilogic.formats.importers.arrays import Nodes
from lilogic.formats.importers.state_dict.architecture import Architecture, Binarization
from lilogic.formats.importers.state_dict.tensors import Tensors


def encoder_of(
    state: Tensors, prefix: str, layer: Binarization, read: Architecture, features: Nodes
) -> tuple[Encoder, Nodes]:
    """The encoder, and its bits' numbers in the shape that the layer makes.

    Args:
        state: the tensors.
        prefix: the layer's, in their names.
        layer: its description.
        read: what is said of raw samples.
        features: the features' numbers in the shape in which the layer gets them.

    Raises:
        FormatError: no such tensors, or thresholds that do not fit the values.
    """
    if read.scale is None:
        raise FormatError(
            f"{prefix}thresholds: the architecture gives no scale; add scale = 255 for bytes that "
            "are divided by 255, or scale = 1 for integers as they are"
        )
    levels = _levels(state, prefix, layer)
    by_channel = levels[:, None, None] if levels.ndim == 2 and features.ndim == 3 else levels
    try:
        levels = np.broadcast_to(by_channel, (*features.shape, levels.shape[-1]))
    except ValueError as error:
        raise FormatError(
            f"tensor {prefix}thresholds has shape {levels.shape}, which does not fit values of "
            f"shape {features.shape}"
        ) from error
    threshold = _integers(levels, read.dtype, read.scale)
    # Dimensions count as in a batch of samples with one more behind them, which is merged into one.
    axis = layer.feature_dim + (features.ndim + 2 if layer.feature_dim < 0 else 0) - 1
    if not 0 <= axis < features.ndim:
        raise FormatError(
            f"{prefix}feature_dim is {layer.feature_dim}, but values have shape {features.shape}"
        )
    feature = np.broadcast_to(features[..., None], threshold.shape)
    feature, threshold = (np.moveaxis(array, -1, axis + 1) for array in (feature, threshold))
    channels, *size = read.input_shape
    encoder = Encoder(
        preprocessing=Preprocessing(
            tuple([*size, channels] if channels > 1 or not size else size), read.dtype
        ),
        feature=feature.reshape(-1),
        threshold=threshold.reshape(-1),
    )
    shape = [*features.shape]
    shape[axis] = -1
    return encoder, np.arange(encoder.n_bits).reshape(shape)


def features_of(input_shape: tuple[int, ...]) -> Nodes:
    """The numbers of the features of raw samples in the shape in which a network reads them.

    Raw images have their channels last, torch's have them first.
    """
    if len(input_shape) == 1:
        return np.arange(input_shape[0])
    channels, *size = input_shape
    return np.moveaxis(np.arange(math.prod(input_shape)).reshape(*size, channels), -1, 0)


def _levels(state: Tensors, prefix: str, layer: Binarization) -> npt.NDArray[Any]:
    """Numbers [..., bits]; learned ones are sums of steps, all positive but the first."""
    learned = layer.type == "LearnableBinarization"
    name = f"{prefix}raw_diffs" if learned else f"{prefix}thresholds"
    if name not in state:
        raise FormatError(f"tensor {name} is missing")
    levels = state[name]
    if not levels.ndim or not levels.size or levels.dtype.kind not in "iuf":
        raise FormatError(f"tensor {name} contains no thresholds")
    if not np.isfinite(levels).all():
        raise FormatError(f"tensor {name} has values that are not finite")
    if not learned:
        return levels
    width = np.float32(layer.temperature_softplus + 1e-6)
    steps = levels.astype(np.float32)
    rest = steps[..., 1:] / width
    steps[..., 1:] = width * np.where(rest > 20, rest, np.log1p(np.exp(np.minimum(rest, 20))))
    return np.cumsum(steps, axis=-1, dtype=np.float64).astype(np.float32)


def _integers(levels: npt.NDArray[Any], dtype: str, scale: float) -> npt.NDArray[np.int64]:
    """For each level the highest integer whose quotient by ``scale`` does not exceed it."""
    limits = np.iinfo(dtype)
    values = np.arange(limits.min, limits.max + 1).astype(np.float32) / np.float32(scale)
    return np.searchsorted(values, levels, side="right") - 1 + limits.min
