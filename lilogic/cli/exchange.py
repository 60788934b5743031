"""Commands that bring networks in from other formats and hand them on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lilogic.cli import completion
from lilogic.cli.common import (
    AsJson,
    Bits,
    ClockMhz,
    Fold,
    InputKind,
    LevelsPerStage,
    Model,
    Module,
    Narrow,
    Popcount,
    Target,
    dataset_of,
    given,
    load,
    show,
    show_json,
)

if TYPE_CHECKING:
    from lilogic.api import Model as Network
    from lilogic.data.encoder import Encoder


def import_(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="A network: LILogicNet .npz or .pth; difflogic, torchlogix or DWN state dict "
            "(.pth, .pt, .ckpt, .safetensors). Or a circuit without registers: Verilog (.v, .sv), "
            ".blif, .eblif, .aig, Yosys .json. Files may be gzipped.",
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help=".lgn file to write.")],
    classes: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Divide the outputs, in order, among N classes. Default: as the file says; "
            "otherwise 10 for a network and one for each output for a circuit.",
        ),
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(
            help="Encoder that makes the input bits: none; 28x28,thresholds=63+127; "
            "28x28,quantile=0.75 (compares each pixel with that quantile of its image); or a MODEL "
            "to copy it from. Default: none; for a LILogicNet, the encoder of its authors.",
        ),
    ] = None,
    top: Annotated[
        str | None,
        typer.Option(
            metavar="MODULE",
            help="Verilog or JSON: the module to read. Default: the only module that no other "
            "one contains.",
        ),
    ] = None,
    architecture: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="TOML or JSON file that describes the layers of a torchlogix network with "
            "convolutions or thresholds.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Convert a network or circuit from another format to .lgn."""
    from lilogic import files, flow, formats
    from lilogic.formats.heads import guesses, to_graph
    from lilogic.graph import lgn
    from lilogic.report import console, tables
    from lilogic.report.models.graph import ModelSummary

    files.check_writable(output)
    found = flow.read_circuit(file, top, architecture)
    with formats.naming(file):
        for guess in guesses(found, classes, encoder is not None):
            console.say(f"{file}: {guess.text} (--{guess.option} overrides this)")
        graph = to_graph(found, classes, _encoder(encoder, found.encoder))
    graph = graph.with_metadata(name=output.stem, imported_from=file.name)
    lgn.write(graph, output)
    summary = ModelSummary.of(output.stem, graph)
    show(summary, tables.import_rows(summary), str(output), as_json)


