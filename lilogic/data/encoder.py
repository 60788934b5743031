"""The thermometer encoder: raw integers to bits, ``bit = value > threshold``.

One recorded description serves software, host and hardware, so all three encode alike: a crop
and an exact integer area resize of images, then comparisons with thresholds in the raw domain.
What is compared may also be the difference of two features, or relative to a quantile of the
sample itself, which is left to the host.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import index
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.errors import LilogicError

DTYPES = ("uint8", "int8", "uint16", "int16", "int32")

_BLOCK = 1024
"""Samples that are compared at once, which bounds the memory for it."""

NOTHING = -1
"""In ``Encoder.minus``: nothing is subtracted."""


@dataclass(frozen=True, eq=False)
class Encoder:
    """Thresholds on features of one sample.

    Attributes:
        input_shape: one sample's raw shape: ``(features,)``, ``(height, width)`` or
            ``(height, width, channels)``.
        input_dtype: name of the raw integer dtype, one of ``DTYPES``.
        crop: ``(top, left, height, width)`` cut from an image first, or None.
        resize: ``(height, width)`` that the cut is resized to by area, or None.
        feature: int32 [bits], the feature each bit looks at, an index into the cropped and
            resized sample flattened in C order.
        threshold: int32 [bits]; bit ``i`` is ``features[feature[i]] > threshold[i]``.
        rank: None, or thresholds are relative to a value of the sample itself, the one with this
            rank (0 is the lowest) among its features: bit ``i`` is
            ``features[feature[i]] > threshold[i] + sorted(features)[rank]``.
        minus: None, or int32 [bits], features to subtract first: ``features[feature[i]]`` above
            is then ``features[feature[i]] - features[minus[i]]``, but for bits whose ``minus`` is
            -1.

    Raises:
        LilogicError: a field is out of range.
    """

    input_shape: tuple[int, ...]
    input_dtype: str
    feature: npt.NDArray[np.int32]
    threshold: npt.NDArray[np.int32]
    crop: tuple[int, int, int, int] | None = None
    resize: tuple[int, int] | None = None
    rank: int | None = None
    minus: npt.NDArray[np.int32] | None = None

    def __post_init__(self) -> None:
        for name, length in (("input_shape", None), ("crop", 4), ("resize", 2)):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, _sizes(name, getattr(self, name), length))
        for name in ("feature", "threshold", "minus"):
            if getattr(self, name) is None:
                continue
            given = np.asarray(getattr(self, name))
            with np.errstate(invalid="ignore"):
                array = given.astype(np.int32) if given.dtype.kind in "buif" else None
            if array is None or given.ndim != 1 or not np.array_equal(array, given):
                raise LilogicError(f"encoder {name} must be one row of 32-bit integers")
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        self._check()

    def _check(self) -> None:
        if not 1 <= len(self.input_shape) <= 3 or min(self.input_shape) < 1:
            raise LilogicError(
                f"encoder input_shape {self.input_shape} is not 1 to 3 positive sizes"
            )
        if self.input_dtype not in DTYPES:
            raise LilogicError(f"encoder input_dtype {self.input_dtype} is not one of {DTYPES}")
        is_image = len(self.input_shape) >= 2
        if (self.crop or self.resize) and not is_image:
            raise LilogicError(f"encoder crops or resizes, but {self.input_shape} is no image")
        if self.crop is not None:
            top, left, height, width = self.crop
            fits = top + height <= self.input_shape[0] and left + width <= self.input_shape[1]
            if min(top, left) < 0 or min(height, width) < 1 or not fits:
                raise LilogicError(f"encoder crop {self.crop} is not inside {self.input_shape}")
        if self.resize is not None and min(self.resize) < 1:
            raise LilogicError(f"encoder resize {self.resize} is not positive")
        if len(self.feature) != len(self.threshold):
            raise LilogicError(
                f"encoder feature has {len(self.feature)} entries, "
                f"but threshold has {len(self.threshold)}"
            )
        self._check_features(self.feature, 0)
        if self.minus is not None:
            if len(self.minus) != len(self.feature):
                raise LilogicError(
                    f"encoder feature has {len(self.feature)} entries, "
                    f"but minus has {len(self.minus)}"
                )
            self._check_features(self.minus, NOTHING)
        if self.rank is not None and (
            type(self.rank) is not int or not 0 <= self.rank < self.n_features
        ):
            raise LilogicError(
                f"encoder rank is {self.rank}, but only {self.n_features} features have one"
            )

    def _check_features(self, features: npt.NDArray[np.int32], lowest: int) -> None:
        wrong = np.flatnonzero((features < lowest) | (features >= self.n_features))
        if wrong.size:
            raise LilogicError(
                f"encoder bit {wrong[0]} looks at feature {features[wrong[0]]}, "
                f"but only {self.n_features} exist"
            )

    @property
    def n_bits(self) -> int:
        """Number of bits made."""
        return len(self.feature)

    def read_by(self, bits: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.int32]:
        """int32: the features that ``bits`` look at, as often as they do."""
        both = np.concatenate([self.feature[bits], self.subtracted[bits]])
        read: npt.NDArray[np.int32] = both[both != NOTHING]
        return read

    @property
    def subtracted(self) -> npt.NDArray[np.int32]:
        """int32 [bits]: ``minus``, which is ``NOTHING`` everywhere where it is None."""
        if self.minus is None:
            return np.full(self.n_bits, NOTHING, dtype=np.int32)
        return self.minus

    @property
    def is_thermometer(self) -> bool:
        """Whether each bit compares one feature with a constant."""
        return self.rank is None and self.minus is None

    @property
    def compares(self) -> str:
        """What it does beyond that of a thermometer, for messages."""
        if self.rank is not None:
            return "compares with a quantile of each sample"
        return "compares differences of features"

    @property
    def feature_shape(self) -> tuple[int, ...]:
        """One sample's shape after crop and resize."""
        if self.resize is not None:
            return (*self.resize, *self.input_shape[2:])
        if self.crop is not None:
            return (*self.crop[2:], *self.input_shape[2:])
        return self.input_shape

    @property
    def n_features(self) -> int:
        """Number of features after crop and resize."""
        return math.prod(self.feature_shape)

    def features(self, raw: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Integers [samples, n_features] of raw samples, cropped and resized.

        Raises:
            LilogicError: another shape, or values that ``input_dtype`` cannot hold.
        """
        data = as_integers(raw, np.dtype(self.input_dtype))
        if data.shape[1:] != self.input_shape:
            raise LilogicError(
                f"samples have shape {data.shape[1:]}, but the encoder reads {self.input_shape}"
            )
        if self.crop is not None:
            top, left, height, width = self.crop
            data = data[:, top : top + height, left : left + width]
        if self.resize is not None:
            data = area_resize(data, self.resize)
        return data.reshape(len(data), self.n_features)

    def bits(self, features: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """bool [samples, n_bits] of features [samples, n_features]."""
        bits = np.empty((self.n_bits, len(features)), dtype=bool)
        for start in range(0, len(features), _BLOCK):
            block = slice(start, start + _BLOCK)
            bits[:, block] = self._exceeding(features[block])
        return bits.T

    def _exceeding(self, features: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """bool [n_bits, samples] of features [samples, n_features]."""
        # Twice as wide, so that no difference overflows; thresholds beyond that decide the same.
        wide = np.dtype(f"i{2 * features.dtype.itemsize}")
        columns = np.zeros((self.n_features + 1, len(features)), dtype=wide)
        columns[:NOTHING] = features.T
        values = columns[self.feature]
        if self.minus is not None:
            values -= columns[self.minus]
        if self.rank is not None:
            values -= np.partition(features, self.rank, axis=1)[:, self.rank].astype(wide)
        limits = np.iinfo(wide)
        threshold = self.threshold.clip(limits.min, limits.max).astype(wide)
        exceeding: npt.NDArray[np.bool_] = values > threshold[:, None]
        return exceeding

    def encode(self, raw: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """bool [samples, n_bits] of raw samples [samples, *input_shape]; errors as ``features``."""
        return self.bits(self.features(raw))


def _sizes(name: str, given: Sequence[int], length: int | None) -> tuple[int, ...]:
    try:
        sizes = tuple(index(size) for size in given)
    except TypeError as error:
        raise LilogicError(f"encoder {name} {given!r} is not a row of integers") from error
    if length is not None and len(sizes) != length:
        raise LilogicError(f"encoder {name} {sizes} has {len(sizes)} sizes, but must have {length}")
    return sizes


def as_integers(raw: npt.NDArray[Any], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """``raw`` as ``dtype``, which must hold every value exactly.

    Raises:
        LilogicError: values that are fractional, not finite or out of range.
    """
    if raw.dtype == dtype:
        return raw
    if raw.dtype.kind not in "buif":
        raise LilogicError(f"values are {raw.dtype}, but must be numbers")
    with np.errstate(invalid="ignore"):
        cast = raw.astype(dtype)
    if not np.array_equal(cast, raw):
        raise LilogicError(
            f"values do not fit {dtype} exactly; scale and round them to integers first"
        )
    return cast


def area_resize(images: npt.NDArray[Any], size: tuple[int, int]) -> npt.NDArray[Any]:
    """Resize [samples, height, width, ...] by area, rounding halves up, in integers only.

    Each output pixel is the mean of the input under it, weighted by overlap. Exact in int64, so
    host and software agree to the bit.
    """
    height, width = images.shape[1:3]
    rows, columns = _overlaps(height, size[0]), _overlaps(width, size[1])
    total = np.einsum("ih,nhw...,jw->nij...", rows, images.astype(np.int64), columns, optimize=True)
    area = height * width
    resized: npt.NDArray[Any] = ((2 * total + area) // (2 * area)).astype(images.dtype)
    return resized


def _overlaps(source: int, target: int) -> npt.NDArray[np.int64]:
    """int64 [target, source]: overlap of each target with each source cell."""
    starts, ends = np.arange(target) * source, np.arange(1, target + 1) * source
    cells = np.arange(source) * target
    low = np.maximum(starts[:, None], cells)
    high = np.minimum(ends[:, None], cells + target)
    overlaps: npt.NDArray[np.int64] = np.maximum(high - low, 0)
    return overlaps


def fit(
    train: npt.NDArray[Any],
    bits: int = 1,
    thresholds: Sequence[float] | None = None,
    spacing: str = "uniform",
    per_feature: bool = False,
    crop: tuple[int, int, int, int] | None = None,
    resize: tuple[int, int] | None = None,
    differences: Sequence[tuple[int, int]] = (),
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
        crop: see ``Encoder``.
        resize: see ``Encoder``.
        differences: rows down and columns right from one pixel to another; for every two pixels
            of an image (of the same channel) that lie so, bits say by how much one exceeds the
            other, and the other the one.
        steps: by which fractions of the range of training values.

    Raises:
        LilogicError: impossible settings, or no threshold that splits the data.
    """
    if spacing not in ("uniform", "quantile"):
        raise LilogicError(f"encoder spacing {spacing!r} is not uniform or quantile")
    if bits < 1:
        raise LilogicError(f"encoder bits is {bits}, but must be at least 1")
    fractions = np.arange(1, bits + 1) / (bits + 1) if thresholds is None else np.array(thresholds)
    inside = ((fractions >= 0) & (fractions < 1)).all()
    if not inside or not (np.diff(fractions) > 0).all():
        raise LilogicError(f"encoder thresholds {list(fractions)} do not rise within [0, 1)")
    nothing = np.zeros(0, dtype=np.int32)
    shape = tuple(train.shape[1:])
    blank = Encoder(shape, train.dtype.name, nothing, nothing, crop, resize)
    features = blank.features(train)
    if not len(features):
        raise LilogicError("encoder: no training samples to fit thresholds to")
    columns = list(features.T) if per_feature else [features.reshape(-1)]
    levels = [_thresholds(column, fractions, spacing) for column in columns]
    if not per_feature:
        levels = levels * blank.n_features
    feature = np.repeat(np.arange(blank.n_features), [len(level) for level in levels])
    if not len(feature):
        raise LilogicError("encoder: no threshold splits the training samples: all are alike")
    threshold = np.concatenate(levels)
    made = replace(blank, feature=feature.astype(np.int32), threshold=threshold)
    if not differences and not steps:
        return made
    spread = int(features.max()) - int(features.min())
    return _with_differences(made, differences, [math.floor(step * spread) for step in steps])


def _with_differences(
    made: Encoder, offsets: Sequence[tuple[int, int]], steps: Sequence[int]
) -> Encoder:
    """The encoder with bits for how much pixels differ, behind its own."""
    shape = made.feature_shape
    if len(shape) < 2:
        raise LilogicError(f"encoder differences are of images, but samples are of shape {shape}")
    if not offsets or not steps:
        raise LilogicError("encoder differences need steps, and steps differences")
    if not all(low < high for low, high in itertools.pairwise((-1, *steps))):
        raise LilogicError(f"encoder steps {list(steps)} do not rise from 0")
    places = np.arange(made.n_features).reshape(shape)
    pairs = [_pairs(places, *offset) for offset in offsets]
    first, second = (np.concatenate(ends) for ends in zip(*pairs, strict=True))
    # For each pair and each step, how much the first exceeds the second, and the second the first.
    feature = np.stack([first, second], 1).repeat(len(steps), 0).reshape(-1)
    minus = np.stack([second, first], 1).repeat(len(steps), 0).reshape(-1)
    threshold = np.tile(np.repeat(steps, 2), len(first))
    return replace(
        made,
        feature=np.concatenate([made.feature, feature]),
        threshold=np.concatenate([made.threshold, threshold]),
        minus=np.concatenate([np.full(made.n_bits, NOTHING), minus]),
    )


def _pairs(
    places: npt.NDArray[np.int64], down: int, right: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Places of two pixels each, the second so far down and right of the first."""
    height, width = places.shape[:2]
    if (down, right) == (0, 0) or abs(down) >= height or abs(right) >= width:
        raise LilogicError(
            f"encoder differences of pixels {down} rows and {right} columns apart, "
            f"but the image has {height} rows and {width} columns"
        )
    rows, columns = np.arange(height - abs(down)), np.arange(width - abs(right))
    first = places[rows + max(-down, 0)][:, columns + max(-right, 0)]
    second = places[rows + max(down, 0)][:, columns + max(right, 0)]
    return first.reshape(-1), second.reshape(-1)


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
        LilogicError: a quantile outside [0, 1), or an impossible shape.
    """
    if not 0 <= quantile < 1:
        raise LilogicError(f"encoder quantile is {quantile:g}, but must be within [0, 1)")
    nothing = np.zeros(0, dtype=np.int32)
    n_features = Encoder(shape, dtype, nothing, nothing, None, resize).n_features
    return Encoder(
        shape,
        dtype,
        np.arange(n_features, dtype=np.int32),
        np.zeros(n_features, dtype=np.int32),
        None,
        resize,
        math.floor(quantile * (n_features - 1)),
    )


def from_text(text: str) -> Encoder:
    """An encoder of bytes, as a user writes it: a shape and then options, separated by commas.

    ``28x28,quantile=0.75``: one bit a pixel, see ``above_quantile``; ``28x28,thresholds=63+127``:
    two bits a pixel, pixel after pixel; ``resize=16x16`` before either resizes by area.

    Raises:
        LilogicError: not written like this.
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
            nothing = np.zeros(0, dtype=np.int32)
            n_features = Encoder(sizes, "uint8", nothing, nothing, None, resize).n_features
            feature = np.repeat(np.arange(n_features, dtype=np.int32), len(levels))
            return Encoder(sizes, "uint8", feature, np.tile(levels, n_features), None, resize)
    except (ValueError, OverflowError):
        pass
    raise LilogicError(
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
