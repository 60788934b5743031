"""Looking for a fast clock that timing closes at, by place and route with one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from lilogic.boards.flow import pll
from lilogic.boards.flow.pll import Setting

TRIES = 5
"""Clocks that are tried after the first one."""

_STEP_DOWN = 0.98
"""Of a clock that was missed, the next one is at most this share."""


class Timed(Protocol):
    """What an attempt makes.

    Attributes:
        fmax: the highest clock in Hz that it can take.
        closes: whether that is enough for the clock it was made for.
    """

    @property
    def fmax(self) -> float: ...  # noqa: D102

    @property
    def closes(self) -> bool: ...  # noqa: D102


Made = TypeVar("Made", bound=Timed)


def search(settings: Sequence[Setting], first: Setting, attempt: Callable[[Setting], Made]) -> Made:
    """Make a circuit with about the fastest of some clocks that it can take.

    The first attempt tells what can be reached. If it closes, faster clocks are tried from there
    downwards, and if none is met, the first one again; if it does not, slower ones.

    Args:
        settings: the clocks to choose from; none to make the first attempt only.
        first: the clock of the first attempt.
        attempt: makes the circuit with a clock, and leaves it where others take it from.

    Returns:
        what the last attempt made; it closes unless no attempt did.
    """
    attempted, made = first, attempt(first)
    first_closes = made.closes
    for _ in range(TRIES):
        limit = made.fmax if made.closes else min(made.fmax, _STEP_DOWN * attempted.frequency)
        setting = pll.fastest(settings, limit)
        if setting is None or (first_closes and setting.frequency <= first.frequency):
            break
        attempted, made = setting, attempt(setting)
        if made.closes:
            return made
    if first_closes and not made.closes:
        # The same again gives the same, in place of what was made since.
        return attempt(first)
    return made
