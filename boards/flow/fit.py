"""Whether a netlist fits a board, and what to try if it does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from lilogic import zoo
from lilogic.boards.catalogue import BOARDS
from lilogic.boards.flow.design import Design
from lilogic.errors import DoesNotFitError
from lilogic.hdl.fpga.families import Family
from lilogic.hdl.synthesis.area import weigh


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
                f"{design.name} needs {needed:,} {kind}, {design.board.name} has {has:,}",
                advice(design, needs, may_fit),
                with_fewer_registers=may_fit,
            )


def advice(design: Design, needs: Needs, with_fewer_registers: bool) -> list[str]:
    """What else to ask for, where ``needs`` are too much.

    ``with_fewer_registers`` says whether it may fit with fewer of these.
    """
    ways = _smaller(design, needs) + _larger(design, needs)
    return [*ways, "a larger number of levels per stage"] if with_fewer_registers else ways


def _smaller(design: Design, needs: Needs) -> list[str]:
    """The largest network of the zoo for the same data that may fit; sizes go with gates."""
    device = design.board.device
    share = min(device.luts / needs.luts, device.ffs / max(1, needs.ffs))
    known = map(zoo.describe, zoo.names())
    fitting = {
        entry.name: entry.gates.simplified
        for entry in known
        if entry.dataset == design.graph.metadata.get("dataset")
        and entry.gates.simplified <= share * design.graph.n_gates
    }
    return [f"the model {max(fitting, key=lambda name: fitting[name])}"] if fitting else []


def _larger(design: Design, needs: Needs) -> list[str]:
    """The smallest board that it fits on."""
    boards = [
        board
        for board in BOARDS.values()
        if board.family.is_complete
        and board.family.lut == design.board.family.lut
        and board.device.luts >= needs.luts
        and board.device.ffs >= needs.ffs
    ]
    return [f"the board {min(boards, key=lambda board: board.device.luts).name}"] if boards else []


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
