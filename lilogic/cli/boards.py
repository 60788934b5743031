"""Commands for boards: what there is, bitstreams, classifying on one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lilogic.cli.common import AsJson, Model, Popcount, dataset_of, show
from lilogic.errors import LilogicError
from lilogic.hdl.options import AUTO

if TYPE_CHECKING:
    from lilogic.boards.host.client import Client
    from lilogic.graph import GateGraph

OnBoard = Annotated[
    str, typer.Option("--model", metavar="MODEL", help="The network that the board holds.")
]
PortName = Annotated[
    str | None, typer.Option("--port", help="The board's serial port, such as /dev/ttyUSB0.")
]
Baud = Annotated[int, typer.Option(help="Bits a second on the port.", min=1)]
Simulate = Annotated[
    bool, typer.Option("--simulate", help="Talk to the board's circuit in a simulator.")
]
PixelsIn = Annotated[
    bool, typer.Option("--pixels", help="Simulate a board that encodes pixels itself.")
]
BoardName = Annotated[str, typer.Option("--board", metavar="NAME", help="See boards.")]
BoardFolder = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="Build folder; default: build/boards/MODEL-BOARD."),
]


def classify(
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="PNG, JPEG, ...")],
    model: OnBoard = "digits",
    port: PortName = None,
    baud: Baud = 1_000_000,
    simulate: Simulate = False,
    pixels: PixelsIn = False,
    invert: Annotated[
        bool, typer.Option("--invert", help="Swap dark and light; data sets are light on dark.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Classify images on a board, or in a simulation of one."""
    import numpy as np

    from lilogic.data import datasets, readers
    from lilogic.graph import passes
    from lilogic.zoo import models

    graph = passes.simplify(models.load(model))
    if graph.encoder is None or graph.encoder.input_dtype != "uint8":
        raise LilogicError(f"{model}: reads no images")
    white = datasets.WHITE.get(graph.metadata.get("dataset", ""), 255)
    samples = np.stack([readers.image(path, graph.encoder.input_shape, white) for path in images])
    if invert:
        samples = white - samples
    names = graph.metadata.get("class_names") or list(map(str, range(graph.n_classes)))
    with _client(graph, port, baud, simulate, pixels) as client:
        answers = list(client.classify(samples, has_scores=True))
    result = [
        {
            "image": str(path),
            "class": names[answer.index],
            "index": answer.index,
            "scores": answer.scores,
            "cycles": answer.cycles,
        }
        for path, answer in zip(images, answers, strict=True)
    ]
    rows = [
        (str(each["image"]), f"{each['class']}, scores {' '.join(map(str, each['scores']))}")
        for each in result
    ]
    show(result, rows, models.name(graph, model), as_json)


