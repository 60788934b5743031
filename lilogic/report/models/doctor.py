"""What `lilogic doctor` finds of the installation and the machine."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from lilogic.report.models.base import Report


class State(StrEnum):
    """State of one thing."""

    OK = "ok"
    """It works."""

    MISSING = "missing"
    """It is not installed or not set up; some commands need it."""

    WARNING = "warning"
    """It works, but not well."""

    BROKEN = "broken"
    """It is installed but does not work."""


class Check(Report):
    """One check.

    Attributes:
        group: What the check is about.
        name: Name of the thing that was checked.
        state: Its state: ``ok``, ``missing`` (some commands need it), ``warning`` (it works, but
            not well) or ``broken``.
        found: Its version, place or size, or what is wrong with it.
        advice: What to do next; absent if nothing.
    """

    group: Literal["packages", "tools", "caches", "data", "boards", "machine"]
    name: str
    state: State
    found: str
    advice: str | None = None


class Diagnosis(Report):
    """The checks of an installation.

    Attributes:
        version: Version of lilogic.
        checks: The checks, in the order shown.
        ok: Whether nothing is broken.
    """

    version: str
    checks: list[Check]
    ok: bool
