"""Kernels: how one soft layer is computed. One table, one dispatch point.

Every kernel has the signature of ``reference.layer``, which is the definition; the others only
compute the same faster, and are checked against it in float64.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from lilogic.errors import RecipeError
from lilogic.learn.kernels import cpu, reference
from lilogic.learn.kernels.wiring import Wiring

Kernel = Callable[
    [torch.Tensor, Wiring | None, torch.Tensor, torch.Tensor, torch.Tensor | None], torch.Tensor
]

KERNELS: dict[str, Kernel] = {"reference": reference.layer, "cpu": cpu.layer}


def choose(name: str, device: torch.device) -> Kernel:
    """The kernel called ``name``; ``auto`` takes the fastest one that runs on ``device``.

    Raises:
        RecipeError: no such kernel, or it does not run on the device.
    """
    if name == "auto":
        name = "cpu" if device.type == "cpu" else "reference"
    if name not in KERNELS:
        raise RecipeError(f"kernel {name!r} is not one of auto, {', '.join(KERNELS)}")
    if name == "cpu" and device.type != "cpu":
        raise RecipeError(f"kernel 'cpu' does not run on the device {device}")
    return KERNELS[name]
