"""What `lilogic doctor` finds of the installation and the machine."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from lilogic.report.models.base import Report


class State(StrEnum):
    """How it is with one thing.

    Attributes:
        OK: it is there and can be used.
        MISSING: it is not installed, or not set up; some commands need it.
        WARNING: it can be used, but not well.
        BROKEN: it is installed, but cannot be used.
    """

    OK = "ok"
    MISSING = "missing"
    WARNING = "warning"
    BROKEN = "broken"


class Check(Report):
    """One thing that was looked at.

    Attributes:
        group: what it belongs to.
        name: of the thing.
        state: how it is with it.
        found: its version, place or size, or what is wrong.
        advice: what to do next; None where there is nothing to do.
    """

    group: Literal["packages", "tools", "caches", "data", "boards", "machine"]
    name: str
    state: State
    found: str
    advice: str | None = None


class Diagnosis(Report):
    """All that was looked at.

    Attributes:
        version: of lilogic.
        checks: in the order in which they are shown.
        ok: whether nothing is broken.
    """

    version: str
    checks: list[Check]
    ok: bool
