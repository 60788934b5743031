"""Learning curves: a picture of what ``metrics.jsonl`` says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lilogic.files import replacing

if TYPE_CHECKING:
    from lilogic.learning import Epoch

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
