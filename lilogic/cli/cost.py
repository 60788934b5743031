"""Commands that say what networks take in hardware: area, accuracy for it, activity and energy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lilogic.cli import completion
from lilogic.cli.common import (
    Address,
    AsJson,
    Bits,
    ClockMhz,
    DataName,
    Device,
    InputKind,
    Jobs,
    LevelsPerStage,
    Model,
    Popcount,
    Setting,
    Target,
    Threads,
    TrainingRecipe,
    dataset_of,
    given,
    jobs_at,
    load,
    show,
    show_json,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lilogic.hdl.power.energy import Conditions
    from lilogic.report.pages import Section

CostTarget = Annotated[
    str,
    typer.Option(
        "--target",
        help="xc7 (LUT6), ice40 or ecp5 (LUT4), or sky130 (gate equivalents of standard cells).",
        autocompletion=completion.cost_targets,
    ),
]


def estimate(
    source: Annotated[
        str,
        typer.Argument(
            metavar="MODEL|RECIPE",
            help="A zoo name, a run folder or a .lgn file; or else a recipe or a data set, as for "
            "train.",
            autocompletion=completion.estimated,
        ),
    ],
    target: CostTarget,
    changes: Setting = None,
    recipe: Annotated[
        bool,
        typer.Option("--recipe", help="Take the name for a recipe's where the zoo has it, too."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Estimate what a network takes in hardware, in seconds, without synthesis.

    That is the whole classifier, encoder to argmax, without registers, before placement. For a
    recipe it is what a network trained by it will take. The error is stated with it.
    """
    from lilogic import planning, zoo
    from lilogic.report import tables

    is_model = source in zoo.names() or Path(source).suffix == ".lgn" or _is_run(source)
    if is_model and not recipe and not changes:
        cost = planning.estimate(load(source), target)
    else:
        cost = planning.estimate(source, target, changes=changes)
    show(cost, tables.cost_rows(cost), f"{cost.name} on {cost.target}", as_json)


def _is_run(source: str) -> bool:
    from lilogic.zoo.models import MODEL

    return (Path(source) / MODEL).exists()


def frontier(
    recipe: TrainingRecipe,
    target: CostTarget,
    budgets: Annotated[
        list[int] | None,
        typer.Option(
            "--budget",
            help="What the whole circuit may take; repeatable. Default: 500, 1000, 2000 and 4000 "
            "LUTs, or 2000, 4000, 8000 and 16000 gate equivalents.",
            min=1,
        ),
    ] = None,
    seeds: Annotated[
        list[int] | None, typer.Option("--seed", help="Repeatable. Default: 0.", min=0)
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Folder; default: runs/NAME-frontier."),
    ] = None,
    changes: Setting = None,
    device: Device = "cpu",
    threads: Threads = None,
    jobs: Jobs = None,
    address: Address = None,
    as_json: AsJson = False,
) -> None:
    """Train a network for each of several budgets, and draw accuracy against cost.

    The recipe's layers are scaled to each budget; for a data set, a recipe is made whose networks
    are cheap on the target. Each network has a run folder in the folder, beside frontier.json and
    frontier.png; what is trained already is not trained again.
    """
    from lilogic import planning
    from lilogic.report import tables

    found = planning.frontier(
        recipe,
        target,
        budgets,
        seeds or [0],
        folder,
        changes=changes,
        device=device,
        threads=threads,
        jobs=jobs_at(jobs, address),
        address=address,
    )
    title = f"{found.name} on {found.target}"
    show(found, tables.frontier_rows(found), title, as_json)


EnergyLiberty = Annotated[
    Path | None,
    typer.Option(
        "--liberty",
        metavar="FILE",
        help="Map it to the standard cells of this Liberty file (.lib): signals are then those of "
        "its cells, and there is the energy of an inference.",
    ),
]
Frequency = Annotated[
    float | None,
    typer.Option(
        "--frequency",
        metavar="MHZ",
        help="The clock at which an inference is made in every cycle. Default: that of --clock, or "
        "else 100.",
        min=0.001,
    ),
]
Slew = Annotated[
    float,
    typer.Option(metavar="NS", help="How long transitions take, for the library's tables.", min=0),
]
Wire = Annotated[
    float | None,
    typer.Option(
        metavar="FF",
        help="Femtofarads of wire for each pin that a net drives. Default: the library's wire "
        "load.",
        min=0,
    ),
]


