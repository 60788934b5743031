"""Soft and hard layers on a GPU, in Triton; loaded when first used, as Triton takes long to load.

Every layer is the same to them: nodes that read rows. Those of a convolution are its filters at
each place, which share weights.
"""

from __future__ import annotations

import importlib.util
import os

import torch

from lilogic.errors import DataError
from lilogic.extras import needs
from lilogic.learn.kernels import arguments, reference
from lilogic.learn.kernels.cuda import reads
from lilogic.learn.kernels.reference import Gates
from lilogic.learn.kernels.wiring import Wiring
from lilogic.learn.windows import Windows


def is_installed() -> bool:
    """Whether Triton is there."""
    return importlib.util.find_spec("triton") is not None


def runs_on(device: torch.device) -> bool:
    """Whether Triton computes on such a device: on GPUs, and on the CPU where it interprets."""
    return device.type == "cuda" or os.environ.get("TRITON_INTERPRET") == "1"


def layer(
    x: torch.Tensor,
    wiring: Wiring | None,
    weights: torch.Tensor,
    coefficients: torch.Tensor,
    wire_gradient: torch.Tensor | None,
) -> torch.Tensor:
    """See ``reference.layer``. The dense case is a matrix product, which torch does best.

    Raises:
        DataError: as ``reference.layer``, or tensors on another device than a GPU.
        MissingExtraError: Triton is not installed.
    """
    if wiring is None:
        return reference.layer(x, wiring, weights, coefficients, wire_gradient)
    arguments.check(x, wiring, weights, coefficients, wire_gradient)
    _check(weights)
    with needs("cuda", "Triton"):
        from lilogic.learn.kernels.cuda import layers
    return layers.soft(x, reads.of_wiring(wiring), weights, coefficients, wire_gradient)


def convolution(
    x: torch.Tensor,
    windows: Windows,
    candidates: torch.Tensor | None,
    weights: torch.Tensor,
    coefficients: torch.Tensor,
) -> torch.Tensor:
    """See ``reference.convolution``; errors as ``layer``."""
    arguments.check_convolution(x, windows, candidates, weights, coefficients)
    _check(weights)
    with needs("cuda", "Triton"):
        from lilogic.learn.kernels.cuda import layers
    seen = reads.of_windows(windows, candidates, weights, len(x))
    return layers.soft(x, seen, weights, coefficients, None)


def gates(x: torch.Tensor, chosen: Gates) -> torch.Tensor:
    """See ``reference.gates``; errors as ``layer``."""
    _check(x)
    with needs("cuda", "Triton"):
        from lilogic.learn.kernels.cuda import layers
    return layers.hard(x, chosen)


def _check(tensor: torch.Tensor) -> None:
    if not runs_on(tensor.device):
        raise DataError(f"kernel 'cuda' computes on GPUs, not on {tensor.device}")
