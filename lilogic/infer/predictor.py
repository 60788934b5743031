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
    """A compiled graph that takes samples as they come.

    Samples are raw [samples, *input_shape] where the graph has an encoder, else input bits
    [samples, n_inputs].
    """

    def scores(self, samples: npt.ArrayLike) -> npt.NDArray[np.int32]:
        """int32 [samples, classes].

        Raises:
            DataError: samples that do not fit the graph.
        """

    def classify(self, samples: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """int64 [samples]: the first class with the highest score; errors as ``scores``."""


@dataclass(frozen=True, eq=False)
class Compiled:
    """A predictor on the CPU.

    Attributes:
        program: what computes scores.
        read: makes what the program reads of samples.
    """

    program: Program
    read: Callable[[Samples], Samples]

    def scores(self, samples: npt.ArrayLike) -> npt.NDArray[np.int32]:
        """See ``Predictor``."""
        return executor.scores(self.program, self.read(as_array(samples)))

    def classify(self, samples: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """See ``Predictor``."""
        return executor.classify(self.program, self.read(as_array(samples)))


def predictor(graph: GateGraph, device: str = "cpu") -> Predictor:
    """The graph's predictor on a device, the CPU or a GPU; errors as ``cuda.load``.

    On the CPU, the encoder is part of the program as far as a program can make it.
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
