"""Labels: which class each sample is of, as numbers from 0; what else they may be gets advice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.data.preprocessing import as_array
from lilogic.errors import DataError

Labels = npt.NDArray[np.int64]

_HIGHEST = np.iinfo(np.int32).max

_NUMBER_THEM = "number the classes: names, y = numpy.unique(y, return_inverse=True)"


def numbers(labels: npt.ArrayLike, samples: int, name: str = "labels") -> Labels:
    """int64 [samples] of labels that are whole numbers from 0, in whatever dtype.

    Args:
        labels: one for each sample.
        samples: how many there are.
        name: what errors call the labels.

    Raises:
        DataError: they are no such numbers, or more or fewer; says what to do about it.
    """
    found = as_array(labels, name)
    if found.ndim == 2 and len(found) == samples:
        raise DataError(f"{name} have shape {found.shape}, {_columns(found)}")
    if found.shape != (samples,):
        raise DataError(f"{name} have shape {found.shape}, but there are {samples} samples")
    if found.dtype.kind == "f":
        _check_whole(found, name)
    elif found.dtype.kind not in "bui":
        raise DataError(f"{name} are {found.dtype}, such as {found[:1].tolist()}: {_NUMBER_THEM}")
    if samples and found.min() < 0:
        place = int(np.argmin(found))
        raise DataError(
            f"{name} have {found[place]:g} for sample {place}, but classes start at 0; "
            f"{_NUMBER_THEM}"
        )
    if samples and found.max() > _HIGHEST:
        raise DataError(f"{name} reach {found.max():g}, which is no number of a class")
    return found.astype(np.int64)


def check_below(labels: Labels, classes: int, name: str = "labels") -> None:
    """Whether all labels are below ``classes``.

    Raises:
        DataError: names the highest.
    """
    if labels.size and labels.max() >= classes:
        raise DataError(f"{name} reach {labels.max()}, but classes are 0 to {classes - 1}")


def check_all(labels: Labels, name: str = "labels") -> None:
    """Whether there are samples of each class, from 0 to the highest.

    Raises:
        DataError: names the first class without.
    """
    seen = np.unique(labels)
    gaps = np.flatnonzero(seen != np.arange(len(seen)))
    if gaps.size:
        raise DataError(
            f"{name} have no {gaps[0]}, but {seen[-1]}; classes have no gaps, so {_NUMBER_THEM}"
        )


def check_several(labels: Labels, class_names: Sequence[str], name: str) -> None:
    """Whether there is something to tell apart in the training samples of the data set ``name``.

    Raises:
        DataError: all are of one class.
    """
    if len(np.unique(labels)) < 2:
        only = class_names[labels[0]] if labels.size else "none"
        raise DataError(
            f"{name}: all training samples are of one class, {only}; "
            "a classifier tells two or more apart"
        )


def _columns(labels: npt.NDArray[Any]) -> str:
    """What to do about labels [samples, columns]."""
    if labels.shape[1] == 1:
        return "but must be a row; pass y.ravel()"
    if labels.dtype.kind in "buif":
        is_one_hot = ((labels == 0) | (labels == 1)).all() and (labels.sum(axis=1) == 1).all()
        if is_one_hot:
            return "one-hot; pass y.argmax(axis=1)"
    return "but each sample has one class; several at once take a network for each column"


def _check_whole(labels: npt.NDArray[Any], name: str) -> None:
    wrong = np.flatnonzero(~(np.isfinite(labels) & (labels == np.floor(labels))))
    if not wrong.size:
        return
    first = labels[wrong[0]]
    advice = (
        "classes are learned, not values: cut them into ranges, as numpy.digitize does"
        if np.isfinite(first)
        else "leave out what has no label"
    )
    raise DataError(f"{name} have {first:g} for sample {wrong[0]}; {advice}")
