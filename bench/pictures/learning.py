"""Pictures of what training does: bits of an image, soft gates, and what changes over the time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from lilogic import zoo
from lilogic.data import datasets
from lilogic.graph import lgn
from lilogic.graph.gates import COEFFICIENTS, GATES, XOR
from lilogic.infer import golden
from lilogic.learn import schedule
from lilogic.learn.recipe import NetRecipe, TrainRecipe
from pictures import sheet

THRESHOLDS = (3, 7, 11)
SAMPLE = 12
"""The test image of the digits that is shown."""


def thermometer(path: Path) -> None:
    """An image, its three bit planes, and the code of one pixel."""
    shown = datasets.load("digits").x_test[SAMPLE]
    with sheet.figure(path, 9, 4.2) as figure:
        above, below = figure.subfigures(2, 1, height_ratios=[3, 2])
        axes = above.subplots(1, 4)
        sheet.image(axes[0], shown, "image, 8 × 8 pixels", cmap="gray", vmin=0, vmax=16)
        for plane, threshold in zip(axes[1:], THRESHOLDS, strict=True):
            sheet.image(plane, shown > threshold, f"bits: pixel > {threshold}", cmap="gray")
        line = below.subplots()
        for row, threshold in enumerate(THRESHOLDS):
            line.barh(row, 16 - threshold, left=threshold, height=0.6, color=sheet.BLUE)
            line.barh(row, threshold, height=0.6, color="#f1f3f5")
        line.axvline(9, color=sheet.ORANGE, linewidth=2)
        line.text(9.15, 2.75, "a pixel of 9 has the code 1, 1, 0", color=sheet.INK, fontsize=9)
        line.set_yticks(range(3), [f"pixel > {threshold}" for threshold in THRESHOLDS])
        line.set_xlim(0, 16)
        line.set_ylim(-0.5, 3.3)
        line.set_xlabel("value of the pixel; blue where the bit is 1", color=sheet.INK)
        line.spines[["top", "right", "left"]].set_visible(False)


def soft_gates(path: Path) -> None:
    """Relaxed gates over their two inputs, and a mixture that sharpens until it is one of them."""
    logits = np.random.default_rng(3).normal(size=16)
    logits[XOR] = logits.max() + 0.5
    with sheet.figure(path, 9, 5) as figure:
        axes = figure.subplots(2, 4)
        for panel, name in zip(axes[0], ("AND", "OR", "XOR", "A_AND_NOT_B"), strict=True):
            (gate,) = (gate for gate in GATES if gate.name == name)
            _surface(panel, COEFFICIENTS[gate.op], gate.symbol)
        for panel, factor in zip(axes[1], (1.0, 3.0, 8.0, 64.0), strict=True):
            weights = np.exp(factor * (logits - logits.max()))
            _surface(panel, weights / weights.sum() @ COEFFICIENTS, f"sharpness {factor:g}")
        axes[0, 0].set_ylabel("four of the gates\nb")
        axes[1, 0].set_ylabel("a mixture of all sixteen\nb")


def _surface(axes: Axes, coefficients: npt.NDArray[np.float64], title: str) -> None:
    """``c0 + c1·a + c2·b + c3·a·b``, with its values where both inputs are bits."""
    a, b = np.meshgrid(*[np.linspace(0, 1, 64)] * 2)
    values = np.tensordot(coefficients, np.stack([np.ones_like(a), a, b, a * b]), 1)
    axes.imshow(values, extent=(0, 1, 0, 1), origin="lower", cmap="Blues", vmin=0, vmax=1)
    for x, y in ((0, 0), (0, 1), (1, 0), (1, 1)):
        value = values[-y, -x]
        axes.text(
            0.07 + 0.86 * x,
            0.07 + 0.86 * y,
            f"{value:.1f}",
            ha="center",
            va="center",
            fontsize=8,
            color="white" if value > 0.6 else sheet.INK,
        )
    axes.set_title(title, color=sheet.INK, fontsize=10)
    axes.set_xlabel("a")
    axes.set_xticks([0, 1])
    axes.set_yticks([0, 1])


def annealing(path: Path) -> None:
    """What a recipe's defaults change over the time of a training."""
    settings, candidates = TrainRecipe(), NetRecipe(layers=[1]).candidates
    times = np.linspace(0, 1, 401)
    rates = [schedule.learning_rate_at(settings, time) for time in times]
    sharpness = [schedule.sharpness_at(settings, time) for time in times]
    with sheet.figure(path, 9, 2.8) as figure:
        rate, sharp, wires = figure.subplots(1, 3)
        rate.plot(times, rates, color=sheet.BLUE)
        rate.set_title("learning rate", color=sheet.INK, fontsize=10)
        for name, color in (("connections", sheet.BLUE), ("gates", sheet.ORANGE)):
            sharp.plot(times, [getattr(each, name) for each in sharpness], color=color, label=name)
        sharp.set_title("sharpness", color=sheet.INK, fontsize=10)
        sharp.set_yscale("log", base=2)
        starts = [0.0, *(time for time, _ in settings.narrow), 1.0]
        counts = [candidates, *(count for _, count in settings.narrow)]
        wires.stairs(counts, starts, baseline=None, color=sheet.BLUE, linewidth=1.5, zorder=3)
        wires.axvspan(0, settings.grow_until, color="#f1f3f5")
        wires.text(0.3, 1.2, "wires regrow", ha="center", fontsize=9, color=sheet.INK)
        wires.set_title("candidates of a wire", color=sheet.INK, fontsize=10)
        wires.set_yscale("log", base=2)
        wires.set_yticks(counts, [*map(str, counts)])
        for axes in (rate, sharp, wires):
            axes.set_xlabel("time, as a fraction of the epochs")
            axes.set_xlim(0, 1)
            axes.grid(alpha=0.25)
        sharp.legend(frameon=False, fontsize=8)


def scores(path: Path) -> None:
    """An image, its bits, and how many of its gates each class counts."""
    graph, data = lgn.read(zoo.path("digits")), datasets.load("digits")
    assert graph.encoder is not None
    sample = data.x_test[SAMPLE : SAMPLE + 1]
    counts = golden.scores(graph, graph.encoder.encode(sample))[0]
    with sheet.figure(path, 8, 3) as figure:
        left, right = figure.subplots(1, 2, width_ratios=[1, 2])
        sheet.image(left, sample[0], "image", cmap="gray")
        colors = [sheet.ORANGE if class_ == counts.argmax() else sheet.PALE for class_ in range(10)]
        bars = right.barh(range(10), counts, color=colors)
        right.bar_label(bars, fontsize=8, padding=2)
        right.set_yticks(range(10), data.class_names or [*map(str, range(10))])
        right.invert_yaxis()
        right.set_title("score: counted gates that are 1", color=sheet.INK, fontsize=10)
        right.spines[["top", "right"]].set_visible(False)
