"""Data sets: a table of known ones, and readers for users' own.

Known files are looked for in ``$LILOGIC_DATA`` (torchvision's layout), then in the user's cache,
then downloaded there.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.data import labels
from lilogic.data.fetch import Source, data_root
from lilogic.data.look import Look, Tone
from lilogic.data.readers import cifar, idx, images, npz
from lilogic.data.readers.arrays import Splits
from lilogic.data.settings import DataSettings
from lilogic.data.splits import samples_hash, split, stratified
from lilogic.data.tables import arrays, files, known
from lilogic.data.tables.schema import Schema
from lilogic.errors import DataError
from lilogic.extras import needs


@dataclass(frozen=True, eq=False)
class Dataset:
    """A classification problem, split into training and test samples.

    Attributes:
        name: Name in messages and metadata.
        x_train: Raw training samples [n, …]: integers, or float64.
        y_train: Classes of the training samples, int64 [n].
        x_test: Raw test samples [m, …], of the same shape and dtype.
        y_test: Classes of the test samples, int64 [m].
        n_classes: Number of classes.
        class_names: Names of the classes.
        feature_names: Names of the values of a sample, if they have any.
        weights: Weights of the training samples, float64 [n]; None for equal weights.
        groups: Groups of the training samples, int64 [n]: samples of a group stay on one side of a
            split. None for no groups.
        held: Which training samples validate, bool [n], if the data set says so.
        schema: The columns that features are made of, if the data set is a table.
        drawn: Whether the test samples were drawn from the data set, rather than named by it.

    Raises:
        DataError: Labels are not numbers of classes; there are too many or too few labels or names;
            weights are negative or all zero; or no training sample is left to train on.
    """

    name: str
    x_train: npt.NDArray[Any]
    y_train: npt.NDArray[np.int64]
    x_test: npt.NDArray[Any]
    y_test: npt.NDArray[np.int64]
    n_classes: int
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...] = ()
    weights: npt.NDArray[np.float64] | None = None
    groups: npt.NDArray[np.int64] | None = None
    held: npt.NDArray[np.bool_] | None = None
    schema: Schema | None = None
    drawn: bool = False

    def __post_init__(self) -> None:
        for field, x in (("y_train", self.x_train), ("y_test", self.x_test)):
            name = f"{self.name}: labels {field}"
            found = labels.numbers(getattr(self, field), len(x), name)
            labels.check_below(found, self.n_classes, name)
            object.__setattr__(self, field, found)
        if len(self.class_names) != self.n_classes:
            raise DataError(
                f"{self.name}: has {len(self.class_names)} class_names for {self.n_classes} classes"
            )
        for field in ("weights", "groups", "held"):
            values = getattr(self, field)
            if values is not None and values.shape != self.y_train.shape:
                raise DataError(
                    f"{self.name}: {field} have shape {values.shape}, "
                    f"but there are {len(self.y_train)} training samples"
                )
        if self.weights is not None:
            _check_weights(self.weights, self.name)
        if self.held is not None and self.held.all():
            raise DataError(
                f"{self.name}: validation takes all training samples, so none is left to train on"
            )

    def hashes(self) -> dict[str, str]:
        """Return the SHA-256 of each split: the samples in C order, then the labels."""
        return {"train": self.train_hash(), "test": samples_hash(self.x_test, self.y_test)}

    def train_hash(self) -> str:
        """Return the hash of the training split, with weights, groups and validation marks."""
        more = (self.weights, self.groups, self.held)
        return samples_hash(
            self.x_train, self.y_train, *(each for each in more if each is not None)
        )

    def look(self) -> Look | None:
        """Return how the images look; None if the samples are not images of bytes."""
        if self.x_train.ndim < 3 or self.x_train.dtype != np.uint8:
            return None
        return Look.of(self.x_train)


Loader = Callable[[str, DataSettings], Dataset]
"""Loads the data set of a name, splitting it as the settings say if it has no test split."""


def _check_weights(weights: npt.NDArray[np.float64], name: str) -> None:
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if wrong.size:
        raise DataError(
            f"{name}: the weight of training sample {wrong[0]} is {weights[wrong[0]]:g}, "
            "but weights are numbers from 0"
        )
    if not weights.any():
        raise DataError(f"{name}: all weights are 0")


def folded(data: Dataset, settings: DataSettings) -> Dataset:
    """The data set whose test samples are the fold that settings name, if they name one.

    Folds are of the training samples, unless whatever made the data set has drawn the fold of
    all samples; a test split that the data name is left out.

    Raises:
        DataError: there are too few samples or groups for so many folds.
    """
    if settings.fold is None or data.drawn:
        return data
    found = split(
        data.y_train, settings, groups=data.groups, name=data.name, class_names=data.class_names
    )
    train, test = found.train, found.test
    return replace(
        data,
        x_train=data.x_train[train],
        y_train=data.y_train[train],
        x_test=data.x_train[test],
        y_test=data.y_train[test],
        weights=None if data.weights is None else data.weights[train],
        groups=None if data.groups is None else data.groups[train],
        held=None,
        drawn=True,
    )


def exists(name: str) -> bool:
    """Whether ``load`` would take this for a data set, usable or not."""
    is_path = os.path.exists(name) or os.sep in name
    return name in REGISTRY or is_path or Path(name).suffix.lower() in _SUFFIXES


def load(name: str, settings: DataSettings | None = None) -> Dataset:
    """Load a data set by name, or from a file or folder.

    Args:
        name: A known name; a table, ``.npz`` or ``.npy`` file; or a folder of images by class.
        settings: How to read and split it, where it does not say so itself.

    Raises:
        DataError: There is no such data set, or its files are missing or damaged.
        MissingExtraError: Tables need pandas and PyArrow.
    """
    settings = settings or DataSettings()  # type: ignore[call-arg]
    return folded(_load(name, settings), settings)


def _load(name: str, settings: DataSettings) -> Dataset:
    """As ``load``; what names its test samples itself is not folded."""
    if name in REGISTRY:
        return REGISTRY[name](name, settings)
    path = Path(name)
    if os.path.isdir(name):
        splits, class_names, drawn = images.read_folder(path, settings)
        return replace(_dataset(path.resolve().name, splits, class_names), drawn=drawn)
    if not exists(name):
        raise DataError(
            f"{name}: no such data set; name one of {', '.join(REGISTRY)}, or a file: a table "
            "(.csv, .tsv, .parquet, .arff), a .npz, or a folder with a subfolder of images for "
            "each class"
        )
    if not os.path.exists(name):
        raise DataError(f"{path}: no such file or folder")
    if files.is_table(path):
        return _table(path, settings)
    if path.suffix.lower() == ".npy":
        return _arrays(path, npz.read_pair(path), settings)
    if path.suffix.lower() == ".npz" or npz.is_archive(path):
        return _arrays(path, npz.read(path), settings)
    raise DataError(f"{path}: not a data set in a supported format; {_SAVE_IT}")


def _table(path: Path, settings: DataSettings) -> Dataset:
    from lilogic.data.tables import build

    data = build.dataset(str(path), files.read(path), settings)
    return replace(data, name=path.name.partition(".")[0] or path.stem)


def _arrays(path: Path, found: dict[str, npt.NDArray[Any]], settings: DataSettings) -> Dataset:
    """A data set of arrays by name: those for training, and for testing if there are any."""
    names = [*found]
    parts = [
        arrays.Part(found[x], found[y], f"{path}: {x}", f"{path}: labels {y}")
        for x, y in zip(names[::2], names[1::2], strict=True)
    ]
    arrays.warn_of_channels(found[names[0]].shape[1:], str(path))
    return arrays.dataset(path.stem, parts[0], parts[1] if parts[1:] else None, settings)


_SUFFIXES = (
    ".npz", ".npy", ".csv", ".tsv", ".arff", ".xls", ".xlsx", ".ods", ".parquet", ".feather",
    ".tab", ".pq", ".mat", ".h5", ".hdf5", ".pkl", ".pickle", ".pt", ".zip", ".tar", ".gz", ".tgz",
    ".7z",
)  # fmt: skip
"""What files of data are called: with one of these, a name is no recipe's."""

