"""IDX files, as MNIST has them: plain or gzipped."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lilogic.data.readers.arrays import Array, Labels, check_labels
from lilogic.errors import DataError
from lilogic.files import read_bytes


def read(path: Path, dimensions: int | None = None) -> npt.NDArray[np.uint8]:
    """The uint8 array in an IDX file, plain or gzipped, of so many dimensions if they are given.

    Raises:
        DataError: unreadable, truncated, of other type or dimensions.
    """
    data = read_bytes(path)
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(
                f"{path}: truncated or damaged gzip file ({error}); download it again"
            ) from error
    found = data[3] if data[:3] == b"\0\0\x08" and len(data) > 3 else 0
    start = 4 + 4 * found
    if not found or found != (dimensions or found) or len(data) < start:
        wanted = "" if dimensions is None else f" in {dimensions} dimensions"
        raise DataError(f"{path}: not an IDX file of unsigned bytes{wanted}")
    shape = tuple(np.frombuffer(data[4:start], dtype=">u4").tolist())
    if len(data) - start != math.prod(shape):
        raise DataError(
            f"{path}: holds {len(data) - start} values, but its header says {shape}; download "
            "it again"
        )
    return np.frombuffer(data, dtype=np.uint8, offset=start).reshape(shape).copy()


def read_labelled(images: Path, labels: Path, classes: int) -> tuple[Array, Labels]:
    """uint8 [n, height, width] images, and int64 [n] labels below ``classes``.

    Raises:
        DataError: as ``read``; or labels that do not fit the images.
    """
    x, y = read(images, 3), read(labels, 1)
    if len(x) != len(y):
        raise DataError(f"{labels}: has {len(y)} labels, but {images.name} has {len(x)} images")
    check_labels(labels, y, classes)
    return x, y.astype(np.int64)
