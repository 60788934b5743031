import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lilogic.errors import DataError, LilogicError
from lilogic.infer import golden
from lilogic.infer.predictor import predictor
from tests.strategies import encoded_graphs, graphs, random_bits, random_graph, random_raw


@given(st.one_of(encoded_graphs(ranked=True), graphs()))
def test_scores_and_classes_of_samples_are_those_of_the_golden_model(graph):
    encoder = graph.encoder
    samples = random_bits(graph, 30) if encoder is None else random_raw(encoder, 30)
    bits = samples if encoder is None else encoder.encode(samples)
    expected = golden.scores(graph, bits)
    made = predictor(graph)
    np.testing.assert_array_equal(made.scores(samples), expected)
    np.testing.assert_array_equal(made.classify(samples.tolist()), golden.classify(expected))


@given(encoded_graphs(ranked=True, max_gates=4))
def test_a_predictor_survives_pickling(graph):
    raw = random_raw(graph.encoder, 3)
    made = predictor(graph)
    again = pickle.loads(pickle.dumps(made))
    np.testing.assert_array_equal(again.scores(raw), made.scores(raw))


def test_samples_that_are_no_array_or_do_not_fit_are_refused():
    made = predictor(random_graph((5,), 3, 2))
    with pytest.raises(DataError, match="samples are not an array"):
        made.scores([[0, 1, 1], [0]])
    with pytest.raises(LilogicError, match="but the graph reads"):
        made.classify(np.zeros((2, 4), bool))
