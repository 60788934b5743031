"""Whether a netlist fits a board, and what to try if it does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from lilogic import zoo
from lilogic.boards.catalogue import BOARDS
from lilogic.boards.flow.design import Design
from lilogic.errors import DoesNotFitError
from lilogic.graph import GateGraph
from lilogic.hdl.fpga.families import Family
from lilogic.hdl.synthesis.area import weigh

_LEAST_PER_PAIR = {"LUT4": 1.0, "LUT6": 0.5}
"""Look-up tables at least for two wires whose gates are counted; 1.4 and more were measured."""

_OF_THE_LINK = 1000
"""What the link and the argmax take at most."""

_ROUTED = 3000
"""The most counted gates that were placed and routed; 8,000 were not, where there was room."""


@dataclass(frozen=True)
class Needs:
    """What a netlist takes, before place and route.

    Attributes:
        luts: look-up tables, and flip-flops that take the place of one.
        ffs: flip-flops.
        carries: carry cells.
        lone_ffs: flip-flops among ``luts``.
    """

    luts: int
    ffs: int
    carries: int
    lone_ffs: int = 0


def count(cells: Any, family: Family) -> Needs:
    """What the cells of a netlist, as Yosys writes them to JSON, take of an FPGA."""
    cells = list(cells)
    types = Counter(cell["type"] for cell in cells)
    luts, ffs, carries = (
        round(weigh(types, family.columns[column])) for column in ("luts", "ffs", "carries")
    )
    lone = _lone_ffs(cells, family) if family.shares_cells else 0
    return Needs(luts + lone, ffs, carries, lone)


def check_least(design: Design) -> None:
    """Raise with advice where a look at the graph tells that it is too large.

    Raises:
        DoesNotFitError: it is, whatever synthesis does.
    """
    device, lut = design.board.device, design.board.family.lut
    # Folded, each counted node stands in a row, in which registers take the place of adders.
    counted = _counted_pairs(design.graph) if design.fold == 1 else len(design.graph.head_nodes)
    least = round(_LEAST_PER_PAIR[lut] * counted)
    if least > device.luts:
        raise DoesNotFitError(
            f"{design.name} needs at least {least:,} {lut}, but {design.board.name} has "
            f"{device.luts:,}",
            advice(design, with_fewer_registers=False),
        )


def check(design: Design, needs: Needs) -> None:
    """Raise with advice where ``needs`` are more than the device has.

    Raises:
        DoesNotFitError: they are.
    """
    device, lut = design.board.device, design.board.family.lut
    for kind, needed, registers, has in (
        (lut, needs.luts, needs.lone_ffs, device.luts),
        ("flip-flops", needs.ffs, needs.ffs, device.ffs),
    ):
        if needed > has:
            may_fit = needed - registers <= has
            raise DoesNotFitError(
                f"{design.name} needs {needed:,} {kind}, but {design.board.name} has {has:,}",
                advice(design, with_fewer_registers=may_fit),
                with_fewer_registers=may_fit,
            )


def advice(design: Design, with_fewer_registers: bool) -> list[str]:
    """What else to ask for, where a design is too large.

    ``with_fewer_registers`` says whether it may fit with fewer of these.
    """
    ways = _smaller(design) + _larger(design)
    if with_fewer_registers:
        ways.append("a larger number of levels per stage")
    return ways or ["a network with fewer gates and fewer counted gates"]


def _smaller(design: Design) -> list[str]:
    """The most accurate network of the zoo for the same data that fits in any case."""
    known = map(zoo.describe, zoo.names())
    fitting = {
        entry.name: entry.accuracy.get("test_frozen", 0.0)
        for entry in known
        if entry.dataset == design.graph.metadata.get("dataset")
        and _holds(design, entry.gates.simplified, entry.gates.simplified)
    }
    return [f"the model {max(fitting, key=lambda name: fitting[name])}"] if fitting else []


def _larger(design: Design) -> list[str]:
    """The smallest board that holds it in any case."""
    boards = [
        board
        for board in BOARDS.values()
        if board.device.is_complete
        and board.family.lut == design.board.family.lut
        and board.device.luts > design.board.device.luts
        and _holds(replace(design, board=board), design.graph.n_gates, _counted_pairs(design.graph))
    ]
    return [f"the board {min(boards, key=lambda board: board.device.luts).name}"] if boards else []


def _holds(design: Design, gates: int, counted: int) -> bool:
    """Whether the board has room and ways for so many gates, by what others took."""
    device = design.board.device
    adders = 2 * counted if design.fold == 1 else 0
    most = _OF_THE_LINK + 2 * gates + adders
    return most <= min(device.luts, device.ffs) and counted <= _ROUTED


def _counted_pairs(graph: GateGraph) -> int:
    """Pairs of wires whose gates are counted, added over the classes; counted inputs, too."""
    first = np.concatenate([np.arange(graph.n_inputs), np.minimum(graph.a, graph.b)])
    second = np.concatenate([np.arange(graph.n_inputs), np.maximum(graph.a, graph.b)])
    return sum(
        len(np.unique(np.stack([first[head], second[head]]), axis=1).T) for head in graph.heads
    )


def _lone_ffs(cells: list[Any], family: Family) -> int:
    """Flip-flops that do not stand behind a look-up table of their own."""
    loads: Counter[Any] = Counter()
    outputs: set[Any] = set()
    fed: list[Any] = []
    for cell in cells:
        is_lut = _matches(cell, family.columns["luts"])
        for port, bits in cell["connections"].items():
            if cell["port_directions"][port] == "input":
                loads.update(bits)
            elif is_lut:
                outputs.update(bits)
        if _matches(cell, family.columns["ffs"]):
            fed.append(cell["connections"]["D"][0])
    return sum(bit not in outputs or loads[bit] > 1 for bit in fed)


def _matches(cell: Any, patterns: Mapping[str, float]) -> bool:
    return any(fnmatchcase(cell["type"], pattern) for pattern in patterns)
