"""Running nextpnr."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lilogic.errors import DoesNotFitError, ToolError
from lilogic.hdl.fpga import tools
from lilogic.hdl.fpga.families import Family, PlaceAndRoute

SEED = 1
"""So that the same design gives the same numbers."""

_REPORT = "report.json"


def options(family: Family) -> tuple[str, ...]:
    """What every run for a family has in common: a miss of the clock is no error, but reported."""
    return ("--seed", str(SEED), "--timing-allow-fail", *place_and_route(family).options)


def place_and_route(family: Family) -> PlaceAndRoute:
    """The family's programs after synthesis.

    Raises:
        ToolError: there are none on PyPI.
    """
    if family.place_and_route is None:
        raise ToolError(f"no program on PyPI places and routes {family.name}")
    return family.place_and_route


def route(folder: Path, family: Family, device: Sequence[str]) -> dict[str, Any]:
    """Place and route ``folder/design.json``, which Yosys made; nextpnr's report.

    Args:
        folder: existing working folder.
        family: of the device.
        device: the options that choose the device.

    Raises:
        DoesNotFitError: the device has not enough cells.
        ToolError: nextpnr is missing or failed otherwise.
    """
    files = ("--json", "design.json", "--report", _REPORT, "--quiet")
    try:
        tools.run(place_and_route(family).program, [*device, *options(family), *files], folder)
    except ToolError as error:
        if message := no_room(error, family):
            raise DoesNotFitError(message) from error
        raise
    report: dict[str, Any] = json.loads((folder / _REPORT).read_text("utf-8"))
    return report


def no_room(error: Exception, family: Family) -> str | None:
    """What nextpnr says where a device has not enough cells, None for other failures."""
    message = str(error).rpartition("ERROR: ")[2]
    patterns = place_and_route(family).no_room
    return message if re.search("|".join(patterns), message) else None
