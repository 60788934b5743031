"""Commands that say what networks will take in hardware, without building it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lilogic.cli import completion
from lilogic.cli.common import (
    AsJson,
    Device,
    Setting,
    Threads,
    TrainingRecipe,
    load,
    show,
)

CostTarget = Annotated[
    str,
    typer.Option(
        "--target",
        help="xc7 (LUT6), ice40 or ecp5 (LUT4), or sky130 (gate equivalents of standard cells).",
        autocompletion=completion.cost_targets,
    ),
]


def estimate(
    source: Annotated[
        str,
        typer.Argument(
            metavar="MODEL|RECIPE",
            help="A zoo name, a run folder or a .lgn file; or else a recipe or a data set, as for "
            "train.",
            autocompletion=completion.estimated,
        ),
    ],
    target: CostTarget,
    changes: Setting = None,
    recipe: Annotated[
        bool,
        typer.Option("--recipe", help="Take the name for a recipe's where the zoo has it, too."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Estimate what a network takes in hardware, in seconds, without synthesis.

    That is the whole classifier, encoder to argmax, without registers, before placement. For a
    recipe it is what a network trained by it will take. The error is stated with it.
    """
    from lilogic import planning, zoo
    from lilogic.report import tables

    is_model = source in zoo.names() or Path(source).suffix == ".lgn" or _is_run(source)
    if is_model and not recipe and not changes:
        cost = planning.estimate(load(source), target)
    else:
        cost = planning.estimate(source, target, changes=changes)
    show(cost, tables.cost_rows(cost), f"{cost.name} on {cost.target}", as_json)


def _is_run(source: str) -> bool:
    from lilogic.zoo.models import MODEL

    return (Path(source) / MODEL).exists()


def frontier(
    recipe: TrainingRecipe,
    target: CostTarget,
    budgets: Annotated[
        list[int] | None,
        typer.Option(
            "--budget",
            help="What the whole circuit may take; repeatable. Default: 500, 1000, 2000 and 4000 "
            "LUTs, or 2000, 4000, 8000 and 16000 gate equivalents.",
            min=1,
        ),
    ] = None,
    seeds: Annotated[
        list[int] | None, typer.Option("--seed", help="Repeatable. Default: 0.", min=0)
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Folder; default: runs/NAME-frontier."),
    ] = None,
    changes: Setting = None,
    device: Device = "cpu",
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """Train a network for each of several budgets, and draw accuracy against cost.

    The recipe's layers are scaled to each budget; for a data set, a recipe is made whose networks
    are cheap on the target. Each network has a run folder in the folder, beside frontier.json and
    frontier.png; what is trained already is not trained again.
    """
    from lilogic import planning
    from lilogic.report import tables

    found = planning.frontier(
        recipe,
        target,
        budgets,
        seeds or [0],
        folder,
        changes=changes,
        device=device,
        threads=threads,
    )
    title = f"{found.name} on {found.target}"
    show(found, tables.frontier_rows(found), title, as_json)
