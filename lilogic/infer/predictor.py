"""From raw samples to scores and classes, whatever makes the bits in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from lilogic.data.capabilities import BITSLICED, can_encode
from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import as_array
from lilogic.graph import GateGraph
from lilogic.infer import compiler, cuda, executor, golden
from lilogic.infer.differences import DifferenceFeatures, difference_features
from lilogic.infer.layouts import pack_bits
from lilogic.infer.program import Program

Samples = npt.NDArray[Any]


class Predictor(Protocol):
    """A compiled graph, for many samples.

    Samples are raw, [samples, …], if the graph has an encoder; otherwise input bits [samples,
    n_inputs].
    """

    def scores(self, samples: npt.ArrayLike) -> npt.NDArray[np.int32]:
        """Return the scores of samples, int32 [samples, classes].

        Raises:
            DataError: The samples do not fit the graph.
        """

    def classify(self, samples: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the classes of samples, int64 [samples]: the first class with the highest score.

        Raises:
            DataError: The samples do not fit the graph.
        """


@dataclass(frozen=True, eq=False)
class Compiled:
    """A predictor on the CPU.

    Attributes:
        program: Computes the scores.
        read: Turns samples into what the program reads.
    """

    program: Program
    read: Callable[[Samples], Samples]

    def scores(self, samples: npt.ArrayLike) -> npt.NDArray[np.int32]:
        """Return the scores; see ``Predictor``."""
        return executor.scores(self.program, self.read(as_array(samples)))

    def classify(self, samples: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the classes; see ``Predictor``."""
        return executor.classify(self.program, self.read(as_array(samples)))


def predictor(graph: GateGraph, device: str = "cpu") -> Predictor:
    """Compile a graph for fast inference.

    Args:
        graph: The graph.
        device: ``cpu``, or ``cuda`` for an NVIDIA GPU.

    Raises:
        ToolError: There is no such device.
        MissingExtraError: ``cuda`` needs PyTorch and Triton.
    """
    if device != "cpu":
        return cuda.load(graph, device)
    encoder = graph.encoder
    if encoder is None:
        return Compiled(compiler.compile_bits(graph), partial(_checked, graph))
    if can_encode(BITSLICED, encoder):
        return Compiled(compiler.compile_raw(graph), encoder.features)
    differences = difference_features(encoder, graph.alive[: graph.n_inputs])
    if differences is not None:
        program = compiler.compile_raw(replace(graph, encoder=differences.encoder))
        return Compiled(program, partial(_with_differences, encoder, differences))
    return Compiled(compiler.compile_bits(graph), partial(_encoded, encoder))


def _checked(graph: GateGraph, samples: Samples) -> Samples:
    return pack_bits(golden.checked(graph, samples))


def _with_differences(
    encoder: Encoder, differences: DifferenceFeatures, samples: Samples
) -> Samples:
    return differences.appended(encoder.features(samples))


def _encoded(encoder: Encoder, samples: Samples) -> Samples:
    return pack_bits(encoder.encode(samples))
