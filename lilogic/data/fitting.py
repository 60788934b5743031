"""Encoders from training samples, from a quantile, or from what a user writes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import Preprocessing
from lilogic.errors import DataError, GraphError

Offset = tuple[int, int] | tuple[int, int, int]
"""From one value of an image to another: rows down, columns right and, if given, channels on."""


def fit(
    train: npt.NDArray[Any],
    *,
    bits: int = 1,
    thresholds: Sequence[float] | None = None,
    spacing: str = "uniform",
    per_feature: bool = False,
    crop: tuple[int, int, int, int] | None = None,
    resize: tuple[int, int] | None = None,
    differences: Sequence[Offset] = (),
    steps: Sequence[float] = (),
) -> Encoder:
    """An encoder for training samples [samples, ...] of an integer dtype in ``DTYPES``.

    Args:
        train: raw training samples; only these set the thresholds.
        bits: thresholds per feature.
        thresholds: fractions of the range of training values to use instead of ``bits``.
        spacing: ``uniform`` over the range of values, or ``quantile`` of the training values.
        per_feature: fit every feature alone; thresholds that never split its training values
            are left out, so features may have fewer than ``bits``. Otherwise one set serves all.
        crop: see ``Preprocessing``.
        resize: see ``Preprocessing``.
        differences: rows down and columns right from one pixel to another, and channels on (by
            default, it is the same); for every two values of an image that lie so, bits say by
            how much one exceeds the other, and the other the one.
        steps: by which fractions of the range of training values.

    Raises:
        GraphError: impossible settings.
        DataError: no threshold splits the data, or there is none.
    """
    if spacing not in ("uniform", "quantile"):
        raise GraphError(f"encoder spacing {spacing!r} is not uniform or quantile")
    if bits < 1:
        raise GraphError(f"encoder bits is {bits}, but must be at least 1")
    fractions = np.arange(1, bits + 1) / (bits + 1) if thresholds is None else np.array(thresholds)
    inside = ((fractions >= 0) & (fractions < 1)).all()
    if not inside or not (np.diff(fractions) > 0).all():
        raise GraphError(f"encoder thresholds {list(fractions)} do not rise within [0, 1)")
    preprocessing = Preprocessing(tuple(train.shape[1:]), train.dtype.name, crop, resize)
    features = preprocessing.features(train)
    if not len(features):
        raise DataError("encoder: no training samples to fit thresholds to")
    columns = list(features.T) if per_feature else [features.reshape(-1)]
    levels = [_thresholds(column, fractions, spacing) for column in columns]
    if not per_feature:
        levels = levels * preprocessing.n_features
    feature = np.repeat(np.arange(preprocessing.n_features), [len(level) for level in levels])
    if not len(feature):
        raise DataError("encoder: no threshold splits the training samples: all are alike")
    encoder = Encoder(
        preprocessing=preprocessing, feature=feature, threshold=np.concatenate(levels)
    )
    if not differences and not steps:
        return encoder
    spread = int(features.max()) - int(features.min())
    return _with_differences(encoder, differences, [math.floor(step * spread) for step in steps])


def _with_differences(encoder: Encoder, offsets: Sequence[Offset], steps: Sequence[int]) -> Encoder:
    """The encoder with bits for how much pixels differ, behind its own."""
    shape = encoder.feature_shape
    if len(shape) < 2:
        raise GraphError(f"encoder differences are of images, but samples are of shape {shape}")
    if not offsets or not steps:
        raise GraphError("encoder differences need steps, and steps differences")
    if not all(low < high for low, high in itertools.pairwise((-1, *steps))):
        raise GraphError(f"encoder steps {list(steps)} do not rise from 0")
    places = np.arange(encoder.n_features).reshape(shape)
    pairs = [_pairs(places, offset) for offset in offsets]
    first, second = (np.concatenate(ends) for ends in zip(*pairs, strict=True))
    # For each pair and each step, how much the first exceeds the second, and the second the first.
    feature = np.stack([first, second], 1).repeat(len(steps), 0).reshape(-1)
    minus = np.stack([second, first], 1).repeat(len(steps), 0).reshape(-1)
    threshold = np.tile(np.repeat(steps, 2), len(first))
    return replace(
        encoder,
        feature=np.concatenate([encoder.feature, feature]),
        threshold=np.concatenate([encoder.threshold, threshold]),
        minus=np.concatenate([encoder.minus, minus]),
    )


def _pairs(
    places: npt.NDArray[np.int64], offset: Offset
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Places of two values each, the second so far from the first."""
    shape = places.shape
    there = np.array([*offset, *[0] * (len(shape) - len(offset))])
    if len(there) > len(shape) or not there.any() or (abs(there) >= shape).any():
        raise GraphError(
            f"encoder differences {list(offset)} must lead from one value to another "
            f"within an image of shape {shape}"
        )
    return _left_by(places, there), _left_by(places, -there)


