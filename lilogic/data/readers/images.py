"""Image files: folders of them by class, and single ones as samples of a network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from lilogic.data.preprocessing import area_resize
from lilogic.data.readers.arrays import Array, Labels, Splits, split
from lilogic.errors import DataError
from lilogic.extras import needs

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif")


def read_folder(path: Path) -> tuple[Splits, tuple[str, ...]]:
    """Images by class and the names of the classes, in alphabetical order.

    Either ``path/train/CLASS/*`` and ``path/test/CLASS/*``, or ``path/CLASS/*`` of which a
    seeded fifth of each class becomes the test split. Images are uint8 [n, height, width], or
    [n, height, width, 3] (RGB; transparency is dropped) as soon as one pixel of one has a colour.
    Hidden files, and files with other suffixes than ``SUFFIXES``, are left alone.

    Raises:
        DataError: a file cannot be decoded or has another size; a class has too few images.
    """
    if (path / "train").is_dir() and (path / "test").is_dir():
        classes = _class_folders(path / "train")
        extra = [name for name in _class_folders(path / "test") if name not in classes]
        if extra:
            raise DataError(f"{path / 'test' / extra[0]}: there is no such class in train")
        names = {part: _image_files(path / part, classes) for part in ("train", "test")}
        x, y = _decode(names["train"] + names["test"])
        count = len(names["train"])
        return (x[:count], y[:count], x[count:], y[count:]), tuple(classes)
    classes = _class_folders(path)
    x, y = _decode(_image_files(path, classes))
    for label, name in enumerate(classes):
        if (y == label).sum() < 2:
            raise DataError(f"{path / name}: has one image, but two are needed to split off one")
    train, test = split(y)
    return (x[train], y[train], x[test], y[test]), tuple(classes)


def _class_folders(path: Path) -> list[str]:
    folders = (entry for entry in path.iterdir() if entry.is_dir())
    names = sorted(entry.name for entry in folders if not entry.name.startswith("."))
    if not names:
        raise DataError(f"{path}: has no folders, but one for each class is needed")
    return names


def _image_files(path: Path, classes: list[str]) -> list[tuple[Path, int]]:
    files: list[tuple[Path, int]] = []
    for label, name in enumerate(classes):
        found = [
            (entry, label)
            for entry in sorted((path / name).glob("*"))
            if entry.suffix.lower() in SUFFIXES and not entry.name.startswith(".")
        ]
        if not found:
            raise DataError(f"{path / name}: has no images ({', '.join(SUFFIXES)})")
        files += found
    return files


def _decode(files: list[tuple[Path, int]]) -> tuple[Array, Labels]:
    pixels: list[npt.NDArray[np.uint8]] = []
    for path, _ in files:
        decoded = _pixels(path, "RGB")
        if pixels and decoded.shape != pixels[0].shape:
            (height, width), (rows, columns) = decoded.shape[:2], pixels[0].shape[:2]
            raise DataError(
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
    with needs("train", "pillow"):
        from PIL import Image
    try:
        with Image.open(path) as image:
            if image.mode[0] not in "IF":
                return np.asarray(image.convert(mode))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{path}: truncated or not an image ({error})") from error
    raise DataError(f"{path}: has more than 8 bits a pixel; convert it first")


def read(path: Path, shape: tuple[int, ...], white: int = 255) -> npt.NDArray[np.uint8]:
    """An image file as a sample of ``shape``: ``(height, width)`` or ``(height, width, 1 or 3)``.

    It is made grey if the sample has no colours, scaled to values up to ``white``, and resized by
    area if it is larger or smaller. Its proportions must be right: nothing is cropped.

    Raises:
        DataError: a damaged file, other proportions, or samples that are no images.
    """
    if len(shape) < 2 or shape[2:] not in ((), (1,), (3,)):
        raise DataError(f"{path}: the network reads samples of shape {shape}, which are no images")
    pixels = _pixels(path, "RGB" if shape[2:] == (3,) else "L")
    height, width = pixels.shape[:2]
    if height * shape[1] != width * shape[0]:
        raise DataError(
            f"{path}: is {width}×{height}, but the network reads {shape[1]}×{shape[0]}; "
            "crop it to these proportions"
        )
    resized = area_resize(pixels[None], (shape[0], shape[1])).reshape(shape)
    scaled: npt.NDArray[np.int32] = (resized.astype(np.int32) * white + 127) // 255
    return scaled.astype(np.uint8)
