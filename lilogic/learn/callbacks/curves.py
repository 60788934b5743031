"""Learning curves: a picture of what ``metrics.jsonl`` says, in the run folder."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lilogic.errors import LilogicError
from lilogic.files import replacing
from lilogic.learn.callbacks import Callback
from lilogic.learn.trainer import read_history
from lilogic.report import console

if TYPE_CHECKING:
    from typing import Self

    from lilogic.learn.learner import Epoch

CURVES = "curves.png"

_DRAW_EVERY = 60.0

_INK, _PAPER = "#22303c", "#ffffff"
_COLORS = ("#219ebc", "#fb8500", "#22303c")

# Title, and what is drawn: labels and names in Epoch.
_PANELS = (
    ("Loss", {"training": "loss"}),
    (
        "Accuracy",
        {
            "training, soft": "train",
            "validation, soft": "validation_soft",
            "validation, frozen": "validation_frozen",
        },
    ),
    ("Learning rate", {"learning rate": "learning_rate"}),
    ("Sharpness", {"connections": "sharpen_connections", "gates": "sharpen_gates"}),
)
_LOGARITHMIC = ("Loss", "Learning rate", "Sharpness")


def draw(history: Sequence[Epoch], path: Path) -> None:
    """Write a PNG of loss, accuracies, learning rate and sharpness over the epochs.

    Raises:
        LilogicError: the file cannot be written.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 7), layout="constrained", facecolor=_PAPER)
    for axes, (title, lines) in zip(figure.subplots(2, 2).flat, _PANELS, strict=True):
        _draw_panel(axes, title, lines, history)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=110)


def _draw_panel(axes: Any, title: str, lines: dict[str, str], history: Sequence[Epoch]) -> None:
    epochs = [entry.epoch + 1 for entry in history]
    # One epoch makes no line, so it is marked.
    marker = "o" if len(epochs) == 1 else None
    for color, (label, name) in zip(_COLORS, lines.items(), strict=False):
        values = [getattr(entry, name) for entry in history]
        axes.plot(epochs, values, color=color, label=label, marker=marker)
    if title in _LOGARITHMIC:
        axes.set_yscale("log")
    if len(lines) > 1:
        axes.legend(fontsize=8, frameon=False)
    axes.set_title(title, color=_INK)
    axes.set_xlabel("epoch")
    axes.grid(alpha=0.3)
    axes.xaxis.get_major_locator().set_params(integer=True)


class Curves(Callback):
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
        """See ``Callback``; each member has its own curves."""
        self._draw()
        self._run, self._history = run, []

    def start(self, epochs: int, done: int, steps: int) -> None:
        """See ``Callback``."""
        self._history = read_history(self._run, done)

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
            draw(self._history, self._run / CURVES)
        except LilogicError as error:
            # A picture is no reason to end a training, or to hide why one ended.
            console.say(f"warning: {error}")
