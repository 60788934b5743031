"""Commands that bring networks in from other formats and hand them on."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lilogic.cli.common import (
    AsJson,
    BitsIn,
    ClockMhz,
    LevelsPerStage,
    Model,
    Popcount,
    Target,
    show,
)
from lilogic.errors import LilogicError
from lilogic.hdl.components.interface import VERILOG
from lilogic.hdl.options import AUTO

LEVELS_PER_STAGE = 2

if TYPE_CHECKING:
    from lilogic.data.encoder import Encoder


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
    from lilogic import formats
    from lilogic.formats.circuit import to_graph
    from lilogic.graph import lgn
    from lilogic.report import console
    from lilogic.report import reports as reports

    if file.suffix.lower() == ".v":
        from lilogic.hdl.synthesis import gate_level

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
    show(result, rows, str(output), as_json)


def export_(
    model: Model,
    to: Annotated[str, typer.Option(help="verilog, blif, aiger, c, npz, dot or svg.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="The file to write; C gets a .h beside its .c.")
    ],
    levels_per_stage: LevelsPerStage = LEVELS_PER_STAGE,
    clock: ClockMhz = None,
    target: Target = None,
    popcount: Popcount = AUTO,
    bits: BitsIn = False,
) -> None:
    """Write a network in another format; the options are for Verilog, as those of compile."""
    from lilogic import formats
    from lilogic.cli import hardware
    from lilogic.files import write_text
    from lilogic.graph import passes
    from lilogic.zoo import models

    graph = models.load(model)
    options = levels_per_stage, popcount, bits, target, clock
    if to == "verilog":
        wanted = hardware.wanted_clock(clock, target)
        with tempfile.TemporaryDirectory(prefix="lilogic-") as temporary:
            folder = Path(temporary)
            hardware.emit(passes.simplify(graph), folder, *options[:-1], wanted)
            write_text(output, (folder / VERILOG).read_text("utf-8"))
        return
    if options != (LEVELS_PER_STAGE, AUTO, False, None, None):
        raise LilogicError(
            "--levels-per-stage, --clock, --target, --popcount and --bits are for Verilog only: "
            "leave them out"
        )
    formats.write(graph, to, output)


def _encoder(asked: str | None, authors: Encoder | None) -> Encoder | None:
    """What ``--encoder`` of import means; ``authors`` is the default."""
    from lilogic.data.fitting import from_text
    from lilogic.zoo import models

    if asked is None:
        return authors
    if asked == "none":
        return None
    if asked[:1].isdigit():
        return from_text(asked)
    found = models.load(asked).encoder
    if found is None:
        raise LilogicError(f"{asked}: has no encoder to take")
    return found
