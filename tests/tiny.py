"""A data set and a recipe so small that training takes a second."""

from __future__ import annotations

from pathlib import Path

import numpy as np

RECIPE = """\
name = "tiny"
dataset = "{data}"

[encoder]
bits = 2

[net]
layers = [24, 24]
candidates = 4
tau = 2.0

[train]
epochs = 4
batch = 16
validation = 0.2
max_extra_epochs = 2
"""


def write_data(path: Path) -> Path:
    """Noisy 4×4 images of three patterns, as a .npz."""
    generator = np.random.default_rng(0)
    patterns = generator.integers(0, 2, (3, 4, 4)) * 200
    arrays = {}
    for split, count in (("train", 240), ("test", 60)):
        y = generator.integers(0, 3, count)
        noise = generator.integers(0, 56, (count, 4, 4))
        arrays[f"x_{split}"] = (patterns[y] + noise).astype(np.uint8)
        arrays[f"y_{split}"] = y
    np.savez(path, **arrays)
    return path


def write_recipe(folder: Path) -> Path:
    """A recipe for ``write_data`` in ``folder``; returns its path."""
    data = write_data(folder / "tiny.npz")
    path = folder / "tiny.toml"
    path.write_text(RECIPE.format(data=data), "utf-8")
    return path
