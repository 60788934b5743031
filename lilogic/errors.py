"""Exceptions that users are meant to read.

Each is one line that names the file, the place and the bound, in words of no particular front end:
the command line adds its options, Python its keywords.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Self


class LilogicError(Exception):
    """A problem that you can fix: one line that names the file, the place and the bound.

    The command line prints it after ``lilogic:`` and exits with status 2; ``--debug`` shows the
    traceback.

    Attributes:
        option: Name of the Python parameter to change, if any; the command line names its own
            option.
    """

    def __init__(self, message: str, *, option: str | None = None) -> None:
        super().__init__(message)
        self.option = option

    def at(self, place: str) -> Self:
        """Return the same error with a place, such as a file name, in front."""
        if str(self).startswith(f"{place}: "):
            return self
        placed = copy(self)
        placed.args = (f"{place}: {self}",)
        return placed


class LilogicWarning(UserWarning):
    """Something that was assumed or left out, in one line.

    Attributes:
        option: Name of the Python parameter that decides otherwise, if any.
    """

    def __init__(self, message: str, *, option: str | None = None) -> None:
        super().__init__(message)
        self.option = option


class GraphError(LilogicError, ValueError):
    """Arrays, an encoder or options do not make a gate graph, or not one that can be compiled."""


class FormatError(LilogicError, ValueError):
    """A file is damaged or foreign, or has something that its format does not cover here."""


class DataError(LilogicError, ValueError):
    """A data set or samples are missing, damaged or of the wrong kind."""


class RecipeError(LilogicError, ValueError):
    """A recipe is missing or impossible, or a run folder belongs to another one."""


class ToolError(LilogicError, RuntimeError):
    """A program failed or is not installed."""


class MissingExtraError(ToolError, ImportError):
    """A package of an extra is not installed; the message names the ``pip install`` command."""


class CheckFailedError(LilogicError):
    """A check failed, though nothing is wrong with the input; exit status 1."""


class DoesNotFitError(CheckFailedError):
    """A design is larger than the device.

    Attributes:
        advice: What to try instead, each in a few words; the message ends with it.
        with_fewer_registers: Whether it may fit with fewer registers.
    """

    def __init__(
        self, message: str, advice: Sequence[str] = (), with_fewer_registers: bool = False
    ) -> None:
        super().__init__(message + (f": try {' or '.join(advice)}" if advice else ""))
        self.advice = tuple(advice)
        self.with_fewer_registers = with_fewer_registers
