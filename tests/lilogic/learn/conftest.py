"""A run that nobody interrupted, and how kernels for GPUs are tested without one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numba
import pytest
import torch

from tests.lilogic.learn.runs import train

if not torch.cuda.is_available():
    # Before Triton is loaded, which then runs what is meant for GPUs in Python, slowly.
    os.environ.setdefault("TRITON_INTERPRET", "1")


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    """Puts the number of threads back, which training sets."""
    before = numba.get_num_threads(), torch.get_num_threads()
    yield
    numba.set_num_threads(before[0])
    torch.set_num_threads(before[1])


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nobody interrupted."""
    run = tmp_path_factory.mktemp("runs") / "whole"
    train(run)
    return run
