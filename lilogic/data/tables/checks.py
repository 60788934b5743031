"""What is odd about a table, said before it is learned from."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lilogic.data.tables import values
from lilogic.data.tables.schema import is_numeric
from lilogic.errors import DataError, LilogicWarning

if TYPE_CHECKING:
    import pandas

    Series = pandas.Series[Any]

_MANY = 50
"""Text with more values than this, and than half of the rows, is no set of categories."""

_ROWS_A_VALUE = 5
"""Where values have fewer rows each, that they tell the class may be chance."""

_NAMED = 3


def usable(rows: pandas.DataFrame, names: Sequence[str], is_chosen: bool, name: str) -> list[str]:
    """The columns of training rows that say something of other rows.

    A ``LilogicWarning`` says which are left out: those with the same value everywhere, text with
    as many values as rows, and columns that count the rows.

    Args:
        rows: the training rows.
        names: the columns to choose from.
        is_chosen: whether they were asked for, so that only constant ones are left out.
        name: what warnings call the table.

    Raises:
        DataError: none is left.
    """
    reasons = {each: _useless(rows[each], is_chosen) for each in names}
    for reason in dict.fromkeys(reasons.values()):
        left_out = [each for each in names if reasons[each] == reason]
        if reason is not None:
            columns = "column" if len(left_out) == 1 else "columns"
            _warn(f"{name}: ignoring {columns} {_some(left_out)}: {reason}", "drop")
    found = [each for each in names if reasons[each] is None]
    if not found:
        raise DataError("no column is left for features", option="columns")
    return found


def _useless(column: Series, is_chosen: bool) -> str | None:
    """Why a column says nothing of other rows; None where it may say something."""
    numeric = is_numeric(column)
    distinct, count = column.nunique(), len(column)
    if distinct < 1 or (distinct == 1 and not column.isna().any()):
        return "all training rows have the same value"
    if is_chosen:
        return None
    if not numeric:
        if distinct == count or distinct > max(_MANY, count / 2):
            return "nearly every row has its own text, as identifiers do"
        return None
    counts = distinct == count > _ROWS_A_VALUE and _counts(values.numbers(column)[0])
    return "it numbers the rows" if counts else None


def _counts(found: npt.NDArray[np.float64]) -> bool:
    """Whether numbers are rising integers with few gaps, as rows for testing leave them."""
    steps = np.diff(found)
    return bool((steps >= 1).all() and (steps % 1 == 0).all() and steps.mean() < 2)


def warn_of_leaks(rows: pandas.DataFrame, names: Sequence[str], y: Any, name: str) -> None:
    """Warn of columns each of whose values stands for one class, as a copy of the label would.

    Args:
        rows: the training rows.
        names: the columns that are features.
        y: int64 [n] classes of the rows.
        name: what the warning calls the table.
    """
    found = [each for each in names if _tells(rows[each], y)]
    if found:
        columns, verb = ("column", "has") if len(found) == 1 else ("columns", "have")
        _warn(
            f"{name}: {columns} {_some(found)} {verb} values that each determine the class, like "
            "a copy of the label; drop what new rows will not have",
            "drop",
        )


def _tells(column: Series, y: npt.NDArray[np.int64]) -> bool:
    """Whether each of a column's values, which have many rows, is of one class."""
    count = column.nunique()
    if not 2 <= count <= max(2, len(y) // _ROWS_A_VALUE) or column.isna().any():
        return False
    codes = column.factorize()[0]
    pairs = np.unique(np.stack([codes, y]), axis=1)
    return len(np.unique(y)) > 1 and pairs.shape[1] == count


def warn_of_duplicates(rows: pandas.DataFrame, test: npt.NDArray[np.bool_], name: str) -> None:
    """Warn of rows that repeat others, and of test rows that training rows repeat.

    Args:
        rows: features and classes of all rows.
        test: bool [n]: which are for testing.
        name: what the warning calls the table.
    """
    numbers = rows.groupby([*rows.columns], dropna=False, sort=False).ngroup().to_numpy()
    repeated = len(rows) - len(np.unique(numbers))
    if not repeated:
        return
    both = int(np.isin(numbers[test], numbers[~test]).sum())
    seen = f"; {both:,} test rows are also training rows" if both else ""
    verb = "row repeats" if repeated == 1 else "rows repeat"
    _warn(f"{name}: {repeated:,} {verb} others{seen}")


def _warn(message: str, option: str | None = None) -> None:
    warnings.warn(LilogicWarning(message, option=option), stacklevel=4)


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")