def activity(
    model: Model,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Write a line for each signal to this .csv."),
    ] = None,
    data: DataName = None,
    samples: Annotated[
        int | None, typer.Option(help="Take so many test samples, from the first on.", min=2)
    ] = None,
    liberty: EnergyLiberty = None,
    frequency: Frequency = None,
    slew: Slew = 0.1,
    wire: Wire = None,
    saif: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write switching activity as SAIF 2.0.")
    ] = None,
    vcd: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write waveforms of all nets as VCD.")
    ] = None,
    netlist: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write the Verilog whose names the files have; with --liberty, that of its cells.",
        ),
    ] = None,
    levels_per_stage: LevelsPerStage = None,
    clock_mhz: ClockMhz = None,
    target: Target = None,
    popcount: Popcount = None,
    input: InputKind = None,
    bits: Bits = False,
    as_json: AsJson = False,
) -> None:
    """Count how often each signal changes on a data set, and estimate the energy of an inference.

    The test samples come one after the other, one in every clock cycle. Counts are exact; glitches,
    which come of delays, are not among them.
    """
    from lilogic import flow
    from lilogic.files import check_writable
    from lilogic.report.datasheet import activity as shown

    for path in (output, saif, vcd, netlist):
        if path is not None:
            check_writable(path)
    network = load(model)
    found = dataset_of(network, data)
    library = None if liberty is None else flow.read_liberty(liberty)
    options = given(
        levels_per_stage=levels_per_stage,
        clock_mhz=clock_mhz,
        target=target,
        popcount=popcount,
        input=input,
        bits=bits,
    )
    measured = network.compile(**options).activity(
        found.x_test[:samples],
        liberty=library,
        conditions=_conditions(frequency or clock_mhz, slew, wire),
        dataset=found.name,
    )
    if output is not None:
        measured.write_csv(output)
    if saif is not None:
        measured.write_saif(saif)
    if vcd is not None:
        measured.write_vcd(vcd)
    if netlist is not None:
        measured.write_netlist(netlist)
    if as_json:
        show_json(measured.report)
    else:
        _show(shown.of_report(measured.report), shown.assumptions(measured.report))


def datasheet(
    model: Model,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The page to write, an .html.")
    ] = None,
    data: DataName = None,
    liberty: EnergyLiberty = None,
    frequency: Frequency = None,
    slew: Slew = 0.1,
    wire: Wire = None,
    levels_per_stage: LevelsPerStage = None,
    clock_mhz: ClockMhz = None,
    target: Target = None,
    popcount: Popcount = None,
    input: InputKind = None,
    bits: Bits = False,
    as_json: AsJson = False,
) -> None:
    """Put a network's accuracy, size, latency, activity and energy on one sheet.

    The page loads nothing and prints on A4. Sizes are estimated, unless the network records what
    Yosys mapped it to; energy takes a Liberty file.
    """
    from lilogic import datasheet as sheets
    from lilogic import flow
    from lilogic.errors import LilogicError
    from lilogic.files import check_writable, write_text
    from lilogic.report.datasheet import page, sections

    if output is not None:
        if output.suffix.lower() not in (".html", ".htm"):
            raise LilogicError(f"{output}: no page's name; end it with .html")
        check_writable(output)
    network = load(model)
    found = dataset_of(network, data)
    library = None if liberty is None else flow.read_liberty(liberty)
    options = given(
        levels_per_stage=levels_per_stage,
        clock_mhz=clock_mhz,
        target=target,
        popcount=popcount,
        input=input,
        bits=bits,
    )
    clock = frequency or clock_mhz
    sheet = sheets.datasheet(
        network,
        found,
        liberty=library,
        conditions=_conditions(clock, slew, wire),
        clock_is="asked for" if clock else "assumed",
        **options,
    )
    if output is not None:
        write_text(output, page.html(sheet))
    if as_json:
        show_json(sheet)
    else:
        _show(sections.of_sheet(sheet), sections.notes(sheet))


def _conditions(clock_mhz: float | None, slew: float, wire: float | None) -> Conditions:
    from lilogic.hdl.power.energy import CLOCK_MHZ, Conditions

    return Conditions(clock_mhz=clock_mhz or CLOCK_MHZ, slew_ns=slew, wire_ff=wire)


def _show(sections: Iterable[Section], notes: Iterable[str]) -> None:
    """Print sections as tables, and below them what holds of them."""
    from lilogic.report import console

    for section in sections:
        console.show_section(section)
    for note in notes:
        typer.echo(f"- {note}")
