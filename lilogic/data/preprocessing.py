"""What is done to a raw sample before it is compared: scaling, or crop and resize, then coding.

All but the scaling of real values is exact in integers.

One recorded description serves software, host and hardware, so all three see the same features.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import index
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.data.levels import Levels
from lilogic.data.scaling import Scaling, as_reals
from lilogic.errors import DataError, GraphError

REAL = "float64"
"""Name of the dtype of samples of real values."""

DTYPES = ("uint8", "int8", "uint16", "int16", "int32")
"""Names of the dtypes that raw samples of integers may have."""

_BLOCK = 256
"""Images that are resized at once, which bounds the memory for it."""


@dataclass(frozen=True)
class Preprocessing:
    """From a raw sample to its features: crop, resize or scale, then code.

    Attributes:
        input_shape: Shape of a raw sample: ``(features,)``, ``(height, width)`` or ``(height,
            width, channels)``.
        input_dtype: Name of its dtype: ``uint8``, ``int8``, ``uint16``, ``int16``, ``int32``, or
            ``float64`` with a scaling.
        crop: ``(top, left, height, width)`` to cut from an image, or None.
        resize: ``(height, width)`` to resize the cut to, by area, or None.
        scaling: Turns real values into integers; None if samples are integers.
        levels: Turns these integers into codes of few bits, or None.

    Raises:
        GraphError: A field is out of range.
    """

    input_shape: tuple[int, ...]
    input_dtype: str
    crop: tuple[int, int, int, int] | None = None
    resize: tuple[int, int] | None = None
    scaling: Scaling | None = None
    levels: Levels | None = None

    def __post_init__(self) -> None:
        for name, length in (("input_shape", None), ("crop", 4), ("resize", 2)):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, _sizes(name, getattr(self, name), length))
        if not 1 <= len(self.input_shape) <= 3 or min(self.input_shape) < 1:
            raise GraphError(f"encoder input_shape {self.input_shape} is not 1 to 3 positive sizes")
        if self.scaling is not None:
            self._check_scaling(self.scaling)
        elif self.input_dtype not in DTYPES:
            raise GraphError(f"encoder input_dtype {self.input_dtype} is not one of {DTYPES}")
        is_image = len(self.input_shape) >= 2
        if (self.crop or self.resize) and not is_image:
            raise GraphError(f"encoder crops or resizes, but {self.input_shape} is not an image")
        if self.crop is not None:
            top, left, height, width = self.crop
            fits = top + height <= self.input_shape[0] and left + width <= self.input_shape[1]
            if min(top, left) < 0 or min(height, width) < 1 or not fits:
                raise GraphError(f"encoder crop {self.crop} is not inside {self.input_shape}")
        if self.resize is not None and min(self.resize) < 1:
            raise GraphError(f"encoder resize {self.resize} is not positive")
        if self.levels is not None and len(self.levels.of) != self.n_features:
            raise GraphError(
                f"encoder has levels of {len(self.levels.of)} features, but samples have "
                f"{self.n_features}"
            )

    def _check_scaling(self, scaling: Scaling) -> None:
        if self.input_dtype != REAL:
            raise GraphError(f"encoder scales {REAL}, but its input_dtype is {self.input_dtype}")
        if self.crop or self.resize:
            raise GraphError("encoder crops or resizes images of integers only")
        if len(scaling.bits) != self.n_features:
            raise GraphError(
                f"encoder scales {len(scaling.bits)} features, but samples have {self.n_features}"
            )

    @property
    def feature_dtype(self) -> str:
        """Name of the dtype of features."""
        return self.integer_dtype if self.levels is None else self.levels.dtype

    @property
    def integer_dtype(self) -> str:
        """Name of the dtype of the integers that codes are made from."""
        return self.input_dtype if self.scaling is None else self.scaling.dtype

    @property
    def widths(self) -> tuple[int, ...] | None:
        """Bits of each feature; None if features are as wide as their dtype."""
        if self.levels is not None:
            return self.levels.bits
        return None if self.scaling is None else self.scaling.bits

    @property
    def is_comparable(self) -> bool:
        """Whether equal features stand for equal values, so that they may be subtracted."""
        if self.levels is not None:
            return self.scaling is None and self.levels.are_same
        return self.scaling is None

    @property
    def feature_shape(self) -> tuple[int, ...]:
        """Shape of a sample after crop and resize."""
        if self.resize is not None:
            return (*self.resize, *self.input_shape[2:])
        if self.crop is not None:
            return (*self.crop[2:], *self.input_shape[2:])
        return self.input_shape

    @property
    def n_features(self) -> int:
        """Number of features: of values after crop and resize."""
        return math.prod(self.feature_shape)

    def features(self, raw: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the features of raw samples: integers [samples, n_features], in C order.

        Args:
            raw: Raw samples [samples, *input_shape].

        Raises:
            DataError: The shape is wrong, or ``input_dtype`` cannot hold the values.
        """
        data = as_array(raw)
        if self.scaling is None:
            data = as_integers(data, np.dtype(self.input_dtype))
        else:
            data = as_reals(data)
        if data.shape[1:] != self.input_shape:
            raise DataError(
                f"samples have shape {data.shape[1:]}, but the encoder reads {self.input_shape}"
            )
        if self.crop is not None:
            top, left, height, width = self.crop
            data = data[:, top : top + height, left : left + width]
        if self.resize is not None:
            data = area_resize(data, self.resize)
        data = data.reshape(len(data), self.n_features)
        if self.scaling is not None:
            data = self.scaling.integers(data)
        return data if self.levels is None else self.levels.codes(data)


