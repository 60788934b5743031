"""Recipes made up for data sets, and the choice between recipes and data sets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lilogic.data import datasets
from lilogic.data.datasets import Dataset
from lilogic.data.fitting import fit
from lilogic.errors import LilogicError
from lilogic.graph.metadata import Metadata
from lilogic.learn import defaults, recipe, trainer
from lilogic.learn.recipe import Recipe
from tests import tiny


def dataset(
    shape: tuple[int, ...] = (4, 4),
    samples: int = 100,
    classes: int = 3,
    high: int = 255,
    name: str = "mine",
    dtype: Any = np.uint8,
) -> Dataset:
    """Samples of 0 to ``high``, classes in turn."""
    x = np.random.default_rng(0).integers(0, high + 1, (samples, *shape)).astype(dtype)
    x[0], x[1] = 0, high
    y = np.arange(samples) % classes
    return Dataset(name, x, y, x, y, classes, tuple(map(str, range(classes))))


def made(data: Dataset) -> Recipe:
    return recipe.parse(defaults.settings(data, "mine.npz"), "test")


@pytest.mark.parametrize(
    ("shape", "high", "bits"),
    [
        ((28, 28), 255, 3),
        ((8, 8), 16, 16),
        ((8, 8), 255, 16),
        ((28, 28), 1, 1),
        ((4, 4), 255, 31),
        ((4, 4), 0, 1),
        ((2000,), 255, 3),
    ],
)
def test_bits_follow_the_range_and_the_number_of_features(
    shape: tuple[int, ...], high: int, bits: int
) -> None:
    assert made(dataset(shape, high=high)).encoder.bits == bits


@pytest.mark.parametrize(
    ("shape", "resize", "shift"),
    [
        ((8, 8), None, 0),
        ((16, 15), None, 0),
        ((32, 32, 3), None, 1),
        ((64, 48), (32, 24), 1),
        ((1, 400, 3), (1, 32), 0),
        ((400,), None, 0),
    ],
)
def test_large_images_shrink_and_images_that_are_not_small_shift(
    shape: tuple[int, ...], resize: tuple[int, int] | None, shift: int
) -> None:
    found = made(dataset(shape))
    assert found.encoder.resize == resize
    assert found.augment.shift == shift


def test_what_is_no_image_has_thresholds_for_each_feature() -> None:
    table = made(dataset((5,), high=2**30, dtype=np.int32)).encoder
    assert (table.per_feature, table.spacing) == (True, "quantile")
    image = made(dataset((5, 1))).encoder
    assert (image.per_feature, image.spacing) == (False, "uniform")


@pytest.mark.parametrize("classes", [1, 2, 3, 7, 10, 100])
@pytest.mark.parametrize("samples", [100, 1500, 60_000])
def test_layers_can_be_shared_by_the_classes_and_grow_modestly(samples: int, classes: int) -> None:
    net = made(dataset((1,), samples, classes)).net
    assert len(set(net.layers)) == 1
    assert net.layers[0] % classes == 0
    assert 20 * classes <= net.layers[0] <= max(20 * classes, 5000)


@pytest.mark.parametrize(
    ("samples", "batch", "epochs", "validation"),
    [(10, 16, 100, 0.2), (240, 16, 100, 0.2), (1500, 64, 85, 0.2), (60_000, 256, 30, 0.1)],
)
def test_batch_and_epochs_follow_the_samples(
    samples: int, batch: int, epochs: int, validation: float
) -> None:
    train = made(dataset((1,), samples)).train
    assert (train.batch, train.epochs, train.validation) == (batch, epochs, validation)


@pytest.mark.parametrize(
    ("samples", "gates", "batch", "epochs"),
    [(150, 30, 16, 100), (11_000, 30, 64, 58), (60_000, 72, 64, 20), (10**6, 120, 64, 20)],
)
def test_tables_of_real_values_get_a_layer_of_lookup_tables(
    samples: int, gates: int, batch: int, epochs: int
) -> None:
    found = made(dataset((16,), samples, 3, dtype=np.float64))
    (layer,) = found.net.layers
    assert isinstance(layer, recipe.DenseRecipe)
    assert (layer.gates, layer.inputs) == (gates, 6)
    assert (found.train.batch, found.train.epochs, found.train.cost) == (batch, epochs, 0.003)
    assert (found.encoder.bits, found.encoder.per_feature) == (63, True)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("my data (2)", "my-data-2"), ("a.b_c-d", "a.b_c-d"), ("..", "data"), ("", "data")],
)
def test_the_name_is_one_of_a_folder(name: str, expected: str) -> None:
    assert made(dataset(name=name)).name == expected


def test_a_recipe_s_name_wins_over_a_data_set_s() -> None:
    found, data = defaults.load("digits")
    assert found == recipe.load("digits")
    assert data.name == "digits"


def test_the_suffix_of_a_recipe_may_have_capitals(tmp_path: Path) -> None:
    path = tmp_path / "R.TOML"
    path.write_text(recipe.text("digits"))
    assert defaults.load(str(path))[0] == recipe.load("digits")
    with pytest.raises(LilogicError, match=r"NONE\.TOML: no such file"):
        defaults.load(str(tmp_path / "NONE.TOML"))


def test_a_registered_data_set_without_recipe_gets_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(datasets.REGISTRY, "other", lambda name, _: dataset(name=name))
    found, data = defaults.load("other", ["train.epochs=2"])
    assert (found.name, found.dataset, found.train.epochs) == ("other", "other", 2)
    assert data.name == "other"


def test_an_npz_trains_and_makes_the_same_recipe_again(tmp_path: Path) -> None:
    path = str(tiny.write_data(tmp_path / "tiny.npz"))
    found, data = defaults.load(path, ["train.epochs=3", "train.max_extra_epochs=0"])
    assert (found.name, found.dataset) == ("tiny", path)
    assert defaults.load(path, ["train.epochs=3", "train.max_extra_epochs=0"])[0] == found
    graph = trainer.train(found, data, tmp_path / "run", threads=1)
    assert graph.metadata["accuracy"]["test_frozen"] > 0.8
    assert Metadata.of(graph).look == data.look()
    assert recipe.parse(graph.metadata["recipe"], "run") == found


def test_a_folder_of_images_gets_a_recipe(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for label in ("cat", "dog"):
        (tmp_path / "pets" / label).mkdir(parents=True)
        for number in range(5):
            pixels = random.integers(0, 256, (40, 20, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pets" / label / f"{number}.png")
    found, data = defaults.load(str(tmp_path / "pets"))
    assert (found.name, found.encoder.resize) == ("pets", (32, 16))
    assert fit(data.x_train, **found.encoder.model_dump()).n_features == 32 * 16 * 3


def test_another_data_set_may_be_set(tmp_path: Path) -> None:
    path = tiny.write_data(tmp_path / "tiny.npz")
    other = tiny.write_data(tmp_path / "other.npz")
    found, data = defaults.load(str(path), [f"dataset={other}"])
    assert (found.name, found.dataset, data.name) == ("tiny", str(other), "other")


def test_what_is_neither_is_refused_with_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(LilogicError, match=r"no recipe 'unheard-of'; there are .*digits.*data set"):
        defaults.load("unheard-of")
    with pytest.raises(LilogicError, match=r"none.npz: no such file"):
        defaults.load(str(tmp_path / "none.npz"))
