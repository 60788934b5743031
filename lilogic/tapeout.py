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
    """Write a project for Tiny Tapeout: circuit, test, host script and documents.

    Args:
        model: The network.
        folder: Where to write; none of the project's files may exist there.
        technology: ``sky130``, ``ihp-sg13g2`` or ``gf180mcu``.
        tiles: Size of the project, such as ``2x2``. Default: the fewest tiles that it fits.
        utilization: Fraction of the area that cells may take. Default: 0.6.
        liberty: Standard cells of the technology to map to, as returned by ``flow.read_liberty``.
            Default: map to gates and estimate the area of cells.
        author: Author of the project.
        clock_mhz: Clock of the project, in MHz. Default: 10.
        module: Name of the top module. Default: made from the name of the network.
        progress: Whether to show progress on standard error.
        keywords: ``input`` (default: bits; features are narrow words), ``levels_per_stage``
            (default: 0), ``popcount`` and ``fold`` of ``CompileOptions``.

    Raises:
        DoesNotFitError: The circuit is larger than the tiles.
        FormatError: A file exists already, or the library is of another technology.
        GraphError: An option is impossible.
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
