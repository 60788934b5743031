"""The soft convolution in numba: one set of channels and one tile of the batch at a time.

A task copies what its windows see of the batch's tile into a buffer that stays in the cache, with
the padding and with the columns of a stride beside each other; then all filters of the set go over
it, in vector loops over a whole row of windows times the tile. Weights are never copied for each
place. Tasks write apart from each other, and their sums are added in one order, so results do not
depend on the number of threads.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from numba import prange
from torch.autograd.function import once_differentiable

from lilogic.jit import njit
from lilogic.learn.kernels.cpu.dense import ONE_CALL
from lilogic.learn.kernels.cpu.rows import add_dots, mix
from lilogic.learn.kernels.cpu.tables import fold, unfold
from lilogic.learn.windows import Windows

_TILE = 256
"""Samples in a tile, at most: a plane of 32×32 then takes about a megabyte."""


def convolution(
    x: torch.Tensor,
    windows: Windows,
    candidates: torch.Tensor | None,
    weights: torch.Tensor,
    coefficients: torch.Tensor,
) -> torch.Tensor:
    """``reference.convolution`` of gates or tables, whose arguments were checked."""
    if candidates is None:
        positions = np.broadcast_to(np.arange(windows.size), tuple(weights.shape))
    else:
        positions = candidates.numpy()
    # Bits as floats: each dtype that the loops know takes long to compile, and little to convert.
    y: torch.Tensor = _Convolution.apply(  # type: ignore[no-untyped-call]
        x.to(weights.dtype),
        windows,
        np.ascontiguousarray(positions),
        weights,
        coefficients,
    )
    return y


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        windows: Windows,
        positions: npt.NDArray[np.int64],
        weights: torch.Tensor,
        coefficients: torch.Tensor,
    ) -> torch.Tensor:
        x, weights, coefficients = x.contiguous(), weights.contiguous(), coefficients.contiguous()
        y = weights.new_empty(len(coefficients) * windows.n_places, x.shape[1])
        with ONE_CALL:
            _forward(
                x.numpy(),
                windows.padded,
                windows.kernel,
                windows.stride,
                windows.shape,
                positions,
                weights.numpy(),
                coefficients.numpy(),
                y.numpy(),
            )
        ctx.windows, ctx.positions = windows, positions
        ctx.save_for_backward(x, weights, coefficients)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        x, weights, coefficients = ctx.saved_tensors
        windows = ctx.windows
        tiles = -(-x.shape[1] // _TILE)
        d_weights = weights.new_empty(tiles, *weights.shape)
        d_coefficients = weights.new_empty(tiles, *coefficients.shape)
        needs_x = ctx.needs_input_grad[0]
        # Rows that no window sees get none.
        d_x = torch.zeros_like(x) if needs_x else weights.new_empty(0, 0)
        with ONE_CALL:
            _backward(
                x.numpy(),
                windows.padded,
                windows.kernel,
                windows.stride,
                windows.shape,
                ctx.positions,
                weights.numpy(),
                coefficients.numpy(),
                grads[0].contiguous().numpy(),
                d_weights.numpy(),
                d_coefficients.numpy(),
                d_x.numpy(),
            )
        return d_x if needs_x else None, None, None, d_weights.sum(0), d_coefficients.sum(0)


# What a set's windows see is staged as [groups, height, stride, columns, tile]: column c of a
# padded plane stands at [c % stride, c // stride], so that what a row of windows sees at one
# position is contiguous.


@njit(parallel=True, fastmath=True, cache=True)
def _forward(x, planes, kernel, stride, shape, positions, weights, coefficients, y):  # type: ignore[no-untyped-def]
    sets, filters, batch = len(planes), len(coefficients), y.shape[1]
    tiles, (rows, columns), inputs = -(-batch // _TILE), shape, len(weights)
    for task in prange(sets * tiles):
        own, low = task // tiles, task % tiles * _TILE
        tile = min(_TILE, batch - low)
        seen = _staged(x, planes[own], stride, low, tile, y.dtype)
        starts = _starts(seen.shape, kernel)
        flat, line = seen.reshape(-1), stride * seen[0, 0].size
        wires = np.empty((inputs, columns * tile), y.dtype)
        folds = np.empty((2**inputs if inputs > 2 else 0, tile), y.dtype)
        for one in range(own, filters, sets):
            for row in range(rows):
                for wire in range(inputs):
                    at = starts[positions[wire, one]]
                    mix(flat[row * line :], at, weights[wire, one], wires[wire], False)
                first = (one * rows + row) * columns
                for column in range(columns):
                    out = y[first + column, low : low + tile]
                    _nodes(wires, column * tile, coefficients[one], folds, out)


@njit(parallel=True, fastmath=True, cache=True)
def _backward(  # type: ignore[no-untyped-def]
    x, planes, kernel, stride, shape, positions, weights, coefficients, d_y, d_weights,
    d_coefficients, d_x
):  # fmt: skip
    sets, filters, batch = len(planes), len(coefficients), d_y.shape[1]
    tiles, (rows, columns), inputs = -(-batch // _TILE), shape, len(weights)
    # Gradients of wires stand in margins of 0, so that every staged row reads whole ones.
    margin = (kernel - 1) // stride
    for task in prange(sets * tiles):
        own, tiled = task // tiles, task % tiles
        low = tiled * _TILE
        tile = min(_TILE, batch - low)
        seen = _staged(x, planes[own], stride, low, tile, d_y.dtype)
        starts = _starts(seen.shape, kernel)
        flat, line = seen.reshape(-1), stride * seen[0, 0].size
        d_seen = np.zeros(seen.shape if len(d_x) else (0, 0, 0, 0, 0), d_y.dtype)
        high, wide = margin + -(-seen.shape[1] // stride), margin + seen.shape[3]
        d_wires = np.zeros((inputs, high, wide * tile), d_y.dtype)
        wires = np.empty((inputs, columns * tile), d_y.dtype)
        d_line = np.empty_like(wires)
        folds = np.empty((2**inputs if inputs > 2 else 0, tile), d_y.dtype)
        d_folds = np.empty_like(folds)
        for one in range(own, filters, sets):
            d_weights[tiled, :, one] = 0
            d_coefficients[tiled, one] = 0
            for row in range(rows):
                here = flat[row * line :]
                for wire in range(inputs):
                    at = starts[positions[wire, one]]
                    mix(here, at, weights[wire, one], wires[wire], False)
                first = (one * rows + row) * columns
                for column in range(columns):
                    _nodes_back(
                        wires, column * tile, coefficients[one], folds,
                        d_y[first + column, low : low + tile], d_folds, d_line,
                        d_coefficients[tiled, one],
                    )  # fmt: skip
                for wire in range(inputs):
                    at = starts[positions[wire, one]]
                    add_dots(here, at, d_line[wire], d_weights[tiled, wire, one])
                    inner = slice(margin * tile, (margin + columns) * tile)
                    _copy(d_line[wire], d_wires[wire, margin + row, inner])
            if len(d_x):
                sent = positions[:, one], weights[:, one], d_wires
                _add_inputs(*sent, kernel, stride, tile, d_seen)
        if len(d_x):
            _unstage(d_seen, planes[own], stride, low, tile, d_x)


@njit(fastmath=True, cache=True)
def _nodes(wires, low, coefficients, folds, out):  # type: ignore[no-untyped-def]
    """What a node makes of a tile of its wires, which begins at ``low``."""
    tile = len(out)
    if len(wires) == 2:
        c0, c1, c2, c3 = coefficients[0], coefficients[1], coefficients[2], coefficients[3]
        a, b = wires[0, low : low + tile], wires[1, low : low + tile]
        for n in range(tile):
            out[n] = c0 + c1 * a[n] + (c2 + c3 * a[n]) * b[n]
    else:
        fold(wires, 0, 1, low, tile, coefficients, folds)
        _copy(folds[len(coefficients) - 2], out)


@njit(fastmath=True, cache=True)
def _nodes_back(wires, low, coefficients, folds, d_out, d_folds, d_wires, sums):  # type: ignore[no-untyped-def]
    """The gradients of a node's wires, and what is added to those of its coefficients."""
    tile, zero = len(d_out), d_out.dtype.type(0)
    if len(wires) == 2:
        c1, c2, c3 = coefficients[1], coefficients[2], coefficients[3]
        a, b = wires[0, low : low + tile], wires[1, low : low + tile]
        d_a, d_b = d_wires[0, low : low + tile], d_wires[1, low : low + tile]
        s0, s1, s2, s3 = zero, zero, zero, zero
        for n in range(tile):
            d, da, db = d_out[n], d_out[n] * a[n], d_out[n] * b[n]
            s0 += d
            s1 += da
            s2 += db
            s3 += da * b[n]
            d_a[n] = c1 * d + c3 * db
            d_b[n] = c2 * d + c3 * da
        sums[0] += s0
        sums[1] += s1
        sums[2] += s2
        sums[3] += s3
    else:
        fold(wires, 0, 1, low, tile, coefficients, folds)
        _copy(d_out, d_folds[len(coefficients) - 2])
        unfold(wires, 0, 1, low, tile, coefficients, folds, d_folds, d_wires, sums)


