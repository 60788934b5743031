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
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path

from lilogic import cores, tasks
from lilogic.files import read_bytes, scratch
from lilogic.hdl.components.interface import VERILOG, Interface
from lilogic.hdl.fpga import tools, yosys
from lilogic.hdl.fpga.families import FAMILIES, GENERIC, Weights
from lilogic.hdl.synthesis import partition
from lilogic.hdl.synthesis.partition import Piece
from lilogic.hdl.verilog import PARTS, modules, part
from lilogic.report.models.area import AreaReport, Counts, TargetArea
from lilogic.tasks import Workers

_MOST_AT_ONCE = 4
"""Runs of Yosys; the largest measured took 2.2 GB."""

_OTHER = "other"
_NAMES = {"network": "gates"}
_UNTIMED = "setattr -mod -unset abc9_box ={carry}"
_PATH = re.compile(r"Longest topological path in (\S+) \(length=(-?\d+)\)")


@dataclass(frozen=True)
class Target:
    """Something to map a classifier to.

    Attributes:
        unit: what the first column counts.
        synthesis: Yosys commands that map every module of the design and keep the hierarchy;
            ``{top}`` stands for the top module, ``{before_luts}`` as in ``Family.mapping``.
        columns: for each number of the report, how much each cell type adds to it; types may be
            patterns.
        registers: patterns of the cell types that end a path.
        files: what ``synthesis`` reads, by name.
        timed_carry: as ``Family.timed_carry``.
        source: the file that it was read from, of a library.
    """

    unit: str
    synthesis: str
    columns: Mapping[str, Weights]
    registers: tuple[str, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)
    timed_carry: str = ""
    source: str = ""

    def script(self, top: str, *, untimed: bool = False) -> str:
        """``synthesis`` of the module ``top``; ``untimed`` leaves the delays of carries out."""
        commands = _UNTIMED.format(carry=self.timed_carry) if untimed and self.timed_carry else ""
        return self.synthesis.format(top=top, before_luts=commands)


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
        family.name: Target(
            family.lut,
            family.mapping,
            family.columns,
            family.registers,
            timed_carry=family.timed_carry,
        )
        for family in FAMILIES.values()
        if family.mapping
    },
}

_DESIGN = "design.il"

_STATISTICS, _PATHS = "cells.json", "paths.txt"

_SCRIPT = f"""\
read_rtlil {_DESIGN}
hierarchy -check -top {{top}}
{{first}}
{{synthesis}}
tee -q -o {_STATISTICS} stat -json
select -set logic * {{registers}} {{own}}
tee -q -o {_PATHS} ltp @logic
"""

_FLATTEN = "flatten"

_MANY_SUMS = 200
"""Additions without registers between them from which on the mapper is not told the delays of
carries, as its time grows with their square: for 500 additions, 16 instead of 97 s give the same
number of LUTs to 1 %. Small designs take up to a tenth less where it is told.
"""


