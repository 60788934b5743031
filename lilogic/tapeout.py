"""A network as a project for Tiny Tapeout."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lilogic.errors import GraphError
from lilogic.extras import needs
from lilogic.report import steps

if TYPE_CHECKING:
    from lilogic.api import Model
    from lilogic.hdl.synthesis.area import Target
    from lilogic.report.models.tapeout import TapeoutReport

_OPTIONS = {"input", "levels_per_stage", "popcount", "fold"}


def tape_out(
    model: Model,
    folder: str | Path,
    *,
    technology: str = "sky130",
    tiles: str | None = None,
    utilization: float | None = None,
    liberty: Target | None = None,
    author: str | None = None,
    clock_mhz: float | None = None,
    module: str | None = None,
    progress: bool = True,
    **keywords: Any,
) -> TapeoutReport:
    """Write a project: its circuit, test, host script and documents.

    Args:
        model: the network.
        folder: where to; it must have none of a project's files.
        technology: what the chip is made in, one of ``technologies.TECHNOLOGIES``.
        tiles: the project's size, such as ``2x2``; default: the fewest that it fits in.
        utilization: of the area of these, what cells may take; default: ``fit.UTILIZATION``.
        liberty: standard cells of the technology to map to, such as ``flow.read_liberty`` gives;
            default: gates are mapped, and the area of cells is estimated.
        author: whose it is.
        clock_mhz: the project's clock; default: ``project.CLOCK_MHZ``.
        module: its top module; default: called after the network.
        progress: whether to show progress on standard error.
        keywords: ``input`` (default: bits; features are narrow words), ``levels_per_stage``
            (default: 0), ``popcount`` and ``fold`` of ``CompileOptions``.

    Raises:
        DoesNotFitError: it is larger than the tiles.
        FormatError: a file is there already, or the library is of another technology.
        GraphError: an impossible option.
        ToolError: Yosys is missing or failed.
    """
    from lilogic.build import test_samples

    with needs("hdl", "amaranth"):
        from lilogic.boards.tinytapeout import fit, project
        from lilogic.hdl.options import CompileOptions

    if other := sorted(keywords.keys() - _OPTIONS):
        raise GraphError(f"a Tiny Tapeout project has no {other[0]}", option=other[0])
    request = project.Request(
        technology=technology,
        tiles=tiles,
        utilization=fit.UTILIZATION if utilization is None else utilization,
        library=liberty,
        top=module,
        author=author or project.NOBODY,
        clock_mhz=project.CLOCK_MHZ if clock_mhz is None else clock_mhz,
        options=CompileOptions(**keywords),
    )
    samples = test_samples(model, progress)
    return project.write(
        model.graph, model.name, Path(folder), samples, request, steps.shown(progress)
    )
