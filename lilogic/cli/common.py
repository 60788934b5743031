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
        help="A zoo network, a run folder or a .lgn file.",
        autocompletion=completion.models,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
LevelsPerStage = Annotated[
    int | None,
    typer.Option(
        help="Logic levels between pipeline registers; 0 for none at all. Default: 2.", min=0
    ),
]
ClockMhz = Annotated[
    float | None,
    typer.Option(
        "--clock",
        metavar="MHZ",
        help="Place pipeline registers as this clock needs them on the device given by --target.",
    ),
]
Target = Annotated[
    str | None,
    typer.Option(
        help="FPGA family (ice40, ecp5, xc7, generic) or device (hx8k, up5k, ecp5); --clock needs "
        "a device. It selects the popcount and limits the area report to this target.",
        autocompletion=completion.targets,
    ),
]
Fold = Annotated[
    int | None,
    typer.Option(
        help="Clock cycles for each sample: with more than 1, classes share adders and are "
        "counted in turn. Default: 1.",
        min=1,
    ),
]
Popcount = Annotated[
    str | None,
    typer.Option(
        help="Popcount architecture: chain, tree, counters, compressor, cells, or auto, the best "
        "measured one for the target. Default: auto.",
        autocompletion=completion.popcounts,
    ),
]
Module = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Name of the top module and prefix of all others, so that several networks fit in "
        "one design. Default: classifier.",
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
        help="Also wrap the classifier for a bus: AXI4-Stream (axis), AXI4-Stream with status "
        "registers on AXI4-Lite (axis+axil), or registers only, on AXI4-Lite (axil) or Wishbone.",
    ),
]
BusWidth = Annotated[
    int | None,
    typer.Option(
        metavar="BITS",
        help="Width of AXI4-Stream tdata, a multiple of 8 up to 4096. Default: 32.",
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
        help="Input of the hardware or C code: encoded bits, or raw features that it encodes "
        "itself. Default: features if the model has an encoder; bits on boards.",
    ),
]
Narrow = Annotated[
    bool | None,
    typer.Option(
        "--narrow",
        help="Read each feature as a code with only as many bits as its comparisons need; "
        "interface.json describes the codes.",
        show_default=False,
    ),
]
# Older names of --input bits and --input features.
Bits = Annotated[bool, typer.Option("--bits", hidden=True)]
Pixels = Annotated[bool, typer.Option("--pixels", hidden=True)]
Device = Annotated[
    str,
    typer.Option(
        help="cpu, or cuda for an NVIDIA GPU.", autocompletion=completion.training_devices
    ),
]
TrainingRecipe = Annotated[
    str,
    typer.Argument(
        metavar="RECIPE",
        help="A recipe (lilogic recipes lists them), a .toml file, or a data set: a known name, a "
        "table (.csv, .tsv, .parquet, .arff), a .npz file, or a folder with one subfolder of "
        "images for each class.",
        autocompletion=completion.trainable,
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(help="CPU threads. Default: all cores, or 1 for small networks.", min=1),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        help="Networks to train in parallel with Ray; they share the cores. Default: 1.",
        min=1,
    ),
]
Address = Annotated[
    str | None,
    typer.Option(
        metavar="HOST:PORT",
        help="Ray cluster to train on, or auto; it must have access to the output folder. "
        "Default: this machine.",
    ),
]
TensorBoard = Annotated[
    bool,
    typer.Option("--tensorboard", help="Also write TensorBoard events to RUN/tensorboard."),
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
        "--wandb",
        help="Also log to Weights & Biases, or to RUN/wandb if WANDB_MODE=offline is set.",
    ),
]
Setting = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change a key of the recipe, e.g. train.epochs=10; repeatable. lilogic recipes --keys "
        "lists all keys.",
    ),
]
DataName = Annotated[
    str | None,
    typer.Option(
        "--data",
        help="Data set, table, .npz file or image folder. Default: the training data set.",
        autocompletion=completion.datasets,
    ),
]

Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE...",
        help="Images (PNG, JPEG, WebP, ...), arrays of samples (.npy, .npz, IDX) or tables (.csv, "
        ".tsv, .parquet, .arff).",
    ),
]
Invert = Annotated[
    bool,
    typer.Option("--invert", help="Swap dark and light in images, e.g. for ink on paper."),
]


class GroundColour(StrEnum):
    """What transparent parts of pictures are laid on, as the command line spells it."""

    WHITE = "white"
    BLACK = "black"


Ground = Annotated[
    GroundColour | None,
    typer.Option(
        help="Background for transparent parts of images. Default: white, or black if everything "
        "that shows is light."
    ),
]
White = Annotated[
    int | None,
    typer.Option(
        help="Feature value of a white pixel. Default: as in the training data.",
        min=1,
        max=255,
    ),
]
ArrayName = Annotated[
    str | None, typer.Option("--array", metavar="NAME", help="Array to read from a .npz file.")
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
        raise GraphError("the input cannot be both bits and features; choose one")
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

    say_which(model, zoo.names(), "using the zoo network", f"runs/{model}")
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
    say_which(name, datasets.REGISTRY, "using the known data set")
    if (schema := model.metadata.table) is not None and files.is_table(Path(name)):
        return build.labelled(name, files.read(Path(name)), schema, model.class_names)
    data = datasets.load(name)
    if list(data.class_names) != model.class_names[: data.n_classes]:
        message = (
            f"{name}: its classes ({some(data.class_names)}) differ from the network's "
            f"({some(model.class_names)}), so they are matched by number"
        )
        warnings.warn(LilogicWarning(message), stacklevel=2)
    look, usual = data.look(), model.look
    for oddity in look.oddities(usual) if look and usual else []:
        warnings.warn(LilogicWarning(f"{name}: images {oddity}"), stacklevel=2)
    return data


def some(names: Sequence[str]) -> str:
    """The first names of a list."""
    return ", ".join(names[:4]) + (", …" if len(names) > 4 else "")


def say_which(name: str, known: Container[str], what: str, *elsewhere: str) -> None:
    """Say that a known name is taken where a file or folder is called the same, or is elsewhere."""
    others = [path for path in (f"./{name}", *elsewhere) if os.path.exists(path)]
    if name in known and others:
        from lilogic.report import console

        console.say(f"{name}: {what}; write {' or '.join(others)} to use the one in this folder")


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
