"""Running the steps of a plan: synthesis, place and route, packing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lilogic.boards.flow import fit
from lilogic.boards.flow.design import Design
from lilogic.boards.flow.plan import NAME, NEXTPNR_REPORT, Plan
from lilogic.boards.flow.pll import MHZ
from lilogic.errors import DoesNotFitError, ToolError
from lilogic.files import read_bytes, write_bytes
from lilogic.hdl.fpga import nextpnr, tools
from lilogic.report.steps import Step, Tell, to_nobody

_NEWS = re.compile(r"(?:Info: +|[\d.]+\. Executing )(.+)")
_TIMEOUT = 3600.0  # of a step other than place and route
# nextpnr rounds the periods that it derives to whole picoseconds, an oscillator's first.
_CONSTRAINT_TOLERANCE = 1e-2


@dataclass(frozen=True)
class Routed:
    """What place and route made.

    Attributes:
        plan: of what.
        folder: where it is.
        seed: nextpnr's.
        needs: what synthesis counted.
        fmax: the highest clock in Hz that it can take.
        used: places taken by kind, as nextpnr names them; likewise ``available``.
    """

    plan: Plan
    folder: Path
    seed: int
    needs: fit.Needs
    fmax: float
    used: Mapping[str, int]
    available: Mapping[str, int]

    @property
    def closes(self) -> bool:
        """Whether it is fast enough for its clock."""
        return self.fmax >= self.plan.setting.frequency


def synthesize(design: Design, plan: Plan, folder: Path, tell: Tell = to_nobody) -> fit.Needs:
    """Write the plan's files into ``folder``, run synthesis there, and count what it made.

    Raises:
        ToolError: Yosys is missing or failed.
    """
    for name, content in plan.files.items():
        data = content.encode() if isinstance(content, str) else content
        write_bytes(folder / name, data)
    _run(plan, 0, folder, tell)
    family = design.board.family
    modules = json.loads(read_bytes(folder / family.netlist))["modules"]
    return fit.count(modules[NAME]["cells"].values(), family)


def synthesize_to_fit(design: Design, plan: Plan, folder: Path, step: Step) -> fit.Needs:
    """Like ``synthesize``, as a step.

    Raises:
        DoesNotFitError: it takes more than the device has.
        ToolError: Yosys is missing or failed.
    """
    frequency = f"{plan.setting.frequency / MHZ:.2f} MHz"
    with step(f"synthesizing for {frequency}, {design.levels_per_stage} levels per stage") as tell:
        needs = synthesize(design, plan, folder, tell)
    fit.check(design, needs)
    return needs


def place_and_route(
    design: Design, plan: Plan, needs: fit.Needs, folder: Path, seed: int, step: Step
) -> Routed:
    """Place and route what ``synthesize_to_fit`` left in ``folder``.

    Raises:
        DoesNotFitError: it takes more than the device has.
        UnroutedError: its router gets no further.
        ToolError: a program is missing or failed.
    """
    frequency = plan.setting.frequency
    program, *arguments = plan.commands[1]
    with step(f"placing and routing for {frequency / MHZ:.2f} MHz, seed {seed}") as tell:
        try:
            nextpnr.run(program, arguments, seed, folder, _news(tell))
        except ToolError as error:
            if nextpnr.no_room(error, design.board.family) is None:
                raise
            ways = fit.advice(design, with_fewer_registers=True)
            raise DoesNotFitError(str(error), ways, with_fewer_registers=True) from error
    report = json.loads(read_bytes(folder / NEXTPNR_REPORT))
    utilization = report["utilization"]
    # The board's own clock may feed nothing but the loop, and then has no maximum. What is derived
    # from it is constrained by nextpnr itself, so it is checked that both mean the same clock.
    fmax = [
        MHZ * clock["achieved"]
        for clock in report["fmax"].values()
        if abs(MHZ * clock["constraint"] / frequency - 1) < _CONSTRAINT_TOLERANCE
    ]
    if not fmax:
        raise ToolError(f"nextpnr saw no clock of {frequency / MHZ:g} MHz: {report['fmax']}")
    return Routed(
        plan,
        folder,
        seed,
        needs,
        min(fmax),
        {kind: places["used"] for kind, places in utilization.items()},
        {kind: places["available"] for kind, places in utilization.items()},
    )


def pack(routed: Routed, step: Step) -> None:
    """Make the bitstream of what place and route left.

    Raises:
        ToolError: the program is missing or failed.
    """
    with step("packing the bitstream") as tell:
        _run(routed.plan, 2, routed.folder, tell)


def _run(plan: Plan, number: int, folder: Path, tell: Tell) -> None:
    """Run one of the plan's commands."""
    program, *arguments = plan.commands[number]
    tools.run(program, arguments, folder, _TIMEOUT, _news(tell))


def _news(tell: Tell) -> Callable[[str], None]:
    """Hears a program's lines, and tells what Yosys and nextpnr head theirs with."""

    def hear(line: str) -> None:
        if news := _NEWS.match(line):
            tell(news[1])

    return hear
