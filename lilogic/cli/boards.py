"""Commands for boards: what there is, bitstreams, classifying on one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lilogic.cli import completion
from lilogic.cli.common import (
    ArrayName,
    AsJson,
    Bits,
    DataName,
    Files,
    Ground,
    InputKind,
    Invert,
    Model,
    Pixels,
    Popcount,
    White,
    dataset_of,
    given,
    load,
    show,
    show_json,
)
from lilogic.errors import CheckFailedError, GraphError, LilogicError

if TYPE_CHECKING:
    from lilogic.api import Model as Network
    from lilogic.boards.host.client import Client

OnBoard = Annotated[
    str,
    typer.Option(
        "--model",
        metavar="MODEL",
        help="The network on the board.",
        autocompletion=completion.models,
    ),
]
PortName = Annotated[
    str | None,
    typer.Option("--port", metavar="DEVICE", help="The board's serial port, e.g. /dev/ttyUSB0."),
]
Baud = Annotated[int, typer.Option(help="Baud rate of the serial port.", min=1)]
Simulate = Annotated[
    bool, typer.Option("--simulate", help="Simulate the board instead of using a real one.")
]
BoardName = Annotated[
    str,
    typer.Option(
        "--board",
        metavar="NAME",
        help="The board; lilogic boards lists them.",
        autocompletion=completion.boards,
    ),
]
BoardFolder = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="Build folder; default: build/boards/MODEL-BOARD."),
]


def classify(
    files: Files,
    model: OnBoard = "digits",
    port: PortName = None,
    baud: Baud = 1_000_000,
    simulate: Simulate = False,
    input: InputKind = None,
    pixels: Pixels = False,
    invert: Invert = False,
    ground: Ground = None,
    white: White = None,
    array: ArrayName = None,
    as_json: AsJson = False,
) -> None:
    """Classify images on a board, real or simulated."""
    from lilogic.boards.host.client import first_mismatch
    from lilogic.infer import golden
    from lilogic.report import tables

    network = load(model)
    encoder = network.graph.encoder
    if encoder is None:
        raise GraphError(f"{model}: has no encoder, so it cannot read images; choose another model")
    samples = network.samples(
        *files, **given(invert=invert, ground=ground, white=white, array=array)
    )
    names = network.class_names
    with _client(network, port, baud, simulate, given(input=input, pixels=pixels)) as client:
        answers = list(client.classify(samples.x, has_scores=True))
    result = [
        {
            "image": name,
            "class": names[answer.index],
            "index": answer.index,
            "scores": answer.scores,
            "cycles": answer.cycles,
        }
        for name, answer in zip(samples.names, answers, strict=True)
    ]
    rows = [
        (name, f"{names[answer.index]}, scores {' '.join(map(str, answer.scores or ()))}")
        for name, answer in zip(samples.names, answers, strict=True)
    ]
    show(result, rows, network.name, as_json)
    wrong = first_mismatch(answers, golden.scores(network.graph, encoder.encode(samples.x)))
    if wrong is not None:
        raise CheckFailedError(
            f"{samples.names[wrong.sample]}: the board says {tables.answer_text(wrong.got)}, "
            f"but software says {tables.answer_text(wrong.expected)}"
        )


def bench_board(
    model: OnBoard = "digits",
    port: PortName = None,
    baud: Baud = 1_000_000,
    simulate: Simulate = False,
    input: InputKind = None,
    pixels: Pixels = False,
    data: DataName = None,
    limit: Annotated[
        int | None, typer.Option(help="Send only the first N test images.", metavar="N", min=1)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure a board's accuracy and speed on a test set."""
    from lilogic.report import board as rows_of

    network = load(model)
    dataset = dataset_of(network, data)
    with _client(network, port, baud, simulate, given(input=input, pixels=pixels)) as client:
        measured = client.measure(dataset.x_test[:limit], dataset.y_test[:limit])
    result = {"model": network.name, "dataset": dataset.name, "simulated": simulate}
    rows = rows_of.measurement_rows(measured, dataset.name, simulated=simulate)
    show(result | measured.to_json(), rows, network.name, as_json)
    raise typer.Exit(0 if measured.agreement == 1 else 1)


def boards_(as_json: AsJson = False) -> None:
    """List the boards that lilogic can build bitstreams for."""
    from lilogic.boards import catalogue
    from lilogic.report import board as rows_of

    known = [catalogue.describe(board) for board in catalogue.BOARDS.values()]
    by_name = {board.name: board.to_json() for board in known}
    show(by_name, [*map(rows_of.catalogue_row, known)], "boards", as_json)


def synth(
    model: Model,
    board: BoardName = "icebreaker",
    output: BoardFolder = None,
    clock_mhz: Annotated[
        float | None,
        typer.Option(
            "--clock",
            metavar="MHZ",
            help="Upper bound of the clock frequency. Default: the fastest that meets timing.",
            min=0,
        ),
    ] = None,
    baud: Baud = 1_000_000,
    input: InputKind = None,
    bits: Bits = False,
    pixels: Pixels = False,
    levels_per_stage: Annotated[
        int | None,
        typer.Option(
            help="Logic levels between pipeline registers. Default: 2, or 4 or 8 if the board has "
            "too few registers for that.",
            min=1,
        ),
    ] = None,
    popcount: Popcount = None,
    fold: Annotated[
        int | None,
        typer.Option(
            help="Clock cycles for each sample: classes share adders and are counted in turn. "
            "Default: as many as the link takes to send a sample.",
            min=1,
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(help="Seed of place and route; another may give a faster clock.", min=0),
    ] = 1,
    as_json: AsJson = False,
) -> None:
    """Build a board's bitstream at the fastest possible clock."""
    from lilogic import flow
    from lilogic.report import board as rows_of

    network = load(model)
    options = given(
        clock_mhz=clock_mhz,
        input=input,
        bits=bits,
        pixels=pixels,
        levels_per_stage=levels_per_stage,
        popcount=popcount,
        fold=fold,
    )
    folder = output or flow.board_folder(network.name, board)
    report = network.synthesize(board, folder, baud=baud, seed=seed, **options)
    show(report, rows_of.rows(report), str(folder), as_json)


def flash(
    model: Model,
    board: BoardName = "icebreaker",
    output: BoardFolder = None,
    as_json: AsJson = False,
) -> None:
    """Load the bitstream that synth built onto a board."""
    bitstream = load(model).flash(board, output)
    if as_json:
        show_json({"board": board, "bitstream": str(bitstream)})


@contextmanager
def _client(
    network: Network, port: str | None, baud: int, simulate: bool, options: dict[str, object]
) -> Iterator[Client]:
    """A client of the board at ``port``, or of a simulated one."""
    if simulate == (port is not None):
        raise LilogicError("pass either the board's serial port with --port, or --simulate")
    if port is not None:
        with network.connect(port, baud=baud) as client:
            asked, reads = options.get("input"), client.identity.data
            if asked not in (None, reads):
                raise LilogicError(f"the board reads {reads}, not {asked}; omit --input")
            yield client
        return
    with network.simulate_board(baud=baud, **options) as client:
        yield client
