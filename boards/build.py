"""Bitstreams: synthesis, fit, place and route, and the report of what came out.

Every step is run by itself, because between synthesis and place and route stands the question
whether the network fits, and place and route is repeated until the clock is one that it meets.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from boards import platform, pll, protocol
from boards.catalogue import BOARDS, Board, Family
from boards.host import BAUD
from boards.pll import MHZ, Setting
from boards.top import Top
from boards.uart import FRAME_BITS
from hdl import popcount as popcounts
from hdl import tools
from hdl.area import weigh
from hdl.interface import AUTO, LEVELS_PER_STAGE
from lilogic import __version__, zoo
from lilogic.errors import CheckFailedError, LilogicError
from lilogic.files import open_text, read_bytes, write_bytes, write_json
from lilogic.graph import GateGraph

REPORT = "report.json"

Report = dict[str, Any]
Tell = Callable[[str], None]
Step = Callable[[str], AbstractContextManager[Tell]]

_NAME = "top"
_NEXTPNR_REPORT = "nextpnr.json"
_LOGS = {"top.rpt": "yosys.log", "top.tim": "nextpnr.log"}
_PROJECT = ("top.tcl", "top.xdc", "top.v")
_NEWS = re.compile(r"(?:Info: +|[\d.]+\. Executing )(.+)")
_SEED = 1
_TRIES = 5
_TIMEOUT = 3600.0
_STEP_DOWN = 0.98
_LEVELS_PER_STAGE = (LEVELS_PER_STAGE, 2 * LEVELS_PER_STAGE, 4 * LEVELS_PER_STAGE)
# nextpnr rounds the periods that it derives to whole picoseconds, an oscillator's first.
_CONSTRAINT_TOLERANCE = 1e-2


@dataclass(frozen=True)
class Design:
    """What is to be built, but for its clock.

    Attributes:
        board: where.
        graph: the simplified graph.
        name: of the graph.
        baud: bits a second on the link.
        pixels: whether the board takes raw features instead of encoded bits.
        levels_per_stage: see ``Classifier``; None for the fewest that leave room for registers.
        popcount: see ``Classifier``, or ``AUTO`` for what is best on the board's FPGA.
    """

    board: Board
    graph: GateGraph
    name: str
    baud: int = BAUD
    pixels: bool = False
    levels_per_stage: int | None = None
    popcount: str = AUTO

    def top(self, clock: float) -> Top:
        """The circuit for a clock of this many Hz."""
        return Top(
            self.graph,
            clock_hz=clock,
            baud=self.baud,
            pixels=self.pixels,
            levels_per_stage=self.levels_per_stage or LEVELS_PER_STAGE,
            popcount=popcounts.chosen(
                self.popcount, self.board.family.target, self.graph, registers=True
            ),
        )

    def variants(self) -> list[Design]:
        """The designs to try in turn, each with fewer registers than the one before."""
        if self.levels_per_stage is not None:
            return [self]
        return [replace(self, levels_per_stage=levels) for levels in _LEVELS_PER_STAGE]


@dataclass(frozen=True)
class Plan:
    """Files and commands that make one bitstream, as Amaranth writes them.

    Attributes:
        top: the circuit.
        setting: its clock.
        files: texts by name.
        commands: programs with their arguments, in order.
    """

    top: Top
    setting: Setting
    files: Mapping[str, str | bytes]
    commands: list[list[str]]


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


class RegistersDoNotFitError(CheckFailedError):
    """It does not fit, but may with fewer registers."""


@dataclass(frozen=True)
class Routed:
    """What place and route made.

    Attributes:
        plan: of what.
        needs: what synthesis counted.
        fmax: the highest clock in Hz that it can take.
        used: places taken by kind, as nextpnr names them; likewise ``available``.
    """

    plan: Plan
    needs: Needs
    fmax: float
    used: Mapping[str, int]
    available: Mapping[str, int]

    @property
    def closes(self) -> bool:
        """Whether it is fast enough for its clock."""
        return self.fmax >= self.plan.setting.frequency


def _to_nobody(_: str) -> None:
    pass


def _in_silence(_: str) -> AbstractContextManager[Tell]:
    return nullcontext(_to_nobody)


def build(
    design: Design, folder: Path, clock: float | None = None, step: Step = _in_silence
) -> Report:
    """Build ``design`` in ``folder``, or do nothing where the same was built there before.

    Leaves the bitstream, the programs' logs and ``report.json``; for boards whose tools are not on
    PyPI a project for the vendor's instead of the bitstream.

    Args:
        design: what to build.
        folder: where to; made if missing.
        clock: Hz to run at, at most; None for the best clock that timing closes at.
        step: makes a context in which a step of the work is done, which yields what takes news of
            it, such as ``console.step``.

    Returns:
        the report, which is also in ``folder``.

    Raises:
        CheckFailedError: it does not fit, or is too slow for its clock.
        LilogicError: a program is missing or failed, or there is no such clock.
    """
    family = design.board.family
    settings = pll.settings(design.board.device.family, platform.clock(design.board))
    if not family.is_complete:
        settings = settings[:1]  # only who can place and route knows which clock can be met
    first = pll.fastest(settings, clock or family.first_clock)
    if first is None:
        slowest = min(setting.frequency for setting in settings)
        raise LilogicError(f"{design.board.name} has no clock below {slowest / MHZ:g} MHz")
    with step(f"describing {design.name} for {design.board.name}"):
        plan = prepare(design, first)
    inputs = _digest(design, plan, clock)
    built = _intact(folder)
    if built is not None and built.get("inputs") == inputs:
        return built
    with tempfile.TemporaryDirectory(prefix="lilogic-") as name:
        scratch = Path(name)
        *before, last = design.variants()
        for variant in before:
            with suppress(RegistersDoNotFitError):
                report = _make(variant, first, settings, clock, scratch, step)
                break
        else:
            report = _make(last, first, settings, clock, scratch, step)
        return _finish(design, report | {"inputs": inputs}, scratch, folder)


def _make(
    design: Design,
    first: Setting,
    settings: list[Setting],
    clock: float | None,
    scratch: Path,
    step: Step,
) -> Report:
    """Leave what is to be kept in ``scratch``, and describe it."""
    plan = prepare(design, first)
    if not design.board.family.is_complete:
        return _describe(design, plan, _synthesize(design, plan, scratch, step))
    routed = _route(design, plan, settings, clock, scratch, step)
    with step("packing the bitstream") as tell:
        _run(routed.plan, 2, scratch, tell)
    return _describe(design, routed.plan, routed.needs) | _describe_routed(design, routed)


def bitstream(folder: Path, board: Board) -> Path:
    """The bitstream for ``board`` that ``build`` left in ``folder``, unchanged since.

    Raises:
        LilogicError: there is none, or it is for another board.
    """
    report = _intact(folder)
    if report is None or report["board"] != board.name:
        raise LilogicError(f"{folder}: holds nothing that synth built for {board.name}")
    (made,) = report["files"]
    return folder / str(made)


def prepare(design: Design, setting: Setting) -> Plan:
    """The files that make ``design`` with this clock."""
    top = design.top(setting.frequency)
    family = design.board.family
    frequency = f"--freq {setting.frequency / MHZ:.6f}"
    plan = platform.make(design.board).prepare(
        platform.OnBoard(design.board, top, setting),
        _NAME,
        emit_src=False,  # places in source files would depend on where they are
        verbose=True,  # else nothing is heard of the programs until they end
        synth_opts=family.synth_options,
        script_after_synth="blackbox =A:whitebox",  # cells' models are no part of the netlist
        nextpnr_opts=f"--seed {_SEED} {frequency} --timing-allow-fail --report {_NEXTPNR_REPORT} "
        + family.route_options,
    )
    commands = json.loads(plan.files[f"{plan.script}.json"])["commands"]
    return Plan(top, setting, plan.files, commands)


def synthesize(design: Design, plan: Plan, folder: Path, tell: Tell = _to_nobody) -> Needs:
    """Write the plan's files into ``folder``, run synthesis there, and count what it made."""
    for name, content in plan.files.items():
        data = content.encode() if isinstance(content, str) else content
        write_bytes(folder / name, data)
    _run(plan, 0, folder, tell)
    family = design.board.family
    modules = json.loads(read_bytes(folder / family.netlist))["modules"]
    return count(modules[_NAME]["cells"].values(), family)


