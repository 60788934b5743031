"""Kernels: how soft layers are computed. One table, one dispatch point.

Every kernel has the signatures of ``reference``, which is the definition; the others only
compute the same faster, and are checked against it in float64.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import NamedTuple

import torch

from lilogic.errors import LilogicWarning, RecipeError
from lilogic.learn.kernels import cpu, cuda, reference
from lilogic.learn.kernels.reference import Gates
from lilogic.learn.kernels.wiring import Wiring
from lilogic.learn.windows import Windows

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
    "cpu": Kernel(cpu.layer, cpu.convolution, cpu.gates),
    "cuda": Kernel(cuda.layer, cuda.convolution, cuda.gates),
}


def choose(name: str, device: torch.device) -> Kernel:
    """The kernel called ``name``; ``auto`` takes the fastest one that runs on ``device``.

    Raises:
        RecipeError: no such kernel, or it does not run on the device.
    """
    if name == "auto":
        name = fastest(device)
    if name not in KERNELS:
        raise RecipeError(f"kernel {name!r} is not one of auto, {', '.join(KERNELS)}")
    is_wrong = {"cpu": device.type != "cpu", "cuda": not cuda.runs_on(device)}
    if is_wrong.get(name):
        raise RecipeError(f"kernel {name!r} does not run on the device {device}")
    return KERNELS[name]


@functools.cache
def fastest(device: torch.device) -> str:
    """The name of the fastest kernel on ``device``; says once where a faster one is missing."""
    if device.type == "cpu":
        return "cpu"
    if cuda.is_installed():
        return "cuda"
    message = "Triton is missing: plain torch computes layers, many times slower"
    warnings.warn(LilogicWarning(message), stacklevel=3)
    return "reference"
