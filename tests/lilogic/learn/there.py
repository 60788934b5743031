"""The kernels that run here."""

from __future__ import annotations

import pytest
import torch

from lilogic.learn import kernels
from lilogic.learn.kernels import cuda

CUDA_RUNS = cuda.is_installed() and cuda.runs_on(torch.device("cpu"))
"""Whether Triton is there and interprets, so that programs for GPUs run on the CPU."""

KERNELS = {name: kernel for name, kernel in kernels.KERNELS.items() if name != "cuda" or CUDA_RUNS}
FAST = {name: kernel for name, kernel in KERNELS.items() if name != "reference"}

# Triton interprets slowly.
_MARKS = {"cuda": [pytest.mark.slow]}

EACH = [
    pytest.param(kernel, id=name, marks=_MARKS.get(name, ())) for name, kernel in KERNELS.items()
]
"""For tests of networks with each of them."""

NAMED = [pytest.param(name, id=name, marks=_MARKS.get(name, ())) for name in KERNELS]
"""The same, by their names."""
