"""Callbacks: what wants to be told how training goes.

A new one is a subclass of ``Callback`` in a module of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from lilogic.learn.metrics import Epoch
from lilogic.learn.recipe import TrainRecipe
from lilogic.learn.run import RunFolder


class Callback:
    """Told how training goes; every method may be left as it is."""

    def member(self, number: int, members: int, run: RunFolder) -> None:
        """An ensemble's member comes next, counted from 1, in a run folder of its own."""

    def finished(self, epochs: int) -> None:
        """The run, or this member of it, has been trained before, for so many epochs."""

    def prepare(self, threads: int) -> None:
        """Training will begin, on so many threads, once all is compiled."""

    def start(self, settings: TrainRecipe, done: int, steps: int) -> None:
        """Training begins: what the recipe says of it, epochs already done, steps per epoch."""

    def step(self) -> None:
        """A step is done."""

    def epoch(self, result: Epoch) -> None:
        """An epoch is done."""


class Callbacks(Callback):
    """Tells several callbacks, in order."""

    def __init__(self, callbacks: Sequence[Callback]) -> None:
        self._callbacks = callbacks

    def member(self, number: int, members: int, run: RunFolder) -> None:
        """See ``Callback``."""
        for callback in self._callbacks:
            callback.member(number, members, run)

    def finished(self, epochs: int) -> None:
        """See ``Callback``."""
        for callback in self._callbacks:
            callback.finished(epochs)

    def prepare(self, threads: int) -> None:
        """See ``Callback``."""
        for callback in self._callbacks:
            callback.prepare(threads)

    def start(self, settings: TrainRecipe, done: int, steps: int) -> None:
        """See ``Callback``."""
        for callback in self._callbacks:
            callback.start(settings, done, steps)

    def step(self) -> None:
        """See ``Callback``."""
        for callback in self._callbacks:
            callback.step()

    def epoch(self, result: Epoch) -> None:
        """See ``Callback``."""
        for callback in self._callbacks:
            callback.epoch(result)
