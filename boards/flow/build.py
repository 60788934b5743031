"""Bitstreams: synthesis, fit, place and route, and the report of what came out.

Every step is run by itself, because between synthesis and place and route stands the question
whether the network fits, and place and route is repeated until the clock is one that it meets.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lilogic.boards import protocol
from lilogic.boards.catalogue import Board
from lilogic.boards.flow import clock_search, fit, pll, run
from lilogic.boards.flow.design import Design
from lilogic.boards.flow.plan import NAME, Plan, prepare
from lilogic.boards.flow.pll import MHZ, Setting
from lilogic.boards.flow.run import Routed
from lilogic.boards.gateware.uart import FRAME_BITS
from lilogic.errors import (
    CheckFailedError,
    DataError,
    DoesNotFitError,
    GraphError,
    LilogicError,
    ToolError,
)
from lilogic.files import read_bytes, scratch, write_bytes, write_json
from lilogic.graph import GateGraph, lgn
from lilogic.hdl.fpga import nextpnr, tools
from lilogic.hdl.record import Network
from lilogic.report.models.board import BoardReport
from lilogic.report.steps import Step, silent
from lilogic.version import __version__

REPORT = "report.json"

_LOGS = {"top.rpt": "yosys.log", "top.tim": "nextpnr.log"}
_PROJECT = ("top.tcl", "top.xdc", "top.v")


def build(
    design: Design, folder: Path, clock: float | None = None, step: Step = silent
) -> BoardReport:
    """Build ``design`` in ``folder``, or do nothing where the same was built there before.

    Leaves the bitstream, the programs' logs and ``report.json``; for boards whose tools are not on
    PyPI a project for the vendor's instead of the bitstream.

    Args:
        design: what to build.
        folder: where to; made if missing.
        clock: Hz to run at, at most; None for about the best that timing closes at.
        step: such as ``console.step``.

    Returns:
        the report, which is also in ``folder``.

    Raises:
        DoesNotFitError: it does not fit.
        CheckFailedError: it is too slow for its clock, or does not route.
        GraphError: the board has no such clock.
        ToolError: a program is missing, does not know the device, or failed.
    """
    nextpnr.check(design.board.device, design.board.name)
    fit.check_least(design)
    family = design.board.family
    settings = pll.settings(design.board.clocks, design.board.clock_hz)
    if not family.is_complete:
        settings = settings[:1]  # only who can place and route knows which clock can be met
    first = pll.fastest(settings, clock or family.first_clock)
    if first is None:
        slowest = min(setting.frequency for setting in settings)
        raise GraphError(
            f"{design.board.name} has no clock below {slowest / MHZ:g} MHz; choose a faster one"
        )
    with step(f"generating RTL of {design.name} for {design.board.name}"):
        plan = prepare(design, first)
    inputs = _digest(design, plan, clock)
    built = _intact(folder)
    if built is not None and built.inputs == inputs:
        return built
    others = settings if clock is None else []
    with scratch() as work:
        made, place = _make_to_fit(design, first, others, work, step)
        return _finish(design, made | {"inputs": inputs}, place, folder)


def _make_to_fit(
    design: Design, first: Setting, others: list[Setting], work: Path, step: Step
) -> tuple[dict[str, Any], Path]:
    """Like ``_make``, of the variant with the most registers that leaves room for them."""
    *before, last = design.variants()
    for variant in before:
        try:
            return _make(variant, first, others, work, step)
        except DoesNotFitError as error:
            if not error.with_fewer_registers:
                raise
    return _make(last, first, others, work, step)


def _make(
    design: Design, first: Setting, others: list[Setting], work: Path, step: Step
) -> tuple[dict[str, Any], Path]:
    """Leave what is to be kept below ``work``; describe it as in ``BoardReport``, and say where.

    Runs at the clock ``first`` or one of ``others``.
    """
    if not design.board.family.is_complete:
        plan = prepare(design, first)
        needs = run.synthesize_to_fit(design, plan, work, step)
        return _describe(design, plan, needs), work
    tries: list[dict[str, Any]] = []

    def attempt(setting: Setting) -> Routed:
        folder = Path(tempfile.mkdtemp(dir=work))
        plan = prepare(design, setting)
        needs = run.synthesize_to_fit(design, plan, folder, step)

        def route(seed: int) -> Routed:
            tries.append({"hz": setting.frequency, "seed": seed, "fmax_hz": None})
            routed = run.place_and_route(design, plan, needs, folder, seed, step)
            tries[-1]["fmax_hz"] = routed.fmax
            return routed

        return nextpnr.first_routed(route, design.seed)

    try:
        routed = clock_search.search(others, first, attempt)
    except nextpnr.UnroutedError as error:
        clocks = dict.fromkeys(f"{each['hz'] / MHZ:.2f}" for each in tries)
        raise CheckFailedError(
            f"{design.name} on {design.board.name} does not route, with {nextpnr.SEEDS} seeds "
            f"each for {', '.join(clocks)} MHz: {error}; a network that counts fewer gates needs "
            "fewer wires"
        ) from error
    if not routed.closes:
        raise CheckFailedError(
            f"{design.name} on {design.board.name} is too slow: it reaches "
            f"{routed.fmax / MHZ:.2f} MHz of the {routed.plan.setting.frequency / MHZ:.2f} MHz "
            "requested; fewer levels per stage allow a faster clock"
        )
    run.pack(routed, step)
    made = _describe(design, routed.plan, routed.needs) | _describe_routed(routed)
    return made | {"tries": tries}, routed.folder


def bitstream(folder: Path, board: Board, graph: GateGraph) -> Path:
    """The bitstream of a simplified graph that ``build`` left in ``folder``, unchanged since.

    Raises:
        DataError: there is none, or it is of another network or for another board.
        ToolError: bitstreams for the board are made by its vendor's tools.
    """
    if not board.family.is_complete:
        raise ToolError(f"{board.name}: {board.remark}")
    report = _intact(folder)
    network = Network.of(graph)
    if report is None:
        raise DataError(f"{folder}: contains no bitstream; build one for {board.name} first")
    if report.board != board.name:
        raise DataError(f"{folder}: was built for {report.board}, not {board.name}", option="board")
    found = Network(name=report.name, sha256=report.network)
    if found.sha256 != network.sha256:
        raise DataError(
            f"{folder}: was built for network {found}, but the model is {network}; build it "
            "again for this one"
        )
    (made,) = report.files
    return folder / str(made)


def _describe(design: Design, plan: Plan, needs: fit.Needs) -> dict[str, Any]:
    """What is known without place and route."""
    board, identity, frequency = design.board, plan.top.identity, plan.setting.frequency
    request = protocol.request(protocol.Command.CLASSIFY, 0, bytes(identity.data_bytes))
    reply = protocol.request(protocol.Command.CLASSIFY, 0, bytes(identity.index_bytes))
    return {
        "name": design.name,
        "network": lgn.fingerprint(design.graph).hex(),
        "board": board.name,
        "device": board.part,
        "version": __version__,
        "tools": [tools.version(program) for program in board.family.tools],
        "clock": {
            "hz": frequency,
            "board_hz": board.clock_hz,
            "dividers": dict(plan.setting.dividers),
        },
        "luts": {"unit": board.family.lut, "needed": needs.luts, "available": board.device.luts},
        "ffs": {"needed": needs.ffs, "available": board.device.ffs},
        "carries": needs.carries,
        "levels_per_stage": design.levels_per_stage,
        "interval": identity.interval,
        "latency": {"cycles": identity.latency, "ns": 1e9 * identity.latency / frequency},
        "link": {
            "baud": design.baud,
            "data": identity.data,
            "request_bytes": len(request),
            "reply_bytes": len(reply),
        },
        "images_per_second": {
            "core": frequency / identity.interval,
            "link": design.baud / FRAME_BITS / max(len(request), len(reply)),
        },
    }


def _describe_routed(routed: Routed) -> dict[str, Any]:
    """What place and route adds."""
    return {
        "fmax_hz": routed.fmax,
        "seed": routed.seed,
        "used": {
            kind: {"used": used, "available": routed.available[kind]}
            for kind, used in routed.used.items()
            if used
        },
    }


def _finish(design: Design, made: dict[str, Any], place: Path, folder: Path) -> BoardReport:
    """Move what was made to ``folder``; the report comes last, so that it vouches for the rest."""
    for log, kept in _LOGS.items():
        if (place / log).exists():
            write_bytes(folder / kept, read_bytes(place / log))
    files = {}
    for name, kept in _kept(design).items():
        data = read_bytes(place / name)
        write_bytes(folder / kept, data)
        files[kept] = hashlib.sha256(data).hexdigest()
    report = BoardReport(**made, files=files)
    write_json(folder / REPORT, report.model_dump(mode="json", exclude_none=True))
    return report


def _kept(design: Design) -> dict[str, str]:
    """What is kept of the files that were made, and under which name."""
    routing = design.board.family.place_and_route
    if routing is None:
        return {name: name for name in _PROJECT}
    kept = f"{design.name}-{design.board.name}.{routing.bitstream}"
    return {f"{NAME}.{routing.bitstream}": kept}


def _intact(folder: Path) -> BoardReport | None:
    """The report in ``folder``, if the files that it names are still as made."""
    try:
        report = BoardReport.model_validate_json(read_bytes(folder / REPORT))
        intact = all(
            hashlib.sha256(read_bytes(folder / name)).hexdigest() == made
            for name, made in report.files.items()
        )
    except (LilogicError, ValidationError):
        return None
    return report if intact else None


def _digest(design: Design, plan: Plan, clock: float | None) -> str:
    """What tells whether a build would give the same again."""
    asked = [__version__, clock, design.levels_per_stage, design.fold, design.seed]
    digest = hashlib.sha256(json.dumps(asked).encode())
    for name, content in sorted(plan.files.items()):
        digest.update(name.encode())
        digest.update(content.encode() if isinstance(content, str) else content)
    for program in design.board.family.tools:
        digest.update(tools.version(program).encode())
    return digest.hexdigest()