def measure(
    folder: Path,
    targets: Mapping[str, Target] = TARGETS,
    tell: Callable[[str], object] = lambda _: None,
    jobs: int | None = None,
    address: str | None = None,
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
        jobs: runs of Yosys at once; default: ``at_once``, and on a cluster as many as it has room
            for.
        address: of a Ray cluster on which Yosys runs; default: this machine.

    Raises:
        LilogicError: the files cannot be read.
        MissingExtraError: Ray is needed, but not installed.
        ToolError: Yosys is missing or failed, or the cluster cannot be reached.
    """
    verilog, interface = read_bytes(folder / VERILOG), Interface.read(folder)
    pieces, around = partition.read(verilog, interface), _around(verilog, interface)
    own, has_registers = modules(interface.module), interface.latency > 0
    names = {part(interface.module, each): each for each in PARTS}
    tell("read")
    # What takes longest comes first: the last of ``TARGETS``.
    asked = [
        _Job(piece, name, targets[name], is_total, own, has_registers)
        for name in reversed([*targets])
        for piece in pieces
        for is_total in ([False, True] if piece.is_whole else [False])
    ]
    asked += [
        _Job(piece, name, targets[name], True, own, has_registers)
        for piece in around
        for name in targets
    ]
    found = _all_mapped(asked, tell, jobs, address)
    mapped = [(job, each.renamed(names)) for job, each in zip(asked, found, strict=True)]
    return AreaReport(
        tool=mapped[0][1].tool,
        flattened=pieces[0].is_whole,
        targets={
            name: _summary(
                target, [(job, each) for job, each in mapped if job.name == name], around
            )
            for name, target in targets.items()
        },
    )


def _around(verilog: bytes, interface: Interface) -> list[Piece]:
    """What the bus adds to a classifier, if it has one."""
    if interface.bus is None:
        return []
    return [partition.whole(verilog, interface.bus.module, without=interface.module)]


def measure_design(verilog: bytes, top: str, target: Target) -> tuple[str, dict[str, Counts]]:
    """What each module of any design takes on a target, and its ``total``, flattened.

    Columns are those of ``measure``. What counted comes first, with its version.

    Raises:
        ToolError: Yosys is missing or failed.
    """
    piece = partition.whole(verilog, top)
    own = re.findall(r"^module \\(\S+)", piece.rtlil.decode(), re.M)
    jobs = [_Job(piece, top, target, is_total, own, True) for is_total in (True, False)]
    total, apart = tools.run_jobs(_map, jobs, at_once())
    found = apart.modules | {"total": total.modules[top]}
    return apart.tool, {name: _counts(target, module) for name, module in found.items()}


def at_once(threads: int | None = None) -> int:
    """Runs of Yosys at once that this machine should have memory for; ``threads`` at most."""
    return min(_MOST_AT_ONCE, cores.threads(threads))


@dataclass(frozen=True)
class _Job:
    """Something that one run of Yosys maps.

    Attributes:
        piece: the design.
        name: of the target.
        target: what it is mapped to.
        is_total: whether it is flattened, for the total, rather than mapped by part.
        own: the design's modules.
        has_registers: whether registers stand between its parts.
    """

    piece: Piece
    name: str
    target: Target
    is_total: bool
    own: Collection[str]
    has_registers: bool

    @property
    def label(self) -> str:
        """For people."""
        return f"{self.piece.label} mapped to {self.name}{', flattened' * self.is_total}"


@dataclass(frozen=True)
class _Module:
    """How many cells of each type there are, and how many follow each other on the longest path."""

    types: Counter[str]
    depth: int


@dataclass(frozen=True)
class _Mapped:
    """What Yosys made of each module."""

    tool: str
    modules: dict[str, _Module]

    def renamed(self, names: Mapping[str, str]) -> _Mapped:
        """The same with some modules called otherwise."""
        modules = {names.get(module, module): found for module, found in self.modules.items()}
        return replace(self, modules=modules)


def _all_mapped(
    asked: Sequence[_Job], tell: Callable[[str], object], jobs: int | None, address: str | None
) -> list[_Mapped]:
    """What Yosys makes of all that is asked, in order; arguments as those of ``measure``."""
    by = Workers(jobs, address)
    if by.address is None:

        def run(job: _Job) -> _Mapped:
            mapped = _map(job)
            tell(job.label)
            return mapped

        return tools.run_jobs(run, asked, by.jobs or at_once())
    found = {}
    with tasks.pool(by) as each:
        for number, mapped in each(_map, asked):
            tell(asked[number].label)
            found[number] = mapped
    return [found[number] for number in range(len(asked))]


def _map(job: _Job, _: int | None = None) -> _Mapped:
    """What Yosys, which has a single thread, makes of a job."""
    piece, target = job.piece, job.target
    has_many_sums = not job.has_registers and piece.rtlil.count(b"cell $add ") > _MANY_SUMS
    script = _SCRIPT.format(
        top=piece.top,
        first=_FLATTEN if job.is_total else "",
        own=" ".join(f"t:{module} %d" for module in job.own),
        synthesis=target.script(piece.top, untimed=has_many_sums),
        registers=" ".join(f"t:{pattern} %d" for pattern in target.registers),
    )
    with scratch() as folder:
        for file, content in {_DESIGN: piece.rtlil, **target.files}.items():
            (folder / file).write_bytes(content)
        yosys.run(script, folder)
        tool = json.loads((folder / _STATISTICS).read_text("utf-8"))["creator"]
        return _Mapped(" ".join(tool.split()[:2]), _measured(folder, job.own))


def _measured(folder: Path, own: Collection[str]) -> dict[str, _Module]:
    """What statistics and paths say of each module.

    Modules of the design are no cells, nor are scopes.
    """
    statistics = json.loads((folder / _STATISTICS).read_text("utf-8"))["modules"]
    paths = dict(_PATH.findall((folder / _PATHS).read_text("utf-8")))
    no_cells = {*own, yosys.SCOPE}
    measured = {}
    for escaped, found in statistics.items():
        module = escaped.removeprefix("\\")
        depth = max(0, int(paths.get(module, 0)))
        cells = found.get("num_cells_by_type", {}).items()
        types = Counter({cell: count for cell, count in cells if cell not in no_cells})
        measured[module] = _Module(types, depth)
    return measured


def _summary(
    target: Target, measured: Sequence[tuple[_Job, _Mapped]], around: Sequence[Piece]
) -> TargetArea:
    """A target's figures: by part, flattened if it is mapped so, and of what is ``around`` it."""
    named = [
        each for job, mapped in measured if not job.is_total for each in mapped.modules.items()
    ]
    flat = [mapped for job, mapped in measured if job.is_total and job.piece not in around]
    bus = [mapped.modules[job.piece.top] for job, mapped in measured if job.piece in around]
    present = [name for name in PARTS if name != "encoder" or name in dict(named)]
    found: dict[str, list[_Module]] = {name: [] for name in (*present, _OTHER)}
    for name, module in named:
        found[name if name in present else _OTHER].append(module)
    merged = {_NAMES.get(name, name): _merged(all_) for name, all_ in found.items()}
    merged["total"] = _merged([*(flat[0].modules if flat else merged).values()])
    counts = {name: _counts(target, module) for name, module in merged.items()}
    types = {name: dict(module.types) for name, module in merged.items()}
    total = counts.pop("total")
    return TargetArea(
        unit=target.unit,
        parts=counts,
        total=total,
        types=types,
        bus=_counts(target, _merged(bus)) if bus else None,
    )


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
