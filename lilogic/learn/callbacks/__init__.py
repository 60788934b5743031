"""Callbacks: whoever wants to be told how training goes.

A new one is a subclass of ``Callback`` in a module of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lilogic.learn.learner import Epoch


class Callback:
    """Told how training goes; every method may be left as it is."""

    def member(self, number: int, members: int, run: Path) -> None:
        """An ensemble's member comes next, counted from 1, in a run folder of its own."""

    def finished(self, epochs: int) -> None:
        """The run, or this member of it, has been trained before, for so many epochs."""

    def start(self, epochs: int, done: int, steps: int) -> None:
        """Training begins: planned epochs, epochs already done, steps per epoch."""

    def step(self) -> None:
        """A step is done."""

    def epoch(self, result: Epoch) -> None:
        """An epoch is done."""


class Callbacks(Callback):
    """Tells several callbacks, in order."""

    def __init__(self, callbacks: Sequence[Callback]) -> None:
        self._watchers = callbacks

    def member(self, number: int, members: int, run: Path) -> None:
        """See ``Callback``."""
        for callback in self._watchers:
            callback.member(number, members, run)

    def finished(self, epochs: int) -> None:
        """See ``Callback``."""
        for callback in self._watchers:
            callback.finished(epochs)

    def start(self, epochs: int, done: int, steps: int) -> None:
        """See ``Callback``."""
        for callback in self._watchers:
            callback.start(epochs, done, steps)

    def step(self) -> None:
        """See ``Callback``."""
        for callback in self._watchers:
            callback.step()

    def epoch(self, result: Epoch) -> None:
        """See ``Callback``."""
        for callback in self._watchers:
            callback.epoch(result)
