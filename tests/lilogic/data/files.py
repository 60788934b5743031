"""Files that data sets are made of, and what must be said about broken ones."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lilogic.errors import LilogicError

RANDOM = np.random.default_rng(7)
MNIST_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


@contextmanager
def refused(*parts: object) -> Iterator[None]:
    """The block must raise a LilogicError of one line that has all of ``parts``."""
    with pytest.raises(LilogicError) as caught:
        yield
    message = str(caught.value)
    assert "\n" not in message
    for part in parts:
        assert str(part) in message


def read_or_refuse(path: Path, read: Callable[[Path], Any]) -> Any:
    """What ``read(path)`` gives, or None if it raises a LilogicError of one line about ``path``."""
    try:
        return read(path)
    except LilogicError as error:
        message = str(error)
    assert message.startswith(str(path))
    assert "\n" not in message
    return None


def idx_bytes(array: np.ndarray) -> bytes:
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.astype(np.uint8).tobytes()


def write_mnist(folder: Path, zipped: bool = False, **replaced: np.ndarray) -> list[np.ndarray]:
    """A tiny data set in MNIST's layout, 6 training and 3 test images of 4x5 pixels."""
    arrays = {
        "train_images": RANDOM.integers(0, 256, (6, 4, 5)),
        "train_labels": np.array([0, 9, 1, 3, 3, 2]),
        "t10k_images": RANDOM.integers(0, 256, (3, 4, 5)),
        "t10k_labels": np.array([9, 0, 4]),
    } | replaced
    folder.mkdir(parents=True, exist_ok=True)
    for file, array in zip(MNIST_FILES, arrays.values(), strict=True):
        data = idx_bytes(array)
        path = folder / (file + ".gz" if zipped else file)
        path.write_bytes(gzip.compress(data) if zipped else data)
    return list(arrays.values())


def arrays(**replaced: Any) -> dict[str, Any]:
    """The arrays of a small .npz; None leaves one out."""
    good = {
        "x_train": np.arange(12, dtype=np.uint8).reshape(4, 3),
        "y_train": np.array([0, 1, 2, 1]),
        "x_test": np.arange(6, dtype=np.uint8).reshape(2, 3),
        "y_test": np.array([0, 2]),
    }
    return {name: array for name, array in (good | replaced).items() if array is not None}


class Trap:
    """Something that would raise, loudly, if it were unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return pytest.fail, ("it was unpickled",)
