"""Soft and hard layers on the CPU, in numba."""

from __future__ import annotations

import torch

from lilogic.learn.kernels import arguments, reference
from lilogic.learn.kernels.cpu import conv
from lilogic.learn.kernels.cpu.hard import gates
from lilogic.learn.kernels.cpu.layer import Layer
from lilogic.learn.kernels.wiring import Wiring
from lilogic.learn.windows import Windows

__all__ = ["convolution", "gates", "layer"]


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
    y: torch.Tensor = Layer.apply(  # type: ignore[no-untyped-call]
        x, wiring, weights, coefficients, wire_gradient
    )
    return y


def convolution(
    x: torch.Tensor,
    windows: Windows,
    candidates: torch.Tensor | None,
    weights: torch.Tensor,
    coefficients: torch.Tensor,
) -> torch.Tensor:
    """See ``reference.convolution``.

    Raises:
        DataError: as ``reference.convolution``; or as ``arguments.check_cpu``.
    """
    arguments.check_convolution(x, windows, candidates, weights, coefficients)
    arguments.check_cpu(weights)
    return conv.convolution(x, windows, candidates, weights, coefficients)