@njit(fastmath=True, cache=True)
def _add_inputs(positions, weights, d_wires, kernel, stride, tile, d_seen):  # type: ignore[no-untyped-def]
    """Add to the gradient of what is staged what one filter's wires send back."""
    _, high, wide = d_wires.shape
    groups, height = d_seen.shape[:2]
    margin, flat = (kernel - 1) // stride, d_wires.reshape(-1)
    candidates = weights.shape[1]
    most = len(weights) * candidates
    starts, shares = np.empty(most, np.int64), np.empty(most, weights.dtype)
    for group in range(groups):
        for down in range(stride):
            for right in range(stride):
                # All positions that see rows ≡ down and columns ≡ right.
                count = 0
                for wire in range(len(weights)):
                    for k in range(candidates):
                        channel, place = divmod(positions[wire, k], kernel * kernel)
                        i, j = divmod(place, kernel)
                        if channel == group and i % stride == down and j % stride == right:
                            row, column = margin - i // stride, margin - j // stride
                            starts[count] = (wire * high + row) * wide + column * tile
                            shares[count] = weights[wire, k]
                            count += 1
                for row in range(down, height, stride):
                    into = d_seen[group, row, right].reshape(-1)
                    mix(flat[row // stride * wide :], starts[:count], shares[:count], into, True)


@njit(cache=True)
def _copy(source, target):  # type: ignore[no-untyped-def]
    """A loop, as slices take longer to be set up than few samples to be copied."""
    for n in range(len(target)):
        target[n] = source[n]


@njit(cache=True)
def _staged(x, planes, stride, low, tile, dtype):  # type: ignore[no-untyped-def]
    """A tile of what a set's windows see, in the layout above."""
    groups, height, width = planes.shape
    columns = -(-width // stride)
    seen = np.zeros((groups, height, stride, columns, tile), dtype)
    for group in range(groups):
        for row in range(height):
            for column in range(width):
                source = planes[group, row, column]
                if source >= 0:
                    _copy(
                        x[source, low : low + tile],
                        seen[group, row, column % stride, column // stride],
                    )
    return seen


@njit(cache=True)
def _unstage(d_seen, planes, stride, low, tile, d_x):  # type: ignore[no-untyped-def]
    """Copy a tile of gradients from the layout above to the rows that stand there."""
    groups, height, width = planes.shape
    for group in range(groups):
        for row in range(height):
            for column in range(width):
                source = planes[group, row, column]
                if source >= 0:
                    _copy(
                        d_seen[group, row, column % stride, column // stride],
                        d_x[source, low : low + tile],
                    )


@njit(cache=True)
def _starts(shape, kernel):  # type: ignore[no-untyped-def]
    """int64 [positions]: where in the layout above the first window sees each of its positions."""
    groups, height, stride, columns, tile = shape
    starts = np.empty(groups * kernel * kernel, np.int64)
    for group in range(groups):
        for i in range(kernel):
            for j in range(kernel):
                line = ((group * height + i) * stride + j % stride) * columns + j // stride
                starts[(group * kernel + i) * kernel + j] = line * tile
    return starts
