"""Kernels: how soft layers are computed. One table, one dispatch point.

Every kernel has the signatures of ``reference``, which is the definition; the others only
compute the same faster, and are checked against it in float64.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch

from lilogic.errors import RecipeError
from lilogic.learn.kernels import conv, cpu, hard, reference
from lilogic.learn.kernels.reference import Gates
from lilogic.learn.kernels.windows import Windows
from lilogic.learn.kernels.wiring import Wiring

Tensor = torch.Tensor

LayerFunction = Callable[[Tensor, Wiring | None, Tensor, Tensor, Tensor | None], Tensor]
"""See ``reference.layer``."""


class Kernel(NamedTuple):
    """One way to compute soft layers.

    Attributes:
        layer: as ``reference.layer``.
        convolution: as ``reference.convolution``.
        gates: as ``reference.gates``.
    """

    layer: LayerFunction
    convolution: Callable[[Tensor, Windows, Tensor | None, Tensor, Tensor], Tensor]
    gates: Callable[[Tensor, Gates], Tensor]


KERNELS: dict[str, Kernel] = {
    "reference": Kernel(reference.layer, reference.convolution, reference.gates),
    "cpu": Kernel(cpu.layer, conv.convolution, hard.gates),
}


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
