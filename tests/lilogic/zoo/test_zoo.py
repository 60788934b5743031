"""The networks that come along, and any that are put into their folder."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from lilogic import cli, zoo
from lilogic.data import datasets
from lilogic.errors import LilogicError
from lilogic.graph import GateGraph, lgn, passes
from lilogic.infer import golden
from lilogic.report import tables
from lilogic.zoo import models
from tests.lilogic.graph import independent_reader
from tests.strategies import random_raw

METADATA: dict[str, Any] = {
    "name": "two",
    "description": "two gates",
    "dataset": "digits",
    "accuracy": {"test_frozen": 0.5},
    "seeds": {"seeds": [0, 1, 2], "test_frozen": [0.5, 0.6, 0.7]},
    "training": {"epochs": 3, "seconds": 90.4, "device": "cpu", "threads": 2},
}


def network(**metadata: Any) -> GateGraph:
    """Two gates, of which passes leave one."""
    return GateGraph.build(2, [(6, 0, 1), (3, 2, 0)], [[3], [0]], metadata=metadata)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A zoo of two networks, beside files that are none."""
    folder = tmp_path / "zoo"
    lgn.write(network(**METADATA), folder / "two.lgn")
    lgn.write(network(), folder / "bare-1.lgn")
    lgn.write(network(), folder / "no.name.lgn")
    (folder / "notes.txt").write_text("mine")
    monkeypatch.setattr(zoo, "FOLDER", folder)
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.mark.parametrize("name", zoo.names())
def test_a_zoo_file_is_written_as_it_was_read(tmp_path: Path, name: str) -> None:
    """Bit by bit but for the order of the header's metadata, in which safetensors has none."""
    path = zoo.FOLDER / f"{name}.lgn"
    lgn.write(lgn.read(path), tmp_path / "again.lgn")
    before, after = path.read_bytes(), (tmp_path / "again.lgn").read_bytes()
    start = 8 + int.from_bytes(before[:8], "little")
    assert after[:8] == before[:8]
    assert json.loads(after[8:start]) == json.loads(before[8:start])
    assert after[start:] == before[start:]


LARGE = (
    "cifar-8k", "cifar-16k", "cifar-64k", "cifar-conv-256k", "fashion-conv", "fashion-large",
    "mnist-large",
)  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] * (name in LARGE)) for name in zoo.names()],
)
def test_each_network_that_comes_along_is_what_it_says(name: str) -> None:
    graph = models.load(name)
    entry = zoo.describe(name)
    assert entry.gates.simplified == passes.simplify(graph).n_gates
    assert entry.dataset in datasets.REGISTRY
    assert entry.description
    assert graph.encoder is not None
    raw = random_raw(graph.encoder, 40)
    found = independent_reader.predict(zoo.path(name), raw)
    assert found == golden.predict(graph, raw).tolist()
    assert entry.training.seconds > 0
    assert entry.seeds is not None
    shipped = entry.seeds.seeds.index(graph.metadata["recipe"]["train"]["seed"])
    assert entry.seeds.test_frozen[shipped] == entry.accuracy["test_frozen"]
    best = max(graph.metadata["seeds"]["validation_frozen"])
    assert entry.accuracy["validation_frozen"] == best
    if entry.dataset in ("digits", "wine", "breast-cancer"):  # those that come along, too
        data = datasets.load(entry.dataset)
        accuracy = golden.accuracy(graph, data.x_test, data.y_test)
        assert entry.accuracy["test_frozen"] == accuracy


def test_networks_are_found_by_name(folder: Path) -> None:
    assert zoo.names() == ["bare-1", "two"]
    assert models.load("two").metadata == METADATA


def test_a_name_of_the_zoo_wins_over_a_folder_and_a_path_over_the_zoo(folder: Path) -> None:
    lgn.write(network(name="run"), Path("two/model.lgn"))
    assert models.load("two").metadata["name"] == "two"
    assert models.load("./two").metadata["name"] == "run"


def test_an_unknown_name_lists_the_zoo(folder: Path) -> None:
    with pytest.raises(LilogicError, match=r"^three: no such .*; the zoo has bare-1, two$"):
        models.load("three")


def test_a_description_has_gates_and_the_spread_over_seeds(folder: Path) -> None:
    entry = zoo.describe("two")
    assert entry.gates.model_dump() == {"trained": 2, "simplified": 1}
    assert entry.seeds is not None
    assert entry.seeds.seeds == [0, 1, 2]
    assert (entry.seeds.mean, entry.seeds.deviation) == pytest.approx((0.6, 0.1))


def test_a_row_has_what_is_recorded(folder: Path) -> None:
    assert tables.zoo_row(zoo.describe("two")) == (
        "two",
        "two gates\n"
        "data set digits, 2 gates trained, 1 simplified\n"
        "frozen accuracy (test) 50.00%\n"
        "mean of 3 seeds 60.00 ± 10.00%\n"
        "training: 3 epochs, 90 s, cpu, threads 2",
    )
    assert tables.zoo_row(zoo.describe("bare-1")) == (
        "bare-1",
        "2 gates trained, 1 simplified",
    )


def test_a_simplified_network_need_not_be_simplified_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lgn.write(network(trained_gates=50), folder / "small.lgn")
    monkeypatch.delattr("lilogic.graph.passes.simplify")
    assert zoo.describe("small").gates.model_dump() == {"trained": 50, "simplified": 2}


def test_one_seed_has_no_spread_and_the_recipe_may_describe(folder: Path) -> None:
    metadata = {"recipe": {"description": "one"}, "seeds": {"seeds": [0], "test_frozen": [0.5]}}
    lgn.write(network(**metadata), folder / "one.lgn")
    entry = zoo.describe("one")
    assert entry.description == "one"
    assert entry.seeds is not None
    assert (entry.seeds.mean, entry.seeds.deviation) == (0.5, 0.0)


def test_the_command_lists_them_for_people_and_machines(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (["zoo"], ["zoo", "--json"]):
        monkeypatch.setattr(sys, "argv", ["lilogic", *arguments])
        with pytest.raises(SystemExit):
            cli.main()
    out = capsys.readouterr().out
    table, brace, text = out.partition("{")
    assert "two gates" in table
    assert json.loads(brace + text) == {name: zoo.describe(name).to_json() for name in zoo.names()}
