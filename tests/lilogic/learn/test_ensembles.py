"""Ensembles: members are runs of their own, and the result is their sum."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lilogic.errors import LilogicError
from lilogic.graph import lgn
from lilogic.infer import golden
from lilogic.learn.callbacks import curves
from lilogic.learn.recipe import parse
from lilogic.learn.trainer import CHECKPOINT, METRICS, RECIPE
from lilogic.zoo.models import MODEL
from tests.lilogic.learn.runs import (
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
    train(run, seed=5, net=NET, ensemble={"members": MEMBERS})
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
    sums = sum(golden.scores(member, bits).astype(int) for member in members)
    assert np.array_equal(golden.scores(graph, bits), sums)
    found = graph.metadata["accuracy"]
    assert found["test_frozen"] == (sums.argmax(1) == dataset().y_test).mean()
    assert found.keys() == members[0].metadata["accuracy"].keys()
    assert graph.metadata["training"]["members"] == MEMBERS
    assert graph.metadata["training"]["seconds"] == pytest.approx(
        sum(member.metadata["training"]["seconds"] for member in members)
    )
    settings = recipe(seed=5, net=NET, ensemble={"members": MEMBERS})
    assert parse(graph.metadata["recipe"], "model.lgn") == settings


def test_each_member_looks_at_moved_and_mirrored_images(tmp_path: Path) -> None:
    looks = {"shifts": [(0, 0), (1, 0), (0, -1)], "mirror": True}
    graph = train(tmp_path, net=NET, ensemble=looks)
    plain = lgn.read(tmp_path / "member-1" / MODEL)
    assert graph.encoder is not None
    images = dataset().x_test
    moved = [images, images[:, [0, 0, 1, 2]], images[:, :, [1, 2, 3, 4, 4]]]
    sums = sum(
        golden.scores(plain, graph.encoder.encode(seen)).astype(int)
        for image in moved
        for seen in (image, image[:, :, ::-1])
    )
    assert np.array_equal(golden.scores(graph, graph.encoder.encode(images)), sums)
    assert graph.n_gates == sum(recipe(net=NET, ensemble=looks).widths) == 6 * plain.n_gates


def test_soft_accuracy_is_of_all_looks(tmp_path: Path) -> None:
    """Twice the same look changes nothing; another one does."""
    found = [
        train(tmp_path / str(number), net=NET, ensemble={"shifts": shifts}).metadata["accuracy"]
        for number, shifts in enumerate(([(0, 0)], [(0, 0), (0, 0)], [(0, 2)]))
    ]
    assert found[0] == found[1]
    assert found[0]["test_soft"] != found[2]["test_soft"]


def test_one_that_was_killed_goes_on(tmp_path: Path, ensemble: Path) -> None:
    settings = {"seed": 5, "net": NET, "ensemble": {"members": MEMBERS}}
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
    settings = {"epochs": 1, "max_extra_epochs": 0, "net": NET, "ensemble": {"members": 2}}
    with curves.Curves(tmp_path) as callback:
        train(tmp_path, callback, **settings)
    assert sorted(path.parent.name for path in tmp_path.rglob(curves.CURVES)) == [
        "member-1",
        "member-2",
    ]


def test_what_cannot_be_looked_at_is_refused_before_training(tmp_path: Path) -> None:
    recorder = Recorder()
    settings = {
        "net": NET,
        "ensemble": {"mirror": True},
        "encoder": {"bits": 2, "spacing": "quantile", "per_feature": True},
    }
    with pytest.raises(LilogicError, match="same thresholds"):
        train(tmp_path, recorder, **settings)
    assert not recorder.starts
