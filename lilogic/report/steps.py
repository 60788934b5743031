"""Steps of long work: how a library says what it does, to whoever wants to show it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

Tell = Callable[[str], None]
"""Takes news of a step, a few words."""

Step = Callable[[str], AbstractContextManager[Tell]]
"""Given what is done next, a context in which it is done, which yields what takes news of it."""


def to_nobody(_: str) -> None:
    """Forget the news."""


def silent(_: str) -> AbstractContextManager[Tell]:
    """A step that nobody is told of."""
    return nullcontext(to_nobody)


def shown(progress: bool) -> Step:
    """Steps that are told of on standard error, or to nobody."""
    if not progress:
        return silent
    from lilogic.report import console

    return console.step
