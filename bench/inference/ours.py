"""lilogic: the interpreter, with and without the encoder, and the golden model."""

from __future__ import annotations

from inference.version import Classify, Samples
from lilogic.api import Model
from lilogic.data.capabilities import BITSLICED, can_encode
from lilogic.graph import GateGraph
from lilogic.infer import compiler, executor, golden
from lilogic.infer.layouts import pack_bits


def packed_bits(graph: GateGraph, samples: Samples) -> Classify:
    """lilogic's interpreter."""
    program = compiler.compile_bits(graph)
    words = pack_bits(samples.bits)
    return lambda: executor.classify(program, words)


def raw_pixels(graph: GateGraph, samples: Samples) -> Classify:
    """The same with the encoder."""
    assert graph.encoder is not None
    if not can_encode(BITSLICED, graph.encoder):
        # Differences are made first.
        model = Model(graph, "network")
        return lambda: model.predict(samples.raw)
    program = compiler.compile_raw(graph)
    features = graph.encoder.features(samples.raw)
    return lambda: executor.classify(program, features)


def golden_model(graph: GateGraph, samples: Samples) -> Classify:
    """The golden model: numba, 64 images a word, gate by gate."""
    return lambda: golden.classify(golden.scores(graph, samples.bits))
