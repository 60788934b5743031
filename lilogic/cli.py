"""The command line. Only here do learning, hardware and simulation meet; all imports are lazy."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hdl.interface import AUTO, LEVELS_PER_STAGE, Interface
from lilogic.errors import CheckFailedError, LilogicError

if TYPE_CHECKING:
    import numpy.typing as npt

    from boards.host import Client
    from lilogic.datasets import Dataset
    from lilogic.encoder import Encoder
    from lilogic.graph import GateGraph
    from lilogic.recipe import Recipe
    from lilogic.report import Report, Row

app = typer.Typer(
    help="Learn classifiers made of two-input logic gates and compile them to proven hardware.",
    epilog="MODEL is a zoo name (see zoo), a run folder or a .lgn file; write ./NAME for a folder "
    "that is called like one of the zoo. Exit status: 0 done, 1 the check failed or training was "
    "interrupted, 2 something is wrong with the input.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Model = Annotated[
    str, typer.Argument(metavar="MODEL", help="A zoo name, a run folder or a .lgn file.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
LevelsPerStage = Annotated[
    int, typer.Option(help="Levels between pipeline registers; 0 for combinational.", min=0)
]
Popcount = Annotated[
    str,
    typer.Option(
        help="Popcount architecture: chain, tree, counters, compressor, cells, or auto: what was "
        "measured to be best for the target."
    ),
]
Target = Annotated[
    str | None,
    typer.Option(help="What popcount=auto is for: ice40, ecp5, xc7 or generic; default: all."),
]
BitsIn = Annotated[
    bool, typer.Option("--bits", help="Read encoded bits, even if the model has an encoder.")
]
Simulator = Annotated[str, typer.Option(help="verilator or icarus.")]
Formal = Annotated[bool, typer.Option(help="Also prove what the solver can.")]
Timeout = Annotated[float, typer.Option(help="Seconds a proof may take.", min=1)]
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

_TIMEOUT = 60.0
_SWEEP = (1, 2, 3, 4, 6)

_debug = False


@app.callback(invoke_without_command=True)
def _options(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    global _debug
    _debug = debug
    if version:
        from lilogic import __version__

        typer.echo(f"lilogic {__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def train(
    recipe: TrainingRecipe,
    run: Annotated[
        Path | None, typer.Option("-o", "--output", help="Run folder; default: runs/NAME.")
    ] = None,
    changes: Setting = None,
    device: Device = "cpu",
    threads: Threads = None,
    tensorboard: Annotated[
        bool,
        typer.Option("--tensorboard", help="Also write TensorBoard's events to RUN/tensorboard."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Train a network; the same command goes on after an interruption."""
    from lilogic import defaults
    from lilogic import report as reports

    chosen, data = defaults.load(recipe, changes)
    folder = run or Path("runs") / chosen.name
    _, summary = _train(chosen, data, folder, device, threads, tensorboard)
    _print(summary, reports.rows(summary), str(folder), as_json)