_SAVE_IT = (
    "save it as CSV or Parquet, or as .npz with numpy.savez(FILE, x_train=…, y_train=…, "
    "x_test=…, y_test=…), or make a folder with a subfolder of images for each class"
)


def _dataset(name: str, splits: Splits, class_names: tuple[str, ...]) -> Dataset:
    return Dataset(name, *splits, len(class_names), class_names)


def _digits(name: str, settings: DataSettings) -> Dataset:
    """scikit-learn's 1,797 digits: uint8 [n, 8, 8] of 0 to 16.

    The test split, always the same 359 images, is a seeded fifth of each class.
    """
    with needs("train", "scikit-learn"):
        from sklearn.datasets import load_digits
    digits = load_digits()
    x, y = digits.images.astype(np.uint8), digits.target.astype(np.int64)
    train, test = stratified(y, 0.2, seed=0)
    return _dataset(name, (x[train], y[train], x[test], y[test]), DIGITS)


def _idx(
    folder: str, url: str, md5: tuple[str, str, str, str], class_names: tuple[str, ...]
) -> Loader:
    """A loader of four IDX files: MNIST and everything that copies its layout."""
    files = (
        "train-images-idx3-ubyte.gz",
        "train-labels-idx1-ubyte.gz",
        "t10k-images-idx3-ubyte.gz",
        "t10k-labels-idx1-ubyte.gz",
    )

    def loader(name: str, settings: DataSettings) -> Dataset:
        source = Source(name, folder, url, dict(zip(files, md5, strict=True)))
        paths = [source.find(file) for file in files]
        train = idx.read_labelled(paths[0], paths[1], len(class_names))
        test = idx.read_labelled(paths[2], paths[3], len(class_names))
        if train[0].shape[1:] != test[0].shape[1:]:
            raise DataError(
                f"{paths[2]}: images are {test[0].shape[1:]}, "
                f"but those of {paths[0].name} are {train[0].shape[1:]}"
            )
        return _dataset(name, (*train, *test), class_names)

    return loader


