"""What is measured: ways to classify the same images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.graph import GateGraph

Bits = npt.NDArray[np.bool_]
Classify = Callable[[], npt.NDArray[Any]]


@dataclass(frozen=True)
class Samples:
    """The same images in every form that a version reads."""

    raw: npt.NDArray[Any]
    bits: Bits
    expected: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Version:
    """A way to classify; ``make`` prepares it for a graph, ``classify`` then takes all images.

    It is given at most so many ``images``, and left out for networks of more than ``gates``.
    """

    name: str
    make: Callable[[GateGraph, Samples], Classify]
    images: int = 2**20
    gates: int = 2**31


def elapsed(classify: Classify, clock: Callable[[], float]) -> float:
    """Seconds that it takes to classify all images once."""
    began = clock()
    classify()
    return clock() - began
