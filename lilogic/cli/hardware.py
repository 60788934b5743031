"""Commands that compile a network and say what its hardware takes and whether it is right."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lilogic.cli.common import (
    AsJson,
    BitsIn,
    ClockMhz,
    LevelsPerStage,
    Model,
    Popcount,
    Target,
    dataset_of,
    show,
)
from lilogic.errors import LilogicError
from lilogic.hdl.components.interface import Interface
from lilogic.hdl.options import AUTO

LEVELS_PER_STAGE = 2

if TYPE_CHECKING:
    import numpy.typing as npt

    from lilogic.graph import GateGraph
    from lilogic.hdl.fpga.delays import Clock
    from lilogic.report.reports import Report

Simulator = Annotated[str, typer.Option(help="verilator or icarus.")]
Formal = Annotated[bool, typer.Option(help="Also prove what the solver can.")]
Timeout = Annotated[float, typer.Option(help="Seconds a proof may take.", min=1)]

Liberty = Annotated[
    Path | None,
    typer.Option(
        help="Also map to the standard cells of this Liberty file (.lib).", metavar="FILE"
    ),
]

TIMEOUT = 60.0
_SWEEP = (1, 2, 3, 4, 6)


def compile_(
    model: Model,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder to write to.")],
    levels_per_stage: LevelsPerStage = LEVELS_PER_STAGE,
    clock: ClockMhz = None,
    target: Target = None,
    popcount: Popcount = AUTO,
    bits: BitsIn = False,
    liberty: Liberty = None,
    as_json: AsJson = False,
) -> None:
    """Write a network's Verilog, its test vectors and an area report."""
    from lilogic.zoo import models

    wanted = wanted_clock(clock, target)
    graph = models.load(model)
    name = models.name(graph, model)
    result = compile_into(
        graph, name, output, levels_per_stage, popcount, bits, target, wanted, liberty
    )
    write_vectors(graph, output)
    write_report(result, output)
    show_report(result, as_json)


def verify(
    model: Model,
    build: Annotated[
        Path | None,
        typer.Option(help="Check the Verilog in this folder of compile; default: make it anew."),
    ] = None,
    simulator: Simulator = "verilator",
    formal: Formal = True,
    timeout: Timeout = TIMEOUT,
    bits: BitsIn = False,
    as_json: AsJson = False,
) -> None:
    """Check a network's Verilog against software, by simulation and, where possible, by proof."""
    from lilogic.graph import passes
    from lilogic.report import reports as reports
    from lilogic.zoo import models

    graph = models.load(model)
    simplified = passes.simplify(graph)
    with tempfile.TemporaryDirectory(prefix="lilogic-") as temporary:
        folder = build or Path(temporary)
        if build is None:
            emit(simplified, folder, LEVELS_PER_STAGE, AUTO, bits)
        write_vectors(graph, folder)
        checks = check(simplified, folder, simulator, formal, timeout)
    passed = reports.is_verified(checks)
    show({"passed": passed, **checks}, reports.check_rows(checks), model, as_json)
    raise typer.Exit(0 if passed else 1)


