"""Commands that say what networks take in hardware: area, accuracy for it, activity and energy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
    from lilogic.hdl.synthesis.area import Target as Library
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
            help="A zoo network, a run folder or a .lgn file; otherwise a recipe or a data set, as "
            "for train.",
            autocompletion=completion.estimated,
        ),
    ],
    target: CostTarget,
    changes: Setting = None,
    recipe: Annotated[
        bool,
        typer.Option("--recipe", help="Use the recipe of this name, not the zoo network."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Estimate a network's hardware size without synthesis.

    The estimate covers the whole classifier, from encoder to argmax, without pipeline registers
    and before placement. For a recipe, it predicts the size of the trained network. The output
    states the margin of error.
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
            help="Size limit for the whole circuit; repeatable. Default: 500, 1000, 2000 and 4000 "
            "LUTs, or 2000, 4000, 8000 and 16000 gate equivalents.",
            min=1,
        ),
    ] = None,
    seeds: Annotated[
        list[int] | None, typer.Option("--seed", help="Seed; repeatable. Default: 0.", min=0)
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Output folder. Default: runs/NAME-frontier."),
    ] = None,
    changes: Setting = None,
    device: Device = "cpu",
    threads: Threads = None,
    jobs: Jobs = None,
    address: Address = None,
    mapped: Annotated[
        bool,
        typer.Option(
            "--mapped",
            help="Measure the sizes with Yosys instead of estimating them; only for LUTs.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Train networks for several size budgets and compare them.

    It scales the recipe's layers to each budget. For a data set, it makes a recipe whose networks
    are cheap on the target. The output folder gets a run folder for each network, frontier.json and
    frontier.png. The same command resumes an interrupted one.
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
        mapped=mapped,
    )
    title = f"{found.name} on {found.target}"
    show(found, tables.frontier_rows(found), title, as_json)


EnergyLiberty = Annotated[
    Path | None,
    typer.Option(
        "--liberty",
        metavar="FILE",
        help="Liberty file (.lib): map the network to its standard cells and estimate the energy "
        "of an inference.",
    ),
]
Frequency = Annotated[
    float | None,
    typer.Option(
        "--frequency",
        metavar="MHZ",
        help="Clock for energy, SAIF, VCD and throughput, at one inference a cycle. Default: "
        "--clock, or 100.",
        min=0.001,
    ),
]
Slew = Annotated[
    float | None,
    typer.Option(
        metavar="NS",
        help="With --liberty: transition time of all signals. Default: 0.1.",
        min=0,
    ),
]
Wire = Annotated[
    float | None,
    typer.Option(
        metavar="FF",
        help="With --liberty: wire capacitance for each pin that a net drives. Default: the "
        "library's wire load model.",
        min=0,
    ),
]


@dataclass(frozen=True)
class PowerOptions:
    """Options of what measures a compiled network's activity and energy."""

    liberty: EnergyLiberty = None
    frequency: Frequency = None
    slew: Slew = None
    wire: Wire = None
    levels_per_stage: LevelsPerStage = None
    clock_mhz: ClockMhz = None
    target: Target = None
    popcount: Popcount = None
    input: InputKind = None
    bits: Bits = False

    @property
    def clock(self) -> float | None:
        """The clock that is asked for, in MHz."""
        return self.frequency or self.clock_mhz

    def conditions(self) -> Conditions:
        """What energy is estimated for.

        Raises:
            LilogicError: there is a slew or a wire, but no library of cells that have them.
        """
        from lilogic.errors import LilogicError
        from lilogic.hdl.power.energy import Conditions

        if self.liberty is None and not (self.slew is None and self.wire is None):
            raise LilogicError("--slew and --wire have no effect without cells; add --liberty FILE")
        return Conditions(**given(clock_mhz=self.clock, slew_ns=self.slew, wire_ff=self.wire))

    def library(self) -> Library | None:
        """The standard cells, if there are any; errors as ``flow.read_liberty``."""
        from lilogic import flow

        return None if self.liberty is None else flow.read_liberty(self.liberty)

    def compiling(self) -> dict[str, Any]:
        """The keywords of ``CompileOptions`` that were given."""
        return given(
            levels_per_stage=self.levels_per_stage,
            clock_mhz=self.clock_mhz,
            target=self.target,
            popcount=self.popcount,
            input=self.input,
            bits=self.bits,
        )


def activity(
    model: Model,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="CSV file to write, with a line for each signal."),
    ] = None,
    data: DataName = None,
    samples: Annotated[
        int | None, typer.Option(metavar="N", help="Use only the first N test samples.", min=2)
    ] = None,
    *,
    power: PowerOptions,
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
            help="Write the Verilog netlist whose signals SAIF and VCD name.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure switching activity and the energy of an inference.

    It sends a test sample through the compiled network in each clock cycle and counts how often
    each signal changes. The counts are exact, but leave out glitches, which depend on delays.
    Energy needs --liberty.
    """
    from lilogic.errors import LilogicError
    from lilogic.files import check_writable
    from lilogic.report.datasheet import activity as shown

    if power.frequency is not None and not (power.liberty or saif or vcd):
        raise LilogicError("--frequency has no effect without --liberty, --saif or --vcd; add one")
    conditions = power.conditions()
    for path in (output, saif, vcd, netlist):
        if path is not None:
            check_writable(path)
    network = load(model)
    found = dataset_of(network, data)
    library = power.library()
    measured = network.compile(**power.compiling()).activity(
        found.x_test[:samples],
        liberty=library,
        conditions=conditions,
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
        Path | None, typer.Option("-o", "--output", help="HTML page to write.")
    ] = None,
    data: DataName = None,
    *,
    power: PowerOptions,
    as_json: AsJson = False,
) -> None:
    """Summarize accuracy, size, latency and energy on one page.

    The page is a single HTML file, for screens and A4 paper. Sizes are estimates unless the network
    records what Yosys measured. Energy needs --liberty.
    """
    from lilogic import datasheet as sheets
    from lilogic.files import check_writable
    from lilogic.report.datasheet import page, sections

    conditions = power.conditions()
    if output is not None:
        check_writable(page.named(output))
    network = load(model)
    found = dataset_of(network, data)
    sheet = sheets.datasheet(
        network,
        found,
        liberty=power.library(),
        conditions=conditions,
        clock_is="asked for" if power.clock else "assumed",
        **power.compiling(),
    )
    if output is not None:
        sheet.write(output)
    if as_json:
        show_json(sheet)
    else:
        _show(sections.of_sheet(sheet), sections.notes(sheet))


def _show(sections: Iterable[Section], notes: Iterable[str]) -> None:
    """Print sections as tables, and below them what holds of them."""
    from lilogic.report import console

    for section in sections:
        console.show_section(section)
    for note in notes:
        typer.echo(f"- {note}")
