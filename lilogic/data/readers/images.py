"""Folders of pictures by class."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lilogic.data.readers import pictures
from lilogic.data.readers.arrays import Array, Labels, Splits
from lilogic.data.readers.pictures import SUFFIXES, Picture, UnknownFormatError
from lilogic.data.settings import DataSettings
from lilogic.data.splits import split
from lilogic.errors import DataError, LilogicWarning

_TRAIN = ("train", "training")
_TEST = ("test", "testing")
_VALIDATION = ("val", "valid", "validation", "dev")


class Folder(NamedTuple):
    """Images by class.

    Attributes:
        splits: the images and their labels, for training and for testing.
        class_names: of the labels.
        drawn: whether the test images were drawn from all, rather than in a folder of their own.
    """

    splits: Splits
    class_names: tuple[str, ...]
    drawn: bool


def read_folder(path: Path, settings: DataSettings | None = None) -> Folder:
    """Images by class and the names of the classes.

    Either ``path/train/CLASS/*`` and ``path/test/CLASS/*``, or ``path/CLASS/*``, of which test
    images are drawn as ``settings`` say. Classes are in alphabetical order, or in
    that of their values where all names are numbers. Images are uint8 [n, height, width], or
    [n, height, width, 3] (RGB) as soon as one pixel of one has a colour; ``pictures.read`` says
    how files become pixels. Hidden files are left out; other files and folders that are no
    pictures of a class are, too, with a ``LilogicWarning`` that names them.

    Raises:
        DataError: a picture cannot be decoded or has another size; a class has too few; a folder
            for one of the splits is missing.
    """
    parts = _split_folders(path)
    if parts is None:
        classes = _class_folders(path)
        x, y = _stack(_pictures(path, classes))
        for label, name in enumerate(classes):
            if (y == label).sum() < 2:
                raise DataError(
                    f"{path / name}: has one image, but needs two, to split off one for testing"
                )
        chosen = settings or DataSettings()  # type: ignore[call-arg]
        found = split(y, chosen, name=str(path), class_names=classes)
        train, test = found.train, found.test
        return Folder((x[train], y[train], x[test], y[test]), tuple(classes), drawn=True)
    train_folder, test_folder = parts
    classes = _class_folders(train_folder)
    extra = [name for name in _class_folders(test_folder) if name not in classes]
    if extra:
        raise DataError(f"{test_folder / extra[0]}: {train_folder.name} has no such class")
    trained = _pictures(train_folder, classes)
    count = len(trained)
    x, y = _stack(trained + _pictures(test_folder, classes))
    return Folder((x[:count], y[:count], x[count:], y[count:]), tuple(classes), drawn=False)


def _split_folders(path: Path) -> tuple[Path, Path] | None:
    """The folders of the training and of the test split; None where there are classes only.

    Raises:
        DataError: one of the two is missing.
    """
    named = {folder.name.lower(): folder for folder in _folders(path)}
    train, test, validation = (
        next((named[name] for name in names if name in named), None)
        for names in (_TRAIN, _TEST, _VALIDATION)
    )
    if train and test:
        used = (train, test)
        _warn_left_out(path, [entry for entry in _entries(path) if entry not in used])
        return used
    # One of them alone may be a class, of trains for example; then it has pictures, not folders.
    found = train or test
    if found is None or not (validation or _folders(found)):
        return None
    missing = "test" if train else "train"
    advice = f"make it of {validation.name}" if validation and train else "make one"
    raise DataError(
        f"{path}: has a folder {found.name}, but none called {missing}: {advice}, or name {found} "
        "to split a fifth of it off"
    )


def _entries(path: Path) -> list[Path]:
    """What is in a folder and not hidden, by name; nothing where there is no such folder."""
    try:
        return sorted(entry for entry in path.iterdir() if not entry.name.startswith("."))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error


def _folders(path: Path) -> list[Path]:
    return [entry for entry in _entries(path) if entry.is_dir()]


def _class_folders(path: Path) -> list[str]:
    names = [folder.name for folder in _folders(path)]
    if not names:
        raise DataError(f"{path}: has no subfolders; make one for each class")
    _warn_left_out(path, [entry for entry in _entries(path) if not entry.is_dir()])
    return sorted(names, key=int) if all(map(str.isdecimal, names)) else names


@dataclass(frozen=True, eq=False)
class _Labelled:
    picture: Picture
    label: int


def _pictures(path: Path, classes: list[str]) -> list[_Labelled]:
    """All pictures of all classes, which each must have one."""
    found: list[_Labelled] = []
    for label, name in enumerate(classes):
        of_class: list[_Labelled] = []
        others: list[Path] = []
        for entry in _entries(path / name):
            try:
                if entry.is_file():
                    of_class.append(_Labelled(pictures.read(entry), label))
                else:
                    others.append(entry)
            except UnknownFormatError:
                if entry.suffix.lower() in SUFFIXES:
                    raise
                others.append(entry)
        if not of_class:
            folders = any(entry.is_dir() for entry in others)
            what = "folders, but no images" if folders else "no images"
            raise DataError(f"{path / name}: has {what}, but each class needs at least one")
        _warn_left_out(path / name, others)
        found += of_class
    return found


def _warn_left_out(path: Path, entries: list[Path]) -> None:
    if entries:
        names = ", ".join(entry.name for entry in entries[:3])
        more = f" and {len(entries) - 3:,} more" if len(entries) > 3 else ""
        warnings.warn(LilogicWarning(f"{path}: ignored {names}{more}"), stacklevel=4)


def _stack(labelled: list[_Labelled]) -> tuple[Array, Labels]:
    found = [each.picture for each in labelled]
    first = found[0]
    for picture in found:
        if picture.pixels.shape != first.pixels.shape:
            (height, width), (rows, columns) = picture.pixels.shape[:2], first.pixels.shape[:2]
            raise DataError(
                f"{picture.origin.path}: is {width}×{height}, but {first.origin.path.name} is "
                f"{columns}×{rows}; make all images the same size"
            )
    pictures.warn_of([picture.origin for picture in found])
    x = np.stack([picture.pixels for picture in found])
    coloured = np.array([(image != image[..., :1]).any() for image in x])
    if not coloured.any():
        x = np.ascontiguousarray(x[..., 0])
    elif not coloured.all():
        paths = [found[number].origin.path for number in np.flatnonzero(coloured)]
        message = (
            f"{pictures.some(paths)}: has colours, so all images are taken as RGB; "
            "save it as grey for one value a pixel"
        )
        warnings.warn(LilogicWarning(message), stacklevel=3)
    return x, np.array([each.label for each in labelled], dtype=np.int64)
