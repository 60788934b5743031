"""Commands that use a network in software: what it answers, and what that depends on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lilogic.cli.common import (
    ArrayName,
    AsJson,
    DataName,
    Device,
    Files,
    Ground,
    Invert,
    Model,
    White,
    dataset_of,
    given,
    load,
    show,
    show_json,
    some,
)

if TYPE_CHECKING:
    from lilogic.api import Model as Network
    from lilogic.data.samples import Samples
    from lilogic.report.models.explanation import Explanation


def predict(
    model: Model,
    files: Files,
    invert: Invert = False,
    ground: Ground = None,
    white: White = None,
    array: ArrayName = None,
    device: Device = "cpu",
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Write a .csv or .json file instead of a table."),
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV instead of a table.")] = False,
    as_json: AsJson = False,
) -> None:
    """Classify images, arrays or tables in software."""
    from lilogic.errors import LilogicError
    from lilogic.files import check_writable, write_bytes

    suffix = "" if output is None else output.suffix.lower()
    if output is not None and suffix not in (".csv", ".json"):
        raise LilogicError(f"{output}: unknown format; use the suffix .csv or .json")
    if output is not None:
        check_writable(output)
    network = load(model)
    options = given(invert=invert, ground=ground, white=white, array=array)
    predictions = _predictions(network, network.samples(*files, **options), device)
    if output is not None:
        text = _csv(network, predictions) if suffix == ".csv" else _json(predictions)
        write_bytes(output, text.encode(errors="surrogateescape"))  # names may be any bytes
    if as_csv:
        typer.echo(_csv(network, predictions), nl=False)
    elif as_json or output is None:
        show(predictions, [*map(_row, predictions)], network.name, as_json)


def _predictions(network: Network, samples: Samples, device: str) -> list[dict[str, Any]]:
    """What ``--json`` prints: of each sample the class, its lead over the next, and all scores."""
    import numpy as np

    from lilogic.report import compilation

    with compilation.announced(f"{network.name}: "):
        scores = network.scores(samples.x, device)
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
        f"{prediction['class']}, margin {prediction['margin']}, scores {scores}",
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


_SHOWN_TERMS = 40
"""Terms of a formula that are shown without being asked for, at most."""


def explain(
    model: Model,
    data: DataName = None,
    class_name: Annotated[
        str | None,
        typer.Option(
            "--class", metavar="NAME", help="Explain only this class, given by name or number."
        ),
    ] = None,
    formula: Annotated[
        bool, typer.Option("--formula", help="Print only the formula, in words.")
    ] = False,
    picture: Annotated[
        Path | None,
        typer.Option(
            help="Picture to draw (.png, .svg, .pdf): heat maps for images, bars for other data."
        ),
    ] = None,
    top: Annotated[
        int, typer.Option(help="Features, and conditions for each class, to list.", min=1)
    ] = 10,
    samples: Annotated[
        int, typer.Option(help="Upper bound of test samples to measure on.", min=1)
    ] = 1000,
    repeats: Annotated[int, typer.Option(help="Shuffles of each feature.", min=1)] = 5,
    seed: Annotated[int, typer.Option(help="Seed of samples and shuffles.", min=0)] = 0,
    as_json: AsJson = False,
) -> None:
    """Show which features and thresholds each class depends on.

    It measures importance on test samples, or on random bits if the network records no data set.
    """
    from lilogic import explain as explaining
    from lilogic.errors import LilogicError
    from lilogic.extras import needs
    from lilogic.files import check_writable
    from lilogic.report import compilation
    from lilogic.report import explanation as shown
    from lilogic.report.steps import shown as steps

    network = load(model)
    only = None if class_name is None else _class_number(network, class_name)
    if formula:
        if picture is not None:
            raise LilogicError("--formula and --picture cannot be combined; choose one")
        _show_formula(network, only, as_json)
        return
    if picture is not None:
        with needs("plots", "matplotlib"):
            import matplotlib  # noqa: F401
        from lilogic.report import plots

        check_writable(plots.picture(picture))
    evidence = None
    if data is not None or network.metadata.dataset:
        found = dataset_of(network, data)
        evidence = explaining.Evidence(found.x_test, found.y_test, found.name)
    with compilation.announced(f"{network.name}: "):
        explanation = explaining.explain(
            network.graph, network.name, network.class_names, evidence,
            samples=samples, repeats=repeats, seed=seed, only=only, step=steps(True),
        )  # fmt: skip
    if picture is not None:
        shown.draw(explanation, picture, only)
    if as_json:
        show_json(explanation)
    else:
        _show_explanation(explanation, only, top)


def _class_number(network: Network, name: str) -> int:
    """Which class is called ``name``, or has this number.

    Raises:
        DataError: none.
    """
    from lilogic.errors import DataError

    names = network.class_names
    if name in names:
        return names.index(name)
    if name.isdecimal() and int(name) < len(names):
        return int(name)
    raise DataError(f"{network.name}: no class {name}; it has {some(names)}", option="class")


def _show_formula(network: Network, only: int | None, as_json: bool) -> None:
    """Print the formula of all classes, or of one."""
    from lilogic.errors import GraphError
    from lilogic.explain import words
    from lilogic.report import explanation as shown

    try:
        formula = words.formula(network.graph, network.class_names, only)
    except GraphError as error:
        raise error.at(network.name) from error
    if as_json:
        show_json(formula)
    else:
        _print(shown.formula_lines(formula))


def _show_explanation(explanation: Explanation, only: int | None, top: int) -> None:
    """Print the tables, and the formula if that is short."""
    from lilogic.report import console
    from lilogic.report import explanation as shown

    title = f"{explanation.name}, on {shown.basis_text(explanation.basis)}"
    columns = shown.feature_columns(explanation)
    console.show_columns(title, columns, shown.feature_rows(explanation, only, top))
    rows = shown.condition_rows(explanation, only, top)
    console.show_columns("conditions", shown.CONDITION_COLUMNS, rows)
    formula = explanation.formula
    if formula is None:
        typer.echo(f"formula: {explanation.too_large}")
    elif (count := shown.written(formula)) > _SHOWN_TERMS:
        typer.echo(f"formula: {count} terms; --formula prints them")
    else:
        _print(shown.formula_lines(formula))


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line)
