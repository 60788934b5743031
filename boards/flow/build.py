"""Bitstreams: synthesis, fit, place and route, and the report of what came out.

Every step is run by itself, because between synthesis and place and route stands the question
whether the network fits, and place and route is repeated until the clock is one that it meets.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lilogic.boards import protocol
from lilogic.boards.catalogue import Board
from lilogic.boards.flow import fit, platform, pll
from lilogic.boards.flow.design import Design
from lilogic.boards.flow.pll import MHZ, Setting
from lilogic.boards.gateware.top import Top
from lilogic.boards.gateware.uart import FRAME_BITS
from lilogic.errors import CheckFailedError, LilogicError
from lilogic.files import open_text, read_bytes, write_bytes, write_json
from lilogic.hdl.fpga import tools
from lilogic.hdl.synthesis import timing
from lilogic.version import __version__

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
# nextpnr rounds the periods that it derives to whole picoseconds, an oscillator's first.
_CONSTRAINT_TOLERANCE = 1e-2


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
class Routed:
    """What place and route made.

    Attributes:
        plan: of what.
        needs: what synthesis counted.
        fmax: the highest clock in Hz that it can take.
        used: places taken by kind, as nextpnr names them; likewise ``available``.
    """

    plan: Plan
    needs: fit.Needs
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
        clock: Hz to run at, at most; None for about the best that timing closes at.
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
            with suppress(fit.RegistersDoNotFitError):
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
    return _describe(design, routed.plan, routed.needs) | _describe_routed(routed)


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


def synthesize(design: Design, plan: Plan, folder: Path, tell: Tell = _to_nobody) -> fit.Needs:
    """Write the plan's files into ``folder``, run synthesis there, and count what it made."""
    for name, content in plan.files.items():
        data = content.encode() if isinstance(content, str) else content
        write_bytes(folder / name, data)
    _run(plan, 0, folder, tell)
    family = design.board.family
    modules = json.loads(read_bytes(folder / family.netlist))["modules"]
    return fit.count(modules[_NAME]["cells"].values(), family)


def _route(
    design: Design,
    plan: Plan,
    settings: list[Setting],
    clock: float | None,
    scratch: Path,
    step: Step,
) -> Routed:
    """Place and route with about the fastest clock that it can take, or at ``clock``."""
    first = routed = _place_and_route(design, plan, scratch, step)
    lowest = plan.setting.frequency
    if clock is None:
        for _ in range(_TRIES):
            asked = routed.plan.setting.frequency
            limit = routed.fmax if routed.closes else min(routed.fmax, _STEP_DOWN * asked)
            setting = pll.fastest(settings, limit)
            if setting is None or (first.closes and setting.frequency <= lowest):
                break
            routed = _place_and_route(design, prepare(design, setting), scratch, step)
            if routed.closes:
                break
    if first.closes and not routed.closes:
        # Faster clocks were tried in vain, and the same again gives the same.
        routed = _place_and_route(design, plan, scratch, step)
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
        except LilogicError as error:
            if not timing.no_room(error):
                raise
            # The estimate is a lower bound.
            more = replace(needs, luts=design.board.device.luts + 1)
            advice = fit.advice(design, more, may_fit=True)
            raise fit.RegistersDoNotFitError(f"{error}{advice}") from error
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


def _synthesize(design: Design, plan: Plan, scratch: Path, step: Step) -> fit.Needs:
    frequency = f"{plan.setting.frequency / MHZ:.2f} MHz"
    with step(f"synthesizing for {frequency}, {design.levels_per_stage} levels a stage") as tell:
        needs = synthesize(design, plan, scratch, tell)
    fit.check(design, needs)
    return needs


def _run(plan: Plan, number: int, folder: Path, tell: Tell) -> None:
    """Run one of the plan's commands and tell what Yosys and nextpnr head their lines with."""
    program, *arguments = plan.commands[number]

    def hear(line: str) -> None:
        if news := _NEWS.match(line):
            tell(news[1])

    tools.run(program, arguments, folder, _TIMEOUT, hear)


def _describe(design: Design, plan: Plan, needs: fit.Needs) -> Report:
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


def _describe_routed(routed: Routed) -> Report:
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
