"""Random changes to training images, so that a network sees each one differently every time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import affine_grid, grid_sample, interpolate

from lilogic.learn.recipe import AugmentRecipe

Images = torch.Tensor

_KNOTS = 5


@dataclass(frozen=True)
class _Draws:
    """Numbers for each of some images: what is drawn for a batch, and of that their share."""

    random: np.random.Generator
    batch: int
    share: slice

    def uniform(self, low: float, high: float, *kinds: int) -> npt.NDArray[np.float64]:
        """float64 [*kinds, images]."""
        return self.random.uniform(low, high, (*kinds, self.batch))[..., self.share]

    def integers(self, end: int, *kinds: int) -> npt.NDArray[np.int64]:
        """int64 [*kinds, images], from 0 and below ``end``."""
        return self.random.integers(0, end, (*kinds, self.batch))[..., self.share]

    def normal(self, deviation: float, *shape: int) -> npt.NDArray[np.float64]:
        """float64 [images, *shape]."""
        return self.random.normal(0, deviation, (self.batch, *shape))[self.share]


def augmented(
    images: Images,
    settings: AugmentRecipe,
    random: np.random.Generator,
    limits: tuple[int, int],
    batch: int | None = None,
    first: int = 0,
) -> Images:
    """Images [samples, height, width, ...], each changed at random, in the same dtype.

    What is drawn does not depend on the device, nor on which of a batch's images are at hand.

    Args:
        images: integers, which stay as they are.
        settings: what is changed, and by how much.
        random: source of the changes.
        limits: the lowest and the highest value of training images; colours stay within.
        batch: how many images the batch has; default: those given.
        first: where in it those given begin.
    """
    size = len(images) if batch is None else batch
    draws = _Draws(random, size, slice(first, first + len(images)))
    if settings.rotate or settings.scale or settings.shear or settings.elastic:
        images = _warped(images, settings, draws)
    if settings.shift:
        images = _shifted(images, settings.shift, draws)
    if settings.flip:
        flipped = _placed(np.flatnonzero(draws.uniform(0, 1) < 0.5), images)
        images = images.clone()
        images[flipped] = images.index_select(0, flipped).flip(2)
    if settings.brightness or settings.contrast or settings.saturation:
        images = _jittered(images, settings, draws, limits)
    if settings.cutout:
        images = _cut_out(images, settings.cutout, draws)
    return images


def _placed(values: npt.NDArray[Any], images: Images) -> torch.Tensor:
    """The same on the device of images, which it need not wait for."""
    return torch.from_numpy(values).to(images.device, non_blocking=True)


def _shifted(images: Images, shift: int, draws: _Draws) -> Images:
    """Moved by whole pixels; edges are repeated."""
    rows, columns = _placed(draws.integers(2 * shift + 1, 2), images)
    windows = images
    for axis, side in enumerate(images.shape[1:3], 1):
        around = torch.arange(-shift, side + shift, device=images.device).clamp(0, side - 1)
        windows = windows.index_select(axis, around)
    for axis, side in enumerate(images.shape[1:3], 1):
        windows = windows.unfold(axis, side, 1)
    each = torch.arange(len(images), device=images.device)
    return windows[each, rows, columns].movedim((-2, -1), (1, 2)).contiguous()


def _jittered(
    images: Images,
    settings: AugmentRecipe,
    draws: _Draws,
    limits: tuple[int, int],
) -> Images:
    """Brighter or darker, with more or less contrast and colour; rounded and kept in range."""
    brighter, contrast, saturation = draws.uniform(-1, 1, 3)[..., None, None]
    channels = images.shape[3] if images.ndim > 3 else 1
    contrast = (1 + settings.contrast) ** contrast
    saturation = (1 + settings.saturation) ** saturation
    grey = np.full((channels, channels), 1 / channels)
    mixed = contrast * (saturation * np.eye(channels) + (1 - saturation) * grey)
    brighter = settings.brightness * (limits[1] - limits[0]) * brighter
    mixed, contrast, brighter = (
        _placed(part.astype(np.float32), images) for part in (mixed, contrast, brighter)
    )
    pixels = images.reshape(len(images), -1, channels).to(torch.float32) @ mixed
    middle = pixels.mean((1, 2), keepdim=True) / contrast
    pixels += (1 - contrast) * middle + brighter
    return pixels.clip(*limits).round().to(images.dtype).view(images.shape)


def _cut_out(images: Images, side: int, draws: _Draws) -> Images:
    """With a square of the image's mean colour around a random pixel (arXiv 1708.04552)."""
    colours = images.to(torch.float32).mean((1, 2), keepdim=True).round().to(images.dtype)
    is_cut = torch.ones((), dtype=torch.bool, device=images.device)
    for axis, size in enumerate(images.shape[1:3], 1):
        shape = [1] * images.ndim
        first = _placed(draws.integers(size) - side // 2, images)
        first = first.view(-1, *shape[1:])
        shape[axis] = size
        place = torch.arange(size, device=images.device).view(shape)
        is_cut = is_cut & (first <= place) & (place < first + side)
    return torch.where(is_cut, colours, images)


def _warped(images: Images, settings: AugmentRecipe, draws: _Draws) -> Images:
    """Rotated, scaled, sheared and bent, interpolated and rounded; edges repeated."""
    angle, log_scale, shear = draws.uniform(-1, 1, 3)
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
    matrices = _placed(np.array(rows).transpose(2, 0, 1).copy(), images)
    planes = images.reshape(*images.shape[:3], -1).permute(0, 3, 1, 2).to(torch.float64)
    grid = affine_grid(matrices, list(planes.shape), align_corners=False)
    if settings.elastic:
        grid = grid + _bends(planes, settings.elastic, draws)
    warped = grid_sample(planes, grid, padding_mode="border", align_corners=False).round()
    return warped.permute(0, 2, 3, 1).reshape(images.shape).to(images.dtype)


def _bends(planes: torch.Tensor, deviation: float, draws: _Draws) -> torch.Tensor:
    """Smooth displacements [samples, height, width, 2] of a sampling grid, which spans 2 a side.

    Knots every few pixels move at random, what is between them follows (after Simard, Steinkraus
    and Platt, "Best Practices for Convolutional Neural Networks", 2003).
    """
    size = planes.shape[2:]
    knots = [max(2, -(-side // _KNOTS) + 1) for side in size]
    moved = _placed(draws.normal(deviation, 2, *knots), planes)
    smooth = interpolate(moved, size, mode="bicubic", align_corners=True)
    return torch.stack([smooth[:, 0] * (2 / size[1]), smooth[:, 1] * (2 / size[0])], -1)
