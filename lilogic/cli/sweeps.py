"""The command that tries many settings of a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lilogic.cli.common import (
    Address,
    AsJson,
    Device,
    MLflow,
    TensorBoard,
    Threads,
    WandB,
    show_json,
    tracked,
)


def sweep(
    space: Annotated[
        Path,
        typer.Argument(
            metavar="SPACE.toml",
            help="A base recipe, the settings that vary, and how to choose them.",
        ),
    ],
    folder: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder; default: runs/NAME.")
    ] = None,
    device: Device = "cpu",
    threads: Threads = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            help="Networks to train at once, each on its share of the cores. Default: one for each "
            "core. More than one needs Ray.",
            min=1,
        ),
    ] = None,
    address: Address = None,
    tensorboard: TensorBoard = False,
    mlflow: MLflow = False,
    wandb: WandB = False,
    as_json: AsJson = False,
) -> None:
    """Try many settings of a recipe. The same command resumes a sweep.

    The folder gets a run folder for each trial, sweep.json, sweep.csv, sweep.png, and the network
    that is best on the validation split. Only that one is tested, once.
    """
    from lilogic.report import console
    from lilogic.report import sweep as reports
    from lilogic.sweeps import sweep as run

    found = run(
        space,
        folder,
        device=device,
        threads=threads,
        trackers=tracked(tensorboard=tensorboard, mlflow=mlflow, wandb=wandb),
        jobs=jobs,
        address=address,
    )
    if as_json:
        show_json(found.summary)
        return
    title = str(found.folder)
    console.show_columns(title, reports.headings(found.summary), reports.rows(found.summary))
    console.say(reports.verdict(found.summary))
