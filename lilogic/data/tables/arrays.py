"""Data sets of arrays: samples of integers or real numbers, with labels of any type."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lilogic.data import labels
from lilogic.data.preprocessing import DTYPES, as_array
from lilogic.data.settings import DataSettings
from lilogic.data.splits import split
from lilogic.errors import DataError, LilogicWarning

if TYPE_CHECKING:
    from lilogic.data.datasets import Dataset

Array = npt.NDArray[Any]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Part:
    """Samples of a split and their labels, and what errors call them.

    Attributes:
        x: [n, ...].
        y: [n] of any type.
        x_name: of the samples.
        y_name: of the labels.
    """

    x: npt.ArrayLike
    y: npt.ArrayLike
    x_name: str = "samples"
    y_name: str = "labels"

    def samples(self) -> Array:
        """[n, ...] of numbers.

        Raises:
            DataError: another shape, no numbers, or some that are not finite.
        """
        x = as_array(self.x, self.x_name)
        if not 2 <= x.ndim <= 4 or 0 in x.shape:
            raise DataError(
                f"{self.x_name} has shape {x.shape}, but must be (samples, ...) "
                "with 1 to 3 dimensions per sample"
            )
        if x.dtype.kind not in "buif":
            raise DataError(f"{self.x_name} is {x.dtype}, but must hold numbers")
        if x.dtype.kind == "f" and not np.isfinite(x).all():
            sample = int(np.flatnonzero(~np.isfinite(x).reshape(len(x), -1).all(axis=1))[0])
            raise DataError(
                f"{self.x_name} has a value for sample {sample} that is missing or infinite; fill "
                "it in or drop the sample"
            )
        return x

    def labels(self, samples: int) -> list[str]:
        """What the class of each sample is called.

        Raises:
            DataError: more or fewer than samples, missing, or no classes.
        """
        y = as_array(self.y, self.y_name)
        labels.check_shape(y, samples, self.y_name)
        if y.dtype.kind not in "buifUSO":
            raise DataError(f"{self.y_name} are {y.dtype}, which cannot be classes")
        found = y.tolist()
        try:
            distinct = dict.fromkeys(found)
        except TypeError as error:
            raise DataError(f"{self.y_name} are neither numbers nor text") from error
        if any(value is None or value != value for value in distinct):
            sample = next(place for place, v in enumerate(found) if v is None or v != v)
            raise DataError(
                f"{self.y_name} have no value for sample {sample}; drop samples without a label"
            )
        labels.check_classes(self.y_name, distinct)
        names = {value: labels.spelling(value) for value in distinct}
        return [names[value] for value in found]


def dataset(name: str, train: Part, test: Part | None, settings: DataSettings) -> Dataset:
    """A data set of arrays.

    Integers, and floats that are integers, come in the smallest of ``DTYPES`` that holds all of
    them, or as they are if they have one of these; other floats, and larger ones, in float64.
    Classes are in the order of their values where all are numbers, else in that of the alphabet.

    Args:
        name: what it is called.
        train: training samples, or all.
        test: test samples; None to split them off.
        settings: how they are split off.

    Raises:
        DataError: names the array that is wrong.
    """
    from lilogic.data.datasets import Dataset

    parts = [train] if test is None else [train, test]
    samples = [part.samples() for part in parts]
    if test is not None and samples[1].shape[1:] != samples[0].shape[1:]:
        raise DataError(
            f"{test.x_name} has samples of shape {samples[1].shape[1:]}, "
            f"but those of {train.x_name} have {samples[0].shape[1:]}"
        )
    named = [part.labels(len(x)) for part, x in zip(parts, samples, strict=True)]
    samples = _common_dtype(samples)
    class_names = labels.ordered(named[0])
    number = {each: place for place, each in enumerate(class_names)}
    if test is not None:
        _check_known(named[1], number, test.y_name, train.y_name)
    y = [np.array([number[each] for each in names], dtype=np.int64) for names in named]
    if test is None:
        found = split(y[0], settings, name=name, class_names=class_names)
        chosen, held = found.train, found.test
        splits = (samples[0][chosen], y[0][chosen], samples[0][held], y[0][held])
    else:
        splits = (samples[0], y[0], samples[1], y[1])
    return Dataset(name, *splits, len(class_names), tuple(class_names), drawn=test is None)


def _check_known(found: list[str], known: Mapping[str, int], name: str, train_name: str) -> None:
    """Whether there are training samples of all classes of test samples."""
    for sample, each in enumerate(found):
        if each not in known:
            raise DataError(
                f"{name} have {each} for sample {sample}, but {train_name} do not have this class"
            )


def _common_dtype(parts: list[Array]) -> list[Array]:
    dtypes = {part.dtype for part in parts}
    if len(dtypes) == 1 and parts[0].dtype.name in DTYPES:
        return parts
    whole = all(part.dtype.kind != "f" or (part == np.floor(part)).all() for part in parts)
    if whole:
        low, high = (int(f([f(part) for part in parts])) for f in (np.min, np.max))
        for name in DTYPES:
            limits = np.iinfo(name)
            if limits.min <= low and high <= limits.max:
                return [part.astype(name) for part in parts]
    return [part.astype(np.float64) for part in parts]


def warn_of_channels(shape: tuple[int, ...], name: str) -> None:
    """Warn of samples whose channels seem to come first."""
    if len(shape) == 3 and shape[0] in (1, 3) and shape[2] not in (1, 2, 3, 4):
        message = (
            f"{name}: samples of shape {shape} are taken as {shape[0]} rows of {shape[1]} pixels "
            f"with {shape[2]} channels; if channels come first, numpy.transpose(x, (0, 2, 3, 1)) "
            "puts them last"
        )
        warnings.warn(LilogicWarning(message), stacklevel=3)
