"""What comes into a network: batches of samples as any part of torch makes them, checked once."""

from __future__ import annotations

import math

import torch

from lilogic.errors import DataError


def as_rows(
    x: torch.Tensor, n_inputs: int, like: torch.Tensor, passes_gradients: bool
) -> torch.Tensor:
    """[n_inputs, batch], bool or of the dtype of ``like``, of x, [batch, n_inputs].

    Args:
        x: bits as bool, integers 0 and 1, or floats from 0 to 1.
        n_inputs: bits of a sample.
        like: a parameter of the network.
        passes_gradients: whether the network passes gradients on to x.

    Raises:
        DataError: x is something else, on another device, or requires gradients in vain.
    """
    if not isinstance(x, torch.Tensor):
        raise DataError(
            f"inputs are {type(x).__name__}, but must be a torch.Tensor; pass torch.as_tensor(x)"
        )
    if x.ndim != 2 or x.shape[1] != n_inputs:
        raise DataError(
            f"inputs have shape {tuple(x.shape)}, but the network reads (batch, {n_inputs}), "
            f"a row for each sample{_advice(x, n_inputs)}"
        )
    if x.device != like.device:
        raise DataError(
            f"inputs are on {x.device}, but the network is on {like.device}; "
            f"pass x.to({str(like.device)!r})"
        )
    if x.requires_grad and torch.is_grad_enabled() and not passes_gradients:
        raise DataError(
            "inputs require gradients, but the network passes none on to them; "
            "make it with input_gradients=True, or pass x.detach()"
        )
    if x.dtype == torch.bool:
        return x.T
    if x.is_complex():
        raise DataError(f"inputs are {x.dtype}, but must be bool, or numbers from 0 to 1")
    _check_range(x.detach())
    return x.T.to(like.dtype)


def _advice(x: torch.Tensor, n_inputs: int) -> str:
    """How to pass what has another shape."""
    if x.ndim == 2 and x.shape[0] == n_inputs:
        return "; pass x.T"
    if x.ndim == 1 and len(x) == n_inputs:
        return "; pass x[None]"
    if x.ndim > 2 and math.prod(x.shape[1:]) == n_inputs:
        return "; pass x.flatten(1)"
    return ""


def _check_range(x: torch.Tensor) -> None:
    """Whether all numbers are bits, or between them where they are floats."""
    is_right = (x >= 0) & (x <= 1)
    if bool(is_right.all()):
        return
    sample, place = (int(index) for index in (~is_right).nonzero()[0])
    what = "from 0 to 1" if x.is_floating_point() else "0 and 1"
    raise DataError(
        f"inputs have {x[sample, place].item():g} for bit {place} of sample {sample}, "
        f"but bits are {what}; an Encoder makes bits of samples"
    )
