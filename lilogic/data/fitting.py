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
from lilogic.data.levels import Levels
from lilogic.data.preprocessing import REAL, Preprocessing
from lilogic.data.scaling import MOST_BITS, Grid, Scaling, as_reals, narrowest
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
    width: int | None = None,
    crop: tuple[int, int, int, int] | None = None,
    resize: tuple[int, int] | None = None,
    differences: Sequence[Offset] = (),
    steps: Sequence[float] = (),
    levels: int | None = None,
) -> Encoder:
    """Fit an encoder to training samples.

    Args:
        train: Raw training samples [samples, …]: integers, or real values.
        bits: Thresholds per feature.
        thresholds: Fractions of the range of training values; they replace ``bits``.
        spacing: ``uniform`` over the range of values, or at each ``quantile`` of the training
            values.
        per_feature: Whether to fit each feature alone. Thresholds that never split its training
            values are left out. Otherwise all features share one set.
        width: Bits of the integers that real values are scaled to. Default: as few as the
            thresholds of a feature need. ``narrowed`` reduces them.
        crop: See ``Preprocessing``.
        resize: See ``Preprocessing``.
        differences: Pairs of pixels to compare, in both directions: rows down and columns right
            from one to the other and, optionally, channels on.
        steps: How much one must exceed the other, as fractions of the range of training values.
        levels: How many thresholds, evenly spaced over the range of training values, tell values
            apart: features are codes, which say how many of them a value exceeds.

    Raises:
        GraphError: The settings are impossible.
        DataError: No threshold splits the data.
    """
    if spacing not in ("uniform", "quantile"):
        raise GraphError(f"encoder spacing {spacing!r} is not uniform or quantile")
    if bits < 1:
        raise GraphError(f"encoder bits is {bits}, but must be at least 1")
    fractions = _even(bits) if thresholds is None else np.array(thresholds)
    inside = ((fractions >= 0) & (fractions < 1)).all()
    if not inside or not (np.diff(fractions) > 0).all():
        raise GraphError(f"encoder thresholds {list(fractions)} do not rise within [0, 1)")
    if train.dtype.kind == "f":
        if crop or resize or differences or steps or levels:
            raise GraphError(
                "encoder crop, resize, differences, steps and levels are for images of integers"
            )
        return _fit_reals(as_reals(train), fractions, spacing, per_feature, width)
    preprocessing = Preprocessing(tuple(train.shape[1:]), train.dtype.name, crop, resize)
    features = preprocessing.features(train)
    if not len(features):
        raise DataError("encoder: no training samples to fit thresholds to")
    if levels is not None:
        told_apart = tuple(_thresholds(features, _even(levels), "uniform").tolist())
        same = Levels((told_apart,) * preprocessing.n_features)
        preprocessing = replace(preprocessing, levels=same)
        features = same.codes(features)
    columns = list(features.T) if per_feature else [features.reshape(-1)]
    limits = [_thresholds(column, fractions, spacing) for column in columns]
    if not per_feature:
        limits = limits * preprocessing.n_features
    feature = np.repeat(np.arange(preprocessing.n_features), [len(limit) for limit in limits])
    if not len(feature):
        raise DataError("encoder: no threshold splits the training samples, because all are equal")
    encoder = Encoder(
        preprocessing=preprocessing, feature=feature, threshold=np.concatenate(limits)
    )
    if not differences and not steps:
        return encoder
    spread = int(features.max()) - int(features.min())
    return _with_differences(encoder, differences, [math.floor(step * spread) for step in steps])


def _fit_reals(
    train: npt.NDArray[np.float64],
    fractions: npt.NDArray[np.float64],
    spacing: str,
    per_feature: bool,
    width: int | None,
) -> Encoder:
    """``fit`` for real values: thresholds are points of grids, one for each feature."""
    if not len(train):
        raise DataError("encoder: no training samples to fit thresholds to")
    flat = train.reshape(len(train), -1)
    n_features = flat.shape[1]
    columns = list(flat.T) if per_feature else [flat.reshape(-1)]
    fitted = [_grid(_levels(column, fractions, spacing), width) for column in columns]
    grids, points = [grid for grid, _ in fitted], [chosen for _, chosen in fitted]
    if not per_feature:
        grids, points = grids * n_features, points * n_features
    feature = np.repeat(np.arange(n_features), [len(point) for point in points])
    if not len(feature):
        raise DataError("encoder: no threshold splits the training samples, because all are equal")
    return Encoder(
        preprocessing=_scaled(tuple(train.shape[1:]), grids),
        feature=feature,
        threshold=np.concatenate(points),
    )


def _grid(levels: npt.NDArray[np.float64], width: int | None) -> tuple[Grid, npt.NDArray[np.int64]]:
    """A grid for a feature that is compared with these levels, and the points next to them."""
    if not len(levels):
        return Grid(0.0, 1.0, 0), np.zeros(0, dtype=np.int64)
    widths = [width] if width else range(len(levels).bit_length(), MOST_BITS + 1)
    for bits in widths:
        grid = Grid.spanning(levels, bits)
        points = np.unique(grid.nearest(levels))
        if 2 * len(points) >= len(levels):
            break
    return grid, points