@app.command("eval")
def evaluate(
    model: Model,
    data: Annotated[
        str | None,
        typer.Option(help="Data set, .npz or image folder; default: what it was trained on."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure the accuracy of a frozen network on its data set."""
    from lilogic import inference, models

    graph = models.load(model)
    dataset = _dataset(graph, data)
    recorded = graph.metadata.get("accuracy", {})
    result = {
        "model": models.name(graph, model),
        "gates": graph.n_gates,
        "dataset": dataset.name,
        "is_trained_data": dataset.hashes() == graph.metadata.get("dataset_hashes"),
        "test_samples": len(dataset.x_test),
        "train_frozen": inference.accuracy(graph, dataset.x_train, dataset.y_train),
        "test_frozen": inference.accuracy(graph, dataset.x_test, dataset.y_test),
        "recorded": recorded,
    }
    rows = [
        ("data set", dataset.name if result["is_trained_data"] else f"{dataset.name} (another)"),
        ("gates", f"{graph.n_gates:,}"),
        ("frozen accuracy (train)", f"{result['train_frozen']:.2%}"),
        ("frozen accuracy (test)", f"{result['test_frozen']:.2%}"),
    ]
    if "test_soft" in recorded:
        rows.append(("soft accuracy (test, recorded)", f"{recorded['test_soft']:.2%}"))
    _print(result, rows, result["model"], as_json)


@app.command("compile")
def compile_(
    model: Model,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder to write to.")],
    levels_per_stage: LevelsPerStage = LEVELS_PER_STAGE,
    popcount: Popcount = AUTO,
    target: Target = None,
    bits: BitsIn = False,
    as_json: AsJson = False,
) -> None:
    """Write a network's Verilog, its test vectors and an area report."""
    from lilogic import models

    graph = models.load(model)
    name = models.name(graph, model)
    result = _compile(graph, name, output, levels_per_stage, popcount, bits, target)
    _write_vectors(graph, output)
    _write_report(result, output)
    _print_report(result, as_json)


@app.command()
def verify(
    model: Model,
    build: Annotated[
        Path | None,
        typer.Option(help="Check the Verilog in this folder of compile; default: make it anew."),
    ] = None,
    simulator: Simulator = "verilator",
    formal: Formal = True,
    timeout: Timeout = _TIMEOUT,
    bits: BitsIn = False,
    as_json: AsJson = False,
) -> None:
    """Check a network's Verilog against software, by simulation and, where possible, by proof."""
    from lilogic import models, passes
    from lilogic import report as reports

    graph = models.load(model)
    simplified = passes.simplify(graph)
    with tempfile.TemporaryDirectory(prefix="lilogic-") as temporary:
        folder = build or Path(temporary)
        if build is None:
            _emit(simplified, folder, LEVELS_PER_STAGE, AUTO, bits)
        _write_vectors(graph, folder)
        checks = _check(simplified, folder, simulator, formal, timeout)
    passed = reports.is_verified(checks)
    _print({"passed": passed, **checks}, reports.check_rows(checks), model, as_json)
    raise typer.Exit(0 if passed else 1)


@app.command()
def report(
    model: Model,
    levels_per_stage: LevelsPerStage = LEVELS_PER_STAGE,
    popcount: Popcount = AUTO,
    bits: BitsIn = False,
    as_json: AsJson = False,
) -> None:
    """Count a network's gates, LUTs and flip-flops."""
    from lilogic import models

    graph = models.load(model)
    name = models.name(graph, model)
    with tempfile.TemporaryDirectory(prefix="lilogic-") as folder:
        result = _compile(graph, name, Path(folder), levels_per_stage, popcount, bits)
    _print_report(result, as_json)


@app.command("import")
def import_(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="LILogicNet .npz or .pth; difflogic, torchlogix or DWN state dict (.pth, .pt, "
            ".safetensors); circuit: .blif, .aig, gate-level .v, Yosys .json.",
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The .lgn to write.")],
    classes: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Share the outputs out, in order, over so many classes. Default: what the file "
            "says, as lilogic's own exports do; else 10 for a network, and one for each output "
            "for a circuit.",
        ),
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(
            help="What makes the input bits: none; 28x28,quantile=0.75 (a pixel exceeds that "
            "quantile of its image); 28x28,thresholds=63+127; or a MODEL that has the same. "
            "Default: none, but what its authors used for a LILogicNet.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a .lgn of a network or circuit from elsewhere."""
    from lilogic import console, formats, lgn
    from lilogic import report as reports
    from lilogic.formats.circuit import to_graph

    if file.suffix.lower() == ".v":
        from hdl import gate_level

        with console.step("reading Verilog"), formats.naming(file):
            circuit = gate_level.read(file)
    else:
        circuit = formats.read(file)
    if encoder is None and circuit.encoder is not None:
        shape = "×".join(map(str, circuit.encoder.input_shape))
        console.say(
            f"{file}: records no encoder; taking that of its authors, whether a pixel of {shape} "
            "exceeds its image's own 0.75 quantile (--encoder says otherwise)"
        )
    with formats.naming(file):
        graph = to_graph(circuit, classes, _encoder(encoder, circuit.encoder))
    graph = graph.with_metadata(name=output.stem, imported_from=file.name)
    lgn.write(graph, output)
    result = reports.describe(output.stem, graph)
    result |= {"inputs": graph.n_inputs, "classes": graph.n_classes}
    counted = ", ".join(str(len(head)) for head in graph.heads)
    rows = [
        ("input bits", f"{graph.n_inputs:,}"),
        ("gates", f"{graph.n_gates:,}"),
        ("gate levels", f"{graph.depth}"),
        ("classes", f"{graph.n_classes}, which count {counted} nodes"),
    ]
    _print(result, rows, str(output), as_json)


@app.command("export")
def export_(
    model: Model,
    to: Annotated[str, typer.Option(help="verilog, blif, aiger, c, npz, dot or svg.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="The file to write; C gets a .h beside its .c.")
    ],
    bits: BitsIn = False,
) -> None:
    """Write a network in another format."""
    from lilogic import formats, models

    graph = models.load(model)
    if to == "verilog":
        from hdl import verilog
        from hdl.classifier import Classifier
        from lilogic.files import write_text

        classifier = Classifier(graph, pixels=graph.encoder is not None and not bits)
        write_text(output, verilog.emit(classifier))
    else:
        formats.write(graph, to, output)


@app.command()
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

    from lilogic import datasets, models, passes
    from lilogic.datasets import readers

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
    _print(result, rows, models.name(graph, model), as_json)


@app.command("bench-board")
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
    from boards import host
    from lilogic import models, passes

    graph = passes.simplify(models.load(model))
    dataset = _dataset(graph, data)
    with _client(graph, port, baud, simulate, pixels) as client:
        result = host.measure(client, graph, dataset.x_test[:limit], dataset.y_test[:limit])
    name = models.name(graph, model)
    result = {"model": name, "dataset": dataset.name, "simulated": simulate, **result}
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
    _print(result, rows, name, as_json)
    raise typer.Exit(0 if result["agreement"] == 1 else 1)


@app.command("boards")
def boards_(as_json: AsJson = False) -> None:
    """List the boards that a bitstream can be built for."""
    from boards import catalogue, platform

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
    _print(known, rows, "boards", as_json)


@app.command()
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
        int, typer.Option(help="Levels between pipeline registers.", min=1)
    ] = LEVELS_PER_STAGE,
    popcount: Popcount = AUTO,
    as_json: AsJson = False,
) -> None:
    """Build a board's bitstream, for the best clock that it meets, and a report."""
    from boards import build, catalogue
    from lilogic import console, models, passes

    chosen = catalogue.find(board)
    graph = passes.simplify(models.load(model))
    name = models.name(graph, model)
    design = build.Design(chosen, graph, name, baud, pixels, levels_per_stage, popcount)
    folder = output or _board_folder(name, board)
    hertz = None if clock is None else 1e6 * clock
    result = build.build(design, folder, hertz, console.step)
    _print(result, build.rows(result), str(folder), as_json)


@app.command()
def flash(model: Model, board: BoardName = "icebreaker", output: BoardFolder = None) -> None:
    """Load what synth built onto the board."""
    from boards import build, catalogue, loader
    from lilogic import console, models

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
    from boards import host
    from lilogic import console

    if simulate == (port is not None):
        raise LilogicError("name the board's serial port with --port, or say --simulate")
    if port is not None:
        with host.SerialPort(port, baud) as line:
            yield host.Client(line, graph)
        return
    from boards.top import Top
    from sim import board

    top = Top(graph, clock_hz=board.CYCLES_PER_BIT * baud, baud=baud, pixels=pixels)
    with console.step("building the simulation"):
        simulated = board.simulate(top)
    with simulated:
        yield host.Client(simulated, graph)


@app.command("sweep-pipeline")
def sweep_pipeline(
    model: Model,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Picture to draw; default: MODEL-pipeline.png."),
    ] = None,
    device: Annotated[str, typer.Option(help="hx8k, up5k or ecp5.")] = "hx8k",
    levels: Annotated[
        list[int] | None,
        typer.Option(
            "--levels-per-stage", help="Try this one; repeatable. Default: 1, 2, 3, 4, 6.", min=0
        ),
    ] = None,
    popcount: Popcount = AUTO,
    bits: BitsIn = False,
    as_json: AsJson = False,
) -> None:
    """Place and route a network with registers more and less often: area, clock, latency."""
    from hdl import timing
    from lilogic import console, models, passes, plots
    from lilogic import report as reports

    chosen = timing.device(device)
    graph = models.load(model)
    name = models.name(graph, model)
    simplified = passes.simplify(graph)
    points = []
    for count in levels or _SWEEP:
        with tempfile.TemporaryDirectory(prefix="lilogic-") as temporary:
            folder = Path(temporary)
            _emit(simplified, folder, count, popcount, bits)
            with console.step(f"placing and routing, {count} levels a stage"):
                measured = timing.measure(simplified, folder, chosen)
        points.append({"levels_per_stage": count} | measured)
    result = {"name": name, "device": chosen.label, "seed": timing.SEED, "points": points}
    picture = output or Path(f"{name}-pipeline.png")
    plots.draw_sweep(result, picture)
    _print(result, reports.sweep_rows(result), f"{name} on {chosen.label}", as_json)


@app.command("zoo")
def zoo_(as_json: AsJson = False) -> None:
    """List the trained networks that lilogic brings along; their names are MODELs."""
    from lilogic import report as reports
    from lilogic import zoo

    known = {name: zoo.describe(name) for name in zoo.names()}
    _print(known, list(map(reports.zoo_row, known.values())), "zoo", as_json)


@app.command()
def recipes(
    name: Annotated[str | None, typer.Argument(help="Print this one, to start from.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the recipes that lilogic brings along, or print one."""
    from lilogic import recipe

    if name is None:
        known = [recipe.load(each) for each in recipe.names()]
        values = {each.name: each.model_dump() for each in known}
        _print(values, [(each.name, each.description) for each in known], "recipes", as_json)
    elif as_json:
        typer.echo(recipe.load(name).model_dump_json(indent=2))
    else:
        typer.echo(recipe.text(name).rstrip())


@app.command()
def demo(
    recipe: TrainingRecipe = "digits",
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder to write to.")] = Path(
        "build/demo"
    ),
    changes: Setting = None,
    device: Device = "cpu",
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """Go the whole road: train, freeze, compile, synthesize, simulate, prove, report."""
    from lilogic import defaults, models, plots
    from lilogic import report as reports

    chosen, data = defaults.load(recipe, changes)
    trained, _ = _train(chosen, data, output / f"{chosen.name}-run", device, threads)
    result = _compile(trained, chosen.name, output, LEVELS_PER_STAGE, AUTO, bits=False)
    compiled = models.load(str(output / f"{chosen.name}.lgn"))
    _write_vectors(trained, output)
    result |= _check(compiled, output, "verilator", True, _TIMEOUT)
    picture = f"{chosen.name}.png"
    plots.draw(compiled, result, output / picture)
    _write_report(result, output, picture)
    _print_report(result, as_json)
    raise typer.Exit(0 if reports.is_verified(result) else 1)


def _train(
    recipe: Recipe,
    data: Dataset,
    run: Path,
    device: str,
    threads: int | None,
    tensorboard: bool = False,
) -> tuple[GateGraph, Report]:
    """Train in ``run``, which then has a summary too; returns the graph and the summary."""
    from contextlib import ExitStack

    from lilogic import console, trainer, watchers
    from lilogic import report as reports
    from lilogic.files import write_json

    with ExitStack() as open_watchers:
        told: list[trainer.Watcher] = [
            open_watchers.enter_context(console.TrainingProgress(f"training {recipe.name}")),
            open_watchers.enter_context(watchers.Curves(run)),
        ]
        if tensorboard:
            told.append(open_watchers.enter_context(watchers.TensorBoard(run)))
        graph = trainer.train(recipe, data, run, watchers.Together(told), device, threads)
    summary = reports.describe_trained(recipe.name, graph, recipe.net.layers)
    write_json(run / "summary.json", summary)
    if summary["training"]["epochs"] < recipe.train.epochs:
        console.say(
            f"{recipe.name}: stopped after epoch {summary['training']['epochs']}, because "
            f"train.patience = {recipe.train.patience} ran out"
        )
    for warning in summary["warnings"]:
        console.say(f"warning: {warning}")
    return graph, summary


def _compile(
    graph: GateGraph,
    name: str,
    folder: Path,
    levels_per_stage: int,
    popcount: str,
    bits: bool,
    target: str | None = None,
) -> Report:
    """Simplify, write the simplified graph and its Verilog into ``folder``, measure the area."""
    from dataclasses import asdict

    from hdl import area
    from lilogic import console, lgn, passes
    from lilogic import report as reports

    with console.step("simplifying"):
        simplified = passes.simplify(graph)
    simplified = simplified.with_metadata(trained_gates=reports.trained_gates(graph))
    lgn.write(simplified, folder / f"{name}.lgn")
    interface = _emit(simplified, folder, levels_per_stage, popcount, bits, target)
    with console.step("mapping to cells and LUTs"):
        measured = area.measure(folder)
    description = reports.describe(name, simplified)
    return description | {"interface": asdict(interface), "area": measured}


def _emit(
    graph: GateGraph,
    folder: Path,
    levels_per_stage: int,
    popcount: str,
    bits: bool,
    target: str | None = None,
) -> Interface:
    from hdl import popcount as popcounts
    from hdl import verilog
    from lilogic import console

    architecture = popcounts.chosen(popcount, target, graph, levels_per_stage > 0)
    with console.step("writing Verilog"):
        return verilog.compile_graph(
            graph,
            folder,
            levels_per_stage=levels_per_stage,
            popcount=architecture,
            pixels=graph.encoder is not None and not bits,
        )


def _write_vectors(graph: GateGraph, folder: Path) -> None:
    from lilogic import console
    from sim import vectors

    with console.step("computing test vectors in software"):
        interface = Interface.read(folder)
        vectors.make(graph, interface, _samples(graph)).write(folder)


def _check(
    graph: GateGraph, folder: Path, simulator: str, formal: bool, timeout: float
) -> dict[str, Any]:
    """Simulate and prove what ``folder`` holds; the results as parts of a report."""
    from hdl import formal as proof
    from lilogic import console
    from sim import regression

    checks: dict[str, Any] = {}
    with console.step("simulating"):
        checks["simulation"] = regression.simulate(folder, simulator)
    if formal:
        with console.step("proving"):
            checks["formal"] = proof.prove(graph, folder, timeout)
    return checks


def _encoder(asked: str | None, authors: Encoder | None) -> Encoder | None:
    """What ``--encoder`` of import means; ``authors`` is the default."""
    from lilogic import encoder, models

    if asked is None:
        return authors
    if asked == "none":
        return None
    if asked[:1].isdigit():
        return encoder.from_text(asked)
    found = models.load(asked).encoder
    if found is None:
        raise LilogicError(f"{asked}: has no encoder to take")
    return found


def _dataset(graph: GateGraph, name: str | None) -> Dataset:
    from lilogic import datasets

    name = name or graph.metadata.get("dataset")
    if not name:
        raise LilogicError("the model records no data set; name one with --data")
    return datasets.load(name)


def _samples(graph: GateGraph) -> npt.NDArray[Any] | None:
    """The test images to simulate; without them, the other vectors must do."""
    from lilogic import console

    try:
        return _dataset(graph, None).x_test
    except LilogicError as error:
        console.say(f"no vectors from a data set: {error}")
        return None


def _write_report(result: Report, folder: Path, picture: str | None = None) -> None:
    from lilogic import report as reports
    from lilogic.files import write_json, write_text

    write_json(folder / "report.json", result)
    write_text(folder / "report.md", reports.markdown(result, picture))


def _print_report(result: Report, as_json: bool) -> None:
    from lilogic import report as reports

    _print(result, reports.rows(result), result["name"], as_json)


def _print(result: dict[str, Any] | list[Any], rows: list[Row], title: str, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(result, indent=2))
    else:
        from lilogic import console

        console.show(title, rows)


def main() -> None:
    """Run the command line and end the process; errors are one line instead of a traceback."""
    try:
        status = app(standalone_mode=False)
    except Exception as error:
        if _debug:
            raise
        _complain(error)
        sys.exit(1 if isinstance(error, CheckFailedError) else 2)
    if status == _TYPER_INTERRUPTED:
        print("lilogic: interrupted; the same command goes on with what is done", file=sys.stderr)
        sys.exit(1)
    sys.exit(status)


# What typer raises for a wrong command line has no public name, and what it returns for Ctrl-C
# no name at all.
_CommandLineError: type[Any] = typer.BadParameter.__mro__[2]
_TYPER_INTERRUPTED = 130


def _complain(error: Exception) -> None:
    if isinstance(error, LilogicError):
        message = str(error)
    elif isinstance(error, _CommandLineError):
        message = error.format_message()
    else:
        message = f"unexpected {type(error).__name__}: {error}; --debug shows where"
    print(f"lilogic: {' '.join(message.split())}", file=sys.stderr)
