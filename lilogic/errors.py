"""Exceptions that users are meant to read.

Each is one line that names the file, the place and the bound, in words of no particular front end:
the command line adds its options, Python its keywords.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Self


class LilogicError(Exception):
    """A problem the user can fix: one line that names the file, the place and the bound.

    The command line prints it after ``lilogic:`` and exits with status 2; ``--debug`` shows the
    traceback instead.

    Attributes:
        option: what to change, by its name in Python; the command line names its own option.
    """

    def __init__(self, message: str, *, option: str | None = None) -> None:
        super().__init__(message)
        self.option = option

    def at(self, place: str) -> Self:
        """The same error with a place, such as a file's name, before it, unless it is there."""
        if str(self).startswith(f"{place}: "):
            return self
        placed = copy(self)
        placed.args = (f"{place}: {self}",)
        return placed


class LilogicWarning(UserWarning):
    """Something that was assumed or left out, in one line; the command line prints it as such.

    Attributes:
        option: what to set to decide otherwise, as for ``LilogicError``.
    """

    def __init__(self, message: str, *, option: str | None = None) -> None:
        super().__init__(message)
        self.option = option


class GraphError(LilogicError, ValueError):
    """Arrays, an encoder or options that make no gate graph, or none that can be compiled."""


class FormatError(LilogicError, ValueError):
    """A file that is damaged, foreign, or of something that its format does not cover here."""


class DataError(LilogicError, ValueError):
    """A data set, or samples, that are missing, damaged or of another kind than is needed."""


class RecipeError(LilogicError, ValueError):
    """A recipe that is missing or impossible, or a run folder of another one."""


class ToolError(LilogicError, RuntimeError):
    """A program that failed or is not installed."""


class MissingExtraError(ToolError, ImportError):
    """A package of an extra that is not installed; says which ``pip install`` brings it."""


class CheckFailedError(LilogicError):
    """What was asked for is not so, though nothing is wrong with the input; exit status 1."""


class DoesNotFitError(CheckFailedError):
    """A design is larger than the device.

    Attributes:
        advice: what to try instead, each in a few words; the message ends with it.
        with_fewer_registers: whether it may fit with fewer registers.
    """

    def __init__(
        self, message: str, advice: Sequence[str] = (), with_fewer_registers: bool = False
    ) -> None:
        super().__init__(message + (f": try {' or '.join(advice)}" if advice else ""))
        self.advice = tuple(advice)
        self.with_fewer_registers = with_fewer_registers
