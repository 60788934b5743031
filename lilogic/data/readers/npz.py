"""Data sets of arrays in files of NumPy: an ``.npz``, or several ``.npy``."""

from __future__ import annotations

import os
import re
import struct
import tokenize
import zipfile
import zlib
from pathlib import Path

import numpy as np

from lilogic.data.readers.arrays import Array
from lilogic.errors import DataError


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


def read(path: Path) -> dict[str, Array]:
    """The arrays of a NumPy ``.npz`` that are samples and labels.

    These are ``x_train``, ``y_train``, ``x_test`` and ``y_test``; or without the last two, or only
    ``x`` and ``y``, where nothing is for testing. Capitals do not matter.

    Raises:
        DataError: names the file and the array that is missing or no array.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    try:
        with np.load(path, allow_pickle=False) as archive:
            found = archive.files
            folded = {name.lower(): name for name in found}
            wanted = next((names for names in _NAMES if names[0] in folded), _NAMES[0])
            arrays = {name: archive[folded[name]] for name in wanted if name in folded}
    except UNREADABLE as error:
        raise DataError(f"{path}: truncated, damaged or not a .npz of plain arrays") from error
    if _entries(path) not in (len(found), None):
        raise DataError(f"{path}: damaged: arrays are missing from its table of contents")
    needed = wanted if "x_test" in arrays or "y_test" in arrays else wanted[:2]
    for name in needed:
        if name not in arrays:
            has = f"; it has {', '.join(found)}" if found else ""
            raise DataError(f"{path}: array {name} is missing; needed are {', '.join(needed)}{has}")
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):  # np.load gives bytes that are no array as they are
            raise DataError(f"{path}: {name} is not a NumPy array")
    return arrays


_NAMES = (("x_train", "y_train", "x_test", "y_test"), ("x", "y"))


def _entries(path: Path) -> int | None:
    """How many members an archive says it has; None where it has a comment, or is larger."""
    with path.open("rb") as file:
        file.seek(-_END.size, os.SEEK_END)
        signature, _, _, _, entries, *_ = _END.unpack(file.read())
    return entries if signature == b"PK\5\6" and entries < 2**16 - 1 else None


_END = struct.Struct("<4s4H2LH")
"""The record at the end of an archive."""


def read_pair(path: Path) -> dict[str, Array]:
    """As ``read``, of a ``.npy`` of samples and those beside it.

    Samples are in a file whose name begins with x, such as ``X.npy`` or ``x_train.npy``; labels in
    one whose name has y in its place. Beside ``x_train.npy``, ``x_test.npy`` and ``y_test.npy`` are
    taken for testing, if they are there.

    Raises:
        DataError: a file is missing or damaged, or the name begins otherwise.
    """
    if path.name[:1] not in ("x", "X"):
        raise DataError(
            f"{path}: has no labels; name it X.npy or x_train.npy, and put the labels next to it "
            "in y.npy or y_train.npy"
        )
    of_test = path.with_name(re.sub("train", "test", path.name, flags=re.IGNORECASE))
    files = {"x_train": path, "y_train": _labels_beside(path)}
    if of_test != path and of_test.exists():
        files |= {"x_test": of_test, "y_test": _labels_beside(of_test)}
    return {name: _lone(file) for name, file in files.items()}


def _labels_beside(path: Path) -> Path:
    choices = [path.with_name(letter + path.name[1:]) for letter in "yY"]
    found = next((choice for choice in choices if choice.is_file()), None)
    if found is None:
        raise DataError(f"{path}: labels are missing; put them next to it in {choices[0].name}")
    return found


def _lone(path: Path) -> Array:
    """The array in a ``.npy``."""
    try:
        found = np.load(path, allow_pickle=False)
    except UNREADABLE as error:
        raise DataError(f"{path}: truncated, damaged or not a .npy of a plain array") from error
    if not isinstance(found, np.ndarray):
        raise DataError(f"{path}: not an array in .npy format")
    return found
