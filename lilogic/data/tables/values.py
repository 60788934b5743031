"""The values of a column: as numbers, or as names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lilogic.data.labels import spelling
from lilogic.errors import DataError

if TYPE_CHECKING:
    import pandas

    Series = pandas.Series[Any]

MISSING = ("", "?", "nan", "n/a", "#n/a", "<na>", "null")
"""How a missing value is spelled, in lower case."""

MISSING_NUMBERS = (*MISSING, "na", "none", "-")
"""The same among numbers."""


def is_text(column: Series) -> bool:
    """Whether a column holds text, or whatever Python objects, instead of a type of numbers."""
    import pandas

    return pandas.api.types.is_object_dtype(column) or pandas.api.types.is_string_dtype(column)


def numbers(column: Series) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """float64 [n], NaN where a value is missing, and bool [n]: where it is no number."""
    import pandas

    types = pandas.api.types
    is_number = types.is_bool_dtype(column) or types.is_numeric_dtype(column)
    if is_number and not types.is_complex_dtype(column):
        found = column.to_numpy(dtype=np.float64, na_value=np.nan)
        return found, np.zeros(len(column), dtype=bool)
    codes, uniques = pandas.factorize(column)
    values, wrong = _parsed([*uniques])
    # A missing value has the code -1, so the last of these.
    return np.append(values, np.nan)[codes], np.append(wrong, False)[codes]


def _parsed(values: list[Any]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """As ``numbers``, of values that are each another."""
    found = np.full(len(values), np.nan)
    wrong = np.zeros(len(values), dtype=bool)
    for place, value in enumerate(values):
        if isinstance(value, str) and value.strip().lower() in MISSING_NUMBERS:
            continue
        try:
            is_odd = isinstance(value, str) and "_" in value  # which Python takes for a number
            found[place] = np.nan if is_odd else float(value)
            wrong[place] = is_odd
        except (TypeError, ValueError, OverflowError):
            wrong[place] = True
    return found, wrong


def names(column: Series) -> tuple[npt.NDArray[np.int64], list[str]]:
    """int64 [n]: which of the names each value has, -1 where it is missing; and the names.

    Whole numbers are spelled without a point, whatever their type.

    Raises:
        DataError: values that are no single ones, such as lists.
    """
    import pandas

    try:
        codes, uniques = pandas.factorize(column)
    except TypeError as error:
        raise DataError(f"column {column.name} has values that are neither numbers nor text") from (
            error
        )
    spelled = [*map(spelling, uniques)]
    found = {name: None for name in spelled if name.lower() not in MISSING}
    numbered = {name: number for number, name in enumerate(found)}
    mapped = np.array([*(numbered.get(name, -1) for name in spelled), -1], dtype=np.int64)
    return mapped[codes], [*found]
