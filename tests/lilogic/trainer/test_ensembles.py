"""Ensembles: members are runs of their own, and the result is their sum."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lilogic import inference, lgn, watchers
from lilogic.models import MODEL
from lilogic.recipe import parse
from lilogic.trainer import CHECKPOINT, METRICS, RECIPE
from tests.lilogic.trainer.runs import (
    STEPS,
    Killed,
    Killer,
    Recorder,
    assert_same_run,
    content,
    dataset,
    recipe,
    train,
)

NET = {"layers": [24, 12], "candidates": 4, "tau": 2.0}
MEMBERS = 3


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("ensemble")
    train(run, seed=5, net=NET | {"members": MEMBERS})
    return run


def test_a_run_holds_the_members_runs(ensemble: Path) -> None:
    members = [ensemble / f"member-{number}" for number in (1, 2, 3)]
    assert sorted(ensemble.iterdir()) == sorted([ensemble / MODEL, ensemble / RECIPE, *members])
    for member in members:
        assert {file.name for file in member.iterdir()} == {CHECKPOINT, METRICS, MODEL, RECIPE}


@pytest.mark.parametrize("number", [1, 2, 3])
def test_members_are_runs_with_consecutive_seeds(
    tmp_path: Path, ensemble: Path, number: int
) -> None:
    train(tmp_path, seed=5 * MEMBERS + number - 1, net=NET)
    assert_same_run(ensemble / f"member-{number}", tmp_path)


def test_scores_are_the_sum_of_the_members(ensemble: Path) -> None:
    graph = lgn.read(ensemble / MODEL)
    members = [lgn.read(ensemble / f"member-{number}" / MODEL) for number in (1, 2, 3)]
    assert graph.encoder is not None
    bits = graph.encoder.encode(dataset().x_test)
    sums = sum(inference.scores(member, bits).astype(int) for member in members)
    assert np.array_equal(inference.scores(graph, bits), sums)
    found = graph.metadata["accuracy"]
    assert found["test_frozen"] == (sums.argmax(1) == dataset().y_test).mean()
    assert found.keys() == members[0].metadata["accuracy"].keys()
    assert graph.metadata["training"]["members"] == MEMBERS
    assert graph.metadata["training"]["seconds"] == pytest.approx(
        sum(member.metadata["training"]["seconds"] for member in members)
    )
    settings = recipe(seed=5, net=NET | {"members": MEMBERS})
    assert parse(graph.metadata["recipe"], "model.lgn") == settings


def test_one_that_was_killed_goes_on(tmp_path: Path, ensemble: Path) -> None:
    settings = {"seed": 5, "net": NET | {"members": MEMBERS}}
    with pytest.raises(Killed):
        train(tmp_path, Killer(step=5 * STEPS + 2), **settings)
    recorder = Recorder()
    train(tmp_path, recorder, **settings)
    assert recorder.starts[0][1] > 0
    assert content(lgn.read(tmp_path / MODEL)) == content(lgn.read(ensemble / MODEL))
    again = Recorder()
    train(tmp_path, again, **settings)
    assert not again.starts


def test_each_member_has_its_curves(tmp_path: Path) -> None:
    settings = {"epochs": 1, "max_extra_epochs": 0, "net": NET | {"members": 2}}
    with watchers.Curves(tmp_path) as watcher:
        train(tmp_path, watcher, **settings)
    assert sorted(path.parent.name for path in tmp_path.rglob(watchers.CURVES)) == [
        "member-1",
        "member-2",
    ]
