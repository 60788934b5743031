"""Data sets of arrays in a NumPy ``.npz``."""

from __future__ import annotations

import tokenize
import zipfile
import zlib
from pathlib import Path

import numpy as np

from lilogic.data.preprocessing import DTYPES
from lilogic.data.readers.arrays import Array, Splits
from lilogic.errors import DataError

UNREADABLE = (
    OSError, EOFError, ValueError, TypeError, KeyError, RuntimeError, MemoryError, OverflowError,
    AttributeError, SyntaxError, tokenize.TokenError, zlib.error, zipfile.BadZipFile,
)  # fmt: skip
"""What ``np.load`` raises for files that are no ``.npz`` of plain arrays, or a damaged one: its own
errors, those of zipfile and of what unpacks its members, and those of Python's parser, which reads
the headers of arrays."""


def read(path: Path) -> Splits:
    """``x_train``, ``y_train``, ``x_test`` and ``y_test`` of a NumPy ``.npz``.

    Samples [n, ...] of 1 to 3 dimensions each hold integers, in whatever dtype; they come back
    in the smallest of ``DTYPES`` that holds both splits, or as they are if they have one of these.
    Labels [n] are integers from 0, and each class has training samples.

    Raises:
        DataError: names the file and the array that is missing or wrong.
    """
    arrays = _arrays(path)
    for split in ("train", "test"):
        x, y = arrays[f"x_{split}"], arrays[f"y_{split}"]
        if not 2 <= x.ndim <= 4 or 0 in x.shape:
            raise DataError(
                f"{path}: x_{split} has shape {x.shape}, but must be (samples, ...) "
                "with 1 to 3 dimensions per sample"
            )
        if y.shape != x.shape[:1]:
            raise DataError(
                f"{path}: y_{split} has shape {y.shape}, but x_{split} has {len(x)} samples"
            )
    if arrays["x_train"].shape[1:] != arrays["x_test"].shape[1:]:
        raise DataError(
            f"{path}: x_test has samples of shape {arrays['x_test'].shape[1:]}, "
            f"but those of x_train have {arrays['x_train'].shape[1:]}"
        )
    x_train, x_test = _common_dtype(path, arrays["x_train"], arrays["x_test"])
    y_train, y_test = arrays["y_train"].astype(np.int64), arrays["y_test"].astype(np.int64)
    for name, labels in (("y_train", y_train), ("y_test", y_test)):
        if labels.min() < 0:
            raise DataError(f"{path}: {name} has label {labels.min()}, but classes start at 0")
    seen = np.unique(y_train)
    gaps = np.flatnonzero(seen != np.arange(len(seen)))
    if gaps.size:
        raise DataError(
            f"{path}: y_train has no label {gaps[0]}, but one of {seen[-1]}; "
            "number the classes from 0 without gaps"
        )
    if y_test.max() > seen[-1]:
        raise DataError(f"{path}: y_test has label {y_test.max()}, but y_train ends at {seen[-1]}")
    return x_train, y_train, x_test, y_test


def _arrays(path: Path) -> dict[str, Array]:
    """The four arrays, known to hold integers of whatever dtype."""
    names = ("x_train", "y_train", "x_test", "y_test")
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in names if name in archive}
    except UNREADABLE as error:
        raise DataError(f"{path}: truncated, damaged or not a .npz of plain arrays") from error
    for name in names:
        if name not in arrays:
            raise DataError(f"{path}: array {name} is missing; it needs {names}")
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):  # np.load gives bytes that are no array as they are
            raise DataError(f"{path}: {name} is not a NumPy array")
        if array.dtype.kind not in "buif":
            raise DataError(f"{path}: {name} is {array.dtype}, but must hold integers")
        if array.dtype.kind == "f" and not (np.isfinite(array) & (array == np.floor(array))).all():
            raise DataError(
                f"{path}: {name} has values that are no integers; scale and round them first"
            )
    return arrays


def _common_dtype(path: Path, train: Array, test: Array) -> tuple[Array, Array]:
    if train.dtype == test.dtype and train.dtype.name in DTYPES:
        return train, test
    low, high = (int(f([f(train), f(test)])) for f in (np.min, np.max))
    for name in DTYPES:
        limits = np.iinfo(name)
        if limits.min <= low and high <= limits.max:
            return train.astype(name), test.astype(name)
    raise DataError(f"{path}: x_train and x_test reach from {low} to {high}, beyond 32 bits")
