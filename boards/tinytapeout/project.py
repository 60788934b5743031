"""The files of a Tiny Tapeout project."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.boards.tinytapeout import fit, texts
from lilogic.boards.tinytapeout.gateware import Project
from lilogic.boards.tinytapeout.technologies import find
from lilogic.errors import FormatError, GraphError
from lilogic.files import claimed, write_text
from lilogic.graph import GateGraph, passes
from lilogic.hdl import header, verilog
from lilogic.hdl.components.interface import pack, unpack
from lilogic.hdl.options import CompileOptions
from lilogic.hdl.synthesis.area import Target
from lilogic.infer import golden
from lilogic.report.models.tapeout import TapeoutReport

FASTEST_MHZ = 50.0
"""What the pins of Tiny Tapeout's chips are made for."""

SLOWEST_MHZ = 1.0
"""A strobe of ``classify.py`` takes microseconds, and must last three cycles."""

CLOCK_MHZ = 10.0
"""The clock by default, at which a classifier without registers has time to settle."""

SAMPLES = 32
"""Samples of a data set in a project's test; half as many are drawn at random."""

NOBODY = "Your name"
"""The author where none is named, whom Tiny Tapeout would refuse to leave out."""

_PREFIX = "tt_um_"

_DEFAULT = CompileOptions()

Step = Callable[[str], AbstractContextManager[Any]]


@dataclass(frozen=True)
class Request:
    """What is asked of a project.

    Attributes:
        technology: one of ``technologies.TECHNOLOGIES``.
        tiles: its size, by columns and rows; None for the fewest that it fits in.
        utilization: of the area of these, what cells may take.
        library: the cells of a Liberty file of the technology, or None to estimate their area.
        top: the top module; None to call it after the network.
        author: whose it is.
        clock_mhz: its clock.
        options: how to compile the network; without registers, unless some are asked for, and
            bits in, unless features are, which are narrow words then.
    """

    technology: str = "sky130"
    tiles: str | None = None
    utilization: float = fit.UTILIZATION
    library: Target | None = None
    top: str | None = None
    author: str = NOBODY
    clock_mhz: float = CLOCK_MHZ
    options: CompileOptions = _DEFAULT


def write(
    graph: GateGraph,
    name: str,
    folder: Path,
    samples: npt.NDArray[Any] | None,
    request: Request,
    step: Step,
) -> TapeoutReport:
    """Write a project into a folder that has none of its files.

    Args:
        graph: the network.
        name: of it.
        folder: where to.
        samples: raw samples for its test, of which ``SAMPLES`` are taken; None for random bits
            only.
        request: what it should be.
        step: shows what is done, a few words each.

    Raises:
        DoesNotFitError: it does not fit in the tiles.
        FormatError: a file is there already, or the library is of another technology.
        GraphError: an option is impossible.
        LilogicError: a file cannot be written.
        ToolError: Yosys is missing or failed.
    """
    technology, top = find(request.technology), _top(name, request.top)
    if not SLOWEST_MHZ <= request.clock_mhz <= FASTEST_MHZ:
        raise GraphError(
            f"the clock is {request.clock_mhz:g} MHz, but the pins of Tiny Tapeout take up to "
            f"{FASTEST_MHZ:g}, and the host's strobes at least {SLOWEST_MHZ:g}",
            option="clock_mhz",
        )
    fit.check(technology, request.tiles, request.utilization)
    if folder.exists() and not folder.is_dir():
        raise FormatError(
            f"{folder}: not a folder; a project consists of several files, so name a folder"
        )
    for file in texts.FILES:
        if (folder / file).exists():
            raise FormatError(f"{folder / file}: already exists; choose another folder")
    options = _compiled(request.options)
    with step("estimating the size"):
        fit.foresee(graph, name, technology, request.tiles, request.utilization, options.fold)
    made = Project(passes.simplify(graph), options)
    with step("writing Verilog"):
        about = header.about(made.graph, made.interface)
        source = verilog.emit_design(made, top, f"{texts.LICENSED}{about}")
    with step(f"mapping to {technology.name}"):
        size = fit.measure(source.encode(), top, len(made.sent), technology, request.library)
    tiles = fit.tiles(name, size, technology, request.tiles, request.utilization)
    usable = technology.usable(tiles)
    vectors = _vectors(made, samples)
    report = TapeoutReport(
        name=name,
        top=top,
        technology=technology.name,
        library=technology.library,
        area=size.area,
        parts=size.parts,
        source=size.source,
        tool=size.tool,
        flip_flops=size.flip_flops,
        depth=size.depth,
        tiles=tiles,
        usable=round(usable, 1),
        utilization=round(size.area / usable, 4),
        limit=request.utilization,
        clock_hz=round(1e6 * request.clock_mhz),
        latency=made.latency,
        sample_bits=len(made.sent),
        sample_bytes=made.sample_bytes,
        answer_bytes=made.answer_bytes,
        vectors=len(vectors["samples"]),
    )
    files = {
        "src/project.v": source,
        "test/vectors.json": texts.json_lines(vectors),
        **texts.written(report, made, technology, request.author),
    }
    with claimed(folder):
        for file, text in files.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            write_text(folder / file, text)
    return report


def _top(name: str, asked: str | None) -> str:
    """The top module, which Tiny Tapeout tells from others by its name."""
    if asked is None:
        return f"{_PREFIX}lilogic_{re.sub('[^a-z0-9]+', '_', name.lower()).strip('_')}"
    if not re.fullmatch(f"{_PREFIX}[a-z0-9_]+", asked, re.IGNORECASE):
        raise GraphError(
            f"the top module is {asked}, but those of Tiny Tapeout begin with {_PREFIX} and have "
            "letters, digits and underscores",
            option="module",
        )
    return asked


def _compiled(options: CompileOptions) -> CompileOptions:
    """Options with as few registers as they allow."""
    if "levels_per_stage" in options.model_fields_set or options.fold > 1:
        return options
    return CompileOptions.of(options, {"levels_per_stage": 0})


def _vectors(made: Project, samples: npt.NDArray[Any] | None) -> dict[str, list[Any]]:
    """Samples as bytes in hexadecimal, and the bytes of the answers of software inference."""
    width = made.interface.data_width
    data = np.random.default_rng(0).random((SAMPLES // 2, width)) < 0.5
    if samples is not None:
        data = np.concatenate([pack(made.graph, made.kind, samples[:SAMPLES]), data])
    scores = golden.scores(made.graph, unpack(made.graph, made.kind, data))
    classes = golden.classify(scores).tolist()
    return {
        "samples": [row.hex() for row in made.sample(data)],
        "answers": [
            [*made.answer(index, row)] for index, row in zip(classes, scores.tolist(), strict=True)
        ],
    }
