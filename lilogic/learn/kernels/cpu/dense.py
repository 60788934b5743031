"""The soft layer of gates in numba: whole rows at a time, fused, on all cores.

Activations are feature-major, so a gate reads a few contiguous rows and the loop over the batch
is one vector loop. The gradient to the inputs walks the transposed wiring, so no two threads
write the same row: results do not depend on the number of threads.
"""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from numba import prange

from lilogic.jit import njit

PARTS = 64
"""Into how many parts the gates are cut, each of which one thread computes."""

ONE_CALL = Lock()
"""numba's threads serve one call at a time: where it has no OpenMP, two would end the process."""


def arrays(*tensors: torch.Tensor) -> Iterator[npt.NDArray[Any]]:
    """The same memory as numba reads it: bits are bytes, which it multiplies with vectors."""
    for tensor in tensors:
        yield (tensor.view(torch.uint8) if tensor.dtype == torch.bool else tensor).numpy()


# Memory is what bounds a wide layer: it reads K rows a wire from all over x. So no row is read
# twice where once will do, and rows are taken eight at a time: one pass over the accumulator then
# serves eight multiplications, eight streams come from memory at once, and LLVM still checks that
# none of the rows overlaps it, which it must to use vectors.


@njit(parallel=True, fastmath=True, cache=True)
def forward(rows, x, weights, coefficients, wires, y):  # type: ignore[no-untyped-def]
    """``wires`` has a row for each wire, or is room for two wires in each part."""
    gates, batch = y.shape
    half = len(wires) // 2
    for unsigned in prange(PARTS):
        part = np.int64(unsigned)
        for gate in range(part * gates // PARTS, (part + 1) * gates // PARTS):
            place = gate if half == gates else part
            a, b, out = wires[place], wires[half + place], y[gate]
            mix(x, rows[gate], weights[gate], a)
            mix(x, rows[gates + gate], weights[gates + gate], b)
            c0, c1, c2, c3 = coefficients[gate]
            for n in range(batch):
                out[n] = c0 + c1 * a[n] + (c2 + c3 * a[n]) * b[n]


@njit(parallel=True, fastmath=True, cache=True)
def backward(  # type: ignore[no-untyped-def]
    rows,
    n_data,
    is_mixed_again,
    x,
    weights,
    coefficients,
    wires,
    d_y,
    d_wires,
    d_weights,
    d_coefficients,
):
    """All but the gradients to rows from ``n_data`` on, and to their weights.

    ``wires`` and ``d_wires`` have a row for each wire, or are room for two wires in each part.
    """
    gates, batch = d_y.shape
    half, d_half = len(wires) // 2, len(d_wires) // 2
    zero = d_y.dtype.type(0)
    for unsigned in prange(PARTS):
        part = np.int64(unsigned)
        for gate in range(part * gates // PARTS, (part + 1) * gates // PARTS):
            place = gate if half == gates else part
            a, b, d_out = wires[place], wires[half + place], d_y[gate]
            if is_mixed_again:
                mix(x, rows[gate], weights[gate], a)
                mix(x, rows[gates + gate], weights[gates + gate], b)
            place = gate if d_half == gates else part
            d_a, d_b = d_wires[place], d_wires[d_half + place]
            _, c1, c2, c3 = coefficients[gate]
            s0, s1, s2, s3 = zero, zero, zero, zero
            for n in range(batch):
                d, da, db = d_out[n], d_out[n] * a[n], d_out[n] * b[n]
                s0 += d
                s1 += da
                s2 += db
                s3 += da * b[n]
                d_a[n] = c1 * d + c3 * db
                d_b[n] = c2 * d + c3 * da
            row = d_coefficients[gate]
            row[0], row[1], row[2], row[3] = s0, s1, s2, s3
            dots_of_data(x, rows[gate], n_data, d_a, d_weights[gate])
            dots_of_data(x, rows[gates + gate], n_data, d_b, d_weights[gates + gate])


@njit(parallel=True, fastmath=True, cache=True)
def backward_inputs(pointers, slots, places, n_data, x, weights, d_wires, d_x, d_weights):  # type: ignore[no-untyped-def]
    """The gradients to rows from ``n_data`` on, and to their weights, as both read ``d_wires``."""
    candidates = weights.shape[1]
    flat, d_flat = weights.reshape(-1), d_weights.reshape(-1)
    first = pointers[n_data]
    # Weights and their gradients lie in another order: all at once, that costs least.
    mixed, dots = np.empty_like(flat), np.empty_like(flat)
    for place in prange(first, len(slots)):
        mixed[place] = flat[slots[place]]
    d_x[:n_data] = 0
    for row in prange(n_data, len(d_x)):
        start, end = pointers[row], pointers[row + 1]
        readers = slots[start:end] // candidates
        _dots(d_wires, readers, x[row], dots[start:end])
        mix(d_wires, readers, mixed[start:end], d_x[row])
    for slot in prange(len(places)):
        if places[slot] >= first:
            d_flat[slot] = dots[places[slot]]


@njit(fastmath=True, cache=True)
def mix(x, rows, weights, out):  # type: ignore[no-untyped-def]
    """``out = Σ_k weights[k] · x[rows[k]]``."""
    whole = len(rows) // 8 * 8
    if whole == 0:
        out[:] = 0
    for k in range(0, whole, 8):
        w0, w1, w2, w3 = weights[k], weights[k + 1], weights[k + 2], weights[k + 3]
        w4, w5, w6, w7 = weights[k + 4], weights[k + 5], weights[k + 6], weights[k + 7]
        x0, x1, x2, x3 = x[rows[k]], x[rows[k + 1]], x[rows[k + 2]], x[rows[k + 3]]
        x4, x5, x6, x7 = x[rows[k + 4]], x[rows[k + 5]], x[rows[k + 6]], x[rows[k + 7]]
        if k == 0:
            for n in range(len(out)):
                out[n] = (
                    w0 * x0[n] + w1 * x1[n] + w2 * x2[n] + w3 * x3[n]
                    + w4 * x4[n] + w5 * x5[n] + w6 * x6[n] + w7 * x7[n]
                )  # fmt: skip
        else:
            for n in range(len(out)):
                out[n] += (
                    w0 * x0[n] + w1 * x1[n] + w2 * x2[n] + w3 * x3[n]
                    + w4 * x4[n] + w5 * x5[n] + w6 * x6[n] + w7 * x7[n]
                )  # fmt: skip
    for k in range(whole, len(rows)):
        w0, x0 = weights[k], x[rows[k]]
        for n in range(len(out)):
            out[n] += w0 * x0[n]


@njit(fastmath=True, cache=True)
def dots_of_data(x, rows, n_data, y, out):  # type: ignore[no-untyped-def]
    """``_dots``, but only of rows before ``n_data``."""
    if n_data == len(x):
        _dots(x, rows, y, out)
    elif n_data > 0:
        for k in range(len(rows)):
            if rows[k] < n_data:
                _dots(x, rows[k : k + 1], y, out[k : k + 1])


@njit(fastmath=True, cache=True)
def _dots(x, rows, y, out):  # type: ignore[no-untyped-def]
    """``out[k] = x[rows[k]] · y``."""
    zero = y.dtype.type(0)
    whole = len(rows) // 8 * 8
    for k in range(0, whole, 8):
        x0, x1, x2, x3 = x[rows[k]], x[rows[k + 1]], x[rows[k + 2]], x[rows[k + 3]]
        x4, x5, x6, x7 = x[rows[k + 4]], x[rows[k + 5]], x[rows[k + 6]], x[rows[k + 7]]
        s0, s1, s2, s3, s4, s5, s6, s7 = zero, zero, zero, zero, zero, zero, zero, zero
        for n in range(len(y)):
            s0 += x0[n] * y[n]
            s1 += x1[n] * y[n]
            s2 += x2[n] * y[n]
            s3 += x3[n] * y[n]
            s4 += x4[n] * y[n]
            s5 += x5[n] * y[n]
            s6 += x6[n] * y[n]
            s7 += x7[n] * y[n]
        out[k], out[k + 1], out[k + 2], out[k + 3] = s0, s1, s2, s3
        out[k + 4], out[k + 5], out[k + 6], out[k + 7] = s4, s5, s6, s7
    for k in range(whole, len(rows)):
        x0, s0 = x[rows[k]], zero
        for n in range(len(y)):
            s0 += x0[n] * y[n]
        out[k] = s0
