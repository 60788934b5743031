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
        Path | None, typer.Option("-o", "--output", help="Run folder. Default: runs/NAME.")
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Column of a table that holds the classes. Default: label, class, target or y, or "
            "the last column.",
        ),
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            metavar="COLUMN",
            help="Column to use as a feature; repeatable. Default: all.",
        ),
    ] = None,
    drop: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="Column to leave out; repeatable."),
    ] = None,
    missing: Annotated[
        Missing | None,
        typer.Option(
            help="How to treat missing numbers: refuse them, fill in the median, or fill it in and "
            "add a feature that indicates where. Default: error.",
        ),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Cross-validate over N folds: train a network for each, in RUN/fold-1 and so on, "
            "and report the mean test accuracy. Default run folder: runs/NAME-folds.",
            min=2,
        ),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Train a network for each of N seeds, in RUN/seed-0 and so on, and report the "
            "mean accuracy. Default run folder: runs/NAME-seeds.",
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

    To choose how a table is split, set data.split=COLUMN, data.group=COLUMN or data.test=FRACTION
    with --set.

    To train on several GPUs or machines, start the command with torchrun: each process then takes
    a share of every batch.
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
        raise LilogicError("--folds and --seeds cannot be combined; choose one")
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
        f"{found.folder}: these networks only measure the recipe; "
        "train without --folds to get the network to use"
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
    console.say(f"{found.best.folder}: best on the validation split")


def _say_warnings(runs: Sequence[Run]) -> None:
    from lilogic.report import console

    for run in runs:
        for warning in run.summary.warnings:
            console.say(f"warning: {run.folder.name}: {warning}")


def _say_which(name: str) -> None:
    from lilogic.data import datasets
    from lilogic.learn import recipe as recipes

    say_which(name, {*recipes.names(), *datasets.REGISTRY}, "using the one that comes with lilogic")


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
            f"{recipe.name}: --jobs and --address need several networks to train, but this is one; "
            "omit them, or train with --folds, --seeds or an ensemble"
        )
    asked = training.Training(recipe, data, folder(recipe.name), device, trackers, progress=True)
    run = asked.run_on(by)
    epochs = run.summary.training.epochs
    if is_leader() and epochs is not None and epochs < recipe.train.planned_epochs:
        console.say(
            f"{recipe.name}: stopped early after epoch {epochs}: no improvement for "
            f"train.patience = {recipe.train.patience} epochs"
        )
    for warning in run.summary.warnings if is_leader() else ():
        console.say(f"warning: {warning}")
    return run


def evaluate(
    model: Model,
    data: DataName = None,
    train: Annotated[
        bool, typer.Option("--train", help="Also measure on the training split.")
    ] = False,
    page: Annotated[
        Path | None, typer.Option("--report", help="HTML page with plots to write.")
    ] = None,
    device: Device = "cpu",
    as_json: AsJson = False,
) -> None:
    """Measure a network's accuracy on its test set."""
    from lilogic.files import check_writable, write_text
    from lilogic.report import compilation, console
    from lilogic.report.evaluation import page as pages
    from lilogic.report.evaluation import sections
    from lilogic.report.models.evaluation import EvaluationReport
    from lilogic.version import __version__

    if page is not None:
        if page.suffix.lower() not in (".html", ".htm"):
            raise LilogicError(f"{page}: the report is an HTML page; use the suffix .html")
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
