"""Tables on the command line: malformed ones give one line, good ones go the whole way."""

from __future__ import annotations

import gzip
import io
import json
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lilogic import cli
from tests.lilogic.cli.command import assert_one_line

SHORT = ("--set", "train.epochs=2", "--set", "train.max_extra_epochs=0", "--set", "net.layers=[24]")


@dataclass(frozen=True)
class Table:
    """A table of text that a test spoils."""

    header: list[str]
    rows: list[list[str]]
    name: str = "rows.csv"
    options: tuple[str, ...] = ("--label", "kind")
    around: Callable[[bytes], bytes] = field(default=lambda data: data)

    def bytes(self) -> bytes:
        text = "\n".join(",".join(row) for row in [self.header, *self.rows])
        return self.around(text.encode("latin-1", "replace") + b"\n")

    def with_cell(self, row: int, column: int, value: str) -> Table:
        rows = [[*each] for each in self.rows]
        rows[row % len(rows)][column] = value
        return replace(self, rows=rows)

    def with_column(self, column: int, values: list[str]) -> Table:
        pairs = zip(self.rows, values, strict=True)
        rows = [[*row[:column], value, *row[column + 1 :]] for row, value in pairs]
        return replace(self, rows=rows)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Two columns of numbers, one of names, and one of classes; no two rows alike."""
    count = draw(st.integers(12, 30))
    numbers = st.lists(st.integers(-999, 999), min_size=count, max_size=count, unique=True)
    first, second = draw(numbers), draw(numbers)
    colours = draw(st.lists(st.sampled_from(["red", "blue"]), min_size=count, max_size=count))
    rows = [
        [str(first[row] / 8), str(second[row]), colours[row], "ab"[row % 2]] for row in range(count)
    ]
    return Table(["size", "count", "colour", "kind"], rows)


def _every(table: Table, make: Callable[[int], str]) -> list[str]:
    return [make(row) for row in range(len(table.rows))]


SPOILED: dict[str, tuple[Callable[[Table, int], Table], str]] = {
    "no such label": (
        lambda table, _: replace(table, options=("--label", "kinds")),
        "column kinds is missing; the nearest is kind (--label)",
    ),
    "no label": (lambda table, row: table.with_cell(row, 3, ""), "has no label in column kind"),
    "two columns of one name": (
        lambda table, _: replace(table, header=["size", "count", "size", "kind"]),
        "columns 1 and 3 are both called size",
    ),
    "text among numbers": (lambda table, row: table.with_cell(row, 1, "many"), "'many' is not a"),
    "missing": (lambda table, row: table.with_cell(row, 0, "?"), "column size: the value is miss"),
    "infinite": (lambda table, row: table.with_cell(row, 0, "-inf"), "column size: is infinite"),
    "empty": (lambda table, _: replace(table, around=lambda _: b""), "is empty"),
    "blank": (lambda table, _: replace(table, around=lambda _: b"\n \n\n"), "is empty"),
    "only a header": (lambda table, _: replace(table, rows=[]), "has no rows"),
    "other delimiter": (
        lambda table, _: replace(table, around=lambda data: data.replace(b",", b" ")),
        "has a single column, 'size count colour kind'",
    ),
    "a row too long": (lambda table, row: table.with_cell(row, 1, "1,2"), "has 5 values, but"),
    "a row too short": (
        lambda table, _: replace(table, rows=[*table.rows, ["1", "2"]]),
        "has 2 values, but there are 4 columns",
    ),
    "two encodings": (lambda table, row: table.with_cell(row, 2, "bläu"), "is not in UTF-8"),
    "no text": (lambda table, row: table.with_cell(row, 2, "\0"), "has a zero byte"),
    "an open quotation": (
        lambda table, row: table.with_cell(row % (len(table.rows) - 1), 3, '"a'),
        "",  # whatever the rest of the file makes of it
    ),
    "no header": (
        lambda table, _: replace(table, header=["1.5", "1", "red", "0"]),
        "has no column names",
    ),
    "one class": (
        lambda table, _: table.with_column(3, _every(table, lambda _: "a")),
        "all rows belong to one class, a",
    ),
    "measurements": (
        lambda table, _: table.with_column(3, _every(table, lambda row: f"{row / 7}")),
        "lilogic learns classes, not values",
    ),
    "decimal commas": (
        lambda table, _: table.with_column(0, _every(table, lambda row: f'"{row},5"')),
        "column size: has numbers with decimal commas",
    ),
    "damaged gzip": (
        lambda table, _: replace(
            table, name="rows.csv.gz", around=lambda data: gzip.compress(data)[:-9]
        ),
        "truncated or damaged gzip",
    ),
    "not Parquet": (lambda table, _: replace(table, name="rows.parquet"), "not Parquet"),
    "not ARFF": (lambda table, _: replace(table, name="rows.arff"), "not ARFF"),
    "no such column": (
        lambda table, _: replace(table, options=("--label", "kind", "--drop", "sizes")),
        "column sizes is missing; the nearest is size (--drop)",
    ),
    "nothing left": (
        lambda table, _: replace(
            table,
            options=("--label=kind", "--drop=size", "--drop=count", "--drop=colour"),
        ),
        "no column is left",
    ),
    "a label as a feature": (
        lambda table, _: replace(table, options=("--label=kind", "--column=kind")),
        "column kind is the label",
    ),
    "odd weights": (
        lambda table, row: replace(
            table.with_column(1, _every(table, lambda _: "-1")),
            options=("--label=kind", "--set", "data.weight=count"),
        ),
        "column count: a weight must be a number of at least 0",
    ),
    "odd splits": (
        lambda table, _: replace(table, options=("--label=kind", "--set", "data.split=colour")),
        "but must be train, validation or test",
    ),
}


def run(*arguments: object) -> tuple[int, str]:
    """Status and messages of the command line, without fixtures of a single test."""
    errors = io.StringIO()
    with patch.object(sys, "argv", ["lilogic", *map(str, arguments)]), redirect_stderr(errors):
        with redirect_stdout(io.StringIO()), pytest.raises(SystemExit) as stopped:
            cli.main()
    return int(stopped.value.code or 0), errors.getvalue()


@given(tables(), st.integers(0, 29), st.sampled_from(sorted(SPOILED)))
def test_malformed_tables_give_one_line_and_stay_what_they_are(
    table: Table, row: int, kind: str
) -> None:
    spoil, words = SPOILED[kind]
    _check_refused(spoil(table, row), words)


@pytest.mark.parametrize("kind", SPOILED)
def test_each_kind_of_malformed_table_says_what_is_wrong(kind: str) -> None:
    rows = [[str(row / 8), str(row * row), "red", "ab"[row % 2]] for row in range(12)]
    spoil, words = SPOILED[kind]
    _check_refused(spoil(Table(["size", "count", "colour", "kind"], rows), 7), words)


def _check_refused(table: Table, words: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / table.name
        data = table.bytes()
        path.write_bytes(data)
        status, err = run("train", path, *table.options, "-o", Path(folder) / "run")
        *before, last = err.splitlines()
        assert all(line.startswith("lilogic: warning: ") for line in before)
        assert_one_line(status, f"{last}\n", f"lilogic: {path}: ")
        assert words in last
        assert path.read_bytes() == data
        assert [each.name for each in Path(folder).iterdir()] == [table.name]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on a table in which one column tells the class, and its folder."""
    folder = tmp_path_factory.mktemp("tables")
    random = np.random.default_rng(0)
    kinds = random.choice(["ripe", "sour", "over ripe"], 200)
    rows = pandas.DataFrame(
        {
            "number": [f"fruit {row}" for row in range(200)],
            "sugar": random.normal(size=200) + 9.0 * (kinds == "ripe"),
            "colour": np.where(kinds == "sour", "green", random.choice(["red", "yellow"], 200)),
            "same": 1,
            "kind": kinds,
        }
    )
    rows.loc[3, "sugar"] = None
    rows.to_csv(folder / "fruit.csv", index=False)
    return folder


