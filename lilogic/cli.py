"""The command line. Only here do learning, hardware and simulation meet; all imports are lazy."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hdl.interface import LEVELS_PER_STAGE, POPCOUNT, Interface
from lilogic.errors import LilogicError

if TYPE_CHECKING:
    import numpy.typing as npt

    from lilogic.datasets import Dataset
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
Popcount = Annotated[str, typer.Option(help="Popcount architecture: tree or compressor.")]
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
    popcount: Popcount = POPCOUNT,
    bits: BitsIn = False,
    as_json: AsJson = False,
) -> None:
    """Write a network's Verilog, its test vectors and an area report."""
    from lilogic import models

    graph = models.load(model)
    name = models.name(graph, model)
    result = _compile(graph, name, output, levels_per_stage, popcount, bits)
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
            _emit(simplified, folder, LEVELS_PER_STAGE, POPCOUNT, bits=False)
        _write_vectors(graph, folder)
        checks = _check(simplified, folder, simulator, formal, timeout)
    passed = reports.is_verified(checks)
    _print({"passed": passed, **checks}, reports.check_rows(checks), model, as_json)
    raise typer.Exit(0 if passed else 1)


@app.command()
def report(
    model: Model,
    levels_per_stage: LevelsPerStage = LEVELS_PER_STAGE,
    popcount: Popcount = POPCOUNT,
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
    popcount: Popcount = POPCOUNT,
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
    result = _compile(trained, chosen.name, output, LEVELS_PER_STAGE, POPCOUNT, bits=False)
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
    graph: GateGraph, name: str, folder: Path, levels_per_stage: int, popcount: str, bits: bool
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
    interface = _emit(simplified, folder, levels_per_stage, popcount, bits)
    with console.step("mapping to cells and LUTs"):
        measured = area.measure(folder)
    description = reports.describe(name, simplified)
    return description | {"interface": asdict(interface), "area": measured}


def _emit(
    graph: GateGraph, folder: Path, levels_per_stage: int, popcount: str, bits: bool
) -> Interface:
    from hdl import verilog
    from lilogic import console

    with console.step("writing Verilog"):
        return verilog.compile_graph(
            graph,
            folder,
            levels_per_stage=levels_per_stage,
            popcount=popcount,
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


def _print(result: dict[str, Any], rows: list[Row], title: str, as_json: bool) -> None:
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
        sys.exit(2)
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
