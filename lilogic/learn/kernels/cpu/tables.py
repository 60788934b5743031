"""The soft layer of nodes with more than two wires in numba: whole rows of wires, then tiles.

A node folds its coefficients wire by wire, ``v[e] = v[2e] + w · v[2e + 1]``: 2^wires - 1
multiplications a sample, and twice that backward. A tile of all folds stays in the cache.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from lilogic.jit import njit
from lilogic.learn.kernels.cpu.dense import PARTS, dots_of_data, mix

_TILE = 256
"""Samples that are folded at once."""


@njit(parallel=True, fastmath=True, cache=True)
def forward(rows, x, weights, coefficients, wires, y):  # type: ignore[no-untyped-def]
    """``wires`` has a row for each wire: those of the first wires of all nodes, and so on."""
    nodes, batch = y.shape
    inputs = len(wires) // nodes
    for unsigned in prange(PARTS):
        part = np.int64(unsigned)
        folds = np.empty((2**inputs, _TILE), y.dtype)
        for node in range(part * nodes // PARTS, (part + 1) * nodes // PARTS):
            for wire in range(node, len(wires), nodes):
                mix(x, rows[wire], weights[wire], wires[wire])
            for low in range(0, batch, _TILE):
                tile = min(_TILE, batch - low)
                fold(wires, node, nodes, low, tile, coefficients[node], folds)
                out, made = y[node, low : low + tile], folds[2**inputs - 2]
                for n in range(tile):
                    out[n] = made[n]


@njit(parallel=True, fastmath=True, cache=True)
def backward(rows, n_data, x, coefficients, wires, d_y, d_wires, d_weights, d_coefficients):  # type: ignore[no-untyped-def]
    """All but the gradients to rows from ``n_data`` on, and to their weights."""
    nodes, batch = d_y.shape
    inputs = len(wires) // nodes
    for unsigned in prange(PARTS):
        part = np.int64(unsigned)
        folds = np.empty((2**inputs, _TILE), d_y.dtype)
        d_folds = np.empty((2**inputs, _TILE), d_y.dtype)
        for node in range(part * nodes // PARTS, (part + 1) * nodes // PARTS):
            d_coefficients[node] = 0
            for low in range(0, batch, _TILE):
                tile = min(_TILE, batch - low)
                fold(wires, node, nodes, low, tile, coefficients[node], folds)
                last, d_out = d_folds[2**inputs - 2], d_y[node, low : low + tile]
                for n in range(tile):
                    last[n] = d_out[n]
                unfold(
                    wires, node, nodes, low, tile, coefficients[node], folds, d_folds, d_wires,
                    d_coefficients[node],
                )  # fmt: skip
            for wire in range(node, len(wires), nodes):
                dots_of_data(x, rows[wire], n_data, d_wires[wire], d_weights[wire])


# Folds stand one after another: 2^(inputs - 1) of the first wire, half as many of the second, and
# so on; the last one is what the node makes.


@njit(fastmath=True, cache=True)
def fold(wires, node, nodes, low, tile, coefficients, folds):  # type: ignore[no-untyped-def]
    """Fill ``folds`` for a tile of samples."""
    w, half = wires[node, low : low + tile], len(coefficients) // 2
    for entry in range(half):
        c0, c1, fold = coefficients[2 * entry], coefficients[2 * entry + 1], folds[entry]
        for n in range(tile):
            fold[n] = c0 + c1 * w[n]
    below, place, wire = 0, half, node + nodes
    while half > 1:
        half //= 2
        w = wires[wire, low : low + tile]
        for entry in range(half):
            v0, v1, fold = folds[below + 2 * entry], folds[below + 2 * entry + 1], folds[place]
            for n in range(tile):
                fold[n] = v0[n] + w[n] * v1[n]
            place += 1
        below, wire = below + 2 * half, wire + nodes


@njit(fastmath=True, cache=True)
def unfold(  # type: ignore[no-untyped-def]
    wires, node, nodes, low, tile, coefficients, folds, d_folds, d_wires, d_coefficients
):
    """From the gradient of the last fold to those of a tile of wires, and of coefficients."""
    zero = d_folds.dtype.type(0)
    half, place = 1, len(coefficients) - 2
    below, wire = place - 2, len(wires) - nodes + node
    while wire > node:
        w, d_w = wires[wire, low : low + tile], d_wires[wire, low : low + tile]
        for entry in range(half):
            d, v1 = d_folds[place + entry], folds[below + 2 * entry + 1]
            d0, d1 = d_folds[below + 2 * entry], d_folds[below + 2 * entry + 1]
            if entry == 0:
                for n in range(tile):
                    d_w[n] = d[n] * v1[n]
            else:
                for n in range(tile):
                    d_w[n] += d[n] * v1[n]
            for n in range(tile):
                d0[n] = d[n]
                d1[n] = d[n] * w[n]
        half *= 2
        place, wire = below, wire - nodes
        below = place - 2 * half
    w, d_w = wires[node, low : low + tile], d_wires[node, low : low + tile]
    d_w[:] = 0
    for entry in range(half):
        d, c1 = d_folds[entry], coefficients[2 * entry + 1]
        s0, s1 = zero, zero
        for n in range(tile):
            s0 += d[n]
            s1 += d[n] * w[n]
            d_w[n] += d[n] * c1
        d_coefficients[2 * entry] += s0
        d_coefficients[2 * entry + 1] += s1
