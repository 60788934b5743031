"""News of numba, which compiles on first use: seconds in which nothing else is heard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lilogic.report.console import say


@contextmanager
def announced(prefix: str = "") -> Iterator[None]:
    """Say it, once, as soon as something is compiled meanwhile rather than found compiled.

    ``prefix`` is what the line begins with.
    """
    from numba.core.event import Event, Listener, install_listener

    class Announcer(Listener):
        is_silent = False

        def on_start(self, event: Event) -> None:
            if not self.is_silent:
                self.is_silent = True
                say(f"{prefix}compiling for this machine; on first use, this may take 20 s")

        def on_end(self, event: Event) -> None:
            pass

    with install_listener("numba:compile", Announcer()):
        yield
