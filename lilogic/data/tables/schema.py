"""What a network reads of a table: its columns, and how their values become features.

It is fitted to training rows, travels in a network's metadata, and makes the same features of
other tables with these columns, in whatever order.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from lilogic.docstrings import describe
from lilogic.errors import DataError, LilogicWarning

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas

    Features = npt.NDArray[np.float64]
    """float64 [n, features of a column]."""

MissingPolicy = Literal["error", "median", "indicator"]

_NAMED = 3


class _Column(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="ignore", allow_inf_nan=False, json_schema_extra=describe
    )

    name: str


class NumericColumn(_Column):
    """A column of numbers, which is one feature.

    Attributes:
        name: Name of the column and of the feature.
        kind: The kind of column.
        missing: Value that stands in for missing ones; if absent, a missing value is an error.
    """

    kind: Literal["numeric"] = "numeric"
    missing: float | None = None

    @property
    def feature_names(self) -> list[str]:
        """The column's own."""
        return [self.name]

    def features(self, column: pandas.Series[Any]) -> Features:
        """float64 [n, 1] of the column's values; infinite ones stay.

        Raises:
            DataError: text, or a missing value that nothing stands for; names the row.
        """
        import numpy as np

        found = numbers_of(column)
        missing = np.isnan(found)
        if self.missing is not None:
            found = np.where(missing, self.missing, found)
        elif missing.any():
            raise missing_value(column, missing)
        return found[:, None]


class CategoricalColumn(_Column):
    """A column of names, each of which is a feature: 1 if the value is that name, else 0.

    All of its features are 0 if the value is missing or unknown.

    Attributes:
        name: Name of the column.
        kind: The kind of column.
        categories: The names.
    """

    kind: Literal["categorical"] = "categorical"
    categories: tuple[str, ...]

    @property
    def feature_names(self) -> list[str]:
        """``COLUMN=CATEGORY``."""
        return [f"{self.name}={category}" for category in self.categories]

    def features(self, column: pandas.Series[Any]) -> Features:
        """float64 [n, categories]; a ``LilogicWarning`` names values that are none of them."""
        import numpy as np

        from lilogic.data.tables.values import names

        codes, found = names(column)
        known = {category: place for place, category in enumerate(self.categories)}
        none = len(known)
        place = np.array([*(known.get(name, none) for name in found), none])
        unknown = [name for name in found if name not in known]
        if unknown:
            rows = int(np.isin(codes, [found.index(name) for name in unknown]).sum())
            message = (
                f"column {self.name}: {_some(unknown)} in {_count(rows, 'row')} was not in the "
                "training rows, and is taken as none of the categories"
            )
            warnings.warn(LilogicWarning(message), stacklevel=3)
        return np.eye(none + 1)[place[codes], :none]


class MissingColumn(_Column):
    """A feature that is 1 where the value of a column is missing, else 0.

    Attributes:
        name: Name of the column.
        kind: The kind of column.
    """

    kind: Literal["missing"] = "missing"

    @property
    def feature_names(self) -> list[str]:
        """``COLUMN is missing``."""
        return [f"{self.name} is missing"]

    def features(self, column: pandas.Series[Any]) -> Features:
        """float64 [n, 1]; errors as of a column of numbers."""
        import numpy as np

        return np.isnan(numbers_of(column))[:, None].astype(np.float64)


Column = Annotated[NumericColumn | CategoricalColumn | MissingColumn, Field(discriminator="kind")]


class Schema(BaseModel):
    """The columns that are features, in order, and the one that holds the classes.

    Attributes:
        columns: The columns that features are made of.
        label: The column with the classes; tables to classify need not have it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", json_schema_extra=describe)

    columns: tuple[Column, ...]
    label: str | None = None

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the features, in order."""
        return tuple(name for column in self.columns for name in column.feature_names)

    def features(self, table: Any) -> Features:
        """Return the features of a table, float64 [n, features].

        Infinite numbers stay infinite. A ``LilogicWarning`` names unknown categories.

        Args:
            table: A data frame of pandas or Polars, or a PyArrow table.

        Raises:
            DataError: A column or value is missing, or a value is not a number. The message names
                row and column.
        """
        from lilogic.data.tables.frames import frame

        return self.features_of(frame(table))

    def features_of(self, rows: pandas.DataFrame) -> Features:
        """As ``features``, of rows that ``frames.frame`` gave, or of some of them."""
        import numpy as np

        check_has(rows.columns, [column.name for column in self.columns])
        if not self.columns:
            return np.zeros((len(rows), 0))
        parts = [column.features(rows[column.name]) for column in self.columns]
        return np.ascontiguousarray(np.concatenate(parts, axis=1))


def fit(rows: pandas.DataFrame, names: Sequence[str], missing: MissingPolicy) -> Schema:
    """The schema of training rows.

    Args:
        rows: training rows; categories and medians come of these alone.
        names: the columns that are features, in order.
        missing: what is done about values that are missing among numbers.

    Raises:
        DataError: values of a column that are neither numbers nor names.
    """
    return Schema(columns=tuple(_columns(rows, names, missing)))


