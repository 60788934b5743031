"""What the drawn pictures share: colours, and SVG files that are the same from run to run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from lilogic.files import replacing

INK, SOFT, PAPER = "#22303c", "#868e96", "#ffffff"
BLUE, ORANGE, YELLOW, PALE, GREEN = "#219ebc", "#fb8500", "#ffb703", "#8ecae6", "#2f9e44"
PARTS = {"encoder": PALE, "gates": YELLOW, "heads": BLUE, "argmax": ORANGE}
"""The colours of a classifier's parts, as in reports."""


@contextmanager
def figure(path: Path, width: float, height: float) -> Iterator[Figure]:
    """A figure on white ground, in inches, which is written to an SVG file at the end."""
    margins = ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1)
    drawn = Figure(figsize=(width, height), layout=margins, facecolor=PAPER)
    yield drawn
    with matplotlib.rc_context({"svg.hashsalt": "lilogic"}), replacing(path) as temporary:
        drawn.savefig(temporary, format="svg", metadata={"Date": None})


def blank(axes: Axes, width: float, height: float) -> None:
    """Axes as a sheet: x from 0 to ``width``, y from 0 to ``height`` downwards, no ticks."""
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_axis_off()


def image(axes: Axes, pixels: Any, title: str, **options: Any) -> None:
    """A picture of pixels, with a title and a frame."""
    axes.imshow(pixels, interpolation="nearest", **options)
    axes.set_title(title, color=INK, fontsize=10)
    axes.set_xticks([])
    axes.set_yticks([])