def bench_board(
    model: OnBoard = "digits",
    port: PortName = None,
    baud: Baud = 1_000_000,
    simulate: Simulate = False,
    pixels: PixelsIn = False,
    data: Annotated[
        str | None, typer.Option(help="Data set; default: what it was trained on.")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Send so many test images only.", min=1)] = None,
    as_json: AsJson = False,
) -> None:
    """Send a test set to a board: accuracy, speed, agreement with software."""
    from lilogic.boards.host.client import measure
    from lilogic.graph import passes
    from lilogic.zoo import models

    graph = passes.simplify(models.load(model))
    dataset = dataset_of(graph, data)
    with _client(graph, port, baud, simulate, pixels) as client:
        measured = measure(client, graph, dataset.x_test[:limit], dataset.y_test[:limit])
    name = models.name(graph, model)
    result = {"model": name, "dataset": dataset.name, "simulated": simulate}
    result |= measured.model_dump(mode="json")
    rows = [
        ("images", f"{result['images']:,} of {dataset.name}"),
        ("accuracy on the board", f"{result['accuracy']:.2%}"),
        ("agreement with software", f"{result['agreement']:.2%}"),
        ("sent again", f"{result['repeated']:,}"),
        ("latency", f"{result['latency']} cycles, {result['latency_ns']:.0f} ns"),
        (
            "images a second" + (" (of simulation)" if simulate else ""),
            f"{result['images_per_second']:,.1f}",
        ),
    ]
    show(result, rows, name, as_json)
    raise typer.Exit(0 if result["agreement"] == 1 else 1)


def boards_(as_json: AsJson = False) -> None:
    """List the boards that a bitstream can be built for."""
    from lilogic.boards import catalogue
    from lilogic.boards.flow import platform

    known = {
        board.name: {
            "title": board.title,
            "device": platform.part(board),
            "luts": board.device.luts,
            "lut": board.family.lut,
            "clock_hz": platform.clock(board),
            "link": board.link,
            "tools": board.family.tools,
            "bitstream": board.family.is_complete,
            "remark": board.remark,
        }
        for board in catalogue.BOARDS.values()
    }
    rows = [
        (
            board.name,
            f"{board.title}: {platform.part(board)}, {board.device.luts:,} {board.family.lut}, "
            f"{platform.clock(board) / 1e6:g} MHz, link {board.link}\n"
            + (", ".join(board.family.tools) if board.family.is_complete else "no bitstream here")
            + (f"; {board.remark}" if board.remark else ""),
        )
        for board in catalogue.BOARDS.values()
    ]
    show(known, rows, "boards", as_json)


def synth(
    model: Model,
    board: BoardName = "icebreaker",
    output: BoardFolder = None,
    clock: Annotated[
        float | None,
        typer.Option(help="MHz to run at, at most; default: the best that is met.", min=0),
    ] = None,
    baud: Baud = 1_000_000,
    pixels: Annotated[
        bool, typer.Option("--pixels", help="Encode pixels on the board, not in the host.")
    ] = False,
    levels_per_stage: Annotated[
        int | None,
        typer.Option(
            help="Levels between pipeline registers; default: 2, or 4 or 8 if that is too many "
            "registers for the board.",
            min=1,
        ),
    ] = None,
    popcount: Popcount = AUTO,
    as_json: AsJson = False,
) -> None:
    """Build a board's bitstream, for the best clock that it meets, and a report."""
    from lilogic.boards import catalogue
    from lilogic.boards.flow import build
    from lilogic.boards.flow.design import Design
    from lilogic.graph import passes
    from lilogic.report import board as board_report
    from lilogic.report import console
    from lilogic.zoo import models

    chosen = catalogue.find(board)
    graph = passes.simplify(models.load(model))
    name = models.name(graph, model)
    design = Design(chosen, graph, name, baud, pixels, levels_per_stage, popcount)
    folder = output or _board_folder(name, board)
    hertz = None if clock is None else 1e6 * clock
    result = build.build(design, folder, hertz, console.step)
    show(
        result.model_dump(mode="json", exclude_none=True),
        board_report.rows(result),
        str(folder),
        as_json,
    )


def flash(model: Model, board: BoardName = "icebreaker", output: BoardFolder = None) -> None:
    """Load what synth built onto the board."""
    from lilogic.boards import catalogue
    from lilogic.boards.flow import build, loader
    from lilogic.report import console
    from lilogic.zoo import models

    chosen = catalogue.find(board)
    folder = output or _board_folder(models.name(models.load(model), model), board)
    bitstream = build.bitstream(folder, chosen)
    with console.step(f"loading {bitstream}"):
        loader.load(chosen, bitstream)


def _board_folder(name: str, board: str) -> Path:
    return Path("build") / "boards" / f"{name}-{board}"


@contextmanager
def _client(
    graph: GateGraph, port: str | None, baud: int, simulate: bool, pixels: bool
) -> Iterator[Client]:
    """A client of the board at ``port``, or of a simulated one."""
    from lilogic.boards.host.client import Client, SerialPort
    from lilogic.report import console

    if simulate == (port is not None):
        raise LilogicError("name the board's serial port with --port, or say --simulate")
    if port is not None:
        with SerialPort(port, baud) as line:
            yield Client(line, graph)
        return
    from lilogic.boards.gateware.top import Top
    from lilogic.sim import board

    top = Top(graph, clock_hz=board.CYCLES_PER_BIT * baud, baud=baud, pixels=pixels)
    with console.step("building the simulation"):
        simulated = board.simulate(top)
    with simulated:
        yield Client(simulated, graph)
