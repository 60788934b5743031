"""Weighted sums and products of contiguous rows, in numba: what convolutions are made of.

Rows are taken eight at a time: one pass over the sum then serves eight multiplications, and LLVM
still checks that none of the rows overlaps it, which it must to use vectors. Dense layers have such
loops of their own: with these, which take rows as parts of one array, they would be a tenth to a
half slower.
"""

from __future__ import annotations

from lilogic.jit import njit


@njit(fastmath=True, cache=True)
def mix(x, starts, weights, out, is_added):  # type: ignore[no-untyped-def]
    """``out = Σ_k weights[k] · x[starts[k] :]``, or added to ``out``."""
    size, whole = len(out), len(starts) // 8 * 8
    if not is_added and whole == 0:
        out[:] = 0
    for k in range(0, whole, 8):
        w0, w1, w2, w3 = weights[k], weights[k + 1], weights[k + 2], weights[k + 3]
        w4, w5, w6, w7 = weights[k + 4], weights[k + 5], weights[k + 6], weights[k + 7]
        x0, x1 = x[starts[k] :][:size], x[starts[k + 1] :][:size]
        x2, x3 = x[starts[k + 2] :][:size], x[starts[k + 3] :][:size]
        x4, x5 = x[starts[k + 4] :][:size], x[starts[k + 5] :][:size]
        x6, x7 = x[starts[k + 6] :][:size], x[starts[k + 7] :][:size]
        if k == 0 and not is_added:
            for n in range(size):
                out[n] = (
                    w0 * x0[n] + w1 * x1[n] + w2 * x2[n] + w3 * x3[n]
                    + w4 * x4[n] + w5 * x5[n] + w6 * x6[n] + w7 * x7[n]
                )  # fmt: skip
        else:
            for n in range(size):
                out[n] += (
                    w0 * x0[n] + w1 * x1[n] + w2 * x2[n] + w3 * x3[n]
                    + w4 * x4[n] + w5 * x5[n] + w6 * x6[n] + w7 * x7[n]
                )  # fmt: skip
    if whole + 4 <= len(starts):
        k = whole
        w0, w1, w2, w3 = weights[k], weights[k + 1], weights[k + 2], weights[k + 3]
        x0, x1 = x[starts[k] :][:size], x[starts[k + 1] :][:size]
        x2, x3 = x[starts[k + 2] :][:size], x[starts[k + 3] :][:size]
        for n in range(size):
            out[n] += w0 * x0[n] + w1 * x1[n] + w2 * x2[n] + w3 * x3[n]
    for k in range(len(starts) // 4 * 4, len(starts)):
        w0, x0 = weights[k], x[starts[k] :][:size]
        for n in range(size):
            out[n] += w0 * x0[n]


@njit(fastmath=True, cache=True)
def add_dots(x, starts, y, out):  # type: ignore[no-untyped-def]
    """``out[k] += x[starts[k] :] · y``."""
    size, zero = len(y), y.dtype.type(0)
    whole = len(starts) // 8 * 8
    for k in range(0, whole, 8):
        x0, x1 = x[starts[k] :][:size], x[starts[k + 1] :][:size]
        x2, x3 = x[starts[k + 2] :][:size], x[starts[k + 3] :][:size]
        x4, x5 = x[starts[k + 4] :][:size], x[starts[k + 5] :][:size]
        x6, x7 = x[starts[k + 6] :][:size], x[starts[k + 7] :][:size]
        s0, s1, s2, s3, s4, s5, s6, s7 = zero, zero, zero, zero, zero, zero, zero, zero
        for n in range(size):
            s0 += x0[n] * y[n]
            s1 += x1[n] * y[n]
            s2 += x2[n] * y[n]
            s3 += x3[n] * y[n]
            s4 += x4[n] * y[n]
            s5 += x5[n] * y[n]
            s6 += x6[n] * y[n]
            s7 += x7[n] * y[n]
        out[k] += s0
        out[k + 1] += s1
        out[k + 2] += s2
        out[k + 3] += s3
        out[k + 4] += s4
        out[k + 5] += s5
        out[k + 6] += s6
        out[k + 7] += s7
    for k in range(whole, len(starts)):
        x0, s0 = x[starts[k] :][:size], zero
        for n in range(size):
            s0 += x0[n] * y[n]
        out[k] += s0
