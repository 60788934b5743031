"""Progress of a training on the terminal, or as lines of a log."""

from __future__ import annotations

import time
from contextlib import ExitStack
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
from lilogic.learn.recipe import TrainRecipe
from lilogic.learn.run import RunFolder
from lilogic.report import compilation
from lilogic.report.console import is_live, messages, say, spinner

if TYPE_CHECKING:
    from typing import Self

_LOG_EVERY = 5.0


class TrainingProgress(Callback):
    """A bar, or lines at most every few seconds, while ``trainer.train`` works."""

    def __init__(self, name: str) -> None:
        self._name = self._title = name
        self._contexts = ExitStack()
        self._bar = Progress(
            spinner(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[epoch]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[news]}"),
            console=messages,
            disable=not is_live(),
        )
        self._task: TaskID | None = None
        self._settings = TrainRecipe()  # type: ignore[call-arg]
        self._steps = 0
        self._logged = float("-inf")

    def __enter__(self) -> Self:
        self._contexts.enter_context(self._bar)
        self._contexts.enter_context(compilation.announced(f"{self._title}: "))
        return self

    def __exit__(self, *_: object) -> None:
        self._contexts.close()

    def member(self, number: int, members: int, run: RunFolder) -> None:
        """See ``Callback``."""
        self._name = f"{self._title}, member {number} of {members}"

    def finished(self, epochs: int) -> None:
        """See ``Callback``."""
        say(f"{self._name}: already trained, {epochs} epochs")

    def prepare(self, threads: int) -> None:
        """See ``Callback``."""
        say(f"{self._name}: {threads} thread{'s' if threads > 1 else ''}")

    def start(self, settings: TrainRecipe, done: int, steps: int) -> None:
        """See ``Callback``; what was compiled before does not count for the time left."""
        self._settings, self._steps = settings, steps
        if done:
            say(f"{self._name}: resuming after {self._epoch(done)}")
        self._task = self._bar.add_task(
            self._name,
            total=max(done, settings.planned_epochs) * steps,
            completed=done * steps,
            epoch=self._epoch(done),
            news="",
        )

    def step(self) -> None:
        """See ``Callback``."""
        if self._task is not None:
            self._bar.advance(self._task)

    def epoch(self, result: Epoch) -> None:
        """See ``Callback``."""
        done, planned = result.epoch + 1, self._settings.planned_epochs
        news = (
            f"loss {result.loss:.3f}, validation soft {result.validation_soft:.2%}, "
            f"frozen {result.validation_frozen:.2%}"
        )
        if result.gates is not None:
            news += f" with {result.gates:,} gates"
        if self._task is not None:
            total = max(done, planned) * self._steps
            self._bar.update(self._task, epoch=self._epoch(done), total=total, news=news)
        now = time.monotonic()
        is_last = done >= planned
        if not is_live() and (is_last or now - self._logged >= _LOG_EVERY):
            self._logged = now
            left = f", {(planned - done) * result.seconds:.0f} s left" if done < planned else ""
            say(f"{self._name}: {self._epoch(done)}, {news}{left}")
        extra, most = self._settings.max_extra_epochs, self._settings.max_gap
        if done == planned and extra and result.gap > most:
            say(
                f"{self._name}: freezing costs {100 * result.gap:.2f} points of accuracy, more "
                f"than train.max_gap ({100 * most:.2f}); adding up to {extra} epochs"
            )

    def _epoch(self, done: int) -> str:
        """Which epoch was the last one done; those beyond the planned ones are counted anew."""
        planned, extra = self._settings.planned_epochs, self._settings.max_extra_epochs
        if done <= planned:
            return f"epoch {done}/{planned}"
        return f"extra epoch {done - planned} of at most {extra}"