def _columns(
    rows: pandas.DataFrame, names: Sequence[str], missing: MissingPolicy
) -> Iterable[NumericColumn | CategoricalColumn | MissingColumn]:
    import numpy as np

    from lilogic.data.labels import ordered
    from lilogic.data.tables import values

    for name in names:
        column = rows[name]
        if not is_numeric(column):
            yield CategoricalColumn(name=name, categories=tuple(ordered(values.names(column)[1])))
            continue
        found = numbers_of(column)
        absent = np.isnan(found)
        if missing == "error":
            yield NumericColumn(name=name)
            continue
        median = float(np.median(found[~absent])) if not absent.all() else 0.0
        yield NumericColumn(name=name, missing=median)
        if missing == "indicator" and absent.any():
            yield MissingColumn(name=name)


def check_finite(rows: pandas.DataFrame, schema: Schema, features: Features) -> None:
    """Whether features of rows are finite, as those that are learned from must be.

    Raises:
        DataError: names the first infinite value.
    """
    import numpy as np

    wrong = np.isinf(features)
    if not wrong.any():
        return
    place = int(wrong.any(axis=0).argmax())
    row = _first(rows.iloc[:, 0], wrong[:, place])
    raise DataError(
        f"row {row}, column {schema.feature_names[place]}: is infinite; correct it, or drop the "
        "column",
        option="drop",
    )


def is_numeric(column: pandas.Series[Any]) -> bool:
    """Whether a column is one of numbers, or text of which most are.

    Raises:
        DataError: dates, or numbers with decimal commas.
    """
    import pandas

    from lilogic.data.tables import values

    types = pandas.api.types
    if types.is_datetime64_any_dtype(column) or column.dtype.kind in "mM":
        raise DataError(
            f"column {column.name}: has dates or times; convert them to numbers or drop the column",
            option="drop",
        )
    if isinstance(column.dtype, pandas.CategoricalDtype):
        return False
    if not values.is_text(column):
        return True
    codes, found = values.names(column)
    counts = pandas.Series(codes[codes >= 0]).value_counts()
    present = pandas.Series(found, dtype=object)
    weights = counts.reindex(range(len(found)), fill_value=0).to_numpy()
    if _most(values.numbers(present)[1], weights):
        return True
    commas = present.str.fullmatch(r"[+-]?\d*,\d+")
    if _most(~commas.to_numpy(dtype=bool), weights):
        raise DataError(
            f"column {column.name}: has numbers with decimal commas, such as "
            f"{present[commas.to_numpy(dtype=bool)].iloc[0]!r}; use decimal points"
        )
    return False


def _most(wrong: npt.NDArray[np.bool_], weights: npt.NDArray[Any]) -> bool:
    """Whether more than half of the values, each so often, are right."""
    return bool(2 * weights[~wrong].sum() > weights.sum())


def numbers_of(column: pandas.Series[Any]) -> npt.NDArray[np.float64]:
    """float64 [n], NaN where a value is missing.

    Raises:
        DataError: a value is no number; names its row.
    """
    from lilogic.data.tables import values

    found, wrong = values.numbers(column)
    if wrong.any():
        value = column.to_numpy(dtype=object)[wrong.argmax()]
        raise DataError(
            f"row {_first(column, wrong)}, column {column.name}: {str(value)[:40]!r} is not a "
            "number; correct it, or drop the column",
            option="drop",
        )
    return found


def missing_value(column: pandas.Series[Any], where: npt.NDArray[np.bool_]) -> DataError:
    """The error about values that are missing, and nothing stands for."""
    more = int(where.sum()) - 1
    others = "is 1 other" if more == 1 else f"are {more:,} others"
    rest = f", as {others} in this column" if more else ""
    return DataError(
        f"row {_first(column, where)}, column {column.name}: the value is missing{rest}; fill it "
        "in, or have it replaced by the median",
        option="missing",
    )


def _first(column: pandas.Series[Any], where: npt.NDArray[np.bool_]) -> int:
    """The number, from 1, of the first row of the table for which ``where`` holds."""
    return int(column.index[int(where.argmax())]) + 1


def check_has(columns: Iterable[Any], wanted: Sequence[str], option: str | None = None) -> None:
    """Whether a table has all these columns.

    Raises:
        DataError: names those that it has not, and the nearest that it has.
    """
    has = [*map(str, columns)]
    absent = [name for name in dict.fromkeys(wanted) if name not in has]
    if not absent:
        return
    folded = {name.strip().lower(): name for name in has}
    near = get_close_matches(absent[0].strip().lower(), [*folded], 1, cutoff=0.6)
    hint = f"; the nearest is {folded[near[0]]}" if near else f"; it has {_some(has)}"
    what = f"column {absent[0]}" if len(absent) == 1 else f"columns {_some(absent)}"
    verb = "is" if len(absent) == 1 else "are"
    raise DataError(f"{what} {verb} missing{hint}", option=option)


def _some(names: Sequence[str]) -> str:
    """The first of the names, and how many more there are."""
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("s" if number != 1 else "")
