"""Commands that train and evaluate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lilogic.cli.common import (
    AsJson,
    Device,
    Model,
    Setting,
    Threads,
    TrainingRecipe,
    dataset_of,
    show,
)

if TYPE_CHECKING:
    from lilogic.data.datasets import Dataset
    from lilogic.graph import GateGraph
    from lilogic.learn.recipe import Recipe
    from lilogic.report.models.training import TrainingSummary


def train(
    recipe: TrainingRecipe,
    run: Annotated[
        Path | None, typer.Option("-o", "--output", help="Run folder; default: runs/NAME.")
    ] = None,
    changes: Setting = None,
    device: Device = "cpu",
    threads: Threads = None,
    tensorboard: Annotated[
        bool,
        typer.Option("--tensorboard", help="Also write TensorBoard's events to RUN/tensorboard."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Train a network; the same command goes on after an interruption."""
    from lilogic.learn import defaults
    from lilogic.report import reports as reports

    chosen, data = defaults.load(recipe, changes)
    folder = run or Path("runs") / chosen.name
    _, summary = train_in(chosen, data, folder, device, threads, tensorboard)
    report = summary.model_dump(mode="json")
    show(report, reports.rows(report), str(folder), as_json)


def evaluate(
    model: Model,
    data: Annotated[
        str | None,
        typer.Option(help="Data set, .npz or image folder; default: what it was trained on."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure the accuracy of a frozen network on its data set."""
    from lilogic.infer import golden
    from lilogic.zoo import models

    graph = models.load(model)
    dataset = dataset_of(graph, data)
    recorded = graph.metadata.get("accuracy", {})
    result = {
        "model": models.name(graph, model),
        "gates": graph.n_gates,
        "dataset": dataset.name,
        "is_trained_data": dataset.hashes() == graph.metadata.get("dataset_hashes"),
        "test_samples": len(dataset.x_test),
        "train_frozen": golden.accuracy(graph, dataset.x_train, dataset.y_train),
        "test_frozen": golden.accuracy(graph, dataset.x_test, dataset.y_test),
        "recorded": recorded,
    }
    rows = [
        ("data set", dataset.name if result["is_trained_data"] else f"{dataset.name} (another)"),
        ("gates", f"{graph.n_gates:,}"),
        ("frozen accuracy (train)", f"{result['train_frozen']:.2%}"),
        ("frozen accuracy (test)", f"{result['test_frozen']:.2%}"),
    ]
    if "test_soft" in recorded:
        rows.append(("soft accuracy (test, recorded)", f"{recorded['test_soft']:.2%}"))
    show(result, rows, result["model"], as_json)


def train_in(
    recipe: Recipe,
    data: Dataset,
    run: Path,
    device: str,
    threads: int | None,
    tensorboard: bool = False,
) -> tuple[GateGraph, TrainingSummary]:
    """Train in ``run``, which then has a summary too; returns the graph and the summary."""
    from contextlib import ExitStack

    from lilogic.learn import trainer
    from lilogic.learn.callbacks import Callback, Callbacks
    from lilogic.learn.callbacks.curves import Curves
    from lilogic.learn.callbacks.progress import TrainingProgress
    from lilogic.learn.kernels import memory
    from lilogic.learn.run import RunFolder
    from lilogic.report import console
    from lilogic.report import reports as reports

    memory.keep_freed()
    folder = RunFolder(run)
    with ExitStack() as contexts:
        callbacks: list[Callback] = [
            contexts.enter_context(TrainingProgress(f"training {recipe.name}")),
            contexts.enter_context(Curves(folder)),
        ]
        if tensorboard:
            from lilogic.learn.callbacks.tensorboard import TensorBoard

            callbacks.append(contexts.enter_context(TensorBoard(folder)))
        graph = trainer.train(recipe, data, run, Callbacks(callbacks), device, threads)
    summary = reports.describe_trained(recipe.name, graph, recipe.widths)
    folder.write_summary(summary)
    if summary.training.epochs < recipe.train.epochs:
        console.say(
            f"{recipe.name}: stopped after epoch {summary.training.epochs}, because "
            f"train.patience = {recipe.train.patience} ran out"
        )
    for warning in summary.warnings:
        console.say(f"warning: {warning}")
    return graph, summary