def count(cells: Any, family: Family) -> Needs:
    """What the cells of a netlist, as Yosys writes them to JSON, take of an FPGA."""
    cells = list(cells)
    types = Counter(cell["type"] for cell in cells)
    luts, ffs, carries = (
        round(weigh(types, family.columns[column])) for column in ("luts", "ffs", "carries")
    )
    lone = _lone_ffs(cells, family) if family.joint else 0
    return Needs(luts + lone, ffs, carries, lone)


def check_fit(design: Design, needs: Needs) -> None:
    """Raise with advice where ``needs`` are more than the device has.

    Raises:
        RegistersDoNotFitError: without registers, it would fit.
        CheckFailedError: nor would it without them.
    """
    device, lut = design.board.device, design.board.family.lut
    for kind, needed, registers, has in (
        (lut, needs.luts, needs.lone_ffs, device.luts),
        ("flip-flops", needs.ffs, needs.ffs, device.ffs),
    ):
        if needed > has:
            may_fit = needed - registers <= has
            raise (RegistersDoNotFitError if may_fit else CheckFailedError)(
                f"{design.name} needs {needed:,} {kind}, {design.board.name} has {has:,}"
                + _advice(design, needs, may_fit)
            )


def _advice(design: Design, needs: Needs, may_fit: bool) -> str:
    """What else to ask for, where ``needs`` are too much, as the end of a message."""
    ways = _smaller(design, needs) + _larger(design, needs)
    if may_fit:
        ways.append("a larger --levels-per-stage")
    return f": try {' or '.join(ways)}" if ways else ""


