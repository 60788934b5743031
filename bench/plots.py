"""The pictures of results in docs/pictures, each from records in bench/results.

A picture holds a digest of what it was drawn from, so that only those are drawn whose records, or
this module, have changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import records
from PIL import Image

from lilogic.files import replacing

FOLDER = records.ROOT / "docs" / "pictures"
OURS, OTHERS, INK = "#219ebc", "#fb8500", "#22303c"
DRAWN_FROM = "Drawn from"
"""The key of the digest in a picture's metadata."""


@dataclass(frozen=True)
class Point:
    """One classifier.

    Attributes:
        name: what it is called.
        cost: what it takes.
        accuracy: fraction of the test set that it gets right.
        is_ours: whether lilogic made it.
    """

    name: str
    cost: float
    accuracy: float
    is_ours: bool


@dataclass(frozen=True)
class Plot:
    """Accuracy against cost.

    Attributes:
        title: which data set.
        cost: what the axis of cost counts.
        points: the classifiers.
        has_line: whether lilogic's classifiers are joined by a line.
    """

    title: str
    cost: str
    points: list[Point]
    has_line: bool = False

    @property
    def digest(self) -> str:
        """Of all that makes the picture what it is."""
        source = Path(__file__).read_text("utf-8") + json.dumps(asdict(self))
        return hashlib.sha256(source.encode()).hexdigest()

    def draw(self, path: Path) -> None:
        """Write the picture."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(8, 5), layout="constrained")
        axes = figure.subplots()
        for is_ours, color, label in ((True, OURS, "lilogic"), (False, OTHERS, "reported")):
            points = sorted(
                (point.cost, 100 * point.accuracy)
                for point in self.points
                if point.is_ours == is_ours
            )
            axes.plot(
                *zip(*points, strict=True),
                "o-" if is_ours and self.has_line else "o",
                color=color,
                markerfacecolor=color if is_ours else "none",
                label=label,
            )
        for point in self.points:
            # Slanted, ours up and others down, names of neighbours keep clear of each other.
            axes.annotate(
                point.name,
                (point.cost, 100 * point.accuracy),
                xytext=(-3, 5) if point.is_ours else (3, -5),
                textcoords="offset points",
                ha="right" if point.is_ours else "left",
                va="bottom" if point.is_ours else "top",
                rotation=-25,
                rotation_mode="anchor",
                fontsize=8,
                color=INK,
            )
        axes.set_xscale("log")
        axes.margins(x=0.2, y=0.2)
        axes.set_xlabel(self.cost)
        axes.set_ylabel("test accuracy, %")
        axes.set_title(self.title, loc="left", color=INK)
        axes.grid(alpha=0.25)
        axes.legend(loc="lower right", frameon=False, fontsize=8)
        with replacing(path) as temporary:
            figure.savefig(temporary, dpi=130, format="png", metadata={DRAWN_FROM: self.digest})


def outdated() -> dict[str, Callable[[Path], None]]:
    """What draws each picture that is missing or was drawn from other records, by its file."""
    return {
        name: plot.draw for name, plot in plots().items() if digest_in(FOLDER / name) != plot.digest
    }


def digest_in(path: Path) -> str | None:
    """The digest of what a picture was drawn from; None where it is missing or has none."""
    if not path.exists():
        return None
    with Image.open(path) as picture:
        return picture.info.get(DRAWN_FROM)


def plots() -> dict[str, Plot]:
    """Every picture by its file."""
    return {
        f"accuracy-{dataset}.png": against_gates(dataset, title)
        for dataset, title in DATASETS.items()
    } | {f"silicon-{unit}.png": against_silicon(unit, cost) for unit, cost in UNITS.items()}


DATASETS = {
    "mnist": "MNIST",
    "fashion-mnist": "FashionMNIST",
    "cifar-10": "CIFAR-10 (lilogic: images re-encoded as JPEG)",
}
UNITS = {"LUT6": "LUT6, encoder included", "GE": "gate equivalents (sky130), encoder included"}


def against_gates(dataset: str, title: str) -> Plot:
    """Accuracy of the zoo against gates that simplification leaves; others' as they count them.

    Networks that are measured in silicon are left out: it is what they are trained for.
    """
    measured = records.load("silicon").figures
    points = [
        Point(name, one["gates"]["simplified"], one["accuracy"]["test_frozen"], is_ours=True)
        for record in ("zoo", "unshipped")
        for name, one in records.load(record).figures.items()
        if one["dataset"] == dataset and name not in measured
    ]
    points += [
        Point(one["name"], one["gates"], one["accuracy"], is_ours=False)
        for one in records.load("peers").figures["gates"]
        if one["dataset"] == dataset
    ]
    return Plot(title, "two-input gates, encoder not included", points)


def against_silicon(unit: str, cost: str) -> Plot:
    """Accuracy on MNIST against silicon, from pixels to the class."""
    points = [
        Point(name, one["cost"][unit], one["accuracy"], is_ours=True)
        for name, one in records.load("silicon").figures.items()
        if one["dataset"] == "mnist"
    ]
    points += [
        Point(one["name"], one["cost"], one["accuracy"], is_ours=False)
        for one in records.load("peers").figures["silicon"]
        if one["unit"] == unit
    ]
    return Plot("MNIST", cost, points, has_line=True)
