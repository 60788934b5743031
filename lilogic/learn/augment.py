"""Random changes to training images, so that a network sees each one differently every time."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import affine_grid, grid_sample, interpolate

from lilogic.learn.recipe import AugmentRecipe

Images = npt.NDArray[Any]

_KNOTS = 5


def augmented(images: Images, settings: AugmentRecipe, random: np.random.Generator) -> Images:
    """Images [samples, height, width, ...], each changed at random, in the same dtype."""
    if settings.rotate or settings.scale or settings.shear or settings.elastic:
        images = _warped(images, settings, random)
    if settings.shift:
        images = _shifted(images, settings.shift, random)
    if settings.flip:
        flipped = random.random(len(images)) < 0.5
        images = images.copy()
        images[flipped] = images[flipped, :, ::-1]
    return images


def _shifted(images: Images, shift: int, random: np.random.Generator) -> Images:
    """Moved by whole pixels; edges are repeated."""
    edges = [(0, 0), (shift, shift), (shift, shift)] + [(0, 0)] * (images.ndim - 3)
    padded = np.pad(images, edges, mode="edge")
    rows, columns = random.integers(0, 2 * shift + 1, (2, len(images), 1))
    rows, columns = rows + np.arange(images.shape[1]), columns + np.arange(images.shape[2])
    each = np.arange(len(images))[:, None, None]
    moved: Images = padded[each, rows[:, :, None], columns[:, None, :]]
    return moved


def _warped(images: Images, settings: AugmentRecipe, random: np.random.Generator) -> Images:
    """Rotated, scaled, sheared and bent, interpolated and rounded; edges repeated."""
    angle, log_scale, shear = random.uniform(-1, 1, (3, len(images)))
    angle, shear = np.radians(settings.rotate) * angle, settings.shear * shear
    scale = (1 + settings.scale) ** log_scale
    cosine, sine = np.cos(angle) / scale, np.sin(angle) / scale
    # The sampling grid counts both sides as 2, whatever their pixels.
    aspect = images.shape[1] / images.shape[2]
    nothing = np.zeros_like(cosine)
    rows = [
        [cosine, (shear * cosine - sine) * aspect, nothing],
        [sine / aspect, shear * sine + cosine, nothing],
    ]
    matrices = torch.from_numpy(np.array(rows).transpose(2, 0, 1))
    planes = images.reshape(*images.shape[:3], -1).transpose(0, 3, 1, 2).astype(np.float64)
    grid = affine_grid(matrices, list(planes.shape), align_corners=False)
    if settings.elastic:
        grid = grid + _bends(len(images), planes.shape[2:], settings.elastic, random)
    warped = grid_sample(
        torch.from_numpy(planes), grid, padding_mode="border", align_corners=False
    ).round()
    result: Images = warped.numpy().transpose(0, 2, 3, 1).reshape(images.shape).astype(images.dtype)
    return result


def _bends(
    samples: int, size: tuple[int, ...], deviation: float, random: np.random.Generator
) -> torch.Tensor:
    """Smooth displacements [samples, height, width, 2] of a sampling grid, which spans 2 a side.

    Knots every few pixels move at random, what is between them follows (after Simard, Steinkraus
    and Platt, "Best Practices for Convolutional Neural Networks", 2003).
    """
    knots = [max(2, -(-side // _KNOTS) + 1) for side in size]
    moved = torch.from_numpy(random.normal(0, deviation, (samples, 2, *knots)))
    smooth = interpolate(moved, size, mode="bicubic", align_corners=True)
    return smooth.permute(0, 2, 3, 1) * torch.tensor([2 / size[1], 2 / size[0]])
