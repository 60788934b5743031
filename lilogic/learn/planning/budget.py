"""Budgets: layers as wide as what the whole circuit may take allows."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

from lilogic.cost import targets
from lilogic.cost.estimate import estimate
from lilogic.data.datasets import Dataset
from lilogic.data.encoder import Encoder
from lilogic.errors import RecipeError
from lilogic.graph import GateGraph
from lilogic.graph.comparators import in_gates
from lilogic.learn.planning import drawn
from lilogic.learn.recipe import ConvRecipe, NetRecipe, Recipe
from lilogic.report import tables
from lilogic.report.models.cost import CostEstimate

_STEPS = 24
"""Of the search for a scale, between which the last ones change no width."""

_LARGEST = 2.0**12

_WIDTH = {"dense": "gates", "conv": "channels", "pool": ""}
"""What the width of a layer is called."""


def of_recipe(recipe: Recipe, data: Dataset, target: str) -> CostEstimate:
    """What a network trained by a recipe will take: a network is drawn, see ``drawn``.

    Raises:
        RecipeError: a layer does not fit what stands below it.
        DataError: no threshold splits the data.
        LilogicError: the target is unknown.
    """
    return _estimate(recipe, drawn.encoder_of(recipe, data), data, target)


def of_network(graph: GateGraph, recipe: Recipe) -> CostEstimate | None:
    """What a trained network takes on the target of its budget, if it had one."""
    if recipe.budget.target is None:
        return None
    return estimate(graph, recipe.name, targets.find(recipe.budget.target))


def within(recipe: Recipe, data: Dataset, tell: Callable[[str], object] | None = None) -> Recipe:
    """A recipe whose layers are as wide as its budget allows, if it has one.

    Args:
        recipe: it.
        data: its data set.
        tell: is given a line on what that is.

    Raises:
        RecipeError: the narrowest layers take more.
    """
    if recipe.budget.target is None or recipe.budget.fitted:
        return recipe
    found, cost = fitted(recipe, data)
    if tell is not None:
        text = tables.budget_text(recipe.budget.amount or 0, widths(found.net), cost)
        tell(f"{recipe.name}: {text}")
    return found


def widths(net: NetRecipe) -> list[int]:
    """Nodes of each layer, or filters; 0 for layers that have none of their own."""
    return [
        layer if isinstance(layer, int) else getattr(layer, _WIDTH[layer.arrangement], 0)
        for layer in net.layers
    ]


def fitted(recipe: Recipe, data: Dataset) -> tuple[Recipe, CostEstimate]:
    """A recipe with a budget, its layers as wide as that allows, and what it will take.

    All widths are scaled alike. Those of layers that heads count are multiples of the number of
    classes, those of channels of what reads them in groups. ``net.tau`` goes with the root of the
    counted nodes.

    Raises:
        RecipeError: the narrowest layers take more than the budget; or an impossible recipe.
        DataError: no threshold splits the data.
    """
    budget = recipe.budget
    assert budget.target is not None
    assert budget.amount is not None
    encoder = drawn.encoder_of(recipe, data)

    @cache
    def tried(tried_widths: tuple[int, ...]) -> CostEstimate:
        changed = _with_widths(recipe, tried_widths)
        return _estimate(changed, encoder, data, str(budget.target))

    def is_within(scale: float) -> bool:
        return tried(_scaled(recipe, scale, data.n_classes)).total <= int(budget.amount or 0)

    if not is_within(0.0):
        least = tried(_scaled(recipe, 0.0, data.n_classes))
        parts = ", ".join(f"{part} {size:,}" for part, size in least.parts.items())
        raise RecipeError(
            f"{recipe.name}: the budget of {budget.amount:,} {least.unit} on {budget.target} "
            f"is below what the narrowest layers take, {least.total:,} ({parts}); "
            "raise it, or choose fewer thresholds or layers"
        )
    widest = _scaled(recipe, _largest(is_within), data.n_classes)
    return _with_widths(recipe, widest), tried(widest)


def _largest(is_within: Callable[[float], bool]) -> float:
    """The largest scale, or nearly so, that is within the budget; 0 is."""
    low, high = 0.0, 1.0
    while is_within(high):
        low, high = high, 2 * high
        if high > _LARGEST:
            return low
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if is_within(middle) else (low, middle)
    return low


def _estimate(recipe: Recipe, encoder: Encoder, data: Dataset, target: str) -> CostEstimate:
    graph = in_gates(drawn.graph(recipe, encoder, data))
    return estimate(graph, recipe.name, targets.find(target), drawn=True)


def _scaled(recipe: Recipe, scale: float, classes: int) -> tuple[int, ...]:
    """The widths of all layers, none of them 0 that was not."""
    layers, counted = recipe.net.layers, recipe.net.counted
    scaled = []
    for number, width in enumerate(widths(recipe.net), 1):
        above = layers[number] if number < len(layers) else None
        multiple = math.lcm(
            classes if number in counted else 1,
            above.groups if isinstance(above, ConvRecipe) else 1,
        )
        scaled.append(max(1, round(scale * width / multiple)) * multiple if width else 0)
    return tuple(scaled)


def _with_widths(recipe: Recipe, new: tuple[int, ...]) -> Recipe:
    """The recipe with layers of other widths, which is fitted then; those without one stay."""
    layers = [
        width
        if isinstance(layer, int)
        else layer.model_copy(update={_WIDTH[layer.arrangement]: width} if width else {})
        for layer, width in zip(recipe.net.layers, new, strict=True)
    ]
    counted = recipe.net.counted
    before, after = (sum(all_[n - 1] for n in counted) for all_ in (widths(recipe.net), new))
    tau = recipe.net.tau
    if before:
        tau = max(0.001, round(tau * math.sqrt(after / before), 3))
    return recipe.model_copy(
        update={
            "net": recipe.net.model_copy(update={"layers": layers, "tau": tau}),
            "budget": recipe.budget.model_copy(update={"fitted": True}),
        }
    )
