"""CIFAR-10: its binary version, or its Python version, which is what torchvision leaves behind.

Files of the Python version are pickles. They are looked through and never unpickled: the list of
their opcodes has the labels and the pixels as constants.
"""

from __future__ import annotations

import pickletools
import tarfile
import zlib
from pathlib import Path

import numpy as np

from lilogic.data.readers.arrays import Array, Labels, Splits, check_labels, first_line
from lilogic.errors import DataError
from lilogic.files import read_bytes

RECORDS = 10_000
"""Images in a file."""

NAMES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")

ARCHIVES = ("cifar-10-binary.tar.gz", "cifar-10-python.tar.gz")
FOLDERS = ("cifar-10-batches-bin", "cifar-10-batches-py")

_PIXELS = 3 * 32 * 32


def read(path: Path) -> Splits:
    """CIFAR-10 from its folder or its archive, either version; uint8 [n, 32, 32, 3] images.

    Raises:
        DataError: a file is missing, truncated or has an impossible label.
    """
    files = _folder(path) if path.is_dir() else _archive(path)
    batches = [_batch(path / file, data) for file, data in files.items()]
    train = [np.concatenate(parts) for parts in zip(*batches[:-1], strict=True)]
    return train[0], train[1], *batches[-1]


def _folder(path: Path) -> dict[str, bytes]:
    suffix = "" if any((path / name).exists() for name in NAMES) else ".bin"
    return {name + suffix: read_bytes(path / (name + suffix)) for name in NAMES}


def _archive(path: Path) -> dict[str, bytes]:
    found: dict[str, tuple[str, bytes]] = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                file = Path(member.name).name
                name = file.removesuffix(".bin")
                content = archive.extractfile(member) if name in NAMES else None
                if content is not None:
                    found[name] = file, content.read()
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise DataError(
            f"{path}: truncated or damaged archive ({first_line(error)}); download it again"
        ) from error
    for name in NAMES:
        if name not in found:
            raise DataError(f"{path}: has no {name}; download {' or '.join(ARCHIVES)} again")
    return dict(found[name] for name in NAMES)


def _batch(path: Path, data: bytes) -> tuple[Array, Labels]:
    """Images, which are stored as 32×32 red, green and blue planes each, and their labels."""
    labels, pixels = _binary(path, data) if path.suffix == ".bin" else _pickled(path, data)
    check_labels(path, labels, 10)
    planes = pixels.reshape(-1, 3, 32, 32)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), labels


def _binary(path: Path, data: bytes) -> tuple[Labels, Array]:
    """A record is one label byte, then its pixels."""
    expected = RECORDS * (1 + _PIXELS)
    if len(data) != expected:
        raise DataError(f"{path}: has {len(data)} bytes instead of {expected}; download it again")
    records = np.frombuffer(data, dtype=np.uint8).reshape(RECORDS, -1)
    return records[:, 0].astype(np.int64), records[:, 1:]


_KEYS = ("batch_label", "labels", "data", "filenames")

# Opcodes that put together what others bring, and those that bring nothing that counts.
_STRUCTURE = (
    "PROTO", "STOP", "MARK", "NONE", "EMPTY_DICT", "EMPTY_LIST", "TUPLE", "TUPLE1", "TUPLE2",
    "TUPLE3", "APPEND", "APPENDS", "SETITEM", "SETITEMS", "REDUCE", "BUILD", "BINPUT",
    "LONG_BINPUT", "BINGET", "LONG_BINGET",
)  # fmt: skip


def _pickled(path: Path, data: bytes) -> tuple[Labels, Array]:
    """A dictionary with ``labels``, a list of numbers, and ``data``, an array of bytes.

    Nothing in the pickle is run: which constants follow which key says what it holds.
    """
    following: dict[str, list[object]] = {key: [] for key in _KEYS}
    values: list[object] = []
    try:
        for opcode, value, _ in pickletools.genops(data):
            if value in _KEYS:
                values = following[value]
            elif opcode.name in ("NEWFALSE", "NEWTRUE"):
                values.append(opcode.name == "NEWTRUE")
            elif opcode.name == "BINSTRING":  # pickletools gives bytes as text
                values.append(str(value).encode("latin-1"))
            elif opcode.name not in _STRUCTURE:
                values.append(value)
    except ValueError as error:
        raise DataError(f"{path}: truncated or damaged; download it again") from error
    labels, array = following["labels"], following["data"]
    pixels = array[-1] if array else None
    if (
        len(labels) != RECORDS
        or not all(type(label) is int for label in labels)
        or not _is_of_bytes(array[:-1])
        or not isinstance(pixels, bytes)
        or len(pixels) != RECORDS * _PIXELS
    ):
        raise DataError(
            f"{path}: not {RECORDS} labels and images as in CIFAR-10's Python version; download "
            "it again"
        )
    return np.array(labels, dtype=np.int64), np.frombuffer(pixels, dtype=np.uint8)


def _is_of_bytes(array: list[object]) -> bool:
    """Whether constants are those by which numpy pickled an array of bytes in C order."""
    shape = [1, RECORDS, _PIXELS]
    start = ["numpy.core.multiarray _reconstruct", "numpy ndarray", 0, "b", *shape]
    start += ["numpy dtype", "u1"]
    return array[: len(start)] == start and array[-1] == 0  # not in Fortran's order
