"""Augmentation: what moves, turns, grows and flips, and that nothing else does."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lilogic.learn import augment
from lilogic.learn.recipe import AugmentRecipe
from lilogic.learn.world import World


def augmented(
    images: np.ndarray, settings: AugmentRecipe, random: np.random.Generator
) -> np.ndarray:
    """Images of bytes, changed at random."""
    return augment.augmented(torch.from_numpy(images), settings, random, (0, 255)).numpy()


@pytest.mark.parametrize("channels", [(), (3,)])
def test_shifts_move_images_and_repeat_their_edges(channels: tuple[int, ...]) -> None:
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (400, 5, 6, *channels)).astype(np.uint8)
    moved = augmented(images, AugmentRecipe(shift=2), random)
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
    found = augmented(images, AugmentRecipe(flip=True), random)
    mirrored = np.array([np.array_equal(f, i[:, ::-1]) for f, i in zip(found, images, strict=True)])
    assert 150 < mirrored.sum() < 250
    np.testing.assert_array_equal(found[~mirrored], images[~mirrored])
    np.testing.assert_array_equal(images, untouched)


def test_nothing_to_augment_changes_nothing_and_draws_nothing() -> None:
    random = np.random.default_rng(0)
    before = random.bit_generator.state
    images = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    assert np.shares_memory(augmented(images, AugmentRecipe(), random), images)
    np.testing.assert_array_equal(images.reshape(-1), np.arange(24))
    assert random.bit_generator.state == before


@pytest.mark.parametrize("channels", [(), (3,)])
def test_rotations_turn_about_the_centre(channels: tuple[int, ...]) -> None:
    random = np.random.default_rng(0)
    images = np.zeros((300, 9, 9, *channels), dtype=np.uint8)
    images[:, 4, :] = 200  # a horizontal bar
    turned = augmented(images, AugmentRecipe(rotate=90), random)
    assert (turned.shape, turned.dtype) == (images.shape, images.dtype)
    assert (turned[:, 4, 4] == 200).all()
    upright = (turned[:, 0, 4] > 100).reshape(300, -1).all(1)
    level = (turned[:, 4, 0] > 100).reshape(300, -1).all(1)
    assert 5 < upright.sum() < 150
    assert 5 < level.sum() < 150
    assert not (upright & level).any()


def test_scaling_grows_and_shrinks() -> None:
    images = np.zeros((200, 15, 15), dtype=np.uint8)
    images[:, 5:10, 5:10] = 100
    scaled = augmented(images, AugmentRecipe(scale=0.5), np.random.default_rng(0))
    areas = (scaled > 50).sum((1, 2)) / 25
    assert 0.35 < areas.min() < 0.6
    assert 1.8 < areas.max() < 2.5
    assert (areas > 1).sum() > 50
    assert (areas < 1).sum() > 50


def test_shearing_moves_rows_against_each_other() -> None:
    images = np.zeros((200, 15, 15), dtype=np.uint8)
    images[:, :, 7] = 255
    sheared = augmented(images, AugmentRecipe(shear=0.5), np.random.default_rng(0))
    top, middle, bottom = sheared[:, 2].argmax(1), sheared[:, 7].argmax(1), sheared[:, 12].argmax(1)
    assert (middle == 7).all()
    assert {*(top - 7).tolist()} >= {-2, -1, 0, 1, 2}
    assert (np.abs((top - 7) + (bottom - 7)) <= 1).all()


def test_angles_and_shears_are_those_of_pixels_where_images_are_no_squares() -> None:
    images = np.zeros((200, 41, 11), dtype=np.uint8)
    images[:, :, 5] = 250  # an upright bar
    for settings, moved in ((AugmentRecipe(rotate=10), 0.176), (AugmentRecipe(shear=0.2), 0.2)):
        warped = augmented(images, settings, np.random.default_rng(0))
        offsets = warped[:, 0].argmax(1) - warped[:, 20].argmax(1)
        assert (warped[:, 20, 5] > 200).all()
        assert round(20 * moved) - 1 <= np.abs(offsets).max() <= round(20 * moved)


def test_bends_move_neighbours_together() -> None:
    images = np.zeros((200, 20, 30), dtype=np.uint8)
    images[:, :, 15] = 250  # an upright bar
    bent = augmented(images, AugmentRecipe(elastic=1.0), np.random.default_rng(0))
    places = bent.argmax(2)[:, 4:16]
    assert 0.5 < (places - 15).std() < 1.3
    assert (np.abs(np.diff(places, axis=1)) <= 2).all()
    straight = augmented(images, AugmentRecipe(elastic=1e-6), np.random.default_rng(0))
    np.testing.assert_array_equal(straight, images)


def test_large_integers_survive() -> None:
    images = np.full((3, 8, 8), 2**31 - 1, dtype=np.int32)
    warped = augmented(images, AugmentRecipe(rotate=10, scale=0.1), np.random.default_rng(0))
    np.testing.assert_array_equal(warped, images)


def test_the_same_generator_gives_the_same_images() -> None:
    images = np.random.default_rng(0).integers(0, 256, (50, 8, 8)).astype(np.uint8)
    everything = AugmentRecipe(shift=1, rotate=20, scale=0.2, shear=0.2, elastic=1.0, flip=True)
    first, second = (augmented(images, everything, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("channels", [(), (3,)])
def test_brightness_adds_the_same_to_every_pixel(channels: tuple[int, ...]) -> None:
    images = np.random.default_rng(0).integers(60, 190, (300, 3, 4, *channels)).astype(np.uint8)
    found = augmented(images, AugmentRecipe(brightness=0.2), np.random.default_rng(1))
    assert (found.shape, found.dtype) == (images.shape, images.dtype)
    added = (found.astype(int) - images).reshape(300, -1)
    assert (np.ptp(added, axis=1) == 0).all()
    assert -51 <= added.min() < -45
    assert 45 < added.max() <= 51


@pytest.mark.parametrize("channels", [(), (3,)])
def test_contrast_moves_values_from_their_mean(channels: tuple[int, ...]) -> None:
    images = np.full((300, 2, 2, *channels), 80, dtype=np.uint8)
    images[:, 0] = 120
    found = augmented(images, AugmentRecipe(contrast=1.0), np.random.default_rng(1))
    low, high = (found[:, row].reshape(300, -1).astype(int) for row in (1, 0))
    assert (abs(low + high - 200) <= 1).all()
    spread = (high - low).mean(1)
    assert 20 <= spread.min() < 22
    assert 75 < spread.max() <= 80


def test_saturation_moves_channels_from_their_grey() -> None:
    images = np.tile(np.array([50, 100, 150], dtype=np.uint8), (300, 2, 2, 1))
    found = augmented(images, AugmentRecipe(saturation=1.0), np.random.default_rng(1)).astype(int)
    assert (abs(found[..., 1] - 100) <= 1).all()
    assert (abs(found[..., 0] + found[..., 2] - 200) <= 1).all()
    spread = (found[..., 2] - found[..., 0])[:, 0, 0]
    assert 50 <= spread.min() < 54
    assert 190 < spread.max() <= 200
    grey = images[..., 0]
    settings = AugmentRecipe(saturation=1.0)
    np.testing.assert_array_equal(augmented(grey, settings, np.random.default_rng(1)), grey)


def test_colours_stay_within_their_limits() -> None:
    images = np.random.default_rng(0).integers(0, 17, (100, 4, 4)).astype(np.int16)
    settings = AugmentRecipe(brightness=1.0, contrast=1.0)
    given = torch.from_numpy(images)
    found = augment.augmented(given, settings, np.random.default_rng(1), (0, 16)).numpy()
    assert (found.min(), found.max(), found.dtype) == (0, 16, images.dtype)
    assert len(np.unique(found)) == 17


@pytest.mark.parametrize("channels", [(), (3,)])
@pytest.mark.parametrize("side", [1, 3, 4])
def test_cutout_paints_a_square_of_the_mean(channels: tuple[int, ...], side: int) -> None:
    images = np.zeros((500, 6, 7, *channels), dtype=np.uint8)
    images[:, :2] = 240
    images[:, 2:4] = 60
    untouched = images.copy()
    found = augmented(images, AugmentRecipe(cutout=side), np.random.default_rng(1))
    np.testing.assert_array_equal(images, untouched)
    painted = (found == 100).reshape(500, 6, 7, -1)
    np.testing.assert_array_equal(
        found.reshape(painted.shape)[~painted], images.reshape(painted.shape)[~painted]
    )
    assert (painted == painted[..., :1]).all()
    rows, columns = painted[..., 0].any(2).sum(1), painted[..., 0].any(1).sum(1)
    assert (painted[..., 0].sum((1, 2)) == rows * columns).all()
    assert {rows.max(), columns.max()} == {side}
    assert rows.min() >= side // 2
    assert painted.any((0, 3)).all()  # every pixel is painted over now and then


def test_shares_of_a_batch_are_changed_as_the_whole_is() -> None:
    images = torch.from_numpy(np.random.default_rng(1).integers(0, 256, (7, 8, 6, 3), np.uint8))
    everything = AugmentRecipe(
        shift=1,
        rotate=10,
        scale=0.1,
        shear=0.1,
        elastic=0.5,
        flip=True,
        brightness=0.1,
        contrast=0.1,
        saturation=0.1,
        cutout=2,
    )

    def changed(part: slice) -> torch.Tensor:
        random = np.random.default_rng(5)
        return augment.augmented(images[part], everything, random, (0, 255), 7, part.start)

    whole = augment.augmented(images, everything, np.random.default_rng(5), (0, 255))
    shares = [World(rank, 3).share(7) for rank in range(3)]
    assert [share.stop for share in shares[:-1]] == [share.start for share in shares[1:]]
    assert torch.equal(torch.cat([changed(share) for share in shares]), whole)