def export_(
    model: Model,
    to: Annotated[
        str,
        typer.Option(
            help="Format: verilog, blif, aiger, c, npz, dot, svg, html (the playground) or "
            "tinytapeout (a project folder).",
            autocompletion=completion.exports,
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            help="File to write, or the folder for tinytapeout. C writes a .h file next to it.",
        ),
    ],
    levels_per_stage: LevelsPerStage = None,
    clock_mhz: ClockMhz = None,
    target: Target = None,
    popcount: Popcount = None,
    fold: Fold = None,
    input: InputKind = None,
    narrow: Narrow = None,
    bits: Bits = False,
    prefix: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="C: prefix of all names, so that several networks fit in one program. Default: "
            "the file's name.",
        ),
    ] = None,
    word: Annotated[
        int | None,
        typer.Option(
            metavar="BITS",
            help="C: word width (8, 16, 32 or 64), and so the number of samples in a word. "
            "Default: 64.",
        ),
    ] = None,
    cone: Annotated[
        int | None,
        typer.Option(metavar="CLASS", help="dot, svg: draw only what this class depends on."),
    ] = None,
    view: Annotated[
        str | None,
        typer.Option(
            help="svg: network, fields (the pixels that each class reads) or filters (nodes that "
            "repeat across the image). Default: network.",
            autocompletion=completion.views,
        ),
    ] = None,
    simplify: Annotated[
        bool,
        typer.Option(
            "--simplify/--no-simplify",
            help="Write the simplified network, which has the same scores, or all gates as "
            "trained or imported. Verilog is always simplified.",
        ),
    ] = True,
    samples: Annotated[
        int | None,
        typer.Option(
            metavar="COUNT",
            min=0,
            help="html: number of test samples on the page, of each class in turn. Default: 20.",
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            help="html: data set to take samples from. Default: the training data set.",
            autocompletion=completion.datasets,
        ),
    ] = None,
    module: Module = None,
    technology: Annotated[
        str | None,
        typer.Option(
            help="Tiny Tapeout: sky130, ihp-sg13g2 or gf180mcu. Default: sky130.",
            autocompletion=completion.technologies,
        ),
    ] = None,
    tiles: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE",
            help="Tiny Tapeout: size of the project, e.g. 2x2. Default: the smallest that fits.",
        ),
    ] = None,
    utilization: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            help="Tiny Tapeout: share of the area that cells may fill, above 0 and up to 1. "
            "Default: 0.6.",
        ),
    ] = None,
    liberty: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Tiny Tapeout: Liberty file of the technology, to map to its cells. Default: "
            "estimate the area.",
        ),
    ] = None,
    author: Annotated[
        str | None, typer.Option(metavar="NAME", help="Tiny Tapeout: author of the project.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a network in another format.

    Options whose help names no format apply to Verilog; --input also applies to C. Tiny Tapeout
    takes --levels-per-stage (default: 0), --popcount, --fold, --clock (default: 10), --module and
    --input (default: bits; features are narrow).
    """
    from lilogic import files, flow, formats
    from lilogic.errors import FormatError

    project = given(
        technology=technology, tiles=tiles, utilization=utilization, liberty=liberty, author=author
    )
    if project and to != "tinytapeout":
        raise FormatError(
            "--technology, --tiles, --utilization, --liberty and --author are for Tiny Tapeout "
            "only; omit them"
        )
    known = ["verilog", *formats.WRITERS, "tinytapeout"]
    if to not in known:
        raise FormatError(f"format {to!r} is not one of {', '.join(known)}")
    verilog = given(
        levels_per_stage=levels_per_stage,
        clock_mhz=clock_mhz,
        target=target,
        popcount=popcount,
        fold=fold,
        module=module,
    )
    options = given(prefix=prefix, word=word, cone=cone, view=view)
    reads = given(input=input, bits=bits, narrow=narrow)
    if to != "html" and (samples is not None or data is not None):
        raise FormatError("--samples and --data are for html only; omit them")
    if to == "tinytapeout":
        if options or not simplify:
            raise FormatError(
                "--prefix, --word, --cone, --view and --no-simplify are not for Tiny Tapeout; "
                "omit them"
            )
        _tape_out(load(model), output, verilog | reads | project, as_json)
        return
    files.check_writable(output)
    network = load(model)
    if to == "html":
        if options or reads:
            raise FormatError(
                "--prefix, --word, --cone, --view, --input and --narrow are not for html; omit them"
            )
        found = None if data is None else dataset_of(network, data)
        examples = flow.examples(network, 20 if samples is None else samples, found)
        options |= {"examples": examples}
    if to == "verilog":
        if options or not simplify:
            raise FormatError(
                "--prefix, --word, --cone, --view and --no-simplify are not for Verilog; omit them"
            )
        network.export(to, output, **verilog, **reads)
    elif verilog:
        raise FormatError(
            "--levels-per-stage, --clock, --target, --popcount, --fold and --module are for "
            "Verilog only; omit them"
        )
    else:
        network.export(to, output, simplify=simplify, **options, **reads)
    if as_json:
        show_json({"model": network.name, "format": to, "output": str(output)})


def _tape_out(network: Network, folder: Path, options: dict[str, Any], as_json: bool) -> None:
    """Write a Tiny Tapeout project and say what it takes."""
    from lilogic import flow
    from lilogic.report import board
    from lilogic.tapeout import tape_out

    if "liberty" in options:
        options["liberty"] = flow.read_liberty(options["liberty"])
    report = tape_out(network, folder, **options)
    show(report, board.tapeout_rows(report), str(folder), as_json)


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
        raise FormatError(f"{asked}: has no encoder to copy; name another model")
    return found


def minimize(
    model: Model,
    output: Annotated[Path, typer.Option("-o", "--output", help=".lgn file to write.")],
    as_json: AsJson = False,
) -> None:
    """Write an equivalent network with fewer gates."""
    from lilogic import files
    from lilogic.graph import lgn, passes
    from lilogic.report import tables
    from lilogic.report.models.graph import ModelSummary

    files.check_writable(output)
    graph = passes.minimize(load(model).graph).with_metadata(name=output.stem)
    lgn.write(graph, output)
    summary = ModelSummary.of(output.stem, graph)
    show(summary, tables.import_rows(summary), str(output), as_json)
