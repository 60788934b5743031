from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import DTYPES, Preprocessing
from lilogic.errors import DataError, LilogicError
from lilogic.graph import GateGraph
from lilogic.infer import executor, golden
from lilogic.infer.compiler import compile_bits, compile_raw
from lilogic.infer.layouts import pack_bits
from lilogic.infer.program import BLOCK
from tests.strategies import encoded_graphs, graphs, random_bits, random_graph, random_raw

SAMPLES = st.sampled_from([0, 1, 63, 64, 65, BLOCK - 1, BLOCK, BLOCK + 1])


@given(graphs(), SAMPLES)
def test_scores_and_classes_are_those_of_inference(graph, samples):
    bits = random_bits(graph, samples)
    expected = golden.scores(graph, bits)
    program = compile_bits(graph)
    words = pack_bits(bits)
    np.testing.assert_array_equal(executor.scores(program, words), expected)
    np.testing.assert_array_equal(executor.classify(program, words), golden.classify(expected))


@given(encoded_graphs(subtracting=False), SAMPLES, st.integers(1, 3))
def test_raw_samples_are_encoded_alike(graph, samples, threads):
    raw = random_raw(graph.encoder, samples)
    program = compile_raw(graph)
    features = graph.encoder.features(raw)
    expected = golden.scores(graph, graph.encoder.encode(raw))
    np.testing.assert_array_equal(executor.scores(program, features, threads), expected)
    np.testing.assert_array_equal(
        executor.classify(program, features, threads), golden.classify(expected)
    )


def test_every_block_of_raw_samples_is_encoded():
    encoder = Encoder(
        preprocessing=Preprocessing((130,), "uint8"),
        feature=np.arange(130),
        threshold=np.full(130, 100),
    )
    graph = replace(random_graph((300, 200), 130, 10), encoder=encoder)
    raw = random_raw(encoder, 3 * BLOCK + 1)
    np.testing.assert_array_equal(
        executor.scores(compile_raw(graph), raw, threads=1),
        golden.scores(graph, encoder.encode(raw)),
    )


@pytest.mark.parametrize("offset", [[1, 1 - 2**31], [2**31 - 2, -2], [-(2**31) + 1, 0]])
def test_offsets_may_be_as_far_apart_as_their_dtype_allows(offset):
    graph = GateGraph.build(2, [(6, 0, 1)], [[2], [0, 1]], offset)
    bits = random_bits(graph, 70)
    program = compile_bits(graph)
    np.testing.assert_array_equal(
        executor.scores(program, pack_bits(bits)), golden.scores(graph, bits)
    )


def test_samples_may_lie_in_memory_in_any_way():
    graph = random_graph((300, 200), 130, 10)
    program = compile_bits(graph)
    words = pack_bits(random_bits(graph, 600))
    expected = executor.scores(program, words)
    read_only = words.copy()
    read_only.setflags(write=False)
    for same in (np.asfortranarray(words), words[::-1].copy()[::-1], read_only):
        np.testing.assert_array_equal(executor.scores(program, same), expected)


@pytest.mark.parametrize("n_inputs", [1, 64, 512, 513, 1100])
def test_samples_of_any_width_are_transposed(n_inputs):
    graph = random_graph((400, 100), n_inputs, 3)
    bits = random_bits(graph, 600)
    program = compile_bits(graph)
    np.testing.assert_array_equal(
        executor.scores(program, pack_bits(bits)), golden.scores(graph, bits)
    )


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("features", [63, 64, 65, 700])
def test_many_features_are_compared_in_overlapping_words(features, dtype):
    info = np.iinfo(dtype)
    generator = np.random.default_rng(0)
    feature = np.sort(generator.integers(0, features, 3 * features))
    threshold = generator.integers(info.min, info.max, 3 * features)
    encoder = Encoder(
        preprocessing=Preprocessing((features,), dtype), feature=feature, threshold=threshold
    )
    graph = replace(random_graph((400,), encoder.n_bits, 3), encoder=encoder)
    raw = random_raw(encoder, 70)
    np.testing.assert_array_equal(
        executor.scores(compile_raw(graph), raw),
        golden.scores(graph, encoder.encode(raw)),
    )


@settings(max_examples=5)
@given(st.integers(1, 4), st.integers(1, 3 * BLOCK + 1))
def test_any_number_of_threads_and_samples_gives_the_same(threads, samples):
    graph = random_graph((300, 200), 130, 10)
    bits = random_bits(graph, samples)
    words = pack_bits(bits)
    expected = golden.scores(graph, bits)
    program = compile_bits(graph)
    np.testing.assert_array_equal(executor.scores(program, words, threads), expected)
    np.testing.assert_array_equal(
        executor.classify(program, words, threads), golden.classify(expected)
    )


@pytest.mark.parametrize("threads", [0, -1])
def test_less_than_one_thread_is_refused(threads):
    program = compile_bits(random_graph((20,), 70, 2))
    with pytest.raises(LilogicError, match=f"threads is {threads}, but must be at least 1"):
        executor.scores(program, np.zeros((3, 2), dtype=np.uint64), threads)


def test_what_does_not_fit_is_refused():
    program = compile_bits(random_graph((20,), 70, 2))
    with pytest.raises(DataError, match=r"shape \(3, 1\), but the program reads uint64"):
        executor.classify(program, np.zeros((3, 1), dtype=np.uint64))
    for nothing in (None, [[0], [0, 1]]):
        with pytest.raises(DataError, match="samples are"):
            executor.scores(program, nothing)
    with pytest.raises(DataError, match="samples are int64"):
        executor.scores(program, np.zeros((3, 2), dtype=np.int64))
