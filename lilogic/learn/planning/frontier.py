"""Sweeps of budgets: one network for each budget and seed, accuracy against cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lilogic.cost.targets import Target
from lilogic.data import datasets
from lilogic.data.datasets import Dataset
from lilogic.graph.metadata import MappedCost
from lilogic.learn import defaults
from lilogic.learn.planning.budget import widths
from lilogic.learn.recipe import Changes, Recipe, changed, names, parse
from lilogic.report.models.cost import CostEstimate, FrontierPoint, FrontierReport

BUDGETS = {"luts": (500, 1000, 2000, 4000), "ge": (2000, 4000, 8000, 16000)}
"""What is swept by default, by how a recipe calls the target's unit."""


@dataclass(frozen=True)
class Job:
    """One network of a sweep.

    Attributes:
        recipe: what trains it.
        budget: what it may take.
        folder: its run folder.
    """

    recipe: Recipe
    budget: int
    folder: Path


def base(
    source: str | Path | Recipe | Dataset, target: Target, changes: Changes
) -> tuple[Recipe, Dataset]:
    """What is scaled to the budgets, and its data.

    For a data set, that is a recipe whose networks are cheap on the target.

    Raises:
        RecipeError: an impossible recipe, or neither a recipe nor a data set.
        DataError: missing or damaged data.
    """
    if isinstance(source, str) and source in datasets.REGISTRY and source not in names():
        data = datasets.load(source)
    elif isinstance(source, Dataset):
        data = source
    else:
        return defaults.load(source, changes)
    settings = changed(_settings(data, data.name, target), changes)
    return parse(settings, data.name), data


def _settings(data: Dataset, source: str, target: Target) -> dict[str, Any]:
    """Nested tables of a recipe: one threshold at half of an image's range, which costs nothing.

    For LUTs, one layer of nodes that are a LUT each; for standard cells, gates that begin by
    passing a wire on, in layers that narrow down to few counted ones.
    """
    settings = defaults.settings(data, source)
    if len(data.x_train.shape) > 2:
        settings["encoder"] |= {"bits": 1}
    share = 50 * data.n_classes
    if target.lut is None:
        layers: list[Any] = [10 * share, 5 * share, share]
        shape = {"reads": "previous", "counts": "last", "initial": "pass-through"}
    else:
        layers, shape = [{"arrangement": "dense", "gates": share, "inputs": target.lut}], {}
    return settings | {"net": {"layers": layers, "tau": 4.0, **shape}}


def jobs(
    recipe: Recipe,
    target: Target,
    budgets: Sequence[int] | None,
    seeds: Sequence[int],
    folder: Path,
) -> Iterator[Job]:
    """The networks of a sweep, budgets in rising order.

    Raises:
        RecipeError: an impossible setting.
    """
    for budget in sorted(set(budgets or BUDGETS[target.budget])):
        for seed in dict.fromkeys(seeds):
            values = recipe.model_dump()
            values["budget"] = {"target": target.name, target.budget: budget}
            values = changed(values, {"train.seed": seed})
            place = folder / f"{target.name}-{budget}-seed-{seed}"
            yield Job(parse(values, recipe.name), budget, place)


def report(
    recipe: Recipe,
    target: Target,
    trained: Sequence[tuple[Job, Recipe, dict[str, float], CostEstimate, MappedCost | None]],
) -> FrontierReport:
    """What a sweep gave; of each budget, the seed that validates best is chosen."""
    best: dict[int, float] = {}
    for job, _, accuracy, *_ in trained:
        best[job.budget] = max(best.get(job.budget, 0.0), accuracy["validation_frozen"])
    points = []
    for job, fitted, accuracy, cost, mapped in trained:
        is_chosen = accuracy["validation_frozen"] == best.get(job.budget)
        if is_chosen:
            del best[job.budget]  # of equals the first
        points.append(
            FrontierPoint(
                budget=job.budget,
                seed=job.recipe.train.seed,
                folder=str(job.folder),
                layers=tuple(widths(fitted.net)),
                cost=cost,
                mapped=mapped,
                accuracy=accuracy,
                chosen=is_chosen,
            )
        )
    return FrontierReport(
        name=recipe.name,
        dataset=recipe.dataset,
        target=target.name,
        unit=target.unit,
        points=tuple(points),
    )
