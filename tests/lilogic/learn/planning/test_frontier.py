"""Sweeps: which networks there are, and which of them are chosen."""

from __future__ import annotations

from pathlib import Path

from lilogic.cost import targets
from lilogic.learn.planning import budget, frontier
from tests.lilogic.learn.runs import dataset, recipe

XC7 = targets.find("xc7")


def test_each_budget_has_each_seed_in_a_folder_of_its_own() -> None:
    jobs = [*frontier.jobs(recipe(), XC7, [90, 60, 90], [1, 0], Path("sweep"))]
    assert [(job.budget, job.recipe.train.seed) for job in jobs] == [
        (60, 1), (60, 0), (90, 1), (90, 0),
    ]  # fmt: skip
    assert jobs[0].folder == Path("sweep/xc7-60-seed-1")
    assert jobs[0].recipe.budget.luts == 60
    assert len({job.folder for job in jobs}) == 4


def test_defaults_are_in_the_unit_of_the_target() -> None:
    (job, *_) = frontier.jobs(recipe(), targets.find("sky130"), None, [0], Path())
    assert job.recipe.budget.ge == job.budget == frontier.BUDGETS["ge"][0]


def test_validation_chooses_among_seeds_and_the_test_split_does_not() -> None:
    cost = budget.of_recipe(recipe(), dataset(), "xc7")
    jobs = frontier.jobs(recipe(), XC7, [60, 90], [0, 1], Path())
    accuracies = [(0.8, 0.9), (0.9, 0.7), (0.9, 0.8), (0.9, 0.9)]
    trained = [
        (job, job.recipe, {"validation_frozen": held, "test_frozen": test}, cost, None)
        for job, (held, test) in zip(jobs, accuracies, strict=True)
    ]
    found = frontier.report(recipe(), XC7, trained)
    assert [point.chosen for point in found.points] == [False, True, True, False]
    assert found.points[0].layers == (24, 12)
