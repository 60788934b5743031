"""What several commands share: their options, how models are found, how results are shown."""

from __future__ import annotations

import json
import os
import warnings
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lilogic.cli import completion
from lilogic.errors import LilogicWarning

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from pydantic import BaseModel

    from lilogic.api import Model as Network
    from lilogic.data.datasets import Dataset
    from lilogic.report.tables import Row

Model = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="A zoo name, a run folder or a .lgn file.",
        autocompletion=completion.models,
    ),
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
        help="What it is for: ice40, ecp5, xc7, generic, or a device, hx8k, up5k or ecp5, which "
        "--clock needs; chooses the popcount, and the area is counted for this alone.",
        autocompletion=completion.targets,
    ),
]
Fold = Annotated[
    int | None,
    typer.Option(
        help="Clock cycles that a sample may take: classes are then counted one after the other, "
        "by adders that they share. Default: 1.",
        min=1,
    ),
]
Popcount = Annotated[
    str | None,
    typer.Option(
        help="Popcount architecture: chain, tree, counters, compressor, cells, or auto: what was "
        "measured to be best for the target. Default: auto.",
        autocompletion=completion.popcounts,
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


class BusKind(StrEnum):
    """What a classifier is connected by, as the command line spells it."""

    AXIS = "axis"
    AXIS_AXIL = "axis+axil"
    AXIL = "axil"
    WISHBONE = "wishbone"


Bus = Annotated[
    BusKind | None,
    typer.Option(
        help="Also put the classifier behind a bus: AXI4-Stream (axis), AXI4-Stream with status "
        "registers on AXI4-Lite (axis+axil), or registers alone, on AXI4-Lite (axil) or Wishbone.",
    ),
]
BusWidth = Annotated[
    int | None,
    typer.Option(
        metavar="BITS",
        help="Bits of AXI4-Stream's tdata, a multiple of 8 up to 4096. Default: 32.",
        min=8,
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
        help="What the hardware, or C, reads: encoded bits, or features, which it encodes. "
        "Default: features if the model has an encoder; on boards bits.",
    ),
]
Narrow = Annotated[
    bool | None,
    typer.Option(
        "--narrow",
        help="Take codes instead of features: each has only as many bits as the feature's "
        "comparisons tell apart. interface.json describes them.",
        show_default=False,
    ),
]
# Older names of --input bits and --input features.
Bits = Annotated[bool, typer.Option("--bits", hidden=True)]
Pixels = Annotated[bool, typer.Option("--pixels", hidden=True)]
Device = Annotated[
    str,
    typer.Option(
        help="cpu, or cuda where PyTorch finds one.", autocompletion=completion.training_devices
    ),
]
TrainingRecipe = Annotated[
    str,
    typer.Argument(
        metavar="RECIPE",
        help="A recipe's name (see recipes), a .toml file, or a data set without one: "
        "a known one, a table (.csv, .tsv, .parquet, .arff), a .npz or a folder of images by "
        "class.",
        autocompletion=completion.trainable,
    ),
]
Threads = Annotated[
    int | None, typer.Option(help="Threads; default: all cores, one for small networks.", min=1)
]
Jobs = Annotated[
    int | None,
    typer.Option(
        help="Networks to train at once, on Ray; each has its share of the cores. Default: 1.",
        min=1,
    ),
]
Address = Annotated[
    str | None,
    typer.Option(
        metavar="HOST:PORT",
        help="The Ray cluster to train them on, or auto; it must see the folder. Default: "
        "processes of this machine.",
    ),
]
TensorBoard = Annotated[
    bool,
    typer.Option("--tensorboard", help="Also write TensorBoard's events to RUN/tensorboard."),
]
MLflow = Annotated[
    bool,
    typer.Option(
        "--mlflow", help="Also log to MLflow: $MLFLOW_TRACKING_URI, or else RUN/mlflow.db."
    ),
]
WandB = Annotated[
    bool,
    typer.Option(
        "--wandb", help="Also log to Weights & Biases; to RUN/wandb with WANDB_MODE=offline."
    ),
]
Setting = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change the recipe: train.epochs=10; recipes --keys lists all keys.",
    ),
]
DataName = Annotated[
    str | None,
    typer.Option(
        "--data",
        help="Data set, table, .npz or image folder; default: what it was trained on.",
        autocompletion=completion.datasets,
    ),
]

Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE...",
        help="Pictures (PNG, JPEG, WebP, ...), arrays of samples (.npy, .npz, IDX), or tables "
        "(.csv, .tsv, .parquet, .arff).",
    ),
]
Invert = Annotated[
    bool,
    typer.Option("--invert", help="Swap dark and light in pictures: for ink on paper."),
]


