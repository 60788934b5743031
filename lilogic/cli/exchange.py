"""Commands that bring networks in from other formats and hand them on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lilogic.cli.common import (
    AsJson,
    Bits,
    ClockMhz,
    InputKind,
    LevelsPerStage,
    Model,
    Module,
    Popcount,
    Target,
    given,
    load,
    show,
)

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
    from lilogic import flow, formats
    from lilogic.formats.heads import to_graph
    from lilogic.graph import lgn
    from lilogic.report import console, tables
    from lilogic.report.models.graph import ModelSummary

    found = flow.read_circuit(file)
    if encoder is None and found.encoder is not None:
        shape = "×".join(map(str, found.encoder.input_shape))
        console.say(
            f"{file}: records no encoder; taking that of its authors, whether a pixel of {shape} "
            "exceeds its image's own 0.75 quantile (--encoder says otherwise)"
        )
    with formats.naming(file):
        graph = to_graph(found, classes, _encoder(encoder, found.encoder))
    graph = graph.with_metadata(name=output.stem, imported_from=file.name)
    lgn.write(graph, output)
    summary = ModelSummary.of(output.stem, graph)
    show(summary, tables.import_rows(summary), str(output), as_json)


def export_(
    model: Model,
    to: Annotated[str, typer.Option(help="verilog, blif, aiger, c, npz, dot or svg.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="The file to write; C gets a .h beside its .c.")
    ],
    levels_per_stage: LevelsPerStage = None,
    clock_mhz: ClockMhz = None,
    target: Target = None,
    popcount: Popcount = None,
    input: InputKind = None,
    bits: Bits = False,
    module: Module = None,
) -> None:
    """Write a network in another format; the options are for Verilog, as those of compile."""
    from lilogic import formats
    from lilogic.errors import FormatError
    from lilogic.files import write_text

    options = given(
        levels_per_stage=levels_per_stage,
        clock_mhz=clock_mhz,
        target=target,
        popcount=popcount,
        input=input,
        bits=bits,
        module=module,
    )
    network = load(model)
    if to == "verilog":
        write_text(output, network.compile(**options).verilog)
    elif options:
        raise FormatError(
            "--levels-per-stage, --clock, --target, --popcount, --input and --module are "
            "for Verilog only: leave them out"
        )
    else:
        formats.write(network.graph, to, output)


def _encoder(asked: str | None, authors: Encoder | None) -> Encoder | None:
    """What ``--encoder`` of import means; ``authors`` is the default."""
    from lilogic.data.fitting import from_text
    from lilogic.errors import FormatError
    from lilogic.zoo import models

    if asked is None:
        return authors
    if asked == "none":
        return None
    if asked[:1].isdigit():
        return from_text(asked)
    found = models.load(asked).encoder
    if found is None:
        raise FormatError(f"{asked}: has no encoder to take")
    return found
