"""What is evaluated of a change is what a whole evaluation gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lilogic.explain.changes import Baseline
from lilogic.infer import golden
from tests.strategies import graphs, random_bits, random_graph


@given(graphs(), st.integers(0, 9), st.sampled_from([1, 63, 64, 70]))
def test_changes_are_those_of_the_golden_model(graph, seed, samples):
    bits, others = random_bits(graph, samples, seed), random_bits(graph, samples, seed + 1)
    baseline = Baseline(graph, bits)
    before = golden.scores(graph, bits).T
    assert (baseline.scores == before).all()
    for bit in range(graph.n_inputs):
        changed = bits.copy()
        changed[:, bit] ^= True
        assert (baseline.flipped(bit) == golden.scores(graph, changed).T - before).all()
    chosen = np.flatnonzero(others[0])
    changed = bits.copy()
    changed[:, chosen] = others[:, chosen]
    change = baseline.change(chosen, others[:, chosen])
    assert (change == golden.scores(graph, changed).T - before).all()


@pytest.mark.parametrize("samples", [1, 64, 65])
def test_words_are_values(samples):
    graph = random_graph((20, 20), 9, 3)
    bits = random_bits(graph, samples)
    words = golden.node_words(graph, bits)
    unpacked = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little")[:, :samples]
    assert (golden.node_values(graph, bits) == unpacked.T).all()
