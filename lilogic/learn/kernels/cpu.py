"""The soft layer in numba: whole rows at a time, fused, on all cores.

Activations are feature-major, so a gate reads a few contiguous rows and the loop over the batch
is one vector loop. The gradient to the inputs walks the transposed wiring, so no two threads
write the same row: results do not depend on the number of threads.
"""

from __future__ import annotations

from threading import Lock
from typing import Any

import torch
from numba import prange
from torch.autograd.function import once_differentiable

from lilogic.jit import njit
from lilogic.learn.kernels import arguments, reference
from lilogic.learn.kernels.wiring import Wiring

ONE_CALL = Lock()
"""numba's threads serve one call at a time: where it has no OpenMP, two would end the process."""


def layer(
    x: torch.Tensor,
    wiring: Wiring | None,
    weights: torch.Tensor,
    coefficients: torch.Tensor,
    wire_gradient: torch.Tensor | None,
) -> torch.Tensor:
    """See ``reference.layer``. The dense case is a matrix product, which torch does best.

    Raises:
        DataError: as ``reference.layer``; or as ``arguments.check_cpu``.
    """
    if wiring is None:
        return reference.layer(x, wiring, weights, coefficients, wire_gradient)
    arguments.check(x, wiring, weights, coefficients, wire_gradient)
    arguments.check_cpu(weights)
    y: torch.Tensor = _Layer.apply(  # type: ignore[no-untyped-call]
        x, wiring, weights, coefficients, wire_gradient
    )
    return y


class _Layer(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        wiring: Wiring,
        weights: torch.Tensor,
        coefficients: torch.Tensor,
        wire_gradient: torch.Tensor | None,
    ) -> torch.Tensor:
        gates, batch = len(coefficients), x.shape[1]
        x, weights, coefficients = x.contiguous(), weights.contiguous(), coefficients.contiguous()
        wires, y = x.new_empty(2 * gates, batch), x.new_empty(gates, batch)
        with ONE_CALL:
            _forward(
                x.numpy(),
                wiring.rows,
                weights.view(2 * gates, -1).numpy(),
                coefficients.numpy(),
                wires.numpy(),
                y.numpy(),
            )
        ctx.wiring, ctx.wire_gradient = wiring, wire_gradient
        ctx.save_for_backward(x, weights, coefficients, wires)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        x, weights, coefficients, wires = ctx.saved_tensors
        flat = weights.view(len(wires), -1).numpy()
        d_wires, d_weights = torch.empty_like(wires), torch.empty_like(weights)
        d_coefficients = torch.empty_like(coefficients)
        with ONE_CALL:
            _backward(
                x.numpy(),
                ctx.wiring.rows,
                coefficients.numpy(),
                wires.numpy(),
                grads[0].contiguous().numpy(),
                d_wires.numpy(),
                d_weights.view(len(wires), -1).numpy(),
                d_coefficients.numpy(),
            )
        d_x = None
        if ctx.needs_input_grad[0]:
            d_x, first = torch.empty_like(x), ctx.wiring.n_data
            d_x[:first] = 0
            pointers, slots = ctx.wiring.readers
            readers = pointers[first:], slots
            with ONE_CALL:
                _backward_inputs(*readers, flat, d_wires.numpy(), d_x[first:].numpy())
        if ctx.wire_gradient is not None:
            ctx.wire_gradient.copy_(d_wires.view_as(ctx.wire_gradient))
        return d_x, None, d_weights, d_coefficients, None


# Rows are taken eight at a time: one pass over the accumulator then serves eight multiplications,
# and LLVM still checks that none of the rows overlaps it, which it must to use vectors.


@njit(parallel=True, fastmath=True, cache=True)
def _forward(x, rows, weights, coefficients, wires, y):  # type: ignore[no-untyped-def]
    gates, batch = y.shape
    for gate in prange(gates):
        a, b, out = wires[gate], wires[gates + gate], y[gate]
        _mix(x, rows[gate], weights[gate], a)
        _mix(x, rows[gates + gate], weights[gates + gate], b)
        c0, c1, c2, c3 = coefficients[gate]
        for n in range(batch):
            out[n] = c0 + c1 * a[n] + (c2 + c3 * a[n]) * b[n]


@njit(parallel=True, fastmath=True, cache=True)
def _backward(x, rows, coefficients, wires, d_y, d_wires, d_weights, d_coefficients):  # type: ignore[no-untyped-def]
    gates, batch = d_y.shape
    zero = x.dtype.type(0)
    for gate in prange(gates):
        _, c1, c2, c3 = coefficients[gate]
        a, b, d_out = wires[gate], wires[gates + gate], d_y[gate]
        d_a, d_b = d_wires[gate], d_wires[gates + gate]
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
        _dots(x, rows[gate], d_a, d_weights[gate])
        _dots(x, rows[gates + gate], d_b, d_weights[gates + gate])


@njit(parallel=True, fastmath=True, cache=True)
def _backward_inputs(pointers, slots, weights, d_wires, d_x):  # type: ignore[no-untyped-def]
    candidates = weights.shape[1]
    flat = weights.reshape(-1)
    for row in prange(len(d_x)):
        positions = slots[pointers[row] : pointers[row + 1]]
        _mix(d_wires, positions // candidates, flat[positions], d_x[row])


@njit(fastmath=True, cache=True)
def _mix(x, rows, weights, out):  # type: ignore[no-untyped-def]
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
def _dots(x, rows, y, out):  # type: ignore[no-untyped-def]
    """``out[k] = x[rows[k]] · y``."""
    zero = x.dtype.type(0)
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
