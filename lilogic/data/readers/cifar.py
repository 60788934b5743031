"""CIFAR-10 in its binary version."""

from __future__ import annotations

import tarfile
import zlib
from pathlib import Path

import numpy as np

from lilogic.data.readers.arrays import Array, Labels, Splits, check_labels, first_line
from lilogic.errors import DataError
from lilogic.files import read_bytes

RECORDS = 10_000
"""Images in a file."""

FILES = (*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin")


def read(path: Path) -> Splits:
    """CIFAR-10 from its folder of ``.bin`` files or its archive; uint8 [n, 32, 32, 3] images.

    Raises:
        DataError: a file is missing, truncated or has an impossible label.
    """
    files = _folder(path) if path.is_dir() else _archive(path)
    batches = [_batch(path / name, files[name]) for name in FILES]
    train = [np.concatenate(parts) for parts in zip(*batches[:-1], strict=True)]
    return train[0], train[1], *batches[-1]


def _folder(path: Path) -> dict[str, bytes]:
    return {name: read_bytes(path / name) for name in FILES}


def _archive(path: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                name = Path(member.name).name
                content = archive.extractfile(member) if name in FILES else None
                if content is not None:
                    files[name] = content.read()
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise DataError(
            f"{path}: truncated or damaged archive ({first_line(error)}); get it anew"
        ) from error
    for name in FILES:
        if name not in files:
            raise DataError(f"{path}: has no {name}; get cifar-10-binary.tar.gz anew")
    return files


def _batch(path: Path, data: bytes) -> tuple[Array, Labels]:
    """A record is one label byte, then 32×32 red, green and blue planes."""
    expected = RECORDS * (1 + 3 * 32 * 32)
    if len(data) != expected:
        raise DataError(f"{path}: has {len(data)} bytes instead of {expected}; get it anew")
    records = np.frombuffer(data, dtype=np.uint8).reshape(RECORDS, -1)
    labels = records[:, 0].astype(np.int64)
    check_labels(path, labels, 10)
    planes = records[:, 1:].reshape(-1, 3, 32, 32)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), labels