class GroundColour(StrEnum):
    """What transparent parts of pictures are laid on, as the command line spells it."""

    WHITE = "white"
    BLACK = "black"


Ground = Annotated[
    GroundColour | None,
    typer.Option(
        help="What transparent parts of pictures are laid on. Default: white, or black where "
        "all that shows is light."
    ),
]
White = Annotated[
    int | None,
    typer.Option(
        help="The network's value of a white pixel. Default: that of its training data.",
        min=1,
        max=255,
    ),
]
ArrayName = Annotated[
    str | None, typer.Option("--array", metavar="NAME", help="Take this array of an .npz.")
]


def given(**options: Any) -> dict[str, Any]:
    """The options that were given, as keywords; the others have defaults.

    ``bits`` and ``pixels`` are older names of two values of ``input``.

    Raises:
        GraphError: two of them contradict each other.
    """
    from lilogic.errors import GraphError

    older = {Kind.BITS: options.pop("bits", False), Kind.FEATURES: options.pop("pixels", False)}
    inputs = {kind for kind, asked in older.items() if asked}
    inputs |= {options.pop("input", None)} - {None}
    if len(inputs) > 1:
        raise GraphError("both bits and features are asked for as the input: name one")
    if inputs:
        options["input"] = inputs.pop()
    return {name: value for name, value in options.items() if value is not None}


def jobs_at(jobs: int | None, address: str | None) -> int | None:
    """How many networks to train at once: by default one here, and what a cluster has room for."""
    return 1 if jobs is None and address is None else jobs


def tracked(**trackers: bool) -> list[str]:
    """The names of the trackers that were asked for."""
    return [name for name, is_asked in trackers.items() if is_asked]


def load(model: str) -> Network:
    """The network called MODEL, under its recorded name.

    Raises:
        FormatError: none, an unfinished run, or a damaged file.
    """
    from lilogic import zoo
    from lilogic.api import Model
    from lilogic.zoo import models

    say_which(model, zoo.names(), "the network of the zoo")
    graph = models.load(model)
    return Model(graph, models.name(graph, model))


def dataset_of(model: Network, name: str | None) -> Dataset:
    """The data set called ``name``; without one, what the network was trained on.

    A table in a file has the columns that the network reads, and is all for testing.

    Raises:
        DataError: there is none, or it cannot be loaded.
    """
    from lilogic.data import datasets
    from lilogic.data.tables import build, files

    if name is None:
        return model.dataset()
    say_which(name, datasets.REGISTRY, "the known data set")
    if (schema := model.metadata.table) is not None and files.is_table(Path(name)):
        return build.labelled(name, files.read(Path(name)), schema, model.class_names)
    data = datasets.load(name)
    if list(data.class_names) != model.class_names[: data.n_classes]:
        message = (
            f"{name}: classes are compared by number: its {some(data.class_names)} "
            f"with the network's {some(model.class_names)}"
        )
        warnings.warn(LilogicWarning(message), stacklevel=2)
    look, usual = data.look(), model.look
    for oddity in look.oddities(usual) if look and usual else []:
        warnings.warn(LilogicWarning(f"{name}: images {oddity}"), stacklevel=2)
    return data


def some(names: Sequence[str]) -> str:
    """The first names of a list."""
    return ", ".join(names[:4]) + (", …" if len(names) > 4 else "")


def say_which(name: str, known: Container[str], what: str) -> None:
    """Say that a known name is taken where a file or folder is called the same."""
    if name in known and os.path.exists(name):
        from lilogic.report import console

        console.say(f"{name}: {what}; write ./{name} for what is in this folder")


def show(
    result: BaseModel | dict[str, Any] | list[Any], rows: Sequence[Row], title: str, as_json: bool
) -> None:
    """Print ``result`` as JSON, or else ``rows`` as a table called ``title``."""
    if as_json:
        show_json(result)
    else:
        from lilogic.report import console

        console.show(title, rows)


def show_json(result: BaseModel | dict[str, Any] | list[Any]) -> None:
    """Print ``result`` as JSON."""
    typer.echo(json.dumps(_plain(result), indent=2))


def _plain(result: Any) -> Any:
    """JSON values of reports, and of dictionaries and lists of them."""
    if isinstance(result, dict):
        return {key: _plain(value) for key, value in result.items()}
    if isinstance(result, list):
        return [*map(_plain, result)]
    return result.to_json() if hasattr(result, "to_json") else result
