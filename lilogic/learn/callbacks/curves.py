"""Learning curves: a picture of a run's metrics, in the run folder."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lilogic.errors import LilogicError
from lilogic.files import replacing
from lilogic.learn.callbacks import Callback
from lilogic.learn.metrics import Epoch
from lilogic.learn.recipe import TrainRecipe
from lilogic.learn.run import RunFolder
from lilogic.report import console

if TYPE_CHECKING:
    from typing import Self

_DRAW_EVERY = 60.0
"""Seconds."""

_INK, _PAPER = "#22303c", "#ffffff"
_COLORS = ("#219ebc", "#fb8500", "#22303c")


@dataclass(frozen=True)
class _Panel:
    """One of the picture's plots over the epochs.

    Attributes:
        title: what stands above it.
        lines: names of attributes of ``Epoch``, by label.
        scale: of the values, as matplotlib calls it.
    """

    title: str
    lines: dict[str, str]
    scale: str = "log"


_PANELS = (
    _Panel("Loss", {"training": "loss"}),
    _Panel(
        "Accuracy",
        {
            "training, soft": "train",
            "validation, soft": "validation_soft",
            "validation, frozen": "validation_frozen",
        },
        scale="linear",
    ),
    _Panel("Learning rate", {"learning rate": "learning_rate"}),
    _Panel("Sharpness", {"connections": "sharpen_connections", "gates": "sharpen_gates"}),
)


class Curves(Callback):
    """Draws ``curves.png``: at the end of its context, interrupted or not, and now and then before.

    Drawing costs as much as several epochs of a small network, hence not after each of them.
    """

    def __init__(self, run: RunFolder) -> None:
        self._run = run
        self._history: list[Epoch] = []
        self._drawn = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._draw()

    def member(self, number: int, members: int, run: RunFolder) -> None:
        """See ``Callback``; each member has its own curves."""
        self._draw()
        self._run, self._history = run, []

    def start(self, settings: TrainRecipe, done: int, steps: int) -> None:
        """See ``Callback``."""
        self._history = self._run.history(done)

    def epoch(self, result: Epoch) -> None:
        """See ``Callback``."""
        self._history.append(result)
        if time.monotonic() - self._drawn >= _DRAW_EVERY:
            self._draw()

    def _draw(self) -> None:
        if not self._history:
            return
        self._drawn = time.monotonic()
        try:
            draw(self._history, self._run.curves)
        except LilogicError as error:
            # A picture is no reason to end a training, or to hide why one ended.
            console.say(f"warning: {error}")


def draw(history: Sequence[Epoch], path: Path) -> None:
    """Write a PNG of loss, accuracies, learning rate and sharpness over the epochs.

    Raises:
        LilogicError: the file cannot be written.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 7), layout="constrained", facecolor=_PAPER)
    for axes, panel in zip(figure.subplots(2, 2).flat, _PANELS, strict=True):
        _draw_panel(axes, panel, history)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=110)


def _draw_panel(axes: Any, panel: _Panel, history: Sequence[Epoch]) -> None:
    epochs = [each.epoch + 1 for each in history]
    # One epoch makes no line, so it is marked.
    marker = "o" if len(epochs) == 1 else None
    for color, (label, name) in zip(_COLORS, panel.lines.items(), strict=False):
        values = [getattr(each, name) for each in history]
        axes.plot(epochs, values, color=color, label=label, marker=marker)
    if len(panel.lines) > 1:
        axes.legend(fontsize=8, frameon=False)
    axes.set_title(panel.title, color=_INK)
    axes.set_xlabel("epoch")
    axes.set_yscale(panel.scale)
    axes.grid(alpha=0.3)
    axes.xaxis.get_major_locator().set_params(integer=True)
