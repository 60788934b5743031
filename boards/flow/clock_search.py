"""Looking for a fast clock that timing closes at, by place and route with one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from lilogic.boards.flow import pll
from lilogic.boards.flow.pll import Setting
from lilogic.hdl.fpga.nextpnr import UnroutedError

TRIES = 5
"""Clocks that are tried after the first one."""

_STEP = 0.03
"""After a miss, the next clock is lower by this share at least, and twice as much each time."""

_UNROUTED_STEP = 0.2
"""Likewise each time a circuit did not route, which tells nothing of the clock that it reaches."""


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
    downwards; if it does not, or does not route, slower ones.

    Args:
        settings: the clocks to choose from; none to make the first attempt only.
        first: the clock of the first attempt.
        attempt: makes the circuit with a clock.

    Returns:
        the fastest that closes; the first that does not, where none does.

    Raises:
        UnroutedError: none routed.
    """
    kept: Made | None = None
    unrouted: UnroutedError | None = None
    slowest, step, setting = 0.0, _STEP, first
    for _ in range(1 + TRIES):
        frequency = setting.frequency
        try:
            made = attempt(setting)
        except UnroutedError as error:
            unrouted, limit = error, (1 - _UNROUTED_STEP) * frequency
        else:
            if made.closes and setting is not first:
                return made
            kept = kept or made
            if made.closes:
                slowest, limit = frequency, made.fmax
            else:
                limit = min(made.fmax, (1 - step) * frequency)
                step *= 2
        slower = pll.fastest(settings, limit)
        if slower is None or slower.frequency <= slowest:
            break
        setting = slower
    if kept is None:
        assert unrouted is not None, "an attempt makes something or raises"
        raise unrouted
    return kept
