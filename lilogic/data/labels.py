"""Labels: which class each sample is of, as numbers from 0; what else they may be gets advice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.data.preprocessing import as_array
from lilogic.errors import DataError

Labels = npt.NDArray[np.int64]

_HIGHEST = np.iinfo(np.int32).max

_CUT_THEM = "lilogic learns classes, not values; cut them into ranges, e.g. with numpy.digitize"
_NUMBER_THEM = "number the classes with names, y = numpy.unique(y, return_inverse=True)"


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
    check_shape(found, samples, name)
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
        raise DataError(f"{name} reach {found.max():g}, which is too large for a class")
    return found.astype(np.int64)


def check_shape(labels: npt.NDArray[Any], samples: int, name: str = "labels") -> None:
    """Whether there is one label for each sample.

    Raises:
        DataError: says what to do with labels in columns.
    """
    if labels.ndim == 2 and len(labels) == samples:
        raise DataError(f"{name} have shape {labels.shape}, {_columns(labels)}")
    if labels.shape != (samples,):
        raise DataError(f"{name} have shape {labels.shape}, but there are {samples} samples")


def check_below(labels: Labels, classes: int, name: str = "labels") -> None:
    """Whether all labels are below ``classes``.

    Raises:
        DataError: names the highest.
    """
    if labels.size and labels.max() >= classes:
        raise DataError(f"{name} reach {labels.max()}, but classes are 0 to {classes - 1}")


def spelling(value: Any) -> str:
    """What a class is called: whole numbers without a point, text without spaces around it."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def ordered(names: Iterable[str]) -> list[str]:
    """Names in the order of their values where all are numbers, else in that of the alphabet."""
    found = sorted(set(names))
    try:
        return sorted(found, key=float)
    except ValueError:
        return found


def check_classes(name: str, values: Iterable[Any]) -> None:
    """Whether labels, each of another value, are classes and not measurements.

    Raises:
        DataError: numbers with fractions.
    """
    for value in values:
        if isinstance(value, float | np.floating) and not float(value).is_integer():
            raise DataError(f"{name} have {value:g}; {_CUT_THEM}", option="label")


def check_several(labels: Labels, class_names: Sequence[str], name: str) -> None:
    """Whether there is something to tell apart in the training samples of the data set ``name``.

    Raises:
        DataError: all are of one class.
    """
    if len(np.unique(labels)) < 2:
        only = class_names[labels[0]] if labels.size else "none"
        raise DataError(
            f"{name}: all training samples belong to one class, {only}; a classifier needs at "
            "least two classes"
        )


def _columns(labels: npt.NDArray[Any]) -> str:
    """What to do about labels [samples, columns]."""
    if labels.shape[1] == 1:
        return "but must be a row; pass y.ravel()"
    if labels.dtype.kind in "buif":
        is_one_hot = ((labels == 0) | (labels == 1)).all() and (labels.sum(axis=1) == 1).all()
        if is_one_hot:
            return "one-hot; pass y.argmax(axis=1)"
    return "but each sample has one class; for several labels, train a network for each column"


def _check_whole(labels: npt.NDArray[Any], name: str) -> None:
    wrong = np.flatnonzero(~(np.isfinite(labels) & (labels == np.floor(labels))))
    if not wrong.size:
        return
    first = labels[wrong[0]]
    advice = _CUT_THEM if np.isfinite(first) else "drop samples without a label"
    raise DataError(f"{name} have {first:g} for sample {wrong[0]}; {advice}")
