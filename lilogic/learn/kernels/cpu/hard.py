"""Hard gates in numba: what a layer computes once its choices are made, on bytes that are bits."""

from __future__ import annotations

import numpy as np
import torch
from numba import prange

from lilogic.graph.gates import COEFFICIENTS
from lilogic.jit import njit
from lilogic.learn.kernels.cpu.dense import ONE_CALL
from lilogic.learn.kernels.reference import Gates

_COEFFICIENTS = COEFFICIENTS.astype(np.int8)


def gates(x: torch.Tensor, chosen: Gates) -> torch.Tensor:
    """See ``reference.gates``."""
    y = torch.empty(len(chosen.op), x.shape[1], dtype=torch.bool)
    seen, made = (bits.contiguous().view(torch.uint8).numpy() for bits in (x, y))
    with ONE_CALL:
        _gates(seen, *(tensor.numpy() for tensor in chosen), _COEFFICIENTS, made)
    return y


@njit(parallel=True, cache=True)
def _gates(x, op, a, b, coefficients, y):  # type: ignore[no-untyped-def]
    for gate in prange(len(op)):
        c0, c1, c2, c3 = coefficients[op[gate]]
        left, right, out = x[a[gate]], x[b[gate]], y[gate]
        for n in range(len(out)):
            out[n] = np.uint8(c0 + c1 * left[n] + (c2 + c3 * left[n]) * right[n])
