"""Progress of a training on the terminal, or as lines of a log."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from lilogic.learn.callbacks import Callback
from lilogic.learn.metrics import Epoch
from lilogic.learn.run import RunFolder
from lilogic.report.console import is_live, messages, say, spinner

if TYPE_CHECKING:
    from typing import Self

_LOG_EVERY = 5.0


class TrainingProgress(Callback):
    """A bar, or lines at most every few seconds, while ``trainer.train`` works."""

    def __init__(self, name: str) -> None:
        self._name = self._title = name
        self._bar = Progress(
            spinner(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[news]}"),
            console=messages,
            disable=not is_live(),
        )
        self._task: TaskID | None = None
        self._epochs = 0
        self._steps = 0
        self._logged = float("-inf")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def member(self, number: int, members: int, run: RunFolder) -> None:
        """See ``Callback``."""
        self._name = f"{self._title}, member {number} of {members}"

    def finished(self, epochs: int) -> None:
        """See ``Callback``."""
        say(f"{self._name}: trained before, {epochs} epochs")

    def start(self, epochs: int, done: int, steps: int) -> None:
        """See ``Callback``."""
        self._epochs, self._steps = epochs, steps
        if done:
            say(f"{self._name}: going on after epoch {done} of {epochs}")
        self._task = self._bar.add_task(
            self._name,
            total=epochs * steps,
            completed=done * steps,
            epoch=done,
            epochs=epochs,
            news="",
        )

    def step(self) -> None:
        """See ``Callback``."""
        if self._task is not None:
            self._bar.advance(self._task)

    def epoch(self, result: Epoch) -> None:
        """See ``Callback``."""
        done = result.epoch + 1
        news = (
            f"loss {result.loss:.3f}, validation soft {result.validation_soft:.2%}, "
            f"frozen {result.validation_frozen:.2%}"
        )
        if self._task is not None:
            # Epochs beyond the planned ones close the gap between soft and frozen.
            self._bar.update(
                self._task, epoch=done, total=max(done, self._epochs) * self._steps, news=news
            )
        now = time.monotonic()
        is_last = done >= self._epochs
        if not is_live() and (is_last or now - self._logged >= _LOG_EVERY):
            self._logged = now
            left = max(0, self._epochs - done) * result.seconds
            say(f"{self._name}: epoch {done}/{self._epochs}, {news}, {left:.0f} s left")
