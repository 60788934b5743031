"""Random changes to training images, so that a network sees each one differently every time."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from numpy.lib.stride_tricks import sliding_window_view
from torch.nn.functional import affine_grid, grid_sample, interpolate

from lilogic.learn.recipe import AugmentRecipe

Images = npt.NDArray[Any]

_KNOTS = 5


def augmented(
    images: Images,
    settings: AugmentRecipe,
    random: np.random.Generator,
    limits: tuple[int, int],
) -> Images:
    """Images [samples, height, width, ...], each changed at random, in the same dtype.

    Args:
        images: integers, which stay as they are.
        settings: what is changed, and by how much.
        random: source of the changes.
        limits: the lowest and the highest value of training images; colours stay within.
    """
    if settings.rotate or settings.scale or settings.shear or settings.elastic:
        images = _warped(images, settings, random)
    if settings.shift:
        images = _shifted(images, settings.shift, random)
    if settings.flip:
        flipped = random.random(len(images)) < 0.5
        images = images.copy()
        images[flipped] = images[flipped][:, :, ::-1]
    if settings.brightness or settings.contrast or settings.saturation:
        images = _jittered(images, settings, random, limits)
    if settings.cutout:
        images = _cut_out(images, settings.cutout, random)
    return images


def _shifted(images: Images, shift: int, random: np.random.Generator) -> Images:
    """Moved by whole pixels; edges are repeated."""
    edges = [(0, 0), (shift, shift), (shift, shift)] + [(0, 0)] * (images.ndim - 3)
    padded = np.pad(images, edges, mode="edge")
    windows = sliding_window_view(padded, images.shape[1:3], axis=(1, 2))
    rows, columns = random.integers(0, 2 * shift + 1, (2, len(images), 1))[..., 0]
    moved = windows[np.arange(len(images)), rows, columns]
    return np.ascontiguousarray(np.moveaxis(moved, (-2, -1), (1, 2)))


def _jittered(
    images: Images,
    settings: AugmentRecipe,
    random: np.random.Generator,
    limits: tuple[int, int],
) -> Images:
    """Brighter or darker, with more or less contrast and colour; rounded and kept in range."""
    draws = random.uniform(-1, 1, (3, len(images), 1, 1))
    channels = images.shape[3] if images.ndim > 3 else 1
    contrast = (1 + settings.contrast) ** draws[1]
    saturation = (1 + settings.saturation) ** draws[2]
    grey = np.full((channels, channels), 1 / channels)
    mixed = (saturation * np.eye(channels) + (1 - saturation) * grey).astype(np.float32)
    pixels = images.reshape(len(images), -1, channels).astype(np.float32)
    pixels = pixels @ (contrast.astype(np.float32) * mixed)
    middle = _means(pixels).mean(2, keepdims=True) / contrast
    brighter = settings.brightness * (limits[1] - limits[0]) * draws[0]
    pixels += ((1 - contrast) * middle + brighter).astype(np.float32)
    np.rint(pixels.clip(*limits, out=pixels), out=pixels)
    jittered: Images = pixels.astype(images.dtype).reshape(images.shape)
    return jittered


def _cut_out(images: Images, side: int, random: np.random.Generator) -> Images:
    """With a square of the image's mean colour around a random pixel (arXiv 1708.04552)."""
    pixels = images.reshape(len(images), images.shape[1] * images.shape[2], -1)
    colours = np.rint(_means(pixels.astype(np.float32))).astype(images.dtype)
    colours = colours.reshape(len(images), *images.shape[3:])
    tops, lefts = (random.integers(0, size, len(images)) - side // 2 for size in images.shape[1:3])
    images = images.copy()
    for image, colour, top, left in zip(images, colours, tops, lefts, strict=True):
        image[max(top, 0) : max(top + side, 0), max(left, 0) : max(left + side, 0)] = colour
    return images


def _means(pixels: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Float [samples, 1, channels] means of pixels, float [samples, pixels, channels]."""
    # As a product: sums over an axis in the middle take numpy fifty times as long.
    weights = np.full((1, pixels.shape[1]), 1 / pixels.shape[1], dtype=np.float32)
    means: npt.NDArray[np.float32] = weights @ pixels
    return means


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
