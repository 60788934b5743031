"""Budgets: widths that meet them, and what is said where none do."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lilogic.cost import targets
from lilogic.errors import RecipeError
from lilogic.graph import passes
from lilogic.learn.learner import Learner
from lilogic.learn.planning import budget, drawn
from lilogic.learn.recipe import BudgetRecipe, Recipe, parse
from tests.lilogic.learn.runs import dataset

TABLES = {"layers": [{"arrangement": "dense", "gates": 40, "inputs": 6}], "tau": 4.0}
DEEP = {"layers": [60, 40, 20], "counts": "last", "reads": "previous", "initial": "pass-through"}
CONV = {
    "layers": [
        {"arrangement": "conv", "channels": 6, "kernel": 2, "levels": 2},
        {"arrangement": "conv", "channels": 4, "kernel": 2, "groups": 3, "inputs": 3},
        {"arrangement": "pool", "size": 2},
        20,
    ],
    "counts": "last",
}


def recipe(net: dict[str, object], **rest: object) -> Recipe:
    return parse({"name": "sides", "dataset": "sides", "net": net, **rest}, "sides")


STRIDES = {"layers": [{"arrangement": "conv", "channels": 5, "stride": 2, "padding": 1}, 20]}


@pytest.mark.parametrize("net", [TABLES, DEEP, CONV, STRIDES])
def test_a_drawn_network_has_the_shape_of_a_trained_one(net: dict[str, object]) -> None:
    asked, data = recipe(net), dataset()
    trained = Learner(asked, data, torch.device("cpu")).net.freeze()
    graph = drawn.graph(asked, drawn.encoder_of(asked, data), data)
    assert (graph.n_gates, graph.n_inputs) == (trained.n_gates, trained.n_inputs)
    assert graph.head_ptr.tolist() == trained.head_ptr.tolist()
    assert np.array_equal(graph.roots, trained.roots)


@pytest.mark.parametrize("net", [TABLES, DEEP, CONV], ids=["tables", "deep", "convolution"])
def test_widths_fill_the_budget(net: dict[str, object]) -> None:
    asked = recipe(net, budget={"target": "xc7", "luts": 200})
    found, cost = budget.fitted(asked, dataset())
    assert 100 < cost.total <= 200
    assert cost.drawn
    assert found.budget.fitted
    assert cost == budget.of_recipe(found, dataset(), "xc7")
    assert found == budget.fitted(asked, dataset())[0]
    counted = [budget.widths(found.net)[number - 1] for number in found.net.counted]
    assert all(width % 2 == 0 for width in counted)
    share = sum(counted) / sum(budget.widths(asked.net)[number - 1] for number in asked.net.counted)
    assert found.net.tau == pytest.approx(asked.net.tau * share**0.5, abs=0.001)


def test_channels_stay_multiples_of_what_reads_them() -> None:
    found, _ = budget.fitted(recipe(CONV, budget={"target": "sky130", "ge": 900}), dataset())
    assert budget.widths(found.net)[0] % 3 == 0
    assert found.net.layers[2] == recipe(CONV).net.layers[2]


def test_more_is_wider() -> None:
    fitted = [
        budget.fitted(recipe(TABLES, budget={"target": "ice40", "luts": luts}), dataset())[0]
        for luts in (100, 200, 1000)
    ]
    widths = [budget.widths(one.net)[0] for one in fitted]
    assert widths == sorted(set(widths))


def test_too_small_a_budget_says_what_is_needed() -> None:
    asked = recipe(TABLES, budget={"target": "xc7", "luts": 2})
    with pytest.raises(RecipeError, match=r"budget of 2 LUT6 on xc7 is below .* take, \d+ \(enc"):
        budget.fitted(asked, dataset())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"target": "xc7"}, "budget: target xc7 goes with luts, not nothing"),
        ({"target": "sky130", "luts": 5}, "budget: target sky130 goes with ge, not luts"),
        ({"luts": 5}, "budget: it needs a target, not luts"),
        ({"target": "z80", "luts": 5}, "budget.target"),
    ],
)
def test_an_impossible_budget_is_named(given: dict[str, object], said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        recipe(TABLES, budget=given)


def test_recipes_and_estimates_know_the_same_targets() -> None:
    named = BudgetRecipe.model_json_schema()["properties"]["target"]["anyOf"][0]["enum"]
    assert named == [*targets.TARGETS]


@pytest.mark.parametrize("net", [TABLES, DEEP, CONV], ids=["tables", "deep", "convolution"])
def test_the_same_network_is_drawn_again(net: dict[str, object]) -> None:
    one, other = (drawn.graph(recipe(net), encoder(), dataset()) for _ in range(2))
    assert (one.op == other.op).all()
    assert (one.a == other.a).all()
    assert len(np.unique(one.heads[0])) > 1
    assert passes.simplify(one).n_gates > 0


def encoder():
    return drawn.encoder_of(recipe(TABLES), dataset())
