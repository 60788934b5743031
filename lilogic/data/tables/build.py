"""Data sets of tables: which column is what, which rows train, what the features are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lilogic.data import labels
from lilogic.data.settings import DataSettings
from lilogic.data.splits import split
from lilogic.data.tables import checks, values
from lilogic.data.tables.frames import frame
from lilogic.data.tables.schema import (
    Schema,
    check_finite,
    check_has,
    fit,
    missing_value,
    numbers_of,
)
from lilogic.errors import DataError, LilogicError

if TYPE_CHECKING:
    import pandas

    from lilogic.data.datasets import Dataset

LABELS = ("label", "class", "target", "y")
"""What the column with the classes is likely to be called, in whatever case."""

_MANY = 20
"""Labels with more values than this, and than half of the rows, are no classes."""

Mask = npt.NDArray[np.bool_]


def dataset(name: str, table: Any, settings: DataSettings, test: Any = None) -> Dataset:
    """A data set of a table.

    What is guessed, left out or odd is a ``LilogicWarning``.

    Args:
        name: what it is called, in messages, too.
        table: its rows, as ``frames.frame`` takes them.
        settings: which columns are what, and how rows are split.
        test: rows for testing, in a table of their own; None to take them of ``table``.

    Raises:
        DataError: names the column, and the row.
        MissingExtraError: pandas or PyArrow is not installed.
    """
    try:
        return _dataset(name, table, settings, test)
    except LilogicError as error:
        raise error.at(name) from error


def labelled(name: str, table: Any, schema: Schema, class_names: Sequence[str]) -> Dataset:
    """Rows of another table as test samples of a network that was trained on one.

    Args:
        name: what it is called.
        table: its rows, as ``frames.frame`` takes them.
        schema: of the network.
        class_names: of the network.

    Raises:
        DataError: a column is missing, or a class is none of the network's.
    """
    from lilogic.data.datasets import Dataset

    try:
        rows = frame(table)
        label = schema.label or _guessed(rows, name)
        check_has(rows.columns, [label], "label")
        y, found = _labels(rows[label])
        number = {each: place for place, each in enumerate(class_names)}
        unknown = [each for each in found if each not in number]
        if unknown:
            raise DataError(
                f"column {label} has {unknown[0]}, but classes are {', '.join(class_names)}"
            )
        y = np.array([number[each] for each in found], dtype=np.int64)[y]
        x = schema.features_of(rows)
    except LilogicError as error:
        raise error.at(name) from error
    return Dataset(
        name,
        x[:0],
        y[:0],
        x,
        y,
        len(class_names),
        tuple(class_names),
        feature_names=schema.feature_names,
        schema=schema,
    )


def _dataset(name: str, table: Any, settings: DataSettings, apart: Any) -> Dataset:
    """As ``dataset``; its errors do not say which table it is."""
    from lilogic.data.datasets import Dataset

    rows = frame(table)
    is_apart = np.zeros(len(rows), dtype=bool)
    if apart is not None:
        rows, is_apart = _joined(rows, frame(apart))
    check_has(rows.columns, [settings.label] if settings.label else [], "label")
    check_has(rows.columns, settings.drop, "drop")
    others = [each for each in (settings.weight, settings.group, settings.split) if each]
    check_has(rows.columns, [*others, *settings.columns])
    label = settings.label or _guessed(rows.drop(columns=[*others, *settings.drop]), name)
    y, class_names = _classes(rows[label])
    columns = settings.columns or [each for each in rows.columns if each not in others]
    if label in settings.columns:
        raise DataError(f"column {label} is the label, so it cannot be a feature", option="columns")
    columns = [each for each in columns if each not in {label, *settings.drop}]
    groups = None if settings.group is None else _groups(rows[settings.group])
    column = _column(rows, settings.split, is_apart)
    found = split(y, settings, groups=groups, column=column, name=name, class_names=class_names)
    train, test = found.train, found.test
    weights = None if settings.weight is None else _weights(rows[settings.weight].iloc[train])
    of_train = rows.iloc[train]
    columns = checks.usable(of_train, columns, bool(settings.columns), name)
    schema = fit(of_train, columns, settings.missing).model_copy(update={"label": label})
    x = schema.features_of(rows)
    check_finite(rows, schema, x)
    data = Dataset(
        name,
        x[train],
        y[train],
        x[test],
        y[test],
        len(class_names),
        tuple(class_names),
        schema.feature_names,
        weights,
        None if groups is None else groups[train],
        found.held,
        schema,
        found.drawn,
    )
    checks.warn_of_leaks(of_train, columns, y[train], name)
    is_test = np.zeros(len(rows), dtype=bool)
    is_test[test] = True
    checks.warn_of_duplicates(rows[[*columns, label]], is_test, name)
    return data


def _joined(rows: pandas.DataFrame, test: pandas.DataFrame) -> tuple[pandas.DataFrame, Mask]:
    """Rows of two tables, the second one's columns in the order of the first one's."""
    import pandas

    check_has(test.columns, [*rows.columns])
    both = pandas.concat([rows, test[[*rows.columns]]], ignore_index=True)
    return both, np.arange(len(both)) >= len(rows)


def _guessed(rows: pandas.DataFrame, name: str) -> str:
    """The column that is likely to hold the classes, which a ``LilogicWarning`` names."""
    import warnings

    from lilogic.errors import LilogicWarning

    if not len(rows.columns):
        raise DataError("no column is left for the label", option="label")
    folded = {column.lower(): column for column in reversed(rows.columns)}
    label: str = next((folded[each] for each in LABELS if each in folded), rows.columns[-1])
    message = f"{name}: using column {label} as the label"
    warnings.warn(LilogicWarning(message, option="label"), stacklevel=4)
    return label


def _labels(column: pandas.Series[Any]) -> tuple[npt.NDArray[np.int64], list[str]]:
    """int64 [n]: which of the names each label is; and the names.

    Raises:
        DataError: labels are missing, or no classes.
    """
    codes, found = values.names(column)
    if (codes < 0).any():
        row, more = int((codes < 0).argmax()) + 1, int((codes < 0).sum()) - 1
        rest = f" and {more:,} more" if more else ""
        verb = "have" if more else "has"
        raise DataError(f"row {row}{rest} {verb} no label in column {column.name}; drop such rows")
    if column.dtype.kind == "f":
        labels.check_classes(f"labels in column {column.name}", column.unique())
    return codes, found


def _classes(column: pandas.Series[Any]) -> tuple[npt.NDArray[np.int64], list[str]]:
    """int64 [n] classes, in order; and what they are called.

    Raises:
        DataError: labels are missing, no classes, or all the same.
    """
    codes, found = _labels(column)
    if len(found) > max(_MANY, len(column) / 2):
        raise DataError(
            f"column {column.name} has {len(found):,} different values in {len(column):,} rows, "
            "too many for classes; name the column that holds the classes",
            option="label",
        )
    class_names = labels.ordered(found)
    number = {each: place for place, each in enumerate(class_names)}
    y = np.array([number[each] for each in found], dtype=np.int64)[codes]
    if len(class_names) < 2:
        raise DataError(
            f"all rows belong to one class, {class_names[0]}; a classifier needs at least two "
            "classes"
        )
    return y, class_names


def _groups(column: pandas.Series[Any]) -> npt.NDArray[np.int64]:
    codes, _ = values.names(column)
    if (codes < 0).any():
        raise missing_value(column, codes < 0)
    return codes


def _weights(column: pandas.Series[Any]) -> npt.NDArray[np.float64]:
    found = numbers_of(column)
    wrong = ~(np.isfinite(found) & (found >= 0))
    if wrong.any():
        row = int(column.index[int(wrong.argmax())]) + 1
        raise DataError(
            f"row {row}, column {column.name}: a weight must be a number of at least 0, "
            f"but this is {found[wrong.argmax()]:g}"
        )
    if not found.any():
        raise DataError(f"column {column.name}: all weights of training rows are 0")
    return found


def _column(rows: pandas.DataFrame, name: str | None, is_apart: Mask) -> list[str] | None:
    """What the column called ``name`` says of each row's split; rows apart are for testing."""
    if name is None and not is_apart.any():
        return None
    found = ["train"] * len(rows) if name is None else rows[name].fillna("").map(str).tolist()
    return ["test" if apart else said for apart, said in zip(is_apart, found, strict=True)]
