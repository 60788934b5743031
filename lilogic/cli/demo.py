"""The command that does everything in turn."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from lilogic.cli.common import AsJson, Device, Setting, Threads, TrainingRecipe, show


def demo(
    recipe: TrainingRecipe = "digits",
    output: Annotated[Path, typer.Option("-o", "--output", help="Output folder.")] = Path(
        "build/demo"
    ),
    changes: Setting = None,
    device: Device = "cpu",
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """Train, compile, simulate, prove and synthesize in one go."""
    from lilogic.cli.learn import train_in
    from lilogic.files import claimed
    from lilogic.hdl.fpga import tools
    from lilogic.report import console, pages, plots, tables
    from lilogic.sim import runner

    runner.get("verilator")  # before all work
    with claimed(output):
        # A small network is trained by one thread, which leaves a core for the simulator.
        with tools.meanwhile(partial(runner.prepare, "verilator")):
            run = train_in(
                recipe,
                changes,
                lambda name: output / f"{name}-run",
                device=device,
                threads=threads,
            )
        build = run.model.compile(output)
        with tools.meanwhile(partial(build.area, progress=False)) as mapped:
            verification = build.verify()
            with console.step("mapping to all targets"):
                area = mapped.result()
        report = build.report(verification, area=area)
        picture = f"{run.model.name}.png"
        plots.draw(build.simplified.graph, report, output / picture)
        pages.write(report, output, picture)
    show(report, tables.compile_rows(report), report.name, as_json)
    raise typer.Exit(0 if verification.passed else 1)
