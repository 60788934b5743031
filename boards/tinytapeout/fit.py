"""How large a project is, and in how many tiles it fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lilogic.boards.tinytapeout.technologies import Technology
from lilogic.cost import targets
from lilogic.cost.estimate import estimate
from lilogic.errors import DoesNotFitError, FormatError, GraphError
from lilogic.graph import GateGraph
from lilogic.hdl.fpga.families import GENERIC
from lilogic.hdl.synthesis import area
from lilogic.hdl.synthesis.area import Target
from lilogic.report.models.area import Counts

UTILIZATION = 0.6
"""Of the area between the margins, what cells may take after synthesis. The rest is for routing,
for buffers of the clock and of paths that are too short, and for taps; the placement density of
project templates is the same."""

_MAPPED = 0.73
"""NAND2s of a library's cells for each NAND2 of gates of two inputs: 0.67 to 0.80 as ABC maps
mnist-ge-2k, -3k and -5k, digits and wine to sky130."""

_ESTIMATED, _HOPELESS = "sky130", 2.0
"""The target whose NAND2 equivalents are estimated, and how many times the room they must take for
a project to be refused without mapping."""

_FLIP_FLOP, _MUX = 4, 3
"""NAND2s that the generic target counts for a flip-flop, and for what lets it hold its value."""

_LOADER = "loader"
_PARTS = {
    "": "output",
    "classifier": "output",
    _LOADER: _LOADER,
    "loader_synchronizer": _LOADER,
    "classifier_encoder": "encoder",
    "classifier_network": "gates",
    "classifier_heads": "heads",
    "classifier_argmax": "argmax",
    "classifier_sequencer": "heads",
}
"""To which part each module belongs, by its name behind that of the top module."""


@dataclass(frozen=True)
class Size:
    """What a project takes.

    Attributes:
        area: of its cells, in µm².
        parts: the same of each part, mapped apart.
        source: whether the cells of a library were mapped, or their area estimated.
        tool: what mapped, and its version.
        flip_flops: how many there are.
        depth: cells on the longest path.
    """

    area: float
    parts: dict[str, float]
    source: Literal["mapped", "estimated"]
    tool: str
    flip_flops: int
    depth: int


def measure(
    verilog: bytes, top: str, held: int, technology: Technology, library: Target | None
) -> Size:
    """The size of a project.

    Args:
        verilog: its source.
        top: its top module.
        held: bits of the sample that it holds.
        technology: what it is made in.
        library: the cells of a Liberty file of that technology. Without, gates of two inputs are
            mapped, and their area is estimated.

    Raises:
        FormatError: the library is of another technology.
        ToolError: Yosys is missing or failed.
    """
    if library is not None and not all(
        cell.startswith(technology.prefix) for cell in library.columns["area"]
    ):
        raise FormatError(
            f"{library.unit.partition(', ')[0]} are not of {technology.name}, whose names begin "
            f"with {technology.prefix}; choose a library of that technology",
            option="liberty",
        )
    target = area.TARGETS[GENERIC] if library is None else library
    parts: dict[str, float] = {}
    tool, modules = area.measure_design(verilog, top, target)
    for name, counts in modules.items():
        if name != "total":
            part = _PARTS[name.removeprefix(top).removeprefix("_")]
            here = held if name == f"{top}_{_LOADER}" else 0
            parts[part] = parts.get(part, 0) + _area(counts, here, technology)
    total = modules["total"]
    return Size(
        area=round(_area(total, held, technology), 1),
        parts={part: round(size, 1) for part, size in parts.items()},
        source="estimated" if library is None else "mapped",
        tool=tool,
        flip_flops=int(total["ffs"]),
        depth=int(total["depth"]),
    )


def _area(counts: Counts, held: int, technology: Technology) -> float:
    """The area of what was mapped, ``held`` of whose flip-flops hold a sample."""
    if "area" in counts:
        return counts["area"]
    logic = counts["nand2"] - _FLIP_FLOP * counts["ffs"] - _MUX * held
    return (
        _MAPPED * technology.nand2 * logic
        + technology.flip_flop * counts["ffs"]
        + technology.mux2 * held
    )


def check(technology: Technology, asked: str | None, limit: float) -> None:
    """Refuse what no project can be.

    Raises:
        GraphError: there are no projects of so many tiles, or the limit is not within 0 and 1.
    """
    if asked is not None:
        technology.usable(asked)
    if not 0 < limit <= 1:
        raise GraphError(
            f"utilization is {limit:g}, but must be above 0 and at most 1", option="utilization"
        )


def foresee(
    graph: GateGraph, name: str, technology: Technology, asked: str | None, limit: float, fold: int
) -> None:
    """Refuse a network that is far too large, before minutes of mapping tell how large it is.

    What is estimated is a lower bound: there are no registers, no encoder and no loader, and in a
    folded classifier no heads.

    Args:
        graph: the network.
        name: what to call the project in messages.
        technology: what it is made in.
        asked: as for ``tiles``.
        limit: as for ``tiles``.
        fold: clock cycles that a sample may take.

    Raises:
        DoesNotFitError: it is estimated to be more than ``_HOPELESS`` times too large.
    """
    cost = estimate(graph, name, targets.find(_ESTIMATED))
    gates = cost.bits_in if fold == 1 else cost.parts["gates"]
    area = gates * technology.nand2
    wanted = asked or [*technology.tiles][-1]
    if area > _HOPELESS * limit * technology.usable(wanted):
        raise _too_large(f"{name} takes about", area, technology, wanted, limit)


def tiles(name: str, size: Size, technology: Technology, asked: str | None, limit: float) -> str:
    """The fewest tiles that a project fits in, or those that are asked for.

    Args:
        name: what to call the project in messages.
        size: of the project.
        technology: what it is made in.
        asked: the tiles, by columns and rows; None for the fewest.
        limit: the utilization that is allowed; see ``check``.

    Raises:
        DoesNotFitError: it is larger.
    """
    fitting = _fitting(size.area, technology, limit)
    wanted = asked or next(iter(fitting), [*technology.tiles][-1])
    if wanted not in fitting:
        raise _too_large(f"{name} takes", size.area, technology, wanted, limit)
    return wanted


def _fitting(area: float, technology: Technology, limit: float) -> list[str]:
    """The tiles that have room for an area, the fewest first."""
    return [each for each in technology.tiles if area <= limit * technology.usable(each)]


def _too_large(
    takes: str, area: float, technology: Technology, wanted: str, limit: float
) -> DoesNotFitError:
    """Says how much too large a project is for the tiles, and which it would fit in."""
    usable = technology.usable(wanted)
    fitting = _fitting(area, technology, limit)
    return DoesNotFitError(
        f"{takes} {area:,.0f} µm² of {technology.name}, but {wanted} tiles have room for "
        f"{limit * usable:,.0f} at a utilization of {limit:.0%}; it would be {area / usable:.0%}",
        [f"{fitting[0]} tiles"] if fitting else ["a smaller network", "fewer counted bits"],
    )