def _smaller(design: Design, needs: Needs) -> list[str]:
    """The largest network of the zoo for the same data that may fit; sizes go with gates."""
    device = design.board.device
    share = min(device.luts / needs.luts, device.ffs / max(1, needs.ffs))
    known = map(zoo.describe, zoo.names())
    fitting = {
        entry["name"]: entry["gates"]["after_passes"]
        for entry in known
        if entry["dataset"] == design.graph.metadata.get("dataset")
        and entry["gates"]["after_passes"] <= share * design.graph.n_gates
    }
    return [f"MODEL={max(fitting, key=lambda name: fitting[name])}"] if fitting else []


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
    return [f"BOARD={min(boards, key=lambda board: board.device.luts).name}"] if boards else []


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


def _route(
    design: Design,
    plan: Plan,
    settings: list[Setting],
    clock: float | None,
    scratch: Path,
    step: Step,
) -> Routed:
    """Place and route with the fastest clock that it can take, or at ``clock``."""
    routed = _place_and_route(design, plan, scratch, step)
    if clock is None:
        for _ in range(_TRIES):
            asked = routed.plan.setting.frequency
            limit = routed.fmax if routed.closes else min(routed.fmax, _STEP_DOWN * asked)
            setting = pll.fastest(settings, limit)
            if setting is None or (routed.closes and setting.frequency <= asked):
                break
            routed = _place_and_route(design, prepare(design, setting), scratch, step)
            if routed.closes:
                break
    if not routed.closes:
        raise CheckFailedError(
            f"{design.name} on {design.board.name} is too slow: it reaches "
            f"{routed.fmax / MHZ:.2f} MHz of the {routed.plan.setting.frequency / MHZ:.2f} MHz "
            "asked for; fewer --levels-per-stage make it faster"
        )
    return routed


def _place_and_route(design: Design, plan: Plan, scratch: Path, step: Step) -> Routed:
    frequency = plan.setting.frequency
    needs = _synthesize(design, plan, scratch, step)
    with step(f"placing and routing for {frequency / MHZ:.2f} MHz") as tell:
        try:
            _run(plan, 1, scratch, tell)
        except tools.ToolTimeoutError:
            raise
        except LilogicError as error:  # the estimate is a lower bound
            more = replace(needs, luts=design.board.device.luts + 1)
            advice = _advice(design, more, may_fit=True)
            raise RegistersDoNotFitError(f"{error}{advice}") from error
    report = json.loads(read_bytes(scratch / _NEXTPNR_REPORT))
    utilization = report["utilization"]
    # The board's own clock may feed nothing but the loop, and then has no maximum. What is derived
    # from it is constrained by nextpnr itself, so it is checked that both mean the same clock.
    fmax = [
        MHZ * clock["achieved"]
        for clock in report["fmax"].values()
        if abs(MHZ * clock["constraint"] / frequency - 1) < _CONSTRAINT_TOLERANCE
    ]
    if not fmax:
        raise LilogicError(f"nextpnr saw no clock of {frequency / MHZ:g} MHz: {report['fmax']}")
    return Routed(
        plan,
        needs,
        min(fmax),
        {kind: places["used"] for kind, places in utilization.items()},
        {kind: places["available"] for kind, places in utilization.items()},
    )


def _synthesize(design: Design, plan: Plan, scratch: Path, step: Step) -> Needs:
    frequency = f"{plan.setting.frequency / MHZ:.2f} MHz"
    with step(f"synthesizing for {frequency}, {design.levels_per_stage} levels a stage") as tell:
        needs = synthesize(design, plan, scratch, tell)
    check_fit(design, needs)
    return needs


def _run(plan: Plan, number: int, folder: Path, tell: Tell) -> None:
    """Run one of the plan's commands and tell what Yosys and nextpnr head their lines with."""
    program, *arguments = plan.commands[number]

    def hear(line: str) -> None:
        if news := _NEWS.match(line):
            tell(news[1])

    tools.run(program, arguments, folder, _TIMEOUT, hear)


