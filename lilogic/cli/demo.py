"""The command that goes the whole road."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lilogic.cli import hardware, learn
from lilogic.cli.common import AsJson, Device, Setting, Threads, TrainingRecipe
from lilogic.hdl.options import AUTO

LEVELS_PER_STAGE = 2


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
    from lilogic.learn import defaults
    from lilogic.report import plots
    from lilogic.report import reports as reports
    from lilogic.zoo import models

    chosen, data = defaults.load(recipe, changes)
    trained, _ = learn.train_in(chosen, data, output / f"{chosen.name}-run", device, threads)
    result = hardware.compile_into(trained, chosen.name, output, LEVELS_PER_STAGE, AUTO, bits=False)
    compiled = models.load(str(output / f"{chosen.name}.lgn"))
    hardware.write_vectors(trained, output)
    result |= hardware.check(compiled, output, "verilator", True, hardware.TIMEOUT)
    picture = f"{chosen.name}.png"
    plots.draw(compiled, result, output / picture)
    hardware.write_report(result, output, picture)
    hardware.show_report(result, as_json)
    raise typer.Exit(0 if reports.is_verified(result) else 1)
