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
            help="File with a base recipe, the settings to vary, and how to choose them.",
        ),
    ],
    folder: Annotated[
        Path | None, typer.Option("-o", "--output", help="Output folder. Default: runs/NAME.")
    ] = None,
    device: Device = "cpu",
    threads: Threads = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            help="Networks to train in parallel; they share the cores. More than one needs Ray. "
            "Default: one for each core.",
            min=1,
        ),
    ] = None,
    address: Address = None,
    tensorboard: TensorBoard = False,
    mlflow: MLflow = False,
    wandb: WandB = False,
    as_json: AsJson = False,
) -> None:
    """Search the settings of a recipe. The same command resumes a sweep.

    The output folder gets a run folder for each trial, sweep.json, sweep.csv, sweep.png, and the
    network that does best on the validation split. Only that network is tested, once.
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
