"""Tables of other packages as data frames of pandas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lilogic.errors import DataError
from lilogic.extras import needs

if TYPE_CHECKING:
    import pandas


def is_frame(value: Any) -> bool:
    """Whether ``frame`` takes this: a data frame or a table of Arrow.

    Those of pandas and Polars, and tables of PyArrow and of others, all give themselves as a
    stream of Arrow.
    """
    return hasattr(value, "columns") and hasattr(value, "__arrow_c_stream__")


def frame(table: Any) -> pandas.DataFrame:
    """A data frame with the columns of a table, whose rows are numbered from 0.

    Args:
        table: a data frame of pandas or Polars, a table of PyArrow, or whatever else gives itself
            as a stream of Arrow.

    Raises:
        DataError: it is none, or two columns have the same name.
        MissingExtraError: pandas or PyArrow is not installed.
    """
    with needs("tables", "pandas"):
        import pandas
    if isinstance(table, pandas.DataFrame):
        found = table.copy(deep=False)
    elif is_frame(table):
        with needs("tables", "pyarrow"):
            import pyarrow
        arrow = pyarrow.table(table)
        check_names(arrow.column_names)
        found = arrow.to_pandas()
    else:
        raise DataError(f"{type(table).__name__} is not a supported kind of table")
    found.columns = pandas.Index([str(name).strip() for name in found.columns], dtype=object)
    check_names([*found.columns])
    found.index = pandas.RangeIndex(len(found))
    return found


def check_names(names: list[str]) -> None:
    """Whether each column has a name of its own.

    Raises:
        DataError: names the first that is there twice.
    """
    seen: dict[str, int] = {}
    for place, name in enumerate(names, 1):
        if name in seen:
            raise DataError(f"columns {seen[name]} and {place} are both called {name}")
        seen[name] = place
