"""The keys of recipes, as they are listed."""

from __future__ import annotations

import tomllib

from lilogic.learn import keys, recipe
from lilogic.learn.recipe import Recipe

KEYS = {key.name: key for key in keys.of(Recipe)}


def test_every_key_of_a_recipe_is_listed_with_its_default() -> None:
    loaded = recipe.load("digits").model_dump()
    assert [*KEYS] == [*keys.flat(loaded)]
    needed = {name for name, key in KEYS.items() if key.default is None}
    assert needed == {"name", "dataset", "net.layers"}


def test_defaults_can_be_set_and_change_nothing() -> None:
    given = 'name = "tiny"\ndataset = "digits"\n[net]\nlayers = [20, 10]\n'
    expected = recipe.parse(tomllib.loads(given), "test")
    settings = [f"{key.name}={key.default}" for key in KEYS.values() if key.default is not None]
    changes = [setting for setting in settings if not setting.endswith("=none")]
    assert recipe.parse(recipe.changed(tomllib.loads(given), changes), "test") == expected


def test_values_are_told_in_words() -> None:
    expected = {
        "train.epochs": "integer ≥ 1",
        "encoder.bits": "integer ≥ 1 and ≤ 255",
        "train.sharpen_gates": "number ≥ 1 and ≤ 1,000,000",
        "net.candidates": "integer > 0 or all",
        "net.reads": "previous, all",
        "augment.flip": "true, false",
        "encoder.thresholds": "list of number",
        "train.narrow": "list of [number ≥ 0 and ≤ 1, integer > 0]",
    }
    assert {name: KEYS[name].values for name in expected} == expected
