"""Tables in files: CSV and TSV, Parquet, ARFF, each gzipped or not."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lilogic.data.readers.arrays import first_line
from lilogic.data.tables import values
from lilogic.data.tables.frames import check_names, frame
from lilogic.errors import DataError, LilogicError
from lilogic.extras import needs
from lilogic.files import read_unpacked

if TYPE_CHECKING:
    import pandas
    import pyarrow

_DELIMITERS = ",;\t|"
_NAMED = 40


def is_table(path: Path) -> bool:
    """Whether a file is called as a table is; whatever begins as Parquet is one, too."""
    return _kind(path) in READERS


def _kind(path: Path) -> str:
    """The suffix that says what a file holds, without that of gzip."""
    name = path.name.lower()
    return Path(name.removesuffix(".gz")).suffix


def read(path: Path) -> pandas.DataFrame:
    """The rows of a table, numbered from 0; columns of text where not all values are numbers.

    Raises:
        DataError: the file is missing, damaged, or no table; names the file, and the row.
        MissingExtraError: pandas or PyArrow is not installed.
    """
    with needs("tables", "pyarrow"):
        import pyarrow as pyarrow
    try:
        rows = READERS[_kind(path)](read_unpacked(path))
        if rows.shape[1] < 1:
            raise DataError("has no columns")
        if not len(rows):
            raise DataError("has no rows")
    except LilogicError as error:
        raise error.at(str(path)) from error
    return rows


def _delimited(data: bytes) -> pandas.DataFrame:
    """A table of text, whose first line names the columns.

    Values are separated by whatever separates most of them in that line: a comma, a semicolon, a
    tab or ``|``.
    """
    text = _text(data)
    first = text.split("\n", 1)[0]
    bare = re.sub(r'"[^"]*"', "", first)
    delimiter = max(_DELIMITERS, key=bare.count)
    header = [name.strip() for name in next(csv.reader(io.StringIO(text), delimiter=delimiter))]
    if len(header) < 2:
        raise DataError(
            f"has a single column, {first.strip()[:_NAMED]!r}; separate values with commas, "
            "semicolons, tabs or |"
        )
    _check_header(header)
    columns = _columns(text.encode(), delimiter, len(header))
    return _named(header, columns)


def _text(data: bytes) -> str:
    """What is written in a file, a line feed behind each line, and none before the first.

    Raises:
        DataError: it is no text, or in more than one encoding.
    """
    try:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            text = data.decode("utf-16")
        else:
            text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(f"line {line} is not in UTF-8; save the file as UTF-8 throughout") from (
            error
        )
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise DataError(f"line {line} has a zero byte: not a text file, or damaged")
    text = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\n")
    if not text.strip():
        raise DataError("is empty")
    return text


def _check_header(header: list[str]) -> None:
    """Whether the first line names the columns.

    Raises:
        DataError: most of its names are numbers, and no row of rising ones, as wavelengths are.
    """
    found = []
    for name in header:
        try:
            found.append(float(name))
        except ValueError:
            continue
    rises = all(low < high for low, high in itertools.pairwise(found))
    if 2 * len(found) > len(header) and not rises:
        raise DataError(
            "has no column names: its first line holds values; add a line of names above it"
        )


def _columns(data: bytes, delimiter: str, count: int) -> list[pyarrow.ChunkedArray]:
    """The columns of all rows below the header, as text.

    Raises:
        DataError: a row has more or fewer values, or quotation marks are not closed.
    """
    import pyarrow
    from pyarrow import csv as reader

    ragged: list[Any] = []

    def skip(row: Any) -> str:
        ragged.append(row)
        return "skip"

    names = [str(place) for place in range(count)]
    try:
        table = reader.read_csv(
            pyarrow.BufferReader(data),
            # Without threads, rows are numbered.
            reader.ReadOptions(use_threads=False, column_names=names, block_size=2**26),
            reader.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, invalid_row_handler=skip
            ),
            reader.ConvertOptions(
                column_types=dict.fromkeys(names, pyarrow.string()),
                strings_can_be_null=False,
                quoted_strings_can_be_null=False,
            ),
        )
    except pyarrow.ArrowInvalid as error:
        raise DataError(f"not a table: {first_line(error)}") from error
    if ragged:
        first = ragged[0]
        rows = f"row {first.number - 1}" if first.number else "a row"
        raise DataError(f"{rows} has {first.actual_columns} values, but there are {count} columns")
    columns = [column.slice(1) for column in table.columns]
    if data.count(b'"') % 2 and any(_has_lines(column) for column in columns):
        raise DataError("has an unclosed quotation mark")
    return columns


def _has_lines(column: pyarrow.ChunkedArray) -> bool:
    from pyarrow import compute

    return bool(compute.any(compute.match_substring(column, "\n")).as_py())


def _named(header: list[str], columns: list[pyarrow.ChunkedArray]) -> pandas.DataFrame:
    """A data frame of columns of text; those without a name and without values are left out."""
    import pandas

    found: dict[str, Any] = {}
    names = []
    for place, (name, column) in enumerate(zip(header, columns, strict=True), 1):
        parsed, is_empty = _parsed(column)
        if not name and is_empty:
            continue
        names.append(name or f"column {place}")
        found[names[-1]] = parsed
    check_names(names)
    return pandas.DataFrame(found)


def _parsed(column: pyarrow.ChunkedArray) -> tuple[Any, bool]:
    """Integers or floats of a column of text, if all its values are; and whether it has none."""
    import pyarrow
    from pyarrow import compute

    trimmed = compute.utf8_trim_whitespace(column)
    lower = compute.utf8_lower(trimmed)
    missing = compute.is_in(lower, pyarrow.array(values.MISSING))
    is_empty = bool(compute.all(missing).as_py()) if len(column) else True
    for kind, spellings in (
        (pyarrow.int64(), values.MISSING),
        (pyarrow.float64(), values.MISSING_NUMBERS),
    ):
        absent = compute.is_in(lower, pyarrow.array(spellings))
        present = compute.if_else(absent, pyarrow.scalar(None, pyarrow.string()), trimmed)
        try:
            return compute.cast(present, kind).to_pandas(), is_empty
        except pyarrow.ArrowInvalid:
            continue
    return compute.if_else(missing, pyarrow.scalar(None, pyarrow.string()), trimmed).to_pandas(), (
        is_empty
    )


def _parquet(data: bytes) -> pandas.DataFrame:
    """A Parquet file."""
    import pyarrow
    from pyarrow import parquet

    if not data:
        raise DataError("is empty")
    try:
        return frame(parquet.read_table(pyarrow.BufferReader(data)))
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        if isinstance(error, LilogicError):
            raise
        raise DataError(f"truncated, damaged or not Parquet ({first_line(error)})") from error


def _arff(data: bytes) -> pandas.DataFrame:
    """An ARFF file of numbers and nominal values, as SciPy reads it."""
    with needs("train", "scipy"):
        from scipy.io import arff
    import pandas

    text = _text(data)
    check_names(re.findall(r"(?im)^\s*@attribute\s+('[^']*'|\"[^\"]*\"|\S+)", text))
    try:
        loaded, description = arff.loadarff(io.StringIO(text))
    except NotImplementedError as error:
        raise DataError(
            f"unsupported kind of ARFF ({first_line(error)}); save it as CSV"
        ) from error
    except Exception as error:  # SciPy raises whatever odd lines lead it to.
        raise DataError(f"damaged or not ARFF ({first_line(error)})") from error
    found = {}
    for name, kind in zip(description.names(), description.types(), strict=True):
        column = loaded[name]
        if kind == "nominal":
            text_of = [value.decode() for value in column]
            found[name.strip("'\"")] = pandas.Series(
                [None if value == "?" else value for value in text_of], dtype="str"
            )
        else:
            found[name.strip("'\"")] = column
    return pandas.DataFrame(found)


READERS: dict[str, Callable[[bytes], pandas.DataFrame]] = {
    ".csv": _delimited,
    ".tsv": _delimited,
    ".tab": _delimited,
    ".parquet": _parquet,
    ".pq": _parquet,
    ".arff": _arff,
}
"""What reads a table, by its suffix."""
