"""What a space may say, and what samplers make of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from lilogic.errors import RecipeError
from lilogic.learn.sweep import samplers
from lilogic.learn.sweep.samplers import Outcome, Setting
from lilogic.learn.sweep.space import Range, Space, parse, read

ROOT = Path(__file__).parents[4]

MIXED = {
    "net": {"tau": {"low": 1.0, "high": 5.0}},
    "net.layers": [[100], [200]],
    "train.learning_rate": {"low": 0.001, "high": 0.1, "log": True},
    "net.candidates": {"low": 2, "high": 10, "step": 2},
}


def space(**changed: Any) -> Space:
    return parse({"name": "s", "recipe": "digits", "space": {"net.tau": [1.0]}} | changed, "s.toml")


def tried(of: Space, failing: int = -1) -> list[Setting]:
    """All settings, where accuracy rises with tau, and one trial fails."""
    found: list[Setting] = []

    def train(settings: Sequence[Setting]) -> list[Outcome]:
        first = len(found)
        found.extend(settings)
        return [
            None if first + place == failing else (setting["net.tau"], setting["net.candidates"])
            for place, setting in enumerate(settings)
        ]

    samplers.run(of, train)
    return found


def test_a_grid_tries_all_values_with_all_others() -> None:
    found: list[list[Setting]] = []
    varied = {"net": {"layers": [[10], [20, 10]], "candidates": {"low": 2, "high": 4}}}
    of = space(space=varied)
    samplers.run(of, lambda settings: found.append([*settings]) or [None] * len(settings))
    (settings,) = found
    assert len(settings) == of.count == 6
    assert settings[:2] == [
        {"net.layers": [10], "net.candidates": 2},
        {"net.layers": [10], "net.candidates": 3},
    ]
    assert settings[-1] == {"net.layers": [20, 10], "net.candidates": 4}


def test_steps_are_as_people_write_them() -> None:
    assert Range(low=0.1, high=0.4, step=0.1).values == [0.1, 0.2, 0.3, 0.4]
    assert Range(low=2, high=9, step=3).values == [2, 5, 8]
    assert Range(low=1, high=3).values == [1, 2, 3]
    assert Range(low=1, high=3, log=True).values is None


@pytest.mark.parametrize("sampler", ["random", "tpe", "nsga2"])
def test_what_is_tried_depends_on_nothing_but_results(sampler: str) -> None:
    pytest.importorskip("optuna")
    of = space(space=MIXED, sampler=sampler, trials=16, batch=4, target="xc7")
    first = tried(of, failing=1)
    assert tried(of, failing=1) == first
    # More trials follow those that were tried.
    assert tried(of.model_copy(update={"trials": 18}), failing=1)[:16] == first
    for setting in first:
        assert 1 <= setting["net.tau"] <= 5
        assert 0.001 <= setting["train.learning_rate"] <= 0.1
        assert setting["net.candidates"] in (2, 4, 6, 8, 10)
        assert setting["net.layers"] in ([100], [200])
    learns = sampler != "random"
    assert (tried(of, failing=2) != first) == learns


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"space": {}}, "space: "),
        ({"space": {"net.tau": 3}}, "net.tau must be a list of values, or a table of low and high"),
        ({"space": {"net.tau": {"low": 2, "high": 1}}}, "low = 2 must be less than high = 1"),
        ({"space": {"net.tau": {"low": 1.0, "high": 2.0}}}, "s.toml: net.tau: a grid needs a list"),
        ({"trials": 3}, "omit trials"),
        ({"sampler": "tpe"}, "the sampler tpe needs trials"),
        ({"space": {"data.seed": [1]}}, "put this key into"),
        ({"sampler": "nsga2", "trials": 9}, "needs a target, one of xc7, ice40"),
        ({"mapped": True}, "needs a target"),
        ({"mapped": True, "target": "sky130"}, "xc7, ice40 or ecp5"),
        ({"samplr": "tpe"}, "unknown key samplr"),
    ],
)
def test_what_is_no_space_is_one_line(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError) as raised:
        space(**changed)
    assert message in str(raised.value)
    assert str(raised.value).startswith("s.toml: ")
    assert "\n" not in str(raised.value)


def test_a_file_names_the_sweep_and_finds_its_recipe_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('recipe = "base.toml"\n[space]\nnet.tau = [1.0, 2.0]\n', "utf-8")
    assert read(path).recipe == "base.toml"
    (tmp_path / "base.toml").touch()
    assert read(path).recipe == str(tmp_path / "base.toml")
    assert read(path).name == "mine"
    path.write_text("recipe =", "utf-8")
    with pytest.raises(RecipeError, match=r"mine\.toml: not TOML"):
        read(path)


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.toml")), ids=lambda it: it.stem)
def test_examples_are_spaces(path: Path) -> None:
    assert read(path).count > 1