def _describe(design: Design, plan: Plan, needs: Needs) -> Report:
    """What is known without place and route."""
    board, identity, frequency = design.board, plan.top.identity, plan.setting.frequency
    request = protocol.request(protocol.Command.CLASSIFY, 0, bytes(identity.data_bytes))
    reply = protocol.request(protocol.Command.CLASSIFY, 0, bytes(identity.index_bytes))
    return {
        "name": design.name,
        "board": board.name,
        "device": platform.part(board),
        "version": __version__,
        "tools": [tools.version(program) for program in board.family.tools],
        "clock": {
            "hz": frequency,
            "board_hz": platform.clock(board),
            "dividers": dict(plan.setting.dividers),
        },
        "luts": {"unit": board.family.lut, "needed": needs.luts, "available": board.device.luts},
        "ffs": {"needed": needs.ffs, "available": board.device.ffs},
        "carries": needs.carries,
        "levels_per_stage": design.levels_per_stage,
        "latency": {"cycles": identity.latency, "ns": 1e9 * identity.latency / frequency},
        "link": {
            "baud": design.baud,
            "data": identity.data,
            "request_bytes": len(request),
            "reply_bytes": len(reply),
        },
        "images_per_second": {
            "core": frequency,
            "link": design.baud / FRAME_BITS / max(len(request), len(reply)),
        },
    }


def _describe_routed(design: Design, routed: Routed) -> Report:
    """What place and route adds."""
    return {
        "fmax_hz": routed.fmax,
        "used": {
            kind: {"used": used, "available": routed.available[kind]}
            for kind, used in routed.used.items()
            if used
        },
    }


def _finish(design: Design, report: Report, scratch: Path, folder: Path) -> Report:
    """Move what was made to ``folder``; the report comes last, so that it vouches for the rest."""
    for log, kept in _LOGS.items():
        if (scratch / log).exists():
            write_bytes(folder / kept, read_bytes(scratch / log))
    family = design.board.family
    made = {name: name for name in _PROJECT}
    if family.is_complete:
        made = {
            f"{_NAME}.{family.bitstream}": f"{design.name}-{design.board.name}.{family.bitstream}"
        }
    report["files"] = {}
    for name, kept in made.items():
        data = read_bytes(scratch / name)
        write_bytes(folder / kept, data)
        report["files"][kept] = hashlib.sha256(data).hexdigest()
    write_json(folder / REPORT, report)
    return report


def _intact(folder: Path) -> Report | None:
    """The report in ``folder``, if the files that it names are still as made."""
    try:
        with open_text(folder / REPORT) as file:
            report: Report = json.load(file)
        intact = all(
            hashlib.sha256(read_bytes(folder / name)).hexdigest() == made
            for name, made in report["files"].items()
        )
    except (LilogicError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return report if intact else None


def _digest(design: Design, plan: Plan, clock: float | None) -> str:
    """What tells whether a build would give the same again."""
    asked = [__version__, clock, design.levels_per_stage]
    digest = hashlib.sha256(json.dumps(asked).encode())
    for name, content in sorted(plan.files.items()):
        digest.update(name.encode())
        digest.update(content.encode() if isinstance(content, str) else content)
    for program in design.board.family.tools:
        digest.update(tools.version(program).encode())
    return digest.hexdigest()


def rows(report: Report) -> list[tuple[str, str]]:
    """The report as label and value."""
    luts, ffs, link = report["luts"], report["ffs"], report["link"]
    rates = report["images_per_second"]
    lines = [
        ("board", f"{report['board']} ({report['device']})"),
        (f"{luts['unit']} estimated", _share(luts["needed"], luts["available"])),
        ("flip-flops", _share(ffs["needed"], ffs["available"])),
        ("carries", f"{report['carries']:,}"),
        *(
            (f"used: {kind}", _share(places["used"], places["available"]))
            for kind, places in report.get("used", {}).items()
        ),
        ("clock", f"{report['clock']['hz'] / MHZ:.2f} MHz"),
    ]
    if "fmax_hz" in report:
        lines.append(("Fmax", f"{report['fmax_hz'] / MHZ:.2f} MHz, met"))
    else:
        lines.append(("Fmax", "unknown: the vendor's tools place and route"))
    lines += [
        ("levels a stage", f"{report['levels_per_stage']}"),
        ("latency", f"{report['latency']['cycles']} cycles, {report['latency']['ns']:,.0f} ns"),
        (
            "link",
            f"{link['baud']:,} baud, {link['data']}, {link['request_bytes']} bytes to the board, "
            f"{link['reply_bytes']} back",
        ),
        ("images a second at the link", f"{rates['link']:,.0f}"),
        ("images a second at the core", f"{rates['core']:,.0f}"),
        *((name, f"SHA-256 {made}") for name, made in report["files"].items()),
    ]
    return lines


def _share(used: int, available: int) -> str:
    share = f" ({used / available:.0%})" if available else ""  # nextpnr counts some kinds only
    return f"{used:,} of {available:,}{share}"
