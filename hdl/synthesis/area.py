"""Area of a compiled classifier, as Yosys maps it: what it takes on FPGAs, and in gates.

These are counts before placement. The design is mapped twice: part by part, so that each can be
named, and flattened, which gives the totals. Where a stage holds the end of one part and the start
of the next, the mapper may merge them, so parts need not add up to the total. A large design is
not flattened but mapped in pieces (``partition``), and the sum of its parts is the total.

Families of FPGAs are targets if they say how they are mapped; ``liberty`` makes a target of a
library of standard cells.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from lilogic import cores
from lilogic.files import read_bytes, scratch
from lilogic.hdl.components.interface import VERILOG, Interface
from lilogic.hdl.fpga import tools, yosys
from lilogic.hdl.fpga.families import FAMILIES, GENERIC, Weights
from lilogic.hdl.synthesis import partition
from lilogic.hdl.synthesis.partition import Piece
from lilogic.hdl.verilog import PARTS, modules, part
from lilogic.report.models.area import AreaReport, Counts, TargetArea

_AT_ONCE = min(4, cores.usable())
"""Runs of Yosys; the largest measured took 2.2 GB."""

_OTHER = "other"
_NAMES = {"network": "gates"}
_PATH = re.compile(r"Longest topological path in (\S+) \(length=(-?\d+)\)")


@dataclass(frozen=True)
class Target:
    """Something to map a classifier to.

    Attributes:
        unit: what the first column counts.
        synthesis: Yosys commands that map every module of the design and keep the hierarchy;
            ``{top}`` stands for the top module.
        columns: for each number of the report, how much each cell type adds to it; types may be
            patterns.
        registers: patterns of the cell types that end a path.
        files: what ``synthesis`` reads, by name.
    """

    unit: str
    synthesis: str
    columns: Mapping[str, Weights]
    registers: tuple[str, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)


# Weights are the transistor counts of `stat -tech cmos` in Yosys (static CMOS: NAND 4, AND 6,
# XOR 12, flip-flop 16, …) over the 4 of a NAND2.
_NAND2: Weights = {
    "$_NOT_": 0.5,
    "$_NAND_": 1,
    "$_NOR_": 1,
    "$_AND_": 1.5,
    "$_OR_": 1.5,
    "$_ANDNOT_": 1.5,
    "$_ORNOT_": 1.5,
    "$_XOR_": 3,
    "$_XNOR_": 3,
    "$_DFF_P_": 4,
}

SYNTH = "synth -noabc -extra-map carry.v -top {top}"
"""What targets of standard cells begin with, where ``SYNTH_FILES`` are; sums ripple."""

SYNTH_FILES = {"carry.v": yosys.RIPPLE_CARRY.encode()}

TARGETS: dict[str, Target] = {
    GENERIC: Target(
        unit="2-input cells",
        synthesis=f"{SYNTH}\ndfflegalize -cell $_DFF_P_ 01\n"
        "abc -g AND,NAND,OR,NOR,XOR,XNOR,ANDNOT,ORNOT\nopt_clean",
        columns={
            "cells": {cell: 1 for cell in _NAND2 if cell != "$_DFF_P_"},
            "nand2": _NAND2,
            "ffs": {"$_DFF_P_": 1},
        },
        registers=("$_DFF_P_",),
        files=SYNTH_FILES,
    ),
    **{
        family.name: Target(family.lut, family.mapping, family.columns, family.registers)
        for family in FAMILIES.values()
        if family.mapping
    },
}

_DESIGN = "design.il"

_PARTS = """\
read_rtlil {design}
hierarchy -check -top {top}
design -save read
{synthesis}
tee -q -o parts.json stat -json
select -set logic * {registers} {own}
tee -q -o parts.txt ltp @logic
"""

_TOTAL = """\
design -load read
flatten
{synthesis}
tee -q -o total.json stat -json
select -set logic * {registers}
tee -q -o total.txt ltp @logic
"""


def measure(
    folder: Path,
    targets: Mapping[str, Target] = TARGETS,
    tell: Callable[[str], object] = lambda _: None,
) -> AreaReport:
    """The area of ``folder/classifier.v`` on each of some targets.

    Columns: ``luts`` counts LUTs of the target's size, smaller ones as one each (on xc7 inverters
    too, on ECP5 two for each carry cell, because they take that place); ``ffs`` flip-flops;
    ``carries`` carry cells (SB_CARRY of one bit, CCU2C of two, CARRY4 of four); ``muxes`` the
    multiplexers between LUTs. The generic target counts ``cells``, two-input gates and inverters,
    and ``nand2``, their and the flip-flops' area in NAND2 equivalents after the transistor counts
    that Yosys uses for CMOS: NOT ½, NAND and NOR 1, AND, OR, ANDNOT and ORNOT 1½, XOR and XNOR 3,
    flip-flop 4.

    ``depth`` is the longest path through cells other than flip-flops, each counted as 1: LUTs,
    multiplexers and carry cells alike, though a carry is far faster than a LUT. Where no
    register stands between two parts, a path of the total runs through both.

    Args:
        folder: with ``classifier.v`` and ``interface.json``.
        targets: what to map it to, by name.
        tell: is given a few words on each step that ended.

    Raises:
        LilogicError: the files cannot be read.
        ToolError: Yosys is missing or failed.
    """
    verilog, interface = read_bytes(folder / VERILOG), Interface.read(folder)
    runs = partition.read(verilog, interface)
    tell("read")

    def run(job: tuple[Piece, str]) -> _Mapped:
        piece, name = job
        mapped = _map(piece, targets[name], interface.module)
        tell(f"{piece.label} mapped to {name}")
        return mapped

    jobs = [(piece, name) for piece in runs for name in targets]
    measured = list(zip(jobs, tools.run_jobs(run, jobs, _AT_ONCE), strict=True))
    by_target = {
        name: [mapped for (_, target), mapped in measured if target == name] for name in targets
    }
    return AreaReport(
        tool=measured[0][1].tool,
        flattened=runs[0].is_whole,
        targets={name: _summary(target, by_target[name]) for name, target in targets.items()},
    )


@dataclass(frozen=True)
class _Module:
    """How many cells of each type there are, and how many follow each other on the longest path."""

    types: Counter[str]
    depth: int


@dataclass(frozen=True)
class _Mapped:
    """What Yosys made of each part and other module and, if asked for, of the flattened design."""

    tool: str
    parts: dict[str, _Module]
    total: _Module | None


def _map(piece: Piece, target: Target, top: str) -> _Mapped:
    """``piece`` of the classifier whose top module is ``top``, mapped to ``target``."""
    script = (_PARTS + _TOTAL * piece.is_whole).format(
        design=_DESIGN,
        top=piece.top,
        own=" ".join(f"t:{module} %d" for module in modules(top)),
        synthesis=target.synthesis.format(top=piece.top),
        registers=" ".join(f"t:{pattern} %d" for pattern in target.registers),
    )
    with scratch() as folder:
        for file, content in {_DESIGN: piece.rtlil, **target.files}.items():
            (folder / file).write_bytes(content)
        yosys.run(script, folder)
        parts = _measured(folder, "parts", top)
        total = _measured(folder, "total", top)[top] if piece.is_whole else None
        tool = json.loads((folder / "parts.json").read_text("utf-8"))["creator"]
    return _Mapped(" ".join(tool.split()[:2]), parts, total)


def _measured(folder: Path, name: str, top: str) -> dict[str, _Module]:
    """What the statistics in ``name.json`` and the paths in ``name.txt`` say of each module.

    Parts are called as in ``PARTS``, other modules as in the design. Modules of the design are no
    cells, nor are scopes.
    """
    statistics = json.loads((folder / f"{name}.json").read_text("utf-8"))["modules"]
    paths = dict(_PATH.findall((folder / f"{name}.txt").read_text("utf-8")))
    names = {part(top, each): each for each in PARTS}
    own = {*modules(top), yosys.SCOPE}
    measured = {}
    for escaped, found in statistics.items():
        module = escaped.removeprefix("\\")
        depth = max(0, int(paths.get(module, 0)))
        cells = found.get("num_cells_by_type", {}).items()
        types = Counter({cell: count for cell, count in cells if cell not in own})
        measured[names.get(module, module)] = _Module(types, depth)
    return measured


def _summary(target: Target, measured: Sequence[_Mapped]) -> TargetArea:
    named = [named for mapped in measured for named in mapped.parts.items()]
    present = [name for name in PARTS if name != "encoder" or name in dict(named)]
    found: dict[str, list[_Module]] = {name: [] for name in (*present, _OTHER)}
    for name, module in named:
        found[name if name in present else _OTHER].append(module)
    merged = {_NAMES.get(name, name): _merged(all_) for name, all_ in found.items()}
    merged["total"] = measured[0].total or _merged([*merged.values()])
    counts = {name: _counts(target, module) for name, module in merged.items()}
    types = {name: dict(module.types) for name, module in merged.items()}
    total = counts.pop("total")
    return TargetArea(unit=target.unit, parts=counts, total=total, types=types)


def _merged(modules: Sequence[_Module]) -> _Module:
    types = sum((module.types for module in modules), Counter[str]())
    return _Module(types, max((module.depth for module in modules), default=0))


def _counts(target: Target, module: _Module) -> Counts:
    counts = {column: weigh(module.types, w) for column, w in target.columns.items()}
    return {column: _shortest(count) for column, count in counts.items()} | {"depth": module.depth}


def _shortest(count: float) -> float:
    """Whole numbers as such; an area to a thousandth, as sums of fractions are not exact."""
    return int(count) if count == int(count) else round(count, 3)


def weigh(counts: Mapping[str, int], weights: Weights) -> float:
    """The sum of ``weights`` over cells that are counted by type."""
    return sum(
        weight * count
        for pattern, weight in weights.items()
        for cell, count in counts.items()
        if fnmatchcase(cell, pattern)
    )
