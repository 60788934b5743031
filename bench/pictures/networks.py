"""Pictures of trained networks, drawn by lilogic's own exporters, and of a training."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import lilogic
from lilogic import zoo
from lilogic.formats.exporters import svg
from lilogic.graph import lgn, passes
from lilogic.learn.run import RunFolder

TINY = {
    "net.layers": [10, 9],
    "net.reads": "previous",
    "net.counts": "last",
    "net.tau": 1.0,
    "train.epochs": 60,
    "train.seed": 2,
}
"""What makes of the recipe for wines a network that fits on a page."""


def tiny(path: Path) -> None:
    """All gates of a network for wines."""
    with TemporaryDirectory(prefix="lilogic-") as folder:
        run = lilogic.train("wine", folder, changes=TINY, progress=False)
        svg.write(passes.simplify(run.model.graph), path)


def density(path: Path) -> None:
    """Wires of a network of some 2,000 gates, as bands."""
    _view("mnist-tiny", "network", path)


def fields(path: Path) -> None:
    """Which pixels each class of a network for MNIST reads."""
    _view("mnist-tiny", "fields", path)


def filters(path: Path) -> None:
    """What the first convolution of a network for MNIST learned."""
    _view("mnist-conv", "filters", path)


def training(path: Path) -> None:
    """Loss, accuracies, learning rate and sharpness over the epochs of the recipe for digits."""
    with TemporaryDirectory(prefix="lilogic-") as folder:
        run = lilogic.train("digits", folder, progress=False)
        path.write_bytes(RunFolder(run.folder).curves.read_bytes())


def _view(name: str, view: str, path: Path) -> None:
    svg.write(passes.simplify(lgn.read(zoo.path(name))), path, view=view)
