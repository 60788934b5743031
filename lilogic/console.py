"""What people see: progress on standard error, tables on standard output.

On a terminal, progress is a bar with the time left; elsewhere it is plain lines for a log.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Column, Table

from lilogic.learning import Epoch
from lilogic.trainer import Watcher

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

messages = Console(stderr=True, highlight=False, soft_wrap=True)
results = Console(highlight=False)

_LOG_EVERY = 5.0
_NEWS_EVERY = 30.0


def say(message: str) -> None:
    """One line about what goes on."""
    messages.print(message, markup=False)


def show(title: str, rows: Iterable[tuple[str, str]]) -> None:
    """A table of two columns on standard output."""
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column(style="bold")
    table.add_column()
    for row in rows:
        table.add_row(*row)
    results.print(table)


@contextmanager
def step(message: str) -> Iterator[Callable[[str], None]]:
    """Say what is being done and, afterwards, how long it took.

    Yields a function that takes news of the work: on a terminal the latest stand beside a spinner
    and the time so far, elsewhere they are lines, one in a while.
    """
    began = logged = time.monotonic()
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
        TextColumn("{task.fields[news]}", markup=False, table_column=Column(no_wrap=True)),
        console=messages,
        transient=True,
        disable=not messages.is_terminal,
    ) as spinner:
        task = spinner.add_task(message, total=None, news="")

        def tell(news: str) -> None:
            nonlocal logged
            spinner.update(task, news=news)
            now = time.monotonic()
            if not messages.is_terminal and now - logged >= _NEWS_EVERY:
                logged = now
                say(f"{message}: {now - began:.0f} s, {news}")

        yield tell
    say(f"{message}: {time.monotonic() - began:.1f} s")


class TrainingProgress(Watcher):
    """A bar, or lines at most every few seconds, while ``trainer.train`` works."""

    def __init__(self, name: str) -> None:
        self._name = self._title = name
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[news]}"),
            console=messages,
            disable=not messages.is_terminal,
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

    def member(self, number: int, members: int, run: Path) -> None:
        """See ``Watcher``."""
        self._name = f"{self._title}, member {number} of {members}"

    def finished(self, epochs: int) -> None:
        """See ``Watcher``."""
        say(f"{self._name}: trained before, {epochs} epochs")

    def start(self, epochs: int, done: int, steps: int) -> None:
        """See ``Watcher``."""
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
        """See ``Watcher``."""
        if self._task is not None:
            self._bar.advance(self._task)

    def epoch(self, result: Epoch) -> None:
        """See ``Watcher``."""
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
        if not messages.is_terminal and (is_last or now - self._logged >= _LOG_EVERY):
            self._logged = now
            left = max(0, self._epochs - done) * result.seconds
            say(f"{self._name}: epoch {done}/{self._epochs}, {news}, {left:.0f} s left")