def _sizes(name: str, given: Sequence[int], length: int | None) -> tuple[int, ...]:
    try:
        sizes = tuple(index(size) for size in given)
    except TypeError as error:
        raise GraphError(f"encoder {name} {given!r} is not a row of integers") from error
    if length is not None and len(sizes) != length:
        raise GraphError(f"encoder {name} {sizes} has {len(sizes)} sizes, but must have {length}")
    return sizes


def as_array(values: npt.ArrayLike, name: str = "samples") -> npt.NDArray[Any]:
    """An array of what may be a list or a tensor, too; ``name`` says what it is in errors.

    Raises:
        DataError: it is none: rows differ in their lengths, or a tensor is on another device.
    """
    try:
        return np.asarray(values)
    except (ValueError, TypeError, RuntimeError) as error:
        raise DataError(f"{name} are not an array: {error}") from error


def as_integers(raw: npt.NDArray[Any], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """``raw`` as ``dtype``, which must hold every value exactly.

    Raises:
        DataError: values that are fractional, not finite or out of range.
    """
    if raw.dtype == dtype:
        return raw
    if raw.dtype.kind not in "buif":
        raise DataError(f"values are {raw.dtype}, but must be numbers")
    with np.errstate(invalid="ignore"):
        cast = raw.astype(dtype)
    if not np.array_equal(cast, raw):
        raise DataError(
            f"values do not fit {dtype} exactly; scale and round them to integers first"
        )
    return cast


def area_resize(images: npt.NDArray[Any], size: tuple[int, int]) -> npt.NDArray[Any]:
    """Resize [samples, height, width, ...] by area, rounding halves up, in integers only.

    Each output pixel is the mean of the input under it, weighted by overlap. Exact in int64, so
    host and software agree to the bit.
    """
    area = images.shape[1] * images.shape[2]
    resized = np.empty((len(images), *size, *images.shape[3:]), dtype=images.dtype)
    for start in range(0, len(images), _BLOCK):
        block = slice(start, start + _BLOCK)
        total = _sums(_sums(images[block], 1, size[0]), 2, size[1])
        resized[block] = (2 * total + area) // (2 * area)
    return resized


def _sums(values: npt.NDArray[Any], axis: int, parts: int) -> npt.NDArray[np.int64]:
    """Sums of the values in so many equal parts of an axis, times ``parts``.

    Scaled by that, every cut goes through a value at a whole number.
    """
    shape = [1] * values.ndim
    shape[axis] = -1
    cuts = np.arange(parts + 1) * values.shape[axis]
    index, inside = np.divmod(cuts, parts)
    between = np.add.reduceat(values, index[:-1], axis, dtype=np.int64)
    has_any = (np.diff(index) > 0).reshape(shape)  # where none, reduceat gives one all the same
    cut = np.take(values, np.minimum(index, values.shape[axis] - 1), axis)
    sums: npt.NDArray[np.int64] = parts * np.where(has_any, between, 0)
    sums += np.diff(cut * inside.reshape(shape), axis=axis)
    return sums
