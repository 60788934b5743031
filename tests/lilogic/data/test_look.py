"""What is known of how images look."""

from __future__ import annotations

import numpy as np
import pytest

from lilogic.data.look import Look, Tone, grounds


def images(ground: int, ink: int, count: int = 8) -> np.ndarray:
    x = np.full((count, 6, 5), ground, dtype=np.uint8)
    x[:, 2:4, 1:4] = ink
    return x


@pytest.mark.parametrize(
    ("ground", "ink", "look"),
    [
        (0, 255, Look(white=255, highest=255, ground=Tone.DARK)),
        (255, 0, Look(white=255, highest=255, ground=Tone.LIGHT)),
        (0, 16, Look(highest=16, ground=Tone.DARK)),
        (1, 0, Look(highest=1, ground=Tone.LIGHT)),
        (0, 128, Look(white=255, highest=128, ground=Tone.DARK)),
        (0, 0, Look(highest=0, ground=Tone.DARK)),
    ],
)
def test_white_and_ground(ground: int, ink: int, look: Look) -> None:
    assert Look.of(images(ground, ink)) == look


def test_grounds_that_differ_are_none() -> None:
    mixed = np.concatenate([images(0, 255, 3), images(255, 0, 3)])
    assert Look.of(mixed).ground is None
    assert grounds(mixed, 255) == [Tone.DARK] * 3 + [Tone.LIGHT] * 3
    mixed[0, :, :3] = 255  # half of the border
    assert grounds(mixed[:1], 255) == [None]


def test_colours_and_single_rows_have_a_ground() -> None:
    assert Look.of(np.zeros((2, 1, 1, 3), dtype=np.uint8)).ground is Tone.DARK


def test_what_is_unlike_is_named() -> None:
    usual = Look(white=255, ground=Tone.DARK)
    assert usual.oddities(usual) == []
    assert Look().oddities(usual) == usual.oddities(Look()) == []
    assert Look.of(images(255, 0)).oddities(usual) == [
        "are dark on light, but the network was trained on light on dark"
    ]
    assert Look.of(images(0, 16)).oddities(usual) == [
        "have values up to 16, but the network was trained on up to 255"
    ]
    assert Look(highest=15).oddities(Look(white=16)) == []
