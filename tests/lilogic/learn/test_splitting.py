"""Runs validate with what the data say, weigh what they say, and record how samples were split."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lilogic import Model
from lilogic.data import datasets
from lilogic.data.datasets import Dataset
from lilogic.data.settings import DataSettings
from lilogic.errors import DataError, LilogicWarning
from lilogic.graph import lgn
from lilogic.learn import splitting, trainer, weights
from lilogic.learn.learner import Learner
from lilogic.learn.recipe import Recipe, TrainRecipe, parse
from tests.lilogic.learn import runs


def rows(**replaced: Any) -> Dataset:
    """240 rows of four features; the third class is rare, and hard to tell from the second."""
    random = np.random.default_rng(4)
    y = np.repeat([0, 1, 2], [110, 114, 16])[random.permutation(240)]
    x = (random.integers(0, 60, (240, 4)) + np.array([0, 60, 75])[y][:, None]).astype(np.uint8)
    arrays = {"x_train": x[:180], "y_train": y[:180], "x_test": x[180:], "y_test": y[180:]}
    return Dataset("rows", **(arrays | replaced), n_classes=3, class_names=("a", "b", "c"))


def recipe(**train: Any) -> Recipe:
    settings = {"epochs": 3, "batch": 16, "validation": 0.2, "max_extra_epochs": 0, "narrow": []}
    return parse(
        {
            "name": "rows",
            "dataset": train.pop("dataset", "rows"),
            "data": train.pop("data", {}),
            "encoder": {"bits": 5, "per_feature": True},
            "net": {"layers": [36], "candidates": 4, "tau": 2.0},
            "ensemble": train.pop("ensemble", {}),
            "train": settings | train,
        },
        "test",
    )


def test_rows_validate_with_the_same_share_of_each_class_and_images_with_any() -> None:
    data = rows()
    chosen, held = splitting.split(data, 0.2)
    assert sorted([*chosen, *held]) == list(range(180))
    total, found = (np.bincount(y) for y in (data.y_train, data.y_train[held]))
    assert (abs(found - 0.2 * total) < 1).all()
    order = np.random.default_rng(0).permutation(180)
    images = runs.dataset()
    np.testing.assert_array_equal(splitting.split(images, 0.2)[1], np.sort(order[:36]))
    groups = np.arange(180) // 6
    for grouped in (replace(data, groups=groups), replace(images, groups=groups)):
        chosen, held = splitting.split(grouped, 0.2)
        assert len(held) > 20
        assert not {*groups[chosen]} & {*groups[held]}
    with pytest.raises(DataError, match="rows: for validation: 1 groups are too few"):
        splitting.split(replace(data, groups=0 * groups), 0.2)


def test_what_the_data_hold_validates() -> None:
    is_held = np.arange(180) % 7 == 0
    chosen, held = splitting.split(rows(held=is_held), 0.2)
    np.testing.assert_array_equal(held, np.flatnonzero(is_held))
    np.testing.assert_array_equal(chosen, np.flatnonzero(~is_held))


@pytest.mark.parametrize(
    ("field", "values", "message"),
    [
        ("weights", np.ones(3), "rows: weights have shape .3,., but there are 180 training"),
        ("weights", np.full(180, -1.0), "the weight of training sample 0 is -1, but weights are"),
        ("weights", np.zeros(180), "rows: all weights are 0"),
        ("groups", np.zeros(181, np.int64), "rows: groups have shape .181,."),
        ("held", np.ones(180, np.bool_), "validation takes all training samples"),
    ],
)
def test_impossible_fields_of_samples_are_one_line(field: str, values: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        rows(**{field: values})


def test_balanced_weights_are_those_of_scikit_learn() -> None:
    sklearn = pytest.importorskip("sklearn.utils.class_weight")
    data, chosen = rows(), np.arange(0, 180, 2)
    balanced = TrainRecipe(class_weight="balanced")
    found = weights.of_samples(data, chosen, balanced)
    expected = sklearn.compute_sample_weight("balanced", data.y_train[chosen])
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    own = np.random.default_rng(0).random(180)
    weighted = replace(data, weights=own)
    found = weights.of_samples(weighted, chosen, TrainRecipe())
    np.testing.assert_allclose(found, own[chosen] / own[chosen].mean(), rtol=1e-6)
    found = weights.of_samples(weighted, chosen, balanced)
    assert found is not None
    sums = np.bincount(data.y_train[chosen], found)
    np.testing.assert_allclose(sums, sums[0], rtol=1e-6)
    assert weights.of_samples(data, chosen, TrainRecipe()) is None


def test_equal_weights_change_nothing_and_others_are_of_the_loss() -> None:
    losses = []
    for given in (None, np.full(180, 3.0), np.arange(180.0)):
        learner = Learner(recipe(), rows(weights=given), torch.device("cpu"))
        learner.warm_up()
        losses.append(learner.run_epoch(0, lambda: None).loss)
    assert losses[1] == pytest.approx(losses[0], rel=1e-5)
    assert losses[2] != pytest.approx(losses[0], rel=1e-3)


@pytest.mark.parametrize("ensemble", [{}, {"members": 2}])
def test_balanced_classes_find_more_of_a_rare_one(tmp_path: Path, ensemble: dict[str, Any]) -> None:
    data, found = rows(), {}
    is_rare = data.y_train == 2
    for kind in ("none", "balanced"):
        asked = recipe(class_weight=kind, ensemble=ensemble, epochs=6)
        graph = trainer.train(asked, data, tmp_path / kind, threads=1)
        found[kind] = (Model(graph, kind).predict(data.x_train[is_rare]) == 2).mean()
    assert found["balanced"] > found["none"]


def own_file(path: Path, data: Dataset) -> Path:
    np.savez(
        path,
        x_train=data.x_train,
        y_train=data.y_train,
        x_test=data.x_test,
        y_test=data.y_test,
    )
    return path


def test_a_network_records_its_split_and_says_when_the_data_have_changed(tmp_path: Path) -> None:
    path = own_file(tmp_path / "rows.npz", rows())
    asked = recipe(dataset=str(path), data={"fold": [2, 3], "seed": 5}, epochs=1)
    data = datasets.load(str(path), asked.data)
    graph = trainer.train(asked, data, tmp_path / "run", threads=1)
    model = Model(lgn.read(tmp_path / "run" / "model.lgn"), "rows")
    split = model.metadata.split
    assert split is not None
    assert (split.fold, split.seed, split.test, split.validation) == ((2, 3), 5, None, 0.2)
    assert split.samples == {"train": 96, "validation": 24, "test": 60}
    assert split.hashes["test"] == data.hashes()["test"]
    assert json.dumps(graph.metadata["split"])
    again = model.dataset()
    assert again.hashes() == data.hashes()
    assert len(again.x_test) == 60
    changed = rows().x_train
    changed[7] += 1
    own_file(path, rows(x_train=changed))
    with pytest.warns(LilogicWarning, match=r"rows.npz: has changed since rows was trained: its"):
        model.dataset()


def test_folds_are_of_training_samples_where_data_name_their_test_samples() -> None:
    data = rows(groups=np.arange(180) // 3, weights=np.arange(180.0) + 1)
    tested = []
    for number in range(1, 5):
        found = datasets.folded(data, DataSettings(fold=(number, 4)))
        assert found.drawn
        assert found.weights is not None
        assert found.groups is not None
        assert len(found.weights) == len(found.groups) == len(found.x_train)
        place = found.weights.astype(int) - 1
        np.testing.assert_array_equal(data.x_train[place], found.x_train)
        rest = np.setdiff1d(np.arange(180), place)
        np.testing.assert_array_equal(data.x_train[rest], found.x_test)
        assert not {*(rest // 3)} & {*found.groups}
        assert datasets.folded(found, DataSettings(fold=(number, 4))) is found
        tested += rest.tolist()
    assert sorted(tested) == list(range(180))