def _cifar(name: str, settings: DataSettings) -> Dataset:
    root = data_root()
    places = [] if root is None else [root, root / "CIFAR10"]
    known = (*cifar.FOLDERS, *cifar.ARCHIVES)
    found = [path for place in places for name in known if (path := place / name).exists()]
    path = found[0] if found else _CIFAR_ARCHIVE.find(cifar.ARCHIVES[0])
    return _dataset(name, cifar.read(path), _CIFAR_CLASSES)


LOOKS = {
    "digits": Look(white=16, ground=Tone.DARK),
    "mnist": Look(white=255, ground=Tone.DARK),
    "fashion-mnist": Look(white=255, ground=Tone.DARK),
    "kmnist": Look(white=255, ground=Tone.DARK),
    "cifar-10": Look(white=255),
}
"""How known data sets look, for networks that do not record it."""

DIGITS = tuple("0123456789")

_FASHION_CLASSES = (
    "T-shirt/top", "trouser", "pullover", "dress", "coat",
    "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip

_CIFAR_CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip

_CIFAR_ARCHIVE = Source(
    "cifar-10",
    "",
    "https://www.cs.toronto.edu/~kriz/",
    {"cifar-10-binary.tar.gz": "c32a1d4ab5d03f1284b67883e8d87530"},
)

REGISTRY: dict[str, Loader] = {
    "digits": _digits,
    "mnist": _idx(
        "MNIST/raw",
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        (
            "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "d53e105ee54ea40749a09fcbcd1e9432",
            "9fb629c4189551a2d022fa330f9573f3",
            "ec29112dd5afa0611ce80d1b7f02629c",
        ),
        DIGITS,
    ),
    "fashion-mnist": _idx(
        "FashionMNIST/raw",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        (
            "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "25c81989df183df01b3e8a0aad5dffbe",
            "bef4ecab320f06d8554ea6380940ec79",
            "bb300cfdad3c16e7a12a480ee83cd310",
        ),
        _FASHION_CLASSES,
    ),
    "kmnist": _idx(
        "KMNIST/raw",
        "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        (
            "bdb82020997e1d708af4cf47b453dcf7",
            "e144d726b3acfaa3e44228e80efcd344",
            "5c965bf0a639b31b8f53240b1b52f4d7",
            "7320c461ea6c1c855c0b718fb2a4b134",
        ),
        ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    ),
    "cifar-10": _cifar,
    **known.TABLES,
}
