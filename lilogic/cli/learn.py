"""Commands that train and evaluate."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lilogic.cli.common import (
    Address,
    AsJson,
    DataName,
    Device,
    Jobs,
    MLflow,
    Model,
    Setting,
    TensorBoard,
    Threads,
    TrainingRecipe,
    WandB,
    dataset_of,
    given,
    jobs_at,
    load,
    say_which,
    show,
    tracked,
)
from lilogic.errors import LilogicError

if TYPE_CHECKING:
    from lilogic.training import Run


class Missing(StrEnum):
    """What is done about missing numbers of a table, as the command line spells it."""

    ERROR = "error"
    MEDIAN = "median"
    INDICATOR = "indicator"


def train(
    recipe: TrainingRecipe,
    run: Annotated[
        Path | None, typer.Option("-o", "--output", help="Run folder; default: runs/NAME.")
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="The column of a table that holds the classes. Default: one called label, class, "
            "target or y, else the last.",
        ),
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--column", metavar="COLUMN", help="One that is a feature; repeatable. Default: all."
        ),
    ] = None,
    drop: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="One that is no feature; repeatable."),
    ] = None,
    missing: Annotated[
        Missing | None,
        typer.Option(
            help="Missing numbers: the median stands for them, or that and a feature more that "
            "says where they are missing. Default: error.",
        ),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(
            help="Cross-validate: train a network for each of so many folds, in RUN/fold-1 and so "
            "on, and tell the mean of their test accuracies. Default run folder: runs/NAME-folds.",
            min=2,
        ),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            help="Train a network for each of so many seeds, in RUN/seed-0 and so on, and tell the "
            "mean of their accuracies. Default run folder: runs/NAME-seeds.",
            min=2,
        ),
    ] = None,
    changes: Setting = None,
    device: Device = "cpu",
    threads: Threads = None,
    jobs: Jobs = None,
    address: Address = None,
    tensorboard: TensorBoard = False,
    mlflow: MLflow = False,
    wandb: WandB = False,
    as_json: AsJson = False,
) -> None:
    """Train a network. The same command resumes an interrupted one.

    Under torchrun, all its processes train the network together, each on a share of every batch.

    Of a table, rows are split by --set data.split=COLUMN, data.group=COLUMN or data.test=FRACTION.
    """
    from lilogic.learn.world import is_leader
    from lilogic.report import tables

    told = given(label=label, columns=columns, drop=drop, missing=missing)
    changes = [
        *(f"data.{key}={json.dumps(value)}" for key, value in told.items()),
        *(changes or []),
    ]
    how: dict[str, Any] = {
        "device": device,
        "threads": threads,
        "trackers": tracked(tensorboard=tensorboard, mlflow=mlflow, wandb=wandb),
        "jobs": jobs_at(jobs, address),
        "address": address,
    }
    if folds is not None and seeds is not None:
        raise LilogicError("folds and seeds vary different things: choose one of them")
    if folds is not None:
        _cross_validate(recipe, run, folds, changes, how, as_json)
    elif seeds is not None:
        _train_seeds(recipe, run, seeds, changes, how, as_json)
    else:
        made = train_in(recipe, changes, lambda name: run or Path("runs") / name, **how)
        if is_leader():
            show(made.summary, tables.training_rows(made.summary), str(made.folder), as_json)


def _cross_validate(
    name: str,
    folder: Path | None,
    folds: int,
    changes: list[str] | None,
    how: dict[str, Any],
    as_json: bool,
) -> None:
    """Train the networks of all folds, and show what they get right."""
    from lilogic.replicates import cross_validate
    from lilogic.report import console, training

    _say_which(name)
    found = cross_validate(name, folder, folds=folds, changes=changes, **how)
    _say_warnings(found.runs)
    show(found.summary, training.fold_rows(found.summary), str(found.folder), as_json)
    console.say(
        f"{found.folder}: a network for each fold, to measure the recipe with; "
        "without --folds, train gives the one to use"
    )


def _train_seeds(
    name: str,
    folder: Path | None,
    seeds: int,
    changes: list[str] | None,
    how: dict[str, Any],
    as_json: bool,
) -> None:
    """Train the networks of all seeds, and show what they get right."""
    from lilogic.replicates import train_seeds
    from lilogic.report import console, training

    _say_which(name)
    found = train_seeds(name, folder, seeds=seeds, changes=changes, **how)
    _say_warnings(found.runs)
    show(found.summary, training.seed_rows(found.summary), str(found.folder), as_json)
    console.say(f"{found.best.folder}: the best of them on the validation split")


def _say_warnings(runs: Sequence[Run]) -> None:
    from lilogic.report import console

    for run in runs:
        for warning in run.summary.warnings:
            console.say(f"warning: {run.folder.name}: {warning}")


def _say_which(name: str) -> None:
    from lilogic.data import datasets
    from lilogic.learn import recipe as recipes

    say_which(name, {*recipes.names(), *datasets.REGISTRY}, "what lilogic brings along")


def train_in(
    name: str,
    changes: list[str] | None,
    folder: Callable[[str], Path],
    *,
    device: str,
    threads: int | None,
    trackers: Sequence[str] = (),
    jobs: int | None = 1,
    address: str | None = None,
) -> Run:
    """Train what RECIPE means in the folder for a recipe of its name, and say what is odd.

    Raises:
        LilogicError: several are to be trained at once, but there is only one.
    """
    from lilogic import training
    from lilogic.learn.world import is_leader
    from lilogic.report import console

    _say_which(name)
    recipe, data = training.recipe_of(name, changes)
    by = training.workers(jobs, address, threads, device)
    if recipe.ensemble.members == 1 and not by.are_here:
        raise LilogicError(
            f"{recipe.name}: a single network is trained in one place; "
            "Ray trains --folds, --seeds, and the members of ensembles"
        )
    asked = training.Training(recipe, data, folder(recipe.name), device, trackers, progress=True)
    run = asked.run_on(by)
    epochs = run.summary.training.epochs
    if is_leader() and epochs is not None and epochs < recipe.train.planned_epochs:
        console.say(
            f"{recipe.name}: stopped after epoch {epochs}, because "
            f"train.patience = {recipe.train.patience} ran out"
        )
    for warning in run.summary.warnings if is_leader() else ():
        console.say(f"warning: {warning}")
    return run


def evaluate(
    model: Model,
    data: DataName = None,
    train: Annotated[
        bool, typer.Option("--train", help="Classify the training split, too.")
    ] = False,
    page: Annotated[
        Path | None, typer.Option("--report", help="Write an HTML page with pictures, too.")
    ] = None,
    device: Device = "cpu",
    as_json: AsJson = False,
) -> None:
    """Measure how well a network classifies its test samples."""
    from lilogic.files import check_writable, write_text
    from lilogic.report import compilation, console
    from lilogic.report.evaluation import page as pages
    from lilogic.report.evaluation import sections
    from lilogic.report.models.evaluation import EvaluationReport
    from lilogic.version import __version__

    if page is not None:
        if page.suffix.lower() not in (".html", ".htm"):
            raise LilogicError(f"{page}: no page's name; end it with .html")
        check_writable(page)
    network = load(model)
    dataset = dataset_of(network, data)
    with compilation.announced(f"{network.name}: "):
        test = network.evaluation(dataset.x_test, dataset.y_test, device)
        # A table of its own is all for testing.
        has_training = train and len(dataset.x_train) > 0
        trained = None
        if has_training:
            trained = network.evaluate(dataset.x_train, dataset.y_train, device)
    report = EvaluationReport(
        model=network.name,
        version=__version__,
        gates=network.graph.n_gates,
        dataset=dataset.name,
        is_trained_data=dataset.hashes() == network.metadata.dataset_hashes,
        test_samples=test.samples,
        test_frozen=test.accuracy,
        train_frozen=trained,
        recorded=network.metadata.accuracy,
        test=test,
    )
    if page is not None:
        write_text(page, pages.html(report))
    summary, *others = sections.of_report(report)
    rows = [(label, value) for label, value in summary.rows]
    show(report, rows, network.name, as_json)
    for section in others if not as_json else []:
        console.show_section(section)
    for warning in test.warnings:
        console.say(f"warning: {warning}")
