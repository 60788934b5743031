"""Augmentation, sharpness and learning rate."""

from __future__ import annotations

import numpy as np
import pytest

from lilogic import trainer
from lilogic.recipe import AugmentRecipe, TrainRecipe


@pytest.mark.parametrize("channels", [(), (3,)])
def test_shifts_move_images_and_repeat_their_edges(channels: tuple[int, ...]) -> None:
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (400, 5, 6, *channels)).astype(np.uint8)
    moved = trainer.augmented(images, AugmentRecipe(shift=2), random)
    assert (moved.shape, moved.dtype) == (images.shape, images.dtype)
    seen = set()
    for before, after in zip(images, moved, strict=True):
        fits = [
            (down, right)
            for down in range(-2, 3)
            for right in range(-2, 3)
            if np.array_equal(after, shifted(before, down, right))
        ]
        assert len(fits) == 1
        seen.add(fits[0])
    assert len(seen) == 25  # every shift happens


def shifted(image: np.ndarray, down: int, right: int) -> np.ndarray:
    rows = (np.arange(image.shape[0]) - down).clip(0, image.shape[0] - 1)
    columns = (np.arange(image.shape[1]) - right).clip(0, image.shape[1] - 1)
    return image[rows][:, columns]


@pytest.mark.parametrize("channels", [(), (3,)])
def test_flips_mirror_about_half_of_the_images(channels: tuple[int, ...]) -> None:
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (400, 3, 4, *channels)).astype(np.uint8)
    untouched = images.copy()
    found = trainer.augmented(images, AugmentRecipe(flip=True), random)
    mirrored = np.array([np.array_equal(f, i[:, ::-1]) for f, i in zip(found, images, strict=True)])
    assert 150 < mirrored.sum() < 250
    np.testing.assert_array_equal(found[~mirrored], images[~mirrored])
    np.testing.assert_array_equal(images, untouched)


def test_nothing_to_augment_changes_nothing_and_draws_nothing() -> None:
    random = np.random.default_rng(0)
    before = random.bit_generator.state
    images = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    assert trainer.augmented(images, AugmentRecipe(), random) is images
    assert random.bit_generator.state == before


# Schedules


def test_sharpness_rises_geometrically_from_1() -> None:
    settings = TrainRecipe(sharpen_connections=16.0, sharpen_gates=4.0)
    assert trainer.sharpness_at(settings, 0.0) == (1.0, 1.0)
    assert trainer.sharpness_at(settings, 0.5) == (4.0, 2.0)
    assert trainer.sharpness_at(settings, 1.0) == (16.0, 4.0)
    assert trainer.sharpness_at(settings, 1.5) == (64.0, 8.0)


@pytest.mark.parametrize(("epochs", "pace"), [(4, 0.25), (100, 0.1)])
def test_time_is_1_after_the_planned_epochs_and_runs_faster_in_extra_ones(
    epochs: int, pace: float
) -> None:
    settings = TrainRecipe(epochs=epochs)
    assert trainer.time_at(settings, 0) == 0
    assert trainer.time_at(settings, epochs / 4) == 0.25
    assert trainer.time_at(settings, epochs) == 1
    assert trainer.time_at(settings, epochs + 2) == pytest.approx(1 + 2 * pace)


def test_learning_rate_falls_to_its_final_value_and_stays() -> None:
    settings = TrainRecipe(learning_rate=0.5, final_learning_rate=0.1)
    rates = [trainer.learning_rate_at(settings, now) for now in (0, 0.25, 0.5, 0.75, 1, 1.5)]
    assert rates[0] == 0.5
    assert rates[2] == pytest.approx(0.3)
    assert rates == sorted(rates, reverse=True)
    assert rates[-2:] == pytest.approx([0.1, 0.1])
