"""Ensembles: members are runs of their own, and the result is their sum."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lilogic.data.datasets import Dataset
from lilogic.infer import golden
from lilogic.learn import trainer
from lilogic.learn.callbacks import curves
from lilogic.learn.learner import Learner
from lilogic.learn.recipe import Recipe, parse
from lilogic.learn.run import RunFolder
from lilogic.learn.world import World
from tests.lilogic.learn.runs import (
    FINISHED,
    STEPS,
    Killed,
    Killer,
    Recorder,
    assert_same_run,
    content,
    dataset,
    files,
    frozen,
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
    assert files(ensemble) == {"model.lgn", "recipe.json", *(member.name for member in members)}
    for member in members:
        assert files(member) == FINISHED


@pytest.mark.parametrize("number", [1, 2, 3])
def test_members_are_runs_with_consecutive_seeds(
    tmp_path: Path, ensemble: Path, number: int
) -> None:
    train(tmp_path, seed=5 * MEMBERS + number - 1, net=NET)
    assert_same_run(ensemble / f"member-{number}", tmp_path)


def test_scores_are_the_sum_of_the_members(ensemble: Path) -> None:
    graph = frozen(ensemble)
    members = [frozen(ensemble / f"member-{number}") for number in (1, 2, 3)]
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


def test_each_member_has_views_of_moved_and_mirrored_images(tmp_path: Path) -> None:
    views = {"shifts": [(0, 0), (1, 0), (0, -1)], "mirror": True}
    graph = train(tmp_path, net=NET, ensemble=views)
    plain = frozen(tmp_path / "member-1")
    assert graph.encoder is not None
    images = dataset().x_test
    moved = [images, images[:, [0, 0, 1, 2]], images[:, :, [1, 2, 3, 4, 4]]]
    sums = sum(
        golden.scores(plain, graph.encoder.encode(seen)).astype(int)
        for image in moved
        for seen in (image, image[:, :, ::-1])
    )
    assert np.array_equal(golden.scores(graph, graph.encoder.encode(images)), sums)
    assert graph.n_gates == 6 * plain.n_gates
    layers = [layer["gates"] for layer in graph.metadata["layers"]]
    assert layers == [6 * width for width in NET["layers"]]


def test_soft_accuracy_is_of_all_views(tmp_path: Path) -> None:
    """Twice the same view changes nothing; another one does."""
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
    assert content(frozen(tmp_path)) == content(frozen(ensemble))
    again = Recorder()
    train(tmp_path, again, **settings)
    assert not again.starts


def test_each_member_is_built_once_whether_it_was_trained_before_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds: list[int] = []

    class Counted(Learner):
        def __init__(
            self, recipe: Recipe, data: Dataset, device: torch.device, world: World
        ) -> None:
            seeds.append(recipe.train.seed)
            super().__init__(recipe, data, device, world)

    monkeypatch.setattr(trainer, "Learner", Counted)
    settings = {"epochs": 1, "max_extra_epochs": 0, "net": NET, "ensemble": {"members": 2}}
    train(tmp_path, **settings)
    assert seeds == [0, 1]
    RunFolder(tmp_path).model.unlink()
    train(tmp_path, **settings)
    assert seeds == [0, 1, 0, 1]


def test_each_member_has_its_curves(tmp_path: Path) -> None:
    settings = {"epochs": 1, "max_extra_epochs": 0, "net": NET, "ensemble": {"members": 2}}
    with curves.Curves(RunFolder(tmp_path)) as callback:
        train(tmp_path, callback, **settings)
    assert sorted(path.parent.name for path in tmp_path.rglob("curves.png")) == [
        "member-1",
        "member-2",
    ]


@pytest.mark.parametrize(
    "encoder",
    [
        {"bits": 2, "spacing": "quantile", "per_feature": True},
        {"differences": [(1, 1)], "steps": [0.1]},
        {"differences": [(1, 1)], "steps": [0.1, 0.3], "levels": 7},
    ],
)
def test_views_see_what_the_encoder_of_the_member_lacks(
    tmp_path: Path, encoder: dict[str, Any]
) -> None:
    views = {"shifts": [(0, 0), (1, 0)], "mirror": True}
    graph = train(tmp_path, net=NET, ensemble=views, encoder=encoder)
    plain = frozen(tmp_path / "member-1")
    assert graph.encoder is not None
    assert plain.encoder is not None
    images = dataset().x_test
    sums = sum(
        golden.scores(plain, plain.encoder.encode(seen)).astype(int)
        for image in (images, images[:, [0, 0, 1, 2]])
        for seen in (image, image[:, :, ::-1])
    )
    assert np.array_equal(golden.scores(graph, graph.encoder.encode(images)), sums)
    assert graph.metadata["accuracy"]["test_frozen"] == (sums.argmax(1) == dataset().y_test).mean()
    assert sum(layer["gates"] for layer in graph.metadata["layers"]) == graph.n_gates