def test_a_table_trains_evaluates_and_classifies(trained: Path, lilogic) -> None:
    table, model = trained / "fruit.csv", trained / "run"
    told = (table, "--missing", "median", *SHORT, "-o", model)
    status, _, err = lilogic("train", *told)
    assert status == 0, err
    assert f"warning: {table}: using column kind as the label (--label)" in err
    assert f"warning: {table}: ignoring column number: nearly every row has its own" in err
    assert f"warning: {table}: ignoring column same: all training rows" in err
    recipe = json.loads((model / "recipe.json").read_text())
    assert recipe["data"]["missing"] == "median"
    assert "already trained" in lilogic("train", *told)[2]
    status, out, err = lilogic("eval", model, "--json")
    assert (status, "warning" in err, json.loads(out)["is_trained_data"]) == (0, False, True)
    rows = pandas.read_csv(table)
    other = trained / "other.tsv"
    rows[["kind", "colour", "sugar"]][:20].to_csv(other, sep="\t", index=False)
    status, out, _ = lilogic("eval", model, "--data", other, "--json")
    assert (status, json.loads(out)["test_samples"]) == (0, 20)
    status, out, _ = lilogic("predict", model, other, "--json")
    assert status == 0
    found = [each["class"] for each in json.loads(out)]
    rows[["sugar", "colour"]][:20].to_parquet(trained / "bare.parquet")
    status, out, _ = lilogic("predict", model, trained / "bare.parquet", "--json")
    assert [each["class"] for each in json.loads(out)] == found
    assert set(found) <= {"ripe", "sour", "over ripe"}
    rows[["sugar"]].assign(kind="ripe").to_csv(other, index=False)
    for command in (("predict", model, other), ("eval", model, "--data", other)):
        status, _, err = lilogic(*command)
        assert_one_line(status, err, f"{other}: ")
        assert "column colour is missing" in err
    rows.assign(kind="rotten").to_csv(other, index=False)
    status, _, err = lilogic("eval", model, "--data", other)
    assert_one_line(status, err, "column kind has rotten, but classes are over ripe, ripe, sour")


def test_networks_of_images_read_no_tables(tmp_path: Path, lilogic) -> None:
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n")
    status, _, err = lilogic("predict", "digits", tmp_path / "rows.csv")
    assert_one_line(status, err, "rows.csv: is a table, but the network was not trained on one")
