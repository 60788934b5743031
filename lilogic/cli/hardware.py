"""Commands that compile a network and say what its hardware takes and whether it is right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lilogic.cli import completion
from lilogic.cli.common import (
    AsJson,
    Bits,
    Bus,
    BusWidth,
    ClockMhz,
    Fold,
    InputKind,
    LevelsPerStage,
    Model,
    Module,
    Narrow,
    Popcount,
    Target,
    given,
    load,
    show,
)

if TYPE_CHECKING:
    from lilogic.hdl.synthesis.area import Target as Library

Simulator = Annotated[
    str, typer.Option(help="Simulator: verilator or icarus.", autocompletion=completion.simulators)
]
Formal = Annotated[bool, typer.Option(help="Also run the formal proofs.")]
Timeout = Annotated[
    float, typer.Option(metavar="SECONDS", help="Time limit for each proof.", min=1)
]
Artefacts = Annotated[
    list[str] | None,
    typer.Option(
        "--with",
        metavar="NAME",
        help="Also write a file for other tools: testbench, sdc, xdc, fusesoc, vivado, ipxact, "
        "amaranth, vhdl, c, readme, or all; repeatable.",
        autocompletion=completion.artefacts,
    ),
]
Liberty = Annotated[
    Path | None,
    typer.Option(
        help="Also map to the standard cells of this Liberty file (.lib).", metavar="FILE"
    ),
]


def compile_(
    model: Model,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Output folder. Default: build/MODEL."),
    ] = None,
    levels_per_stage: LevelsPerStage = None,
    clock_mhz: ClockMhz = None,
    target: Target = None,
    popcount: Popcount = None,
    fold: Fold = None,
    input: InputKind = None,
    narrow: Narrow = None,
    bits: Bits = False,
    module: Module = None,
    bus: Bus = None,
    bus_width: BusWidth = None,
    artefacts: Artefacts = None,
    liberty: Liberty = None,
    as_json: AsJson = False,
) -> None:
    """Compile a network to Verilog and report on it.

    It also writes test vectors. With --target or --liberty, it synthesizes the Verilog for the
    report, which takes most of the time. To see all targets, use lilogic report.
    """
    from lilogic.files import claimed
    from lilogic.hdl.components.interface import INTERFACE, VERILOG
    from lilogic.hdl.vectors import VECTORS
    from lilogic.report import console, pages, tables

    options = given(
        levels_per_stage=levels_per_stage,
        clock_mhz=clock_mhz,
        target=target,
        popcount=popcount,
        fold=fold,
        input=input,
        narrow=narrow,
        bits=bits,
        module=module,
        bus=bus,
        bus_width=bus_width,
        artefacts=artefacts,
    )
    network = load(model)
    library = _library(liberty)
    folder = Path("build") / network.name if output is None else output
    with claimed(folder):
        build = network.compile(folder, **options)
        build.write_vectors()
        console.say(f"wrote {VERILOG}, {INTERFACE} and {VECTORS} in {folder}")
        if build.options.narrow:
            console.say(
                f"the input is {build.interface.data_width:,} bits of feature codes; {INTERFACE} "
                "describes them"
            )
        report = build.report(liberty=library, targets=None if target else [])
        pages.write(report, folder)
    show(report, tables.compile_rows(report), report.name, as_json)


def _library(liberty: Path | None) -> Library | None:
    """The cells of ``--liberty``, read before any work is done."""
    from lilogic import flow

    return None if liberty is None else flow.read_liberty(liberty)


def verify(
    model: Model,
    build: Annotated[
        Path | None,
        typer.Option(
            help="Check the Verilog that lilogic compile wrote to this folder. Default: compile "
            "the network again."
        ),
    ] = None,
    simulator: Simulator = "verilator",
    formal: Formal = True,
    timeout: Timeout = 60.0,
    word: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HEX",
            help="Also test this value of the data input, e.g. a counterexample; repeatable.",
        ),
    ] = None,
    levels_per_stage: LevelsPerStage = None,
    clock_mhz: ClockMhz = None,
    target: Target = None,
    popcount: Popcount = None,
    fold: Fold = None,
    input: InputKind = None,
    narrow: Narrow = None,
    bits: Bits = False,
    bus: Bus = None,
    bus_width: BusWidth = None,
    as_json: AsJson = False,
) -> None:
    """Check a network's Verilog by simulation and formal proof.

    It compares the Verilog with the network in software. What the solver cannot prove within
    --timeout counts as simulated only.
    """
    from lilogic import flow
    from lilogic.report import tables

    options = given(
        levels_per_stage=levels_per_stage,
        clock_mhz=clock_mhz,
        target=target,
        popcount=popcount,
        fold=fold,
        input=input,
        narrow=narrow,
        bits=bits,
        bus=bus,
        bus_width=bus_width,
    )
    network = load(model)
    made = network.compile(**options) if build is None else flow.opened(network, build, **options)
    verification = made.verify(
        words=word or (), simulator=simulator, formal=formal, timeout=timeout
    )
    show(verification, tables.verification_rows(verification), model, as_json)
    raise typer.Exit(0 if verification.passed else 1)


def report(
    model: Model,
    levels_per_stage: LevelsPerStage = None,
    clock_mhz: ClockMhz = None,
    target: Target = None,
    popcount: Popcount = None,
    fold: Fold = None,
    input: InputKind = None,
    narrow: Narrow = None,
    bits: Bits = False,
    bus: Bus = None,
    bus_width: BusWidth = None,
    liberty: Liberty = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            help="Runs of Yosys at once. Default: one per core, at most 4; with --address, as many "
            "as fit.",
            min=1,
        ),
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="Ray cluster on which Yosys runs, or auto. Default: this machine.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Folder for report.json, report.md and report.html."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Report gates, LUTs and flip-flops of a network by part.

    With --bus, it also reports what the circuit around the classifier takes.
    """
    from contextlib import nullcontext

    from lilogic.files import claimed
    from lilogic.report import pages, tables

    options = given(
        levels_per_stage=levels_per_stage,
        clock_mhz=clock_mhz,
        target=target,
        popcount=popcount,
        fold=fold,
        input=input,
        narrow=narrow,
        bits=bits,
        bus=bus,
        bus_width=bus_width,
    )
    network = load(model)
    library = _library(liberty)
    with nullcontext() if output is None else claimed(output):
        build = network.compile(**options)
        found = build.report(liberty=library, jobs=jobs, address=address)
        if output is not None:
            pages.write(found, output)
    show(found, tables.compile_rows(found), found.name, as_json)


def sweep_pipeline(
    model: Model,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Picture to draw. Default: MODEL-pipeline.png."),
    ] = None,
    device: Annotated[
        str, typer.Option(help="Device: hx8k, up5k or ecp5.", autocompletion=completion.devices)
    ] = "hx8k",
    levels: Annotated[
        list[int] | None,
        typer.Option(
            "--levels-per-stage",
            help="Logic levels between registers; repeatable. Default: 1, 2, 3, 4, 6.",
            min=0,
        ),
    ] = None,
    popcount: Popcount = None,
    input: InputKind = None,
    bits: Bits = False,
    as_json: AsJson = False,
) -> None:
    """Compare clock and size for several pipeline depths.

    It places and routes the network once for each --levels-per-stage.
    """
    from lilogic import files, flow
    from lilogic.report import plots, tables

    network = load(model)
    picture = plots.picture(output or Path(f"{network.name}-pipeline.png"))
    files.check_writable(picture)
    options = given(popcount=popcount, input=input, bits=bits)
    sweep = flow.sweep_pipeline(network, device, levels, **options)
    plots.draw_sweep(sweep, picture)
    show(sweep, tables.sweep_rows(sweep), f"{sweep.name} on {sweep.device}", as_json)
