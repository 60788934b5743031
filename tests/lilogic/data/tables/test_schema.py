"""Schemas: features of columns, what stands for missing values, what is said of odd ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas
import polars
import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lilogic.data.tables.schema import Schema, fit
from lilogic.errors import LilogicWarning
from tests.lilogic.data.files import refused

ROWS = pandas.DataFrame(
    {
        "size": [1.5, np.nan, 3.5, 2.5],
        "colour": ["red", "blue", None, "red"],
        "count": pandas.array([3, 1, None, 2], dtype="Int64"),
        "ripe": [True, False, True, True],
    }
)


def test_each_category_and_each_number_is_a_feature() -> None:
    schema = fit(ROWS, [*ROWS.columns], "indicator")
    assert schema.feature_names == (
        "size",
        "size is missing",
        "colour=blue",
        "colour=red",
        "count",
        "count is missing",
        "ripe",
    )
    np.testing.assert_array_equal(
        schema.features(ROWS),
        [
            [1.5, 0, 0, 1, 3, 0, 1],
            [2.5, 1, 1, 0, 1, 0, 0],
            [3.5, 0, 0, 0, 2, 1, 1],
            [2.5, 0, 0, 1, 2, 0, 1],
        ],
    )


def test_columns_come_by_name_and_infinite_values_stay() -> None:
    schema = fit(ROWS[["count", "size"]], ["count", "size"], "median")
    other = pandas.DataFrame({"more": ["a"], "size": ["-inf"], "count": ["?"]})
    np.testing.assert_array_equal(schema.features(other), [[2, -np.inf]])


@pytest.mark.parametrize(
    "convert",
    [
        lambda frame: frame,
        lambda frame: pyarrow.Table.from_pandas(frame),
        lambda frame: polars.from_pandas(frame),
        lambda frame: frame.astype({"colour": "category"}),
        lambda frame: frame.astype({"colour": object, "size": object, "ripe": object}),
        lambda frame: frame.set_index(pandas.Index([7, 7, "a", None], dtype=object)),
    ],
)
def test_frames_of_all_kinds_give_the_same_features(convert: Any) -> None:
    expected = fit(ROWS, [*ROWS.columns], "median")
    table = convert(ROWS)
    np.testing.assert_array_equal(expected.features(table), expected.features(ROWS))


def test_unknown_categories_are_none_of_the_known_and_said() -> None:
    schema = fit(ROWS, ["colour"], "error")
    with pytest.warns(LilogicWarning, match="column colour: green in 2 rows was not in the train"):
        found = schema.features(pandas.DataFrame({"colour": ["green", "red", "green"]}))
    np.testing.assert_array_equal(found, [[0, 0], [0, 1], [0, 0]])


def test_what_cannot_be_a_feature_names_row_and_column() -> None:
    schema = fit(ROWS[["size"]].dropna(), ["size"], "error")
    with refused("row 2, column size: the value is missing, as is 1 other in this column"):
        schema.features(pandas.DataFrame({"size": [1, None, "NA"]}))
    with refused("row 3, column size: 'large' is not a number"):
        schema.features(pandas.DataFrame({"size": [1, 2, "large"]}))
    with refused("column size is missing; the nearest is Size"):
        schema.features(pandas.DataFrame({"Size": [1]}))
    with refused("columns 1 and 2 are both called size"):
        schema.features(pandas.DataFrame([[1, 2]], columns=["size", "size"]))
    with refused("not a supported kind of table"):
        schema.features(np.zeros((3, 1)))


@given(
    st.dictionaries(
        st.text(min_size=1),
        st.one_of(
            st.lists(st.floats(allow_nan=True, allow_infinity=False), min_size=4, max_size=4),
            st.lists(st.one_of(st.none(), st.text()), min_size=4, max_size=4),
            st.lists(st.booleans(), min_size=4, max_size=4),
        ),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from(["median", "indicator"]),
)
def test_schemas_come_back_from_json_with_the_same_features(
    columns: dict[str, Any], missing: Any
) -> None:
    columns = {name.strip() or "x": values for name, values in columns.items()}
    rows = pandas.DataFrame(columns)
    try:
        schema = fit(rows, [*rows.columns], missing)
    except ValueError:
        return  # text of which most are numbers
    again = Schema.model_validate_json(schema.model_dump_json())
    assert again == schema
    found = schema.features(rows)
    assert found.shape == (4, len(schema.feature_names))
    assert found.dtype == np.float64
    np.testing.assert_array_equal(again.features(rows[[*reversed(rows.columns)]]), found)