def report(
    model: Model,
    levels_per_stage: LevelsPerStage = LEVELS_PER_STAGE,
    target: Target = None,
    popcount: Popcount = AUTO,
    bits: BitsIn = False,
    liberty: Liberty = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Folder to write report.json, .md and .html to."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Count a network's gates, LUTs and flip-flops, by part and by level."""
    from lilogic.zoo import models

    graph = models.load(model)
    name = models.name(graph, model)
    with tempfile.TemporaryDirectory(prefix="lilogic-") as folder:
        result = compile_into(
            graph, name, Path(folder), levels_per_stage, popcount, bits, target, library=liberty
        )
    if output is not None:
        write_report(result, output)
    show_report(result, as_json)


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
    from lilogic.graph import passes
    from lilogic.hdl.fpga import devices, nextpnr
    from lilogic.hdl.synthesis import timing
    from lilogic.report import console, plots
    from lilogic.report import reports as reports
    from lilogic.zoo import models

    chosen = devices.find(device)
    graph = models.load(model)
    name = models.name(graph, model)
    picture = plots.picture(output or Path(f"{name}-pipeline.png"))
    simplified = passes.simplify(graph)
    points = []
    for count in levels or _SWEEP:
        with tempfile.TemporaryDirectory(prefix="lilogic-") as temporary:
            folder = Path(temporary)
            emit(simplified, folder, count, popcount, bits, device)
            with console.step(f"placing and routing, {count} levels a stage"):
                measured = timing.measure(simplified, folder, chosen).model_dump(exclude_none=True)
        points.append({"levels_per_stage": count} | measured)
    result = {"name": name, "device": chosen.label, "seed": nextpnr.SEED, "points": points}
    plots.draw_sweep(result, picture)
    show(result, reports.sweep_rows(result), f"{name} on {chosen.label}", as_json)


def compile_into(
    graph: GateGraph,
    name: str,
    folder: Path,
    levels_per_stage: int,
    popcount: str,
    bits: bool,
    target: str | None = None,
    clock: Clock | None = None,
    library: Path | None = None,
) -> Report:
    """Simplify, write the simplified graph and its Verilog into ``folder``, measure the area."""
    from dataclasses import asdict

    from lilogic.graph import lgn, passes
    from lilogic.hdl.components import classifier, network
    from lilogic.hdl.fpga import devices
    from lilogic.hdl.synthesis import area, liberty
    from lilogic.report import console
    from lilogic.report import reports as reports

    family = None if target is None else devices.family(target)
    targets = {name: area.TARGETS[name] for name in area.TARGETS if family in (None, name)}
    targets |= {liberty.NAME: liberty.read(library)} if library else {}
    with console.step("simplifying"):
        simplified = passes.simplify(graph)
    simplified = simplified.with_metadata(trained_gates=reports.trained_gates(graph))
    lgn.write(simplified, folder / f"{name}.lgn")
    interface = emit(simplified, folder, levels_per_stage, popcount, bits, target, clock)
    with console.step("mapping to cells and LUTs") as tell:
        measured = area.measure(folder, targets, tell)
    pixels = interface.data == "pixels"
    plan = classifier.plan(simplified, levels_per_stage, clock, interface.popcount, pixels)
    flip_flops = [len(bank) for bank in network.banks(simplified, plan["network"])]
    description = reports.describe_compiled(name, simplified, flip_flops)
    return description | {"interface": asdict(interface), "area": measured.model_dump(mode="json")}


def wanted_clock(mhz: float | None, target: str | None) -> Clock | None:
    """What ``--clock`` and ``--target`` ask for together."""
    from lilogic.hdl.fpga import devices

    if mhz is None:
        return None
    if target is None:
        raise LilogicError("--clock needs a --target: the device that it is for")
    return devices.clock(mhz, target)


def emit(
    graph: GateGraph,
    folder: Path,
    levels_per_stage: int,
    popcount: str,
    bits: bool,
    target: str | None = None,
    clock: Clock | None = None,
) -> Interface:
    """Write a simplified graph's Verilog and the description of its ports into ``folder``."""
    from lilogic.hdl import verilog
    from lilogic.hdl.components import popcount as popcounts
    from lilogic.hdl.fpga import devices
    from lilogic.report import console

    family = None if target is None else devices.family(target)
    has_registers = clock is not None or levels_per_stage > 0
    architecture = popcounts.chosen(popcount, family, graph, has_registers)
    with console.step("writing Verilog"):
        return verilog.compile_graph(
            graph,
            folder,
            levels_per_stage=levels_per_stage,
            clock=clock,
            popcount=architecture,
            pixels=graph.encoder is not None and not bits,
        )


def write_vectors(graph: GateGraph, folder: Path) -> None:
    """Write what software answers into ``folder``, for the interface that is described there."""
    from lilogic.hdl import vectors
    from lilogic.report import console

    with console.step("computing test vectors in software"):
        interface = Interface.read(folder)
        vectors.make(graph, interface, _samples(graph)).write(folder)


def check(
    graph: GateGraph, folder: Path, simulator: str, formal: bool, timeout: float
) -> dict[str, Any]:
    """Simulate and prove what ``folder`` holds; the results as parts of a report."""
    from lilogic.hdl.proof import formal as proof
    from lilogic.report import console
    from lilogic.sim import regression

    checks: dict[str, Any] = {}
    with console.step("simulating"):
        checks["simulation"] = regression.simulate(folder, simulator)
    if formal:
        with console.step("proving"):
            checks["formal"] = proof.prove(graph, folder, timeout)
    return checks


def _samples(graph: GateGraph) -> npt.NDArray[Any] | None:
    """The test images to simulate; without them, the other vectors must do."""
    from lilogic.report import console

    try:
        return dataset_of(graph, None).x_test
    except LilogicError as error:
        console.say(f"no vectors from a data set: {error}")
        return None


def write_report(result: Report, folder: Path, picture: str | None = None) -> None:
    """Write ``report.json``, ``.md`` and ``.html`` into ``folder``, where ``picture`` is a file."""
    from lilogic.files import write_json, write_text
    from lilogic.report import pages

    write_json(folder / "report.json", result)
    write_text(folder / "report.md", pages.markdown(result, picture))
    write_text(folder / "report.html", pages.html(result))


def show_report(result: Report, as_json: bool) -> None:
    """Print a report."""
    from lilogic.report import reports as reports

    show(result, reports.rows(result), result["name"], as_json)
