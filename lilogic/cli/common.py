"""What several commands share: their options, the data set of a model, how results are shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lilogic.errors import LilogicError

if TYPE_CHECKING:
    from lilogic.data.datasets import Dataset
    from lilogic.graph import GateGraph
    from lilogic.report.reports import Row

Model = Annotated[
    str, typer.Argument(metavar="MODEL", help="A zoo name, a run folder or a .lgn file.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
LevelsPerStage = Annotated[
    int, typer.Option(help="Levels between pipeline registers; 0 for combinational.", min=0)
]
ClockMhz = Annotated[
    float | None,
    typer.Option(
        metavar="MHZ",
        help="Place registers for this clock on the target, instead of every few levels.",
    ),
]
Target = Annotated[
    str | None,
    typer.Option(
        help="What it is for: ice40, ecp5, xc7, generic, or with --clock a device, hx8k or "
        "up5k; chooses the popcount, and the area is reported for this alone."
    ),
]
Popcount = Annotated[
    str,
    typer.Option(
        help="Popcount architecture: chain, tree, counters, compressor, cells, or auto: what was "
        "measured to be best for the target."
    ),
]
BitsIn = Annotated[
    bool, typer.Option("--bits", help="Read encoded bits, even if the model has an encoder.")
]
Device = Annotated[str, typer.Option(help="cpu, or cuda where PyTorch finds one.")]
TrainingRecipe = Annotated[
    str,
    typer.Argument(
        metavar="RECIPE",
        help="A recipe's name (see recipes), a .toml file, or a data set without one: "
        "a known one, a .npz or a folder of images by class.",
    ),
]
Threads = Annotated[
    int | None, typer.Option(help="Threads; default: all cores, one for small networks.", min=1)
]
Setting = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change the recipe: train.epochs=10."),
]


def dataset_of(graph: GateGraph, name: str | None) -> Dataset:
    """The data set called ``name``; without one, what the network was trained on.

    Raises:
        LilogicError: there is none, or it cannot be loaded.
    """
    from lilogic.data import datasets

    name = name or graph.metadata.get("dataset")
    if not name:
        raise LilogicError("the model records no data set; name one with --data")
    return datasets.load(name)


def show(result: dict[str, Any] | list[Any], rows: list[Row], title: str, as_json: bool) -> None:
    """Print ``result`` as JSON, or else ``rows`` as a table called ``title``."""
    if as_json:
        typer.echo(json.dumps(result, indent=2))
    else:
        from lilogic.report import console

        console.show(title, rows)
