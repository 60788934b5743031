"""What a kernel's arguments must be, checked once, before anything of them is read.

How tensors lie in memory does not matter: kernels copy what is not contiguous.
"""

from __future__ import annotations

import torch

from lilogic.errors import DataError
from lilogic.learn.kernels.wiring import Wiring
from lilogic.learn.windows import Windows

MOST_WIRES = 6
"""Of a node: what the lookup tables of an FPGA read."""

DTYPES = (torch.float32, torch.float64)
"""What the kernel ``cpu`` computes with."""


def check(
    x: torch.Tensor,
    wiring: Wiring | None,
    weights: torch.Tensor,
    coefficients: torch.Tensor,
    wire_gradient: torch.Tensor | None,
) -> None:
    """Whether the arguments are what ``reference.layer`` describes.

    Raises:
        DataError: names the first that has another shape or dtype, or is on another device.
    """
    if not isinstance(x, torch.Tensor):
        raise DataError(f"inputs are {type(x).__name__}, but must be a torch.Tensor")
    shape = weights.shape if wiring is None else wiring.candidates.shape
    rows = shape[-1] if wiring is None else wiring.n_inputs
    if x.ndim != 2 or len(x) != rows:
        is_turned = x.ndim == 2 and x.shape[1] == rows
        raise DataError(
            f"inputs have shape {tuple(x.shape)}, but the layer reads ({rows}, batch), "
            f"a row for each input{'; pass x.T' if is_turned else ''}"
        )
    if not weights.is_floating_point():
        raise DataError(f"weights are {weights.dtype}, but must be floats")
    _check_inputs(x, weights)
    wires = shape[0]
    if wiring is None and coefficients.shape[-1] == 4:  # else weights may be turned
        wires = 2
    _check_wires(wires)
    gates = shape[1]
    _check(weights, "weights are", weights, (wires, gates, shape[-1]))
    _check(weights, "coefficients are", coefficients, (gates, 2**wires))
    if wire_gradient is not None:
        _check(weights, "wire_gradient is", wire_gradient, (wires, gates, x.shape[1]))


def check_convolution(
    x: torch.Tensor,
    windows: Windows,
    candidates: torch.Tensor | None,
    weights: torch.Tensor,
    coefficients: torch.Tensor,
) -> None:
    """Whether the arguments are what ``reference.convolution`` describes; errors as ``check``."""
    if not weights.is_floating_point():
        raise DataError(f"weights are {weights.dtype}, but must be floats")
    rows = int(windows.planes.max()) + 1
    if x.ndim != 2 or len(x) < rows:
        raise DataError(f"inputs have shape {tuple(x.shape)}, but windows see ({rows}, batch)")
    _check_inputs(x, weights)
    shape = weights.shape if candidates is None else candidates.shape
    size = windows.size if candidates is None else shape[-1]
    _check_wires(shape[0])
    _check(weights, "weights are", weights, (shape[0], shape[1], size))
    _check(weights, "coefficients are", coefficients, (shape[1], 2 ** shape[0]))


def check_cpu(weights: torch.Tensor) -> None:
    """Whether numba can compute with such weights.

    Raises:
        DataError: another dtype than of ``DTYPES``, or another device than the CPU.
    """
    if weights.dtype not in DTYPES or weights.device.type != "cpu":
        raise DataError(
            "kernel 'cpu' computes float32 and float64 on the CPU, "
            f"not {weights.dtype} on {weights.device}"
        )


def _check_inputs(x: torch.Tensor, weights: torch.Tensor) -> None:
    """Whether inputs are bits, or of the weights' dtype, or of autocast's where it is enabled."""
    kind = weights.device.type
    is_short = torch.is_autocast_enabled(kind) and x.dtype == torch.get_autocast_dtype(kind)
    if not (is_short or x.dtype in (torch.bool, weights.dtype)) or x.device != weights.device:
        raise DataError(
            f"inputs are {x.dtype} on {x.device}, but the network is {weights.dtype} on "
            f"{weights.device}; pass x.to({str(weights.device)!r}, {weights.dtype})"
        )


def _check_wires(wires: int) -> None:
    if not 2 <= wires <= MOST_WIRES:
        raise DataError(f"nodes have {wires} wires, but must have 2 to {MOST_WIRES}")


def _check(like: torch.Tensor, name: str, tensor: torch.Tensor, shape: tuple[int, ...]) -> None:
    found, expected = (
        f"{of.dtype} of shape {tuple(size)} on {of.device}"
        for of, size in ((tensor, tensor.shape), (like, shape))
    )
    if found != expected:
        raise DataError(f"{name} {found}, but must be {expected}")
