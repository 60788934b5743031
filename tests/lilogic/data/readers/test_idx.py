"""MNIST's format: right arrays from good files, one line about anything else."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lilogic.data.readers import idx
from tests.lilogic.data.files import RANDOM, idx_bytes, read_or_refuse, refused


@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("shape", [(5,), (3, 2, 4), (0, 2, 2)])
def test_idx_gives_back_what_was_written(
    tmp_path: Path, compress: Callable[[bytes], bytes], shape: tuple[int, ...]
) -> None:
    expected = RANDOM.integers(0, 256, shape).astype(np.uint8)
    path = tmp_path / "file"
    path.write_bytes(compress(idx_bytes(expected)))
    found = idx.read(path, len(shape))
    assert found.dtype == np.uint8
    assert found.flags.writeable
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_idx_truncated_anywhere_is_refused(
    tmp_path: Path, compress: Callable[[bytes], bytes]
) -> None:
    data = compress(idx_bytes(np.arange(12).reshape(3, 2, 2)))
    path = tmp_path / "images"
    for length in range(len(data)):
        path.write_bytes(data[:length])
        with refused(f"{path}: "):
            idx.read(path, 3)


def test_idx_with_a_changed_gzip_byte_is_never_read_wrong(tmp_path: Path) -> None:
    expected = np.arange(12, dtype=np.uint8).reshape(3, 2, 2)
    data = gzip.compress(idx_bytes(expected))
    path = tmp_path / "images.gz"
    for position in range(len(data)):
        path.write_bytes(data[:position] + bytes([data[position] ^ 0xFF]) + data[position + 1 :])
        found = read_or_refuse(path, lambda path: idx.read(path, 3))
        if found is not None:  # bytes of the gzip header that say nothing about the content
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "data",
    [
        idx_bytes(np.zeros((2, 3))),  # other dimensions
        b"\0\0\x0d\x01" + (1).to_bytes(4, "big") + b"\0\0\0\0",  # floats
        idx_bytes(np.zeros(3)) + b"\0",  # more than the header says
        b"\0\0\x08\x01" + b"\xff" * 4,  # 4 GiB promised
        b"",
    ],
)
def test_idx_of_another_kind_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "labels"
    path.write_bytes(data)
    with refused(f"{path}: "):
        idx.read(path, 1)


def test_idx_that_is_missing_or_a_folder_is_refused(tmp_path: Path) -> None:
    for path, words in ((tmp_path / "nothing", "no such file"), (tmp_path, "cannot be read")):
        with refused(f"{path}: {words}"):
            idx.read(path, 1)


def test_labelled_idx_wants_one_label_per_image(tmp_path: Path) -> None:
    images, labels = tmp_path / "images", tmp_path / "labels"
    images.write_bytes(idx_bytes(np.zeros((3, 2, 2))))
    labels.write_bytes(idx_bytes(np.zeros(4)))
    with refused(f"{labels}: ", "4 labels", "3 images"):
        idx.read_labelled(images, labels, 10)


def test_labelled_idx_names_the_first_impossible_label(tmp_path: Path) -> None:
    images, labels = tmp_path / "images", tmp_path / "labels"
    images.write_bytes(idx_bytes(np.zeros((4, 2, 2))))
    labels.write_bytes(idx_bytes(np.array([0, 9, 10, 11])))
    with refused(f"{labels}: label 2 is 10", "0 to 9"):
        idx.read_labelled(images, labels, 10)
