"""Readers of data files: IDX, CIFAR-10 batches, ``.npz`` and folders of images.

Each gives plain arrays or one line that names the file. Nothing is ever unpickled.
"""

from __future__ import annotations

import gzip
import math
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.data.encoder import DTYPES, area_resize
from lilogic.errors import LilogicError
from lilogic.files import read_bytes

Array = npt.NDArray[Any]
Labels = npt.NDArray[np.int64]
Splits = tuple[Array, Labels, Array, Labels]
"""Training samples and labels, test samples and labels."""

IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".gif")
CIFAR_RECORDS = 10_000
CIFAR_FILES = (*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin")


def idx(path: Path, dimensions: int) -> npt.NDArray[np.uint8]:
    """The uint8 array in an IDX file, plain or gzipped.

    Raises:
        LilogicError: unreadable, truncated, of other type or dimensions.
    """
    data = read_bytes(path)
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise LilogicError(
                f"{path}: truncated or damaged gzip file ({error}); get it anew"
            ) from error
    start = 4 + 4 * dimensions
    if data[:4] != bytes([0, 0, 8, dimensions]) or len(data) < start:
        raise LilogicError(f"{path}: not an IDX file of unsigned bytes in {dimensions} dimensions")
    shape = tuple(np.frombuffer(data[4:start], dtype=">u4").tolist())
    if len(data) - start != math.prod(shape):
        raise LilogicError(
            f"{path}: holds {len(data) - start} values, but its header says {shape}; get it anew"
        )
    return np.frombuffer(data, dtype=np.uint8, offset=start).reshape(shape).copy()


def labelled_idx(images: Path, labels: Path, classes: int) -> tuple[Array, Labels]:
    """uint8 [n, height, width] images and int64 [n] labels below ``classes``; errors as ``idx``."""
    x, y = idx(images, 3), idx(labels, 1)
    if len(x) != len(y):
        raise LilogicError(f"{labels}: has {len(y)} labels, but {images.name} has {len(x)} images")
    _check_labels(labels, y, classes)
    return x, y.astype(np.int64)


def cifar(path: Path) -> Splits:
    """CIFAR-10 from its folder of ``.bin`` files or its archive; uint8 [n, 32, 32, 3] images.

    Raises:
        LilogicError: a file is missing, truncated or has an impossible label.
    """
    files = _cifar_folder(path) if path.is_dir() else _cifar_archive(path)
    batches = [_cifar_batch(path / name, files[name]) for name in CIFAR_FILES]
    train = [np.concatenate(parts) for parts in zip(*batches[:-1], strict=True)]
    return train[0], train[1], *batches[-1]


def _cifar_folder(path: Path) -> dict[str, bytes]:
    return {name: read_bytes(path / name) for name in CIFAR_FILES}


def _cifar_archive(path: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                name = Path(member.name).name
                content = archive.extractfile(member) if name in CIFAR_FILES else None
                if content is not None:
                    files[name] = content.read()
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise LilogicError(
            f"{path}: truncated or damaged archive ({_first_line(error)}); get it anew"
        ) from error
    for name in CIFAR_FILES:
        if name not in files:
            raise LilogicError(f"{path}: has no {name}; get cifar-10-binary.tar.gz anew")
    return files


def _cifar_batch(path: Path, data: bytes) -> tuple[Array, Labels]:
    """A record is one label byte, then 32×32 red, green and blue planes."""
    expected = CIFAR_RECORDS * (1 + 3 * 32 * 32)
    if len(data) != expected:
        raise LilogicError(f"{path}: has {len(data)} bytes instead of {expected}; get it anew")
    records = np.frombuffer(data, dtype=np.uint8).reshape(CIFAR_RECORDS, -1)
    labels = records[:, 0].astype(np.int64)
    _check_labels(path, labels, 10)
    planes = records[:, 1:].reshape(-1, 3, 32, 32)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), labels


def _first_line(error: Exception) -> str:
    """The error's first line, or its type: some errors that zipfile raises say nothing."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def _check_labels(path: Path, labels: Array, classes: int) -> None:
    wrong = np.flatnonzero(labels >= classes)
    if wrong.size:
        raise LilogicError(
            f"{path}: label {wrong[0]} is {labels[wrong[0]]}, but classes are 0 to {classes - 1}"
        )


def npz(path: Path) -> Splits:
    """``x_train``, ``y_train``, ``x_test`` and ``y_test`` of a NumPy ``.npz``.

    Samples [n, ...] of 1 to 3 dimensions each hold integers, in whatever dtype; they come back
    in the smallest of ``encoder.DTYPES`` that holds both splits, or as they are if they have one
    of these. Labels [n] are integers from 0, and each class has training samples.

    Raises:
        LilogicError: names the file and the array that is missing or wrong.
    """
    arrays = _npz_arrays(path)
    for split in ("train", "test"):
        x, y = arrays[f"x_{split}"], arrays[f"y_{split}"]
        if not 2 <= x.ndim <= 4 or 0 in x.shape:
            raise LilogicError(
                f"{path}: x_{split} has shape {x.shape}, but must be (samples, ...) "
                "with 1 to 3 dimensions per sample"
            )
        if y.shape != x.shape[:1]:
            raise LilogicError(
                f"{path}: y_{split} has shape {y.shape}, but x_{split} has {len(x)} samples"
            )
    if arrays["x_train"].shape[1:] != arrays["x_test"].shape[1:]:
        raise LilogicError(
            f"{path}: x_test has samples of shape {arrays['x_test'].shape[1:]}, "
            f"but those of x_train have {arrays['x_train'].shape[1:]}"
        )
    x_train, x_test = _common_dtype(path, arrays["x_train"], arrays["x_test"])
    y_train, y_test = arrays["y_train"].astype(np.int64), arrays["y_test"].astype(np.int64)
    for name, labels in (("y_train", y_train), ("y_test", y_test)):
        if labels.min() < 0:
            raise LilogicError(f"{path}: {name} has label {labels.min()}, but classes start at 0")
    seen = np.unique(y_train)
    gaps = np.flatnonzero(seen != np.arange(len(seen)))
    if gaps.size:
        raise LilogicError(
            f"{path}: y_train has no label {gaps[0]}, but one of {seen[-1]}; "
            "number the classes from 0 without gaps"
        )
    if y_test.max() > seen[-1]:
        raise LilogicError(
            f"{path}: y_test has label {y_test.max()}, but y_train ends at {seen[-1]}"
        )
    return x_train, y_train, x_test, y_test


def _npz_arrays(path: Path) -> dict[str, Array]:
    """The four arrays, known to hold integers of whatever dtype."""
    names = ("x_train", "y_train", "x_test", "y_test")
    arrays: dict[str, Array] = {}
    if not path.is_file():
        raise LilogicError(f"{path}: no such file")
    try:
        with np.load(path, allow_pickle=False) as archive:
            for name in names:
                if name not in archive:
                    raise LilogicError(f"{path}: array {name} is missing; it needs {names}")
                arrays[name] = archive[name]
    except (
        OSError, EOFError, ValueError, TypeError, RuntimeError, MemoryError, AttributeError,
        zlib.error, zipfile.BadZipFile,
    ) as error:  # fmt: skip
        raise LilogicError(
            f"{path}: truncated, damaged or not a .npz of plain arrays ({_first_line(error)})"
        ) from error
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):  # np.load gives bytes that are no array as they are
            raise LilogicError(f"{path}: {name} is not a NumPy array")
        if array.dtype.kind not in "buif":
            raise LilogicError(f"{path}: {name} is {array.dtype}, but must hold integers")
        if array.dtype.kind == "f" and not (np.isfinite(array) & (array == np.floor(array))).all():
            raise LilogicError(
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
    raise LilogicError(f"{path}: x_train and x_test reach from {low} to {high}, beyond 32 bits")


def images(path: Path) -> tuple[Splits, tuple[str, ...]]:
    """Images by class and the names of the classes, in alphabetical order.

    Either ``path/train/CLASS/*`` and ``path/test/CLASS/*``, or ``path/CLASS/*`` of which a
    seeded fifth of each class becomes the test split. Images are uint8 [n, height, width], or
    [n, height, width, 3] (RGB; transparency is dropped) as soon as one pixel of one has a colour.
    Hidden files, and files with other suffixes than ``IMAGES``, are left alone.

    Raises:
        LilogicError: a file cannot be decoded or has another size; a class has too few images.
    """
    if (path / "train").is_dir() and (path / "test").is_dir():
        classes = _class_folders(path / "train")
        extra = [name for name in _class_folders(path / "test") if name not in classes]
        if extra:
            raise LilogicError(f"{path / 'test' / extra[0]}: there is no such class in train")
        names = {part: _image_files(path / part, classes) for part in ("train", "test")}
        x, y = _decode(names["train"] + names["test"])
        count = len(names["train"])
        return (x[:count], y[:count], x[count:], y[count:]), tuple(classes)
    classes = _class_folders(path)
    x, y = _decode(_image_files(path, classes))
    for label, name in enumerate(classes):
        if (y == label).sum() < 2:
            raise LilogicError(f"{path / name}: has one image, but two are needed to split off one")
    train, test = split(y)
    return (x[train], y[train], x[test], y[test]), tuple(classes)


def _class_folders(path: Path) -> list[str]:
    folders = (entry for entry in path.iterdir() if entry.is_dir())
    names = sorted(entry.name for entry in folders if not entry.name.startswith("."))
    if not names:
        raise LilogicError(f"{path}: has no folders, but one for each class is needed")
    return names


def _image_files(path: Path, classes: list[str]) -> list[tuple[Path, int]]:
    files: list[tuple[Path, int]] = []
    for label, name in enumerate(classes):
        found = [
            (entry, label)
            for entry in sorted((path / name).glob("*"))
            if entry.suffix.lower() in IMAGES and not entry.name.startswith(".")
        ]
        if not found:
            raise LilogicError(f"{path / name}: has no images ({', '.join(IMAGES)})")
        files += found
    return files


def _decode(files: list[tuple[Path, int]]) -> tuple[Array, Labels]:
    pixels: list[npt.NDArray[np.uint8]] = []
    for path, _ in files:
        decoded = _pixels(path, "RGB")
        if pixels and decoded.shape != pixels[0].shape:
            (height, width), (rows, columns) = decoded.shape[:2], pixels[0].shape[:2]
            raise LilogicError(
                f"{path}: is {width}×{height}, but {files[0][0].name} is {columns}×{rows}; "
                "make all images the same size"
            )
        pixels.append(decoded)
    x = np.stack(pixels)
    if (x == x[..., :1]).all():
        x = np.ascontiguousarray(x[..., 0])
    return x, np.array([label for _, label in files], dtype=np.int64)


def _pixels(path: Path, mode: str) -> npt.NDArray[np.uint8]:
    """An image file's pixels in Pillow's ``mode``: [height, width] if it is L, or with channels."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            if image.mode[0] in "IF":
                raise LilogicError(f"{path}: has more than 8 bits a pixel; convert it first")
            return np.asarray(image.convert(mode))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise LilogicError(f"{path}: truncated or not an image ({error})") from error


def image(path: Path, shape: tuple[int, ...], white: int = 255) -> npt.NDArray[np.uint8]:
    """An image file as a sample of ``shape``: ``(height, width)`` or ``(height, width, 1 or 3)``.

    It is made grey if the sample has no colours, scaled to values up to ``white``, and resized by
    area if it is larger or smaller. Its proportions must be right: nothing is cropped.

    Raises:
        LilogicError: a damaged file, other proportions, or samples that are no images.
    """
    if len(shape) < 2 or shape[2:] not in ((), (1,), (3,)):
        raise LilogicError(
            f"{path}: the network reads samples of shape {shape}, which are no images"
        )
    pixels = _pixels(path, "RGB" if shape[2:] == (3,) else "L")
    height, width = pixels.shape[:2]
    if height * shape[1] != width * shape[0]:
        raise LilogicError(
            f"{path}: is {width}×{height}, but the network reads {shape[1]}×{shape[0]}; "
            "crop it to these proportions"
        )
    resized = area_resize(pixels[None], (shape[0], shape[1])).reshape(shape)
    scaled: npt.NDArray[np.int32] = (resized.astype(np.int32) * white + 127) // 255
    return scaled.astype(np.uint8)


def split(labels: Labels) -> tuple[Labels, Labels]:
    """Rising indices of a training and a test split: a seeded fifth of each class is for testing.

    A class of two or more has at least one sample in each.
    """
    generator = np.random.default_rng(0)
    test: list[Labels] = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        count = min(max(1, round(len(members) / 5)), len(members) - 1)
        test.append(generator.permutation(members)[:count])
    chosen = np.zeros(len(labels), dtype=bool)
    chosen[np.concatenate(test)] = True
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)
