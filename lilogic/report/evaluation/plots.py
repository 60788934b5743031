"""Pictures of an evaluation: confusion, reliability and, of two classes, ROC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lilogic.extras import needs
from lilogic.report.plots import as_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from lilogic.report.models.evaluation import Calibration, Evaluation, Roc

_INK, _PAPER = "#22303c", "#ffffff"
_BLUE, _ORANGE, _GREY = "#219ebc", "#fb8500", "#adb5bd"

_NUMBERED = 20
"""Up to so many classes, each cell of the confusion has room for its number."""

_LETTERS = 16
"""So many of a class's name are shown."""


def svg(evaluation: Evaluation) -> str:
    """The picture as an SVG element.

    Raises:
        MissingExtraError: Matplotlib is not installed.
    """
    return as_svg(figure(evaluation), "How often each class is answered, and how sure")


def figure(evaluation: Evaluation) -> Figure:
    """The picture: confusion on the left, the others, where there are any, beside it.

    Raises:
        MissingExtraError: Matplotlib is not installed.
    """
    with needs("plots", "matplotlib"):
        from matplotlib.figure import Figure

    roc, calibration = evaluation.roc, evaluation.calibration
    beside = [name for name, made in (("reliability", calibration), ("roc", roc)) if made]
    rows: Any = [["confusion", name] for name in beside] or [["confusion"]]
    widths = [2, 1.25] if beside else [1]
    drawn = Figure(figsize=(11 if beside else 7, 6.5), layout="constrained", facecolor=_PAPER)
    axes = drawn.subplot_mosaic(rows, width_ratios=widths)
    _draw_confusion(axes["confusion"], evaluation)
    if calibration is not None:
        _draw_reliability(axes["reliability"], calibration)
    if roc is not None:
        _draw_roc(axes["roc"], roc)
    return drawn


def _draw_confusion(axes: Any, evaluation: Evaluation) -> None:
    from matplotlib.colors import LinearSegmentedColormap, PowerNorm

    counts = np.array(evaluation.confusion)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    colors = LinearSegmentedColormap.from_list("confusion", [_PAPER, _BLUE, _INK])
    # What is seldom would vanish beside the diagonal.
    image = axes.imshow(shares, cmap=colors, norm=PowerNorm(0.5, 0, 1))
    bar = axes.figure.colorbar(image, ax=axes, shrink=0.6, ticks=[0, 0.01, 0.1, 0.25, 0.5, 1])
    bar.ax.set_yticklabels(["0", "1 %", "10 %", "25 %", "50 %", "100 %"], fontsize=8)
    axes.set_title("Confusion matrix (samples; colours: share of the class)", color=_INK)
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class")
    if len(counts) > _NUMBERED:
        for axis in (axes.xaxis, axes.yaxis):
            axis.get_major_locator().set_params(integer=True)
        return
    names = [_short(each.name) for each in evaluation.classes]
    at = range(len(names))
    turned = {"rotation": 45, "ha": "right"} if max(map(len, names)) > 2 else {}
    axes.set_xticks(at, names, fontsize=8, **turned)
    axes.set_yticks(at, names, fontsize=8)
    size = 8 if len(names) > 10 else 9
    for (row, column), count in np.ndenumerate(counts):
        if count:
            color = _PAPER if shares[row, column] > 0.25 else _INK
            style = {"ha": "center", "va": "center", "fontsize": size, "color": color}
            axes.text(column, row, f"{count:,}", **style)


def _short(name: str) -> str:
    """A name that leaves room for the picture; dollars are no mathematics."""
    cut = name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…"
    return cut.replace("$", r"\$")


def _draw_reliability(axes: Any, calibration: Calibration) -> None:
    axes.set_title(f"Reliability, error {calibration.expected_error:.2%}", color=_INK)
    most = max(each.samples for each in calibration.bins)
    for each in calibration.bins:
        # Bins of few samples are pale, for they say little.
        strength = 0.25 + 0.75 * each.samples / most
        style = {"align": "edge", "color": _BLUE, "alpha": strength, "edgecolor": _PAPER}
        axes.bar(each.low, each.accuracy, each.high - each.low, **style)
    points = [(each.confidence, each.accuracy) for each in calibration.bins]
    axes.plot(*zip(*points, strict=True), marker="o", markersize=4, color=_ORANGE)
    _square(axes)
    axes.set_xlabel("confidence: probability of the predicted class")
    axes.set_ylabel("accuracy")


def _draw_roc(axes: Any, roc: Roc) -> None:
    axes.set_title(f"ROC of {_short(roc.positive)}, area {roc.auc:.4f}", color=_INK)
    axes.plot(roc.false_positive_rate, roc.true_positive_rate, color=_BLUE)
    _square(axes)
    axes.set_xlabel("false positive rate")
    axes.set_ylabel("true positive rate")


def _square(axes: Any) -> None:
    axes.plot([0, 1], [0, 1], linestyle=":", color=_GREY)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.set_box_aspect(1)
    axes.grid(alpha=0.25)