def _scaled(shape: tuple[int, ...], grids: Sequence[Grid]) -> Preprocessing:
    scaling = Scaling(
        tuple(grid.offset for grid in grids),
        tuple(grid.scale for grid in grids),
        tuple(grid.bits for grid in grids),
    )
    return Preprocessing(shape, REAL, scaling=scaling)


def narrowed(encoder: Encoder, used: npt.NDArray[np.bool_], train: npt.NDArray[Any]) -> Encoder:
    """Return the encoder with the fewest bits per feature that change no comparison in use.

    Features that no bit looks at get none. An encoder that does not scale stays as it is.

    Args:
        encoder: The encoder.
        used: bool [bits], the bits in use. The others may change; they keep their place.
        train: Raw training samples [samples, …].
    """
    scaling = encoder.preprocessing.scaling
    if scaling is None:
        return encoder
    values = as_reals(train).reshape(len(train), -1)
    integers = encoder.features(train)
    grids: list[Grid] = []
    threshold = encoder.threshold.copy()
    for feature in range(encoder.n_features):
        bits = np.flatnonzero(encoder.feature == feature)
        grid, points = _narrowed(
            Grid(scaling.offset[feature], scaling.scale[feature], scaling.bits[feature]),
            threshold[bits].astype(np.int64),
            used[bits],
            values[:, feature],
            integers[:, feature],
        )
        grids.append(grid)
        threshold[bits] = points
    preprocessing = _scaled(encoder.input_shape, grids)
    return replace(encoder, preprocessing=preprocessing, threshold=threshold)


def _narrowed(
    grid: Grid,
    points: npt.NDArray[np.int64],
    used: npt.NDArray[np.bool_],
    values: npt.NDArray[np.float64],
    integers: npt.NDArray[Any],
) -> tuple[Grid, npt.NDArray[np.int64]]:
    """A narrow grid for one feature, and the points of it that stand for those of the old one."""
    lowest, highest = int(integers.min()), int(integers.max())
    dividing = np.unique(points[used & (lowest <= points) & (points < highest)])
    narrow = Grid(0.0, 1.0, 0)
    places: npt.NDArray[np.int64] = np.zeros(0, dtype=np.int64)
    if len(dividing):
        below = [np.nanmax(values, where=integers <= point, initial=-np.inf) for point in dividing]
        above = [np.nanmin(values, where=integers > point, initial=np.inf) for point in dividing]
        gaps = _finite(np.array(below), np.array(above))
        found = narrowest(*gaps)
        narrow = grid if found is None else found
        places = dividing if found is None else np.maximum(found.points_below(gaps[0]), 0)
    made = narrow.nearest(grid.offset + points / grid.scale)
    made[points < lowest] = -1
    made[points >= highest] = (1 << narrow.bits) - 1
    for point, place in zip(dividing, places, strict=True):
        made[points == point] = place
    return narrow, made


def _finite(
    below: npt.NDArray[np.float64], above: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Where gaps begin and end, but for those from or to infinity, of which a part is enough."""
    begins = np.where(np.isneginf(below), above - np.maximum(1, abs(above)), below)
    ends = np.where(np.isposinf(above), below + np.maximum(1, abs(below)), above)
    return begins, ends


def _with_differences(encoder: Encoder, offsets: Sequence[Offset], steps: Sequence[int]) -> Encoder:
    """The encoder with bits for how much pixels differ, behind its own."""
    shape = encoder.feature_shape
    if len(shape) < 2:
        raise GraphError(f"encoder differences need images, but samples have shape {shape}")
    if not offsets or not steps:
        raise GraphError("encoder differences and steps need each other; set both or neither")
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
    """Make an encoder for images of bytes from text: a shape, then options, separated by commas.

    ``28x28,quantile=0.75`` makes one bit per pixel: whether it exceeds that quantile of the image's
    own pixels. ``28x28,thresholds=63+127`` makes two bits per pixel. ``resize=16x16`` before either
    resizes by area.

    Args:
        text: The text.

    Raises:
        GraphError: The text does not have this form.
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
        f"{text!r} is not an encoder; write 28x28,quantile=0.75 or 28x28,thresholds=63+127, "
        "optionally with resize=16x16 in between"
    )


def _even(count: int) -> npt.NDArray[np.float64]:
    """So many fractions, evenly spaced between 0 and 1."""
    return np.arange(1, count + 1) / (count + 1)


def _levels(
    values: npt.NDArray[np.float64], fractions: npt.NDArray[np.float64], spacing: str
) -> npt.NDArray[np.float64]:
    """Rising levels that split finite ``values``, each in the middle between two of them."""
    known = np.unique(values[np.isfinite(values)])
    if len(known) < 2:
        return np.zeros(0)
    if spacing == "uniform":
        cuts = known[0] + fractions * (known[-1] - known[0])
        first = np.searchsorted(known, cuts, "right") - 1
    else:
        every = np.sort(values[np.isfinite(values)])
        first = np.searchsorted(known, np.quantile(every, fractions, method="lower"))
    first = np.unique(first[first < len(known) - 1])
    levels: npt.NDArray[np.float64] = known[first] / 2 + known[first + 1] / 2
    return levels


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
