"""Data sets of tables: splits, what is guessed and left out, what is odd about the rows."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest

from lilogic.data import datasets, fetch
from lilogic.data.datasets import Dataset
from lilogic.data.settings import DataSettings
from lilogic.data.tables import build
from lilogic.errors import LilogicWarning
from lilogic.graph.metadata import Metadata
from tests.lilogic.data.files import refused

COUNT = 40


def frame(**columns: Any) -> pandas.DataFrame:
    """Two columns of numbers and a label, and others."""
    random = np.random.default_rng(0)
    size, weight = random.normal(size=COUNT), random.integers(0, 99, COUNT)
    kind = ["a", "b", "c", "c"] * (COUNT // 4)
    return pandas.DataFrame({"size": size, "weight": weight, **columns, "kind": kind})


def made(rows: pandas.DataFrame, **settings: Any) -> tuple[Dataset, list[str]]:
    """The data set and what was said of it."""
    told = DataSettings(**{"label": "kind", **settings})
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        data = build.dataset("mine", rows, told)
    assert all(issubclass(warning.category, LilogicWarning) for warning in said)
    return data, [str(warning.message) for warning in said]


def test_a_plain_table_is_split_and_nothing_is_said() -> None:
    data, said = made(frame())
    assert said == []
    assert data.x_train.dtype == data.x_test.dtype == np.float64
    assert (data.class_names, data.feature_names) == (("a", "b", "c"), ("size", "weight"))
    assert np.bincount(data.y_train).tolist() == [8, 8, 16]
    assert np.bincount(data.y_test).tolist() == [2, 2, 4]
    assert data.schema is not None
    assert data.schema.label == "kind"
    again = Metadata.read({"table": data.schema.model_dump(mode="json")}).table
    assert again == data.schema


@pytest.mark.parametrize(
    ("columns", "label"),
    [
        (["y", "a", "Class"], "Class"),
        (["TARGET", "y", "a"], "TARGET"),
        (["Y", "a"], "Y"),
        (["a", "b"], "b"),
    ],
)
def test_the_label_is_called_so_or_the_last(columns: list[str], label: str) -> None:
    rows = pandas.DataFrame({name: [0, 1] * 20 for name in columns})
    rows[next(name for name in columns if name != label)] = range(40, 0, -1)
    _, said = made(rows, label=None)
    assert said[0] == f"mine: using column {label} as the label"


def test_classes_of_numbers_are_in_the_order_of_their_values() -> None:
    data, _ = made(frame(grade=[10, 9, -1, 9] * 10), label="grade", drop=["kind"])
    assert data.class_names == ("-1", "9", "10")


def test_columns_say_what_trains_validates_and_tests() -> None:
    split = np.repeat(["Train", "VAL", "test", "training"] * 5, 2)
    weights = np.arange(COUNT) / 8
    groups = [f"g{row // 2}" for row in range(COUNT)]
    rows = frame(split=split, w=weights, g=groups)
    data, _ = made(rows, split="split", weight="w", group="g")
    assert data.feature_names == ("size", "weight")
    assert (len(data.x_train), len(data.x_test)) == (30, 10)
    assert data.held is not None
    assert data.held.tolist() == [False, False, True, True, False, False] * 5
    assert data.weights is not None
    np.testing.assert_array_equal(data.weights, weights[split != "test"])
    assert data.groups is not None
    assert data.groups[:6].tolist() == [0, 0, 1, 1, 3, 3]


def test_categories_and_medians_are_those_of_training_rows() -> None:
    split = ["train"] * 30 + ["test"] * 10
    colours = ["red", "blue"] * 15 + ["green"] * 10
    sizes = [*range(29), None, *[1000] * 10]
    data, said = made(
        frame(colour=colours, other=sizes, split=split), split="split", missing="median"
    )
    assert data.feature_names == ("size", "weight", "colour=blue", "colour=red", "other")
    assert data.x_train[29, 4] == 14
    assert (data.x_test[:, 2:4] == 0).all()
    assert said == [
        "column colour: green in 10 rows was not in the training rows, and is taken as none of "
        "the categories"
    ]


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (["same"] * COUNT, "ignoring column odd: all training rows have the same value"),
        ([None] * COUNT, "ignoring column odd: all training rows have the same value"),
        ([f"name {row}" for row in range(COUNT)], "ignoring column odd: nearly every row"),
        ([*range(7, 7 + COUNT)], "ignoring column odd: it numbers the rows"),
        (["a", "b", "c", "c"] * 10, "column odd has values that each determine the class"),
        ([0, 1, 2, 3] * 10, "column odd has values that each determine the class"),
    ],
)
def test_odd_columns_are_said(column: list[Any], words: str) -> None:
    data, said = made(frame(odd=column), drop=["weight"])
    assert len(said) == 1, said
    assert said[0].startswith(f"mine: {words}")
    assert ("odd" in " ".join(data.feature_names)) == ("ignoring" not in words)


def test_rows_that_are_there_twice_are_said_and_stay() -> None:
    rows = frame()
    both = pandas.concat([rows, rows[:3]])
    split = ["train"] * 35 + ["test"] * 8
    data, said = made(both.assign(split=split), split="split")
    assert said == ["mine: 3 rows repeat others; 3 test rows are also training rows"]
    assert (len(data.x_train), len(data.x_test)) == (35, 8)


def test_a_class_with_one_sample_is_said_and_trained() -> None:
    rows = frame()
    rows.loc[5, "kind"] = "rare"
    data, said = made(rows)
    assert said == ["mine: class rare has no test samples"]
    assert 3 in data.y_train


def test_a_class_that_is_only_tested_is_refused() -> None:
    split = ["train", "train", "test", "test"] * 10
    with refused("mine: no training sample has class c"):
        made(frame(split=split), split="split")


def test_columns_may_be_chosen() -> None:
    assert made(frame(), columns=["weight"])[0].feature_names == ("weight",)
    assert made(frame(), drop=["weight"])[0].feature_names == ("size",)
    dates = pandas.date_range("2020-01-01", periods=COUNT)
    with refused("mine: column when: has dates or times"):
        made(frame(when=dates))
    with refused("mine: column parts has values that are neither numbers nor text"):
        made(frame(parts=[[row] for row in range(COUNT)]))


@pytest.mark.parametrize("name", ["wine", "breast-cancer"])
def test_tables_of_scikit_learn_are_there(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = datasets.load(name)
    assert (data.name, data.schema is None) == (name, False)
    assert len(data.x_train) + len(data.x_test) == {"wine": 178, "breast-cancer": 569}[name]


@pytest.mark.parametrize(
    ("name", "files", "label"),
    [
        ("dry-bean", ["DRY_BEAN/Dry_Bean_Dataset.csv"], "Class"),
        ("jsc-openml", ["jsc-openml/jsc_openml.csv.gz"], "class"),
        ("jsc-cernbox", ["jsc-cernbox/jsc_cernbox.csv"], "class"),
        (
            "unsw-nb15",
            ["unsw-nb15/UNSW_NB15_training-set.csv", "unsw-nb15/UNSW_NB15_testing-set.csv"],
            "label",
        ),
    ],
)
def test_copies_of_known_tables_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, files: list[str], label: str
) -> None:
    with refused(f"{name}: not found; get ", f"LILOGIC_DATA/{name}"):
        datasets.load(name)
    monkeypatch.setenv(fetch.ENVIRONMENT, str(tmp_path))
    with refused(f"{name}: not found; get "):
        datasets.load(name)
    rows = frame(id=range(COUNT)).rename(columns={"kind": label})
    for file in files:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        rows.to_csv(tmp_path / file, index=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LilogicWarning)
        data = datasets.load(name)
    assert (data.name, data.feature_names) == (name, ("size", "weight"))
    assert len(data.x_test) == (8 if len(files) == 1 else COUNT)
