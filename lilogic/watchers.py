"""Watchers that leave something in the run folder: learning curves and TensorBoard's events."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from lilogic import console, curves
from lilogic.errors import LilogicError
from lilogic.learning import Epoch
from lilogic.trainer import Watcher, read_history

if TYPE_CHECKING:
    from typing import Self

    from torch.utils.tensorboard import SummaryWriter

CURVES = "curves.png"
TENSORBOARD = "tensorboard"

_DRAW_EVERY = 60.0

_TAGS = {
    "train": "accuracy/training soft",
    "validation_soft": "accuracy/validation soft",
    "validation_frozen": "accuracy/validation frozen",
    "sharpen_connections": "sharpness/connections",
    "sharpen_gates": "sharpness/gates",
}


class Together(Watcher):
    """Tells several watchers."""

    def __init__(self, watchers: Sequence[Watcher]) -> None:
        self._watchers = watchers

    def member(self, number: int, members: int, run: Path) -> None:
        """See ``Watcher``."""
        for watcher in self._watchers:
            watcher.member(number, members, run)

    def finished(self, epochs: int) -> None:
        """See ``Watcher``."""
        for watcher in self._watchers:
            watcher.finished(epochs)

    def start(self, epochs: int, done: int, steps: int) -> None:
        """See ``Watcher``."""
        for watcher in self._watchers:
            watcher.start(epochs, done, steps)

    def step(self) -> None:
        """See ``Watcher``."""
        for watcher in self._watchers:
            watcher.step()

    def epoch(self, result: Epoch) -> None:
        """See ``Watcher``."""
        for watcher in self._watchers:
            watcher.epoch(result)


class Curves(Watcher):
    """Draws ``curves.png``: at the end of its context, interrupted or not, and now and then before.

    Drawing costs as much as several epochs of a small network, hence not after each of them.
    """

    def __init__(self, run: Path) -> None:
        self._run = run
        self._history: list[Epoch] = []
        self._drawn = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._draw()

    def member(self, number: int, members: int, run: Path) -> None:
        """See ``Watcher``; each member has its own curves."""
        self._draw()
        self._run, self._history = run, []

    def start(self, epochs: int, done: int, steps: int) -> None:
        """See ``Watcher``."""
        self._history = read_history(self._run, done)

    def epoch(self, result: Epoch) -> None:
        """See ``Watcher``."""
        self._history.append(result)
        if time.monotonic() - self._drawn >= _DRAW_EVERY:
            self._draw()

    def _draw(self) -> None:
        if not self._history:
            return
        self._drawn = time.monotonic()
        try:
            curves.draw(self._history, self._run / CURVES)
        except LilogicError as error:
            # A picture is no reason to end a training, or to hide why one ended.
            console.say(f"warning: {error}")


class TensorBoard(Watcher):
    """Writes each epoch's metrics to ``RUN/tensorboard`` as events, those of earlier epochs too.

    Raises:
        LilogicError: the package tensorboard is missing.
    """

    def __init__(self, run: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise LilogicError(
                "the package tensorboard is missing: pip install tensorboard"
            ) from error
        self._make_writer = SummaryWriter
        self._run = run
        self._writer: SummaryWriter | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()

    def member(self, number: int, members: int, run: Path) -> None:
        """See ``Watcher``; each member has its own events."""
        self.__exit__()
        self._run, self._writer = run, None

    def finished(self, epochs: int) -> None:
        """See ``Watcher``."""
        self.start(epochs, epochs, 0)

    def start(self, epochs: int, done: int, steps: int) -> None:
        """See ``Watcher``; on a resumed run, TensorBoard forgets what events said before."""
        self._writer = self._make_writer(str(self._run / TENSORBOARD), purge_step=0)
        for entry in read_history(self._run, done):
            self.epoch(entry)

    def epoch(self, result: Epoch) -> None:
        """See ``Watcher``."""
        assert self._writer is not None
        for name, value in asdict(result).items():
            if name != "epoch":
                self._writer.add_scalar(_TAGS.get(name, name), value, result.epoch + 1)
        self._writer.flush()
