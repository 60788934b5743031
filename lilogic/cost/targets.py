"""What costs are estimated for, and the constants that ``bench/cost.py`` measured with Yosys."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lilogic.cost.netlist import Carry
from lilogic.errors import LilogicError
from lilogic.report.models.cost import CostError

MEASURED = Path(__file__).with_name("measured.json")
"""What ``bench/cost.py fit --write`` writes."""


@dataclass(frozen=True)
class Target:
    """Something that a cost is estimated for.

    Attributes:
        name: what people type.
        unit: what is counted.
        budget: what a recipe calls it.
        carry: what sums are made of.
        lut: inputs of a LUT; None for standard cells, whose gates are weighed.
    """

    name: str
    unit: str
    budget: str
    carry: Carry
    lut: int | None = None


TARGETS = {
    target.name: target
    for target in (
        Target("xc7", "LUT6", "luts", Carry.XC7, 6),
        Target("ice40", "LUT4", "luts", Carry.ICE40, 4),
        Target("ecp5", "LUT4", "luts", Carry.ECP5, 4),
        Target("sky130", "GE", "ge", Carry.GATES),
    )
}


def find(name: str) -> Target:
    """The target of that name.

    Raises:
        LilogicError: there is none.
    """
    if name not in TARGETS:
        known = ", ".join(TARGETS)
        raise LilogicError(f"target {name!r} is not one of {known}", option="target")
    return TARGETS[name]


def constants(target: Target) -> dict[str, float]:
    """What was fitted for a target."""
    fitted: dict[str, float] = _measured()["constants"][target.name]
    return fitted


def error(target: Target, *, drawn: bool) -> CostError:
    """How good estimates for a target are, of networks or of recipes."""
    kind = "recipes" if drawn else "networks"
    return CostError(**_measured()["errors"][target.name][kind])


@cache
def _measured() -> dict[str, Any]:
    measured: dict[str, Any] = json.loads(MEASURED.read_text("utf-8"))
    return measured
