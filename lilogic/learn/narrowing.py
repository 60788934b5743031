"""Narrow words of a frozen network that reads real values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy.typing as npt

from lilogic.data import fitting
from lilogic.graph import GateGraph


def narrowed(graph: GateGraph, samples: npt.NDArray[Any]) -> GateGraph:
    """The graph whose features have the fewest bits that decide the same for raw samples.

    One without encoder, or that reads integers, stays as it is; see ``fitting.narrowed``.
    """
    if graph.encoder is None:
        return graph
    used = graph.alive[: graph.n_inputs]
    return replace(graph, encoder=fitting.narrowed(graph.encoder, used, samples))
