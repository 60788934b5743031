"""Inference on an NVIDIA GPU: the bit-sliced graph, 32 samples a word, in Triton.

A graph is data: levels of gates (``levels``), which a few programs for all graphs (``programs``)
compute on rows in the GPU's memory, a row for each bit (``machine``). ``golden`` defines what the
results must be.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lilogic.errors import ToolError
from lilogic.extras import needs
from lilogic.graph import GateGraph

if TYPE_CHECKING:
    from lilogic.infer.cuda.machine import Machine


def load(graph: GateGraph, device: str) -> Machine:
    """The graph on a GPU.

    Args:
        graph: what to compute.
        device: ``cuda``, or ``cuda:1`` for another one than the first. Where Triton interprets
            (``TRITON_INTERPRET=1``), the CPU stands for the GPU.

    Raises:
        ToolError: there is no such device.
        MissingExtraError: PyTorch or Triton is not installed.
    """
    if device.partition(":")[0] != "cuda":
        raise ToolError(f"device {device!r} is not cpu or cuda", option="device")
    with needs("cuda", "PyTorch"):
        import torch
    try:
        place = torch.device(device)
        if os.environ.get("TRITON_INTERPRET") == "1":
            place = torch.device("cpu")
        torch.empty(0, device=place)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise ToolError(
            f"device {device!r} cannot be used: {reason}; use 'cpu', or a machine with an NVIDIA "
            "GPU and a PyTorch for CUDA",
            option="device",
        ) from error
    with needs("cuda", "Triton"):
        from lilogic.infer.cuda.machine import Machine
    return Machine(graph, place)
