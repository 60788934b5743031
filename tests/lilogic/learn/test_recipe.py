"""Recipes: the ones that come along, changes, and one line for everything that is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lilogic.data import datasets
from lilogic.errors import LilogicError
from lilogic.learn import recipe

MINIMAL = """
name = "tiny"
dataset = "digits"
[net]
layers = [20, 10]
"""


def refusal(action: Any, *arguments: Any) -> str:
    """The one line that ``action`` refuses its arguments with."""
    with pytest.raises(LilogicError) as caught:
        action(*arguments)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.fixture
def minimal(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(MINIMAL)
    return path


@pytest.mark.parametrize("name", recipe.names())
def test_each_recipe_that_comes_along_is_usable(name: str) -> None:
    loaded = recipe.load(name)
    assert loaded.name == name
    assert loaded.description
    assert loaded.dataset in datasets.REGISTRY
    last = loaded.net.layers[-1]
    gates = last if isinstance(last, int) else last.gates
    assert gates % 10 == 0  # each of these data sets has ten classes


def test_digits_and_mnist_come_along() -> None:
    assert {"digits", "mnist-8k"} <= set(recipe.names())
    assert recipe.names() == sorted(recipe.names())


def test_what_a_file_leaves_out_has_defaults(minimal: Path) -> None:
    loaded = recipe.load(str(minimal))
    assert loaded == recipe.Recipe(
        name="tiny", dataset="digits", net=recipe.NetRecipe(layers=[20, 10])
    )
    assert (loaded.net.candidates, loaded.encoder.bits, loaded.augment.flip) == (16, 1, False)


@pytest.mark.parametrize(
    ("change", "section", "key", "value"),
    [
        ("train.epochs=7", "train", "epochs", 7),
        ("train.learning_rate=1e-3", "train", "learning_rate", 0.001),
        ("train.kernel=reference", "train", "kernel", "reference"),
        ('train.kernel="reference"', "train", "kernel", "reference"),
        (" train.epochs = 7 ", "train", "epochs", 7),
        ("net.layers=[30, 20]", "net", "layers", [30, 20]),
        ("net.candidates=all", "net", "candidates", "all"),
        ("net.candidates=3", "net", "candidates", 3),
        ("augment.flip=true", "augment", "flip", True),
        ("encoder.thresholds=[0.25, 0.5]", "encoder", "thresholds", [0.25, 0.5]),
        ("encoder.crop=[1, 2, 3, 4]", "encoder", "crop", (1, 2, 3, 4)),
        ("encoder.spacing=quantile", "encoder", "spacing", "quantile"),
    ],
)
def test_changes_replace_settings_and_keep_their_type(
    minimal: Path, change: str, section: str, key: str, value: Any
) -> None:
    loaded = recipe.load(str(minimal), [change])
    found = getattr(getattr(loaded, section), key)
    assert found == value
    assert type(found) is type(value)


def test_changes_reach_the_top_level_and_the_last_one_wins(minimal: Path) -> None:
    loaded = recipe.load(str(minimal), ["dataset=my.npz", "train.seed=1", "train.seed=2"])
    assert (loaded.dataset, loaded.train.seed) == ("my.npz", 2)
    assert loaded.net.layers == [20, 10]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("train.epochs", ["train.epochs: must look like"]),
        ("name.first=x", ["name.first: name is not a table"]),
        ("train.epoch=3", ["unknown key train.epoch; did you mean train.epochs?"]),
        ("epochs=3", ["unknown key epochs; did you mean train.epochs?"]),
        ("net.epochs=3", ["unknown key net.epochs; did you mean train.epochs?"]),
        ("trian.epochs=3", ["unknown key trian; did you mean train?"]),
        ("train.learningrate=3", ["did you mean train.learning_rate"]),
        ("speed=3", ["unknown key speed"]),
        ("training.epochs=3", ["unknown key training; did you mean train?"]),
        ("=3", ["unknown key"]),
        ("train.epochs=many", ["train.epochs: ", "integer"]),
        ("train.epochs=1.5", ["train.epochs: ", "integer"]),
        ("train.epochs=", ["train.epochs: ", "integer"]),
        ("train=3", ["train: "]),
        ("net.layers=20", ["net.layers: ", "list"]),
        ("net.layers=[0]", ["net.layers.0.gates: ", "greater than 0"]),
        ("net.layers=[{channels = 3}]", ["net.layers.0: ", "one of dense, conv, pool"]),
        (
            'net.layers=[{arrangement = "conv", channels = 0}]',
            ["net.layers.0.conv.channels: ", "greater than 0"],
        ),
        (
            'net.layers=[{arrangement = "pool", sise = 2}]',
            ["unknown key net.layers.0.pool.sise"],
        ),
        ("train.harden=[0.5, 0.4]", ["train.harden: [0.5, 0.4] must not fall"]),
        ("net.candidates=some", ["net.candidates"]),
        ("encoder.crop=[1, 2, 3]", ["encoder.crop"]),
        ("encoder.spacing=odd", ["encoder.spacing: ", "uniform", "quantile"]),
        ("name=a/b", ["name: "]),
    ],
)
def test_a_wrong_change_is_refused_with_its_place(
    minimal: Path, change: str, words: list[str]
) -> None:
    message = refusal(recipe.load, str(minimal), [change])
    assert all(word in message for word in words), message


@pytest.mark.parametrize(
    "change",
    [
        "net.layers=[]",
        "net.layers=[0, 10]",
        "net.layers=[-10]",
        "net.candidates=0",
        "net.candidates=-1",
        "net.tau=0",
        "net.tau=nan",
        "net.tau=inf",
        "encoder.bits=0",
        "encoder.bits=256",
        "encoder.thresholds=[nan]",
        "augment.shift=-1",
        "train.epochs=0",
        "train.batch=0",
        "train.learning_rate=0",
        "train.learning_rate=inf",
        "train.learning_rate=nan",
        "train.final_learning_rate=0",
        "train.sharpen_connections=0.5",
        "train.sharpen_connections=inf",
        "train.sharpen_gates=0.5",
        "train.grow_every=0",
        "train.grow_share=1",
        "train.grow_share=-0.1",
        "train.grow_until=1.1",
        "train.max_gap=-1",
        "train.max_extra_epochs=-1",
        "train.validation=0",
        "train.validation=1",
        "train.seed=-1",
        f"train.seed={2**64}",
    ],
)
def test_values_out_of_range_are_refused_with_their_place(minimal: Path, change: str) -> None:
    message = refusal(recipe.load, str(minimal), [change])
    assert message.startswith(f"{minimal}: {change.partition('=')[0]}")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name = x\n", ["not TOML", "line 1"]),
        (MINIMAL + "[net]\n", ["not TOML"]),
        (MINIMAL + "speed = 3\n", ["unknown key net.speed"]),
        (MINIMAL + "[traning]\nepochs = 3\n", ["unknown key traning"]),
        ('dataset = "digits"\n[net]\nlayers = [10]', ["name: ", "required"]),
        ('name = "tiny"\ndataset = "digits"', ["net: ", "required"]),
        ("", ["name: "]),
    ],
)
def test_a_wrong_file_is_refused_with_its_name(tmp_path: Path, text: str, words: list[str]) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text)
    message = refusal(recipe.load, str(path))
    assert message.startswith(f"{path}: ")
    assert all(word in message for word in words), message


def test_an_unknown_name_lists_the_known_ones() -> None:
    message = refusal(recipe.load, "mnits")
    assert "'mnits'" in message
    assert all(name in message for name in recipe.names())


def test_a_toml_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "none.toml"
    assert refusal(recipe.load, str(missing)) == f"{missing}: no such file"
    folder = tmp_path / "folder.toml"
    folder.mkdir()
    assert refusal(recipe.load, str(folder)) == f"{folder}: cannot be read: Is a directory"
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    assert refusal(recipe.load, str(binary)) == f"{binary}: not UTF-8 text"


@pytest.mark.parametrize("name", recipe.names())
def test_a_recipe_survives_json(name: str) -> None:
    loaded = recipe.load(name)
    data = json.loads(json.dumps(loaded.model_dump()))
    assert recipe.parse(data, "recipe.json") == loaded


def test_a_recipe_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValueError, match="frozen"):
        recipe.load("digits").name = "other"  # type: ignore[misc]


def test_layers_may_be_tables(minimal: Path) -> None:
    text = '[{arrangement = "conv", channels = 4, stride = 2}, {arrangement = "pool"}, 30, 10]'
    loaded = recipe.load(str(minimal), [f"net.layers={text}"])
    conv, pool, *dense = loaded.net.layers
    assert isinstance(conv, recipe.ConvRecipe)
    assert (conv.channels, conv.kernel, conv.stride, conv.groups, conv.levels) == (4, 3, 2, 1, 1)
    assert pool == recipe.PoolRecipe(arrangement="pool", size=2)
    assert dense == [30, 10]
    assert recipe.parse(loaded.model_dump(), "again") == loaded
