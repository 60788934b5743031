"""What networks will take, as library calls: estimates, and accuracy against cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lilogic import training
from lilogic.api import Model

if TYPE_CHECKING:
    from lilogic.data.datasets import Dataset
    from lilogic.learn.recipe import Recipe
    from lilogic.report.models.cost import CostEstimate, FrontierReport


def estimate(
    source: str | Path | Model | Recipe | Dataset,
    target: str,
    *,
    changes: Mapping[str, Any] | Sequence[str] | None = None,
) -> CostEstimate:
    """Estimate the size of a network on a target, without synthesis.

    For a recipe or data, the estimate is for a network as training would make it.

    Args:
        source: A model, or a source as for ``train``.
        target: ``xc7``, ``ice40``, ``ecp5`` or ``sky130``.
        changes: Settings that replace those of the recipe.

    Raises:
        LilogicError: The target is unknown.
        RecipeError: The recipe is impossible.
        DataError: The data set is missing or damaged.
    """
    from lilogic.cost import targets
    from lilogic.cost.estimate import estimate

    known = targets.find(target)
    if isinstance(source, Model):
        return estimate(source.graph, source.name, known)
    from lilogic.learn.planning import budget

    recipe, data = training.recipe_of(source, changes)
    return budget.of_recipe(budget.within(recipe, data), data, target)


def frontier(
    source: str | Path | Recipe | Dataset,
    target: str,
    budgets: Sequence[int] | None = None,
    seeds: Sequence[int] = (0,),
    folder: str | Path | None = None,
    *,
    changes: Mapping[str, Any] | Sequence[str] | None = None,
    device: str = "cpu",
    threads: int | None = None,
    jobs: int | None = 1,
    address: str | None = None,
    mapped: bool = False,
    progress: bool = True,
) -> FrontierReport:
    """Train a network for each budget and seed, and compare accuracy with size.

    Networks that are trained already are not trained again. ``frontier.json`` and ``frontier.png``
    show the result.

    Args:
        source: As for ``train``; for a data set, a recipe is made that is cheap on the target.
        target: ``xc7``, ``ice40``, ``ecp5`` or ``sky130``.
        budgets: What each network may take, in the unit of the target. Default: several sizes.
        seeds: Seeds; each budget has a network for each.
        folder: Where to write. Default: ``runs/NAME-frontier``.
        changes: Settings that replace those of the recipe.
        device: As for ``train``.
        threads: Number of threads for each network that is trained at once.
        jobs: Networks to train at once, on Ray; None for one per core.
        address: Address of the Ray cluster. Default: processes on this machine.
        mapped: Whether Yosys maps each trained network to the target, one of LUTs, besides the
            estimate.
        progress: Whether to show progress on standard error.

    Raises:
        LilogicError: The target is unknown, or has no LUTs to map to.
        RecipeError: The recipe is impossible, or a budget cannot be met.
        DataError: The data set is missing or damaged.
        MissingExtraError: PyTorch, Ray, or Yosys to map with, is not installed.
        ToolError: Yosys failed, or the Ray cluster cannot be reached.
    """
    from lilogic.cost import targets
    from lilogic.cost.estimate import estimate
    from lilogic.files import check_writable, write_json
    from lilogic.learn.planning import budget, frontier
    from lilogic.learn.world import check_alone
    from lilogic.report import console, plots

    check_alone()
    known = targets.find(target)
    if mapped:
        training.check_mapping(target)
    recipe, data = frontier.base(source, known, changes)
    place = Path("runs") / f"{recipe.name}-frontier" if folder is None else Path(folder)
    for name in ("frontier.json", "frontier.png"):
        check_writable(place / name)
    tell = console.say if progress else None
    points = [*frontier.jobs(recipe, known, budgets, seeds, place)]
    # All of them, before the first is trained for minutes.
    fitted = [budget.within(job.recipe, data, tell) for job in points]
    by = training.workers(jobs, address, threads, device)
    shows = progress and by.are_here
    trainings = [
        training.Training(
            meant, data, job.folder, device, progress=shows, mapped=target if mapped else None
        )
        for job, meant in zip(points, fitted, strict=True)
    ]
    runs = dict(training.run_all(trainings, by))
    trained = [
        (
            job,
            meant,
            runs[number].summary.accuracy,
            estimate(runs[number].model.graph, recipe.name, known),
            runs[number].model.metadata.cost[target] if mapped else None,
        )
        for number, (job, meant) in enumerate(zip(points, fitted, strict=True))
    ]
    found = frontier.report(recipe, known, trained)
    write_json(place / "frontier.json", found.to_json())
    plots.draw_frontier(found, place / "frontier.png")
    return found