def _left_by(places: npt.NDArray[np.int64], offset: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The places from which an offset leads to other places."""
    first, last = np.maximum(-offset, 0), places.shape - np.maximum(offset, 0)
    return places[tuple(map(slice, first, last))].reshape(-1)


def above_quantile(
    shape: tuple[int, ...],
    dtype: str,
    quantile: float,
    resize: tuple[int, int] | None = None,
) -> Encoder:
    """One bit a feature: whether it exceeds that quantile of the sample's own features.

    Quantiles are usually interpolated between two neighbours in order of value; as no feature lies
    between these, comparing with the lower one gives the same bits, in integers.

    Raises:
        GraphError: a quantile outside [0, 1), or an impossible shape.
    """
    if not 0 <= quantile < 1:
        raise GraphError(f"encoder quantile is {quantile:g}, but must be within [0, 1)")
    preprocessing = Preprocessing(shape, dtype, resize=resize)
    n_features = preprocessing.n_features
    return Encoder(
        preprocessing=preprocessing,
        feature=np.arange(n_features),
        threshold=np.zeros(n_features),
        rank=math.floor(quantile * (n_features - 1)),
    )


def from_text(text: str) -> Encoder:
    """An encoder of bytes, as a user writes it: a shape and then options, separated by commas.

    ``28x28,quantile=0.75``: one bit a pixel, see ``above_quantile``; ``28x28,thresholds=63+127``:
    two bits a pixel, pixel after pixel; ``resize=16x16`` before either resizes by area.

    Raises:
        GraphError: not written like this.
    """
    shape, *rest = text.split(",")
    options = dict(part.partition("=")[::2] for part in rest)
    try:
        sizes = tuple(map(int, shape.split("x")))
        resize = None
        if "resize" in options:
            height, width = map(int, options.pop("resize").split("x"))
            resize = height, width
        if set(options) == {"quantile"}:
            return above_quantile(sizes, "uint8", float(options["quantile"]), resize)
        if set(options) == {"thresholds"}:
            levels = np.array(options["thresholds"].split("+"), dtype=np.int32)
            preprocessing = Preprocessing(sizes, "uint8", resize=resize)
            n_features = preprocessing.n_features
            return Encoder(
                preprocessing=preprocessing,
                feature=np.repeat(np.arange(n_features), len(levels)),
                threshold=np.tile(levels, n_features),
            )
    except GraphError:
        raise
    except (ValueError, OverflowError):
        pass
    raise GraphError(
        f"{text!r} is no encoder; write 28x28,quantile=0.75 or 28x28,thresholds=63+127, "
        "with resize=16x16 in between if wanted"
    )


def _thresholds(
    values: npt.NDArray[Any], fractions: npt.NDArray[np.float64], spacing: str
) -> npt.NDArray[np.int32]:
    """Distinct int32 thresholds that split ``values``."""
    low, high = int(values.min()), int(values.max())
    if spacing == "uniform":
        cuts = np.floor(low + fractions * (high - low))
    else:
        cuts = np.quantile(values, fractions, method="lower")
    cuts = np.unique(cuts.astype(np.int32))
    return cuts[(cuts >= low) & (cuts < high)]
