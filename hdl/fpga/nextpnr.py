"""Running nextpnr, whose router may go round in circles: it is stopped when it gets no further."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from lilogic.errors import DoesNotFitError, ToolError
from lilogic.hdl.fpga import tools
from lilogic.hdl.fpga.devices import Device
from lilogic.hdl.fpga.families import Family, PlaceAndRoute

SEED = 1
"""The first that is tried; always the same, so that the same design gives the same again."""

SEEDS = 3
"""How many are tried, one after the other, until one routes."""

PATIENCE = 100
"""How often the router may tell that no fewer wires are in conflict, before it is stopped.

Those that got to the end in spite of it did so after 34 times at most.
"""

_REPORT = "report.json"
_TIMEOUT = 3600.0

# A line an iteration of router2, a line a thousand iterations of router1.
_CONFLICTS = re.compile(r"Info: +(?:iter=\d+ .*\boverused=(\d+)|\d+ \|.*\| +(\d+)\|)")
_ANOTHER_ROUTER = "Running router"
_ROUTER = "--router"

Made = TypeVar("Made")


class UnroutedError(ToolError):
    """nextpnr found a place for everything, but no ways between them."""


def options(family: Family) -> tuple[str, ...]:
    """What every run for a family has in common: a miss of the clock is no error, but reported."""
    return ("--timing-allow-fail", *place_and_route(family).options)


def place_and_route(family: Family) -> PlaceAndRoute:
    """The family's programs after synthesis.

    Raises:
        ToolError: there are none on PyPI.
    """
    if family.place_and_route is None:
        raise ToolError(f"no program on PyPI places and routes {family.name}")
    return family.place_and_route


def check(device: Device, name: str) -> None:
    """Raise where only another nextpnr than PyPI's knows ``device``, and none is named.

    Args:
        device: what to place and route for.
        name: what has it.

    Raises:
        ToolError: it is so.
    """
    if device.family.place_and_route is None or device.is_packaged:
        return
    program = device.family.place_and_route.program
    if not tools.is_named(program):
        raise ToolError(
            f"{name}: {program} from PyPI does not know the {device.label}; name one that does in "
            f"{tools.variable(program)}"
        )


def run(
    program: str,
    arguments: Sequence[str],
    seed: int,
    folder: Path,
    hear: Callable[[str], object] = lambda _: None,
) -> None:
    """Run nextpnr, as ``tools.run`` does, until it ends or its routers get no further.

    Where the one that the arguments choose is left with conflicts, the default one is tried, which
    is slower but more stubborn.

    Raises:
        UnroutedError: they got no further, or the time was up.
        ToolError: nextpnr is missing or failed otherwise.
    """
    default = [*arguments]
    if _ROUTER in default:
        place = default.index(_ROUTER)
        del default[place : place + 2]
        try:
            return _run(program, arguments, seed, folder, hear)
        except UnroutedError:
            pass
    return _run(program, default, seed, folder, hear)


def _run(
    program: str,
    arguments: Sequence[str],
    seed: int,
    folder: Path,
    hear: Callable[[str], object],
) -> None:
    """Run nextpnr with one router; errors as ``run``."""
    watch = _Watch()

    def hear_and_watch(line: str) -> None:
        hear(line)
        watch(line)

    try:
        tools.run(program, [*arguments, "--seed", str(seed)], folder, _TIMEOUT, hear_and_watch)
    except tools.ToolTimeoutError as error:
        raise UnroutedError(str(error)) from error


def first_routed(attempt: Callable[[int], Made], seed: int = SEED) -> Made:
    """What ``attempt`` makes with the first of ``SEEDS`` seeds, from ``seed`` on, that routes.

    Raises:
        UnroutedError: none does.
    """
    *others, last = range(seed, seed + SEEDS)
    for each in others:
        try:
            return attempt(each)
        except UnroutedError:
            continue
    return attempt(last)


class _Watch:
    """Hears nextpnr's lines, and raises ``UnroutedError`` when its router gets no further."""

    def __init__(self) -> None:
        self._fewest, self._in_vain = math.inf, 0

    def __call__(self, line: str) -> None:
        if _ANOTHER_ROUTER in line:
            self._fewest, self._in_vain = math.inf, 0
        if (told := _CONFLICTS.match(line)) is None:
            return
        conflicts = int(told[1] or told[2])
        self._in_vain = 0 if conflicts < self._fewest else self._in_vain + 1
        self._fewest = min(self._fewest, conflicts)
        if self._in_vain >= PATIENCE:
            raise UnroutedError(f"nextpnr's router stopped with {self._fewest:,} conflicts left")


def route(folder: Path, family: Family, device: Sequence[str]) -> tuple[dict[str, Any], int]:
    """Place and route ``folder/design.json``, which Yosys made; nextpnr's report and its seed.

    Args:
        folder: existing working folder.
        family: of the device.
        device: the options that choose the device.

    Raises:
        DoesNotFitError: the device has not enough cells.
        UnroutedError: it routes with no seed.
        ToolError: nextpnr is missing or failed otherwise.
    """
    program = place_and_route(family).program
    arguments = [*device, *options(family), "--json", "design.json", "--report", _REPORT]

    def attempt(seed: int) -> int:
        run(program, arguments, seed, folder)
        return seed

    try:
        seed = first_routed(attempt)
    except ToolError as error:
        if message := no_room(error, family):
            raise DoesNotFitError(message) from error
        raise
    return json.loads((folder / _REPORT).read_text("utf-8")), seed


def no_room(error: Exception, family: Family) -> str | None:
    """What nextpnr says where a device has not enough cells, None for other failures."""
    message = str(error).rpartition("ERROR: ")[2]
    patterns = place_and_route(family).no_room
    return message if re.search("|".join(patterns), message) else None
