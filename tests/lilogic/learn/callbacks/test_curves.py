"""The picture of a training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lilogic.errors import LilogicError
from lilogic.learn.callbacks import curves
from lilogic.learn.metrics import Epoch


def history(epochs: int) -> list[Epoch]:
    return [
        Epoch(
            epoch=epoch,
            loss=1 / (epoch + 1),
            train=0.5,
            validation_soft=0.5,
            validation_frozen=0.25,
            sharpen_connections=2.0**epoch,
            sharpen_gates=1.0,
            learning_rate=0.01,
            seconds=1.0,
        )
        for epoch in range(epochs)
    ]


@pytest.mark.parametrize("epochs", [1, 2, 30])
def test_draw_replaces_the_picture_in_one_step(tmp_path: Path, epochs: int) -> None:
    path = tmp_path / "curves.png"
    path.write_text("old")
    curves.draw(history(epochs), path)
    with Image.open(path) as image:
        assert image.format == "PNG"
        assert len(np.unique(np.asarray(image.convert("L")))) > 10  # not blank
    assert list(tmp_path.iterdir()) == [path]


def test_draw_says_where_it_cannot_write(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("mine")
    with pytest.raises(LilogicError, match="cannot be written"):
        curves.draw(history(1), path / "curves.png")
