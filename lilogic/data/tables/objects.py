"""Data sets of what Python programs have: data frames, arrays, data sets of PyTorch."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from lilogic.data.labels import ordered
from lilogic.data.settings import DataSettings
from lilogic.data.tables import arrays, build
from lilogic.data.tables.arrays import Part
from lilogic.data.tables.frames import frame, is_frame
from lilogic.errors import DataError

if TYPE_CHECKING:
    from lilogic.data.datasets import Dataset

_NAME = "table"


def dataset(source: Any, settings: DataSettings) -> Dataset:
    """A data set of an object.

    Args:
        source: one of

            * a data frame or table, as ``frames.frame`` takes it, with a column of labels;
            * two of them with the same columns, for training and testing;
            * samples ``x`` and labels ``y``: arrays, or a data frame and a column;
            * two such pairs, for training and testing;
            * a data set of PyTorch that has a length, or two.
        settings: which columns are what, and how samples are split where nothing is for testing.

    Raises:
        DataError: it is none of these, or its values are unusable.
        MissingExtraError: pandas or PyArrow is not installed.
    """
    if is_frame(source):
        return build.dataset(_NAME, source, settings)
    if _is_torch(source):
        return arrays.dataset("data", _of_torch(source), None, settings)
    if not isinstance(source, tuple | list) or len(source) != 2:
        raise DataError(
            f"{type(source).__name__} is not data; pass a recipe, a file, a data frame, or "
            "samples and labels (x, y)"
        )
    first, second = source
    if is_frame(first) and is_frame(second) and len(frame(second).columns) > 1:
        return build.dataset(_NAME, first, settings, second)
    if is_frame(first):
        return _of_frame(first, second, settings)
    if _is_torch(first) and _is_torch(second):
        return arrays.dataset("data", _of_torch(first), _of_torch(second, "test "), settings)
    if all(isinstance(each, tuple | list) and len(each) == 2 for each in source):
        if all(is_frame(each[0]) for each in source):
            table, told = _with_label(first[0], first[1], settings)
            test, _ = _with_label(second[0], second[1], told)
            return build.dataset(_NAME, table, told, test)
        held = Part(second[0], second[1], "test samples", "test labels")
        return arrays.dataset("data", Part(first[0], first[1]), held, settings)
    return arrays.dataset("data", Part(first, second), None, settings)


def _of_frame(x: Any, y: Any, settings: DataSettings) -> Dataset:
    table, told = _with_label(x, y, settings)
    return build.dataset(_NAME, table, told)


def _with_label(x: Any, y: Any, settings: DataSettings) -> tuple[Any, DataSettings]:
    """A data frame with one column more, of labels, and settings that name it."""
    import pandas

    rows = frame(x)
    column = frame(y).iloc[:, 0] if is_frame(y) else pandas.Series(np.asarray(y))
    if len(column) != len(rows):
        raise DataError(f"there are {len(column)} labels, but {len(rows)} rows")
    label = str(settings.label or getattr(y, "name", None) or (is_frame(y) and column.name) or "y")
    if label in rows.columns:
        raise DataError(
            f"column {label} is a feature, but the labels have the same name; rename one"
        )
    rows[label] = column
    return rows, settings.model_copy(update={"label": label})


def _is_torch(value: Any) -> bool:
    """Whether this is a data set of PyTorch; where there is one, PyTorch is imported already."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.utils.data.Dataset)


def _of_torch(data: Any, which: str = "") -> Part:
    """All samples and labels of a data set of PyTorch."""
    if not hasattr(data, "__len__"):
        raise DataError("a data set of PyTorch must have a length, so that it can be split")
    pairs = [data[index] for index in range(len(data))]
    if not pairs or not all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in pairs):
        raise DataError("a data set of PyTorch must give pairs of a sample and its label")
    x = [np.asarray(sample) for sample, _ in pairs]
    if len({sample.shape for sample in x}) > 1:
        raise DataError("samples of the data set of PyTorch differ in their shapes")
    y = [label.item() if hasattr(label, "item") else label for _, label in pairs]
    return Part(np.stack(x), np.array(_named(data, y)), f"{which}samples", f"{which}labels")


def _named(data: Any, y: list[Any]) -> list[Any]:
    """Labels by the names of ``data.classes``, where these are in the order of the classes."""
    names = [str(name) for name in getattr(data, "classes", [])]
    is_named = names == ordered(names) and all(isinstance(label, int) for label in y)
    return [names[label] for label in y] if is_named and names else y
