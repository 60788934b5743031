"""The command that classifies files in software."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lilogic.cli.common import (
    ArrayName,
    AsJson,
    Files,
    Ground,
    Invert,
    Model,
    White,
    given,
    load,
    show,
)

if TYPE_CHECKING:
    from lilogic.api import Model as Network
    from lilogic.data.samples import Samples


def predict(
    model: Model,
    files: Files,
    invert: Invert = False,
    ground: Ground = None,
    white: White = None,
    array: ArrayName = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Write a .csv or .json instead of printing a table."),
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV instead of a table.")] = False,
    as_json: AsJson = False,
) -> None:
    """Classify pictures or arrays of samples, in software."""
    from lilogic.errors import LilogicError
    from lilogic.files import check_writable, write_bytes

    suffix = "" if output is None else output.suffix.lower()
    if output is not None and suffix not in (".csv", ".json"):
        raise LilogicError(f"{output}: call it .csv or .json, which says what to write")
    if output is not None:
        check_writable(output)
    network = load(model)
    options = given(invert=invert, ground=ground, white=white, array=array)
    predictions = _predictions(network, network.samples(*files, **options))
    if output is not None:
        text = _csv(network, predictions) if suffix == ".csv" else _json(predictions)
        write_bytes(output, text.encode(errors="surrogateescape"))  # names may be any bytes
    if as_csv:
        typer.echo(_csv(network, predictions), nl=False)
    elif as_json or output is None:
        show(predictions, [*map(_row, predictions)], network.name, as_json)


def _predictions(network: Network, samples: Samples) -> list[dict[str, Any]]:
    """What ``--json`` prints: of each sample the class, its lead over the next, and all scores."""
    import numpy as np

    from lilogic.report import compilation

    with compilation.announced(f"{network.name}: "):
        scores = network.scores(samples.x)
    names = network.class_names
    ranked = np.sort(scores.astype(np.int64), axis=1)
    margins = ranked[:, -1] - ranked[:, -2] if ranked.shape[1] > 1 else ranked[:, -1]
    return [
        {
            "file": str(file),
            "sample": number,
            "name": name,
            "class": names[index],
            "index": index,
            "margin": margin,
            "scores": row,
        }
        for file, number, name, index, margin, row in zip(
            samples.files,
            samples.numbers,
            samples.names,
            scores.argmax(axis=1).tolist(),
            margins.tolist(),
            scores.tolist(),
            strict=True,
        )
    ]


def _row(prediction: dict[str, Any]) -> tuple[str, str]:
    scores = " ".join(map(str, prediction["scores"]))
    return (
        prediction["name"],
        f"{prediction['class']}, {prediction['margin']} ahead, scores {scores}",
    )


def _json(predictions: list[dict[str, Any]]) -> str:
    import json

    return json.dumps(predictions, indent=2) + "\n"


def _csv(network: Network, predictions: list[dict[str, Any]]) -> str:
    import csv
    import io

    columns = ("file", "sample", "class", "index", "margin")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*columns, *(f"score of {name}" for name in network.class_names)])
    for prediction in predictions:
        writer.writerow([*(prediction[name] for name in columns), *prediction["scores"]])
    return text.getvalue()
