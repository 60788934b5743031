"""What several commands share: their options, how models are found, how results are shown."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import BaseModel

    from lilogic.api import Model as Network
    from lilogic.data.datasets import Dataset
    from lilogic.report.tables import Row

Model = Annotated[
    str, typer.Argument(metavar="MODEL", help="A zoo name, a run folder or a .lgn file.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
LevelsPerStage = Annotated[
    int | None,
    typer.Option(help="Levels between pipeline registers; 0 for combinational. Default: 2.", min=0),
]
ClockMhz = Annotated[
    float | None,
    typer.Option(
        "--clock",
        metavar="MHZ",
        help="Place registers for this clock on the target, instead of every few levels.",
    ),
]
Target = Annotated[
    str | None,
    typer.Option(
        help="What it is for: ice40, ecp5, xc7, generic, or with --clock a device, hx8k or "
        "up5k; chooses the popcount, and the area is counted for this alone."
    ),
]
Popcount = Annotated[
    str | None,
    typer.Option(
        help="Popcount architecture: chain, tree, counters, compressor, cells, or auto: what was "
        "measured to be best for the target. Default: auto."
    ),
]


Module = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="What the top module is called in Verilog, and those inside it begin with; networks "
        "of different names fit in one design. Default: classifier.",
    ),
]


class Kind(StrEnum):
    """What a classifier reads, as the command line spells it."""

    BITS = "bits"
    FEATURES = "features"


InputKind = Annotated[
    Kind | None,
    typer.Option(
        "--input",
        help="What the hardware reads: encoded bits, or features, which it encodes. Default: "
        "features if the model has an encoder; on boards bits.",
    ),
]
# Older names of --input bits and --input features.
Bits = Annotated[bool, typer.Option("--bits", hidden=True)]
Pixels = Annotated[bool, typer.Option("--pixels", hidden=True)]
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
DataName = Annotated[
    str | None,
    typer.Option("--data", help="Data set, .npz or image folder; default: what it was trained on."),
]


def given(**options: Any) -> dict[str, Any]:
    """The options that were given, as keywords of ``CompileOptions``; the others have defaults.

    ``bits`` and ``pixels`` are older names of two values of ``input``.
    """
    bits, pixels = options.pop("bits", False), options.pop("pixels", False)
    if bits or pixels:
        options["input"] = Kind.BITS if bits else Kind.FEATURES
    return {name: value for name, value in options.items() if value is not None}


def load(model: str) -> Network:
    """The network called MODEL, under its recorded name.

    Raises:
        FormatError: none, an unfinished run, or a damaged file.
    """
    from lilogic.api import Model
    from lilogic.zoo import models

    graph = models.load(model)
    return Model(graph, models.name(graph, model))


def dataset_of(model: Network, name: str | None) -> Dataset:
    """The data set called ``name``; without one, what the network was trained on.

    Raises:
        DataError: there is none, or it cannot be loaded.
    """
    from lilogic.data import datasets

    return model.dataset() if name is None else datasets.load(name)


def show(
    result: BaseModel | dict[str, Any] | list[Any], rows: Sequence[Row], title: str, as_json: bool
) -> None:
    """Print ``result`` as JSON, or else ``rows`` as a table called ``title``."""
    if as_json:
        typer.echo(json.dumps(_plain(result), indent=2))
    else:
        from lilogic.report import console

        console.show(title, rows)


def _plain(result: Any) -> Any:
    """JSON values of reports, and of dictionaries and lists of them."""
    if isinstance(result, dict):
        return {key: _plain(value) for key, value in result.items()}
    if isinstance(result, list):
        return [*map(_plain, result)]
    return result.to_json() if hasattr(result, "to_json") else result
