"""Data sets of arrays in a NumPy ``.npz``."""

from __future__ import annotations

import tokenize
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np

from lilogic.data.labels import Labels, check_all, check_below, numbers
from lilogic.data.preprocessing import DTYPES
from lilogic.data.readers.arrays import Array, Splits
from lilogic.errors import DataError, LilogicWarning


def is_archive(path: Path) -> bool:
    """Whether a file is an archive that holds arrays, whatever it is called."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith(".npy") for name in archive.namelist())
    except (OSError, zipfile.BadZipFile, NotImplementedError):
        return False


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
    labels: list[Labels] = []
    for split in ("train", "test"):
        x, y = arrays[f"x_{split}"], arrays[f"y_{split}"]
        if not 2 <= x.ndim <= 4 or 0 in x.shape:
            raise DataError(
                f"{path}: x_{split} has shape {x.shape}, but must be (samples, ...) "
                "with 1 to 3 dimensions per sample"
            )
        labels.append(numbers(y, len(x), f"{path}: labels y_{split}"))
    if arrays["x_train"].shape[1:] != arrays["x_test"].shape[1:]:
        raise DataError(
            f"{path}: x_test has samples of shape {arrays['x_test'].shape[1:]}, "
            f"but those of x_train have {arrays['x_train'].shape[1:]}"
        )
    shape = arrays["x_train"].shape[1:]
    if len(shape) == 3 and shape[0] in (1, 3) and shape[2] not in (1, 2, 3, 4):
        message = (
            f"{path}: samples of shape {shape} are taken as {shape[0]} rows of {shape[1]} pixels "
            f"with {shape[2]} channels; if channels come first, numpy.transpose(x, (0, 2, 3, 1)) "
            "puts them last"
        )
        warnings.warn(LilogicWarning(message), stacklevel=3)
    x_train, x_test = _common_dtype(path, arrays["x_train"], arrays["x_test"])
    y_train, y_test = labels
    check_all(y_train, f"{path}: labels y_train")
    check_below(y_test, int(y_train.max()) + 1, f"{path}: labels y_test")
    return x_train, y_train, x_test, y_test


def _arrays(path: Path) -> dict[str, Array]:
    """The four arrays, samples known to hold integers of whatever dtype."""
    names = ("x_train", "y_train", "x_test", "y_test")
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    try:
        with np.load(path, allow_pickle=False) as archive:
            found = archive.files
            arrays = {name: archive[name] for name in names if name in archive}
    except UNREADABLE as error:
        raise DataError(f"{path}: truncated, damaged or not a .npz of plain arrays") from error
    for name in names:
        if name not in arrays:
            has = f"; it has {', '.join(found)}" if found else ""
            raise DataError(f"{path}: array {name} is missing; needed are {', '.join(names)}{has}")
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):  # np.load gives bytes that are no array as they are
            raise DataError(f"{path}: {name} is not a NumPy array")
        if name.startswith("y"):
            continue
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
