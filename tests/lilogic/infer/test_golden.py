import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import Preprocessing
from lilogic.errors import LilogicError
from lilogic.graph import GateGraph, gates
from lilogic.graph.gates import GATES
from lilogic.infer import golden
from tests.strategies import encoded_graphs, graphs, random_bits, random_graph, random_raw


def evaluate(graph, bits):
    """Node values and scores of one sample, gate by gate, in plain Python."""
    values = [int(bit) for bit in bits]
    for op, a, b in zip(graph.op, graph.a, graph.b, strict=True):
        values.append(GATES[op](values[a], values[b]))
    counts = [sum(values[node] for node in head) for head in graph.heads]
    return values, [int(o) + c for o, c in zip(graph.offset, counts, strict=True)]


@given(graphs(), st.sampled_from([0, 1, 63, 64, 65, 130]))
def test_scores_and_values_are_those_of_the_definition(graph, samples):
    bits = random_bits(graph, samples)
    expected = [evaluate(graph, row) for row in bits]
    scores = golden.scores(graph, bits)
    assert scores.dtype == np.int32
    assert scores.tolist() == [row for _, row in expected]
    assert golden.node_values(graph, bits).astype(int).tolist() == [row for row, _ in expected]
    first_best = [row.index(max(row)) for _, row in expected]
    assert golden.classify(scores).tolist() == first_best


@pytest.mark.parametrize("chunk_bytes", [1, 2**12, 2**25])
def test_batches_of_any_size_give_the_same(monkeypatch, chunk_bytes):
    graph = random_graph((200, 200), 50, 10)
    bits = random_bits(graph, 1000)
    whole = golden.scores(graph, bits)
    monkeypatch.setattr(golden, "_CHUNK_BYTES", chunk_bytes)
    np.testing.assert_array_equal(golden.scores(graph, bits), whole)
    one_by_one = [golden.scores(graph, bits[i : i + 1]) for i in range(70)]
    np.testing.assert_array_equal(np.concatenate(one_by_one), whole[:70])


def test_a_head_may_count_more_than_a_machine_word_and_a_node_many_times():
    graph = GateGraph.build(2, [], [[0] * 1000 + [1], [1] * 3], [-5, 0])
    bits = np.array([[1, 0], [0, 1], [1, 1]])
    assert golden.scores(graph, bits).tolist() == [[995, 0], [-4, 3], [996, 3]]


def test_the_first_of_equal_classes_wins():
    scores = np.array([[3, 7, 7], [0, 0, 0], [-2, -1, -1]], dtype=np.int32)
    assert golden.classify(scores).tolist() == [1, 0, 1]


@given(encoded_graphs())
def test_predictions_go_through_the_encoder(graph):
    raw = random_raw(graph.encoder, 40)
    bits = graph.encoder.encode(raw)
    expected = golden.classify(golden.scores(graph, bits))
    np.testing.assert_array_equal(golden.predict(graph, raw), expected)
    assert golden.accuracy(graph, raw, expected) == 1
    assert golden.accuracy(graph, raw, expected + 1) == 0
    with pytest.raises(LilogicError, match="but there are 40 samples"):
        golden.accuracy(graph, raw, expected[1:])


@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.int64, np.float32])
def test_bits_come_in_any_dtype_and_as_lists(dtype):
    graph = GateGraph.build(2, [(gates.NAND, 0, 1)], [[2]])
    bits = np.array([[0, 0], [1, 1]]).astype(dtype)
    for same in (bits, bits.tolist()):
        assert golden.scores(graph, same).tolist() == [[1], [0]]


@pytest.mark.parametrize(
    ("bits", "message"),
    [
        (np.zeros((4, 3), bool), "bits have shape (4, 3), but the graph reads (samples, 2)"),
        (np.zeros(2, bool), "bits have shape (2,)"),
        (np.full((1, 2), 2), "bits must be 0 or 1"),
        (np.full((1, 2), 0.5), "bits must be 0 or 1"),
        (np.full((1, 2), np.nan), "bits must be 0 or 1"),
        (np.full((1, 2), "1"), "bits must be 0 or 1"),
        ([[0, 1], [0]], "bits are not an array"),
        (None, "bits have shape ()"),
    ],
)
def test_other_bits_are_refused(bits, message):
    graph = GateGraph.build(2, [], [[0]])
    for function in (golden.scores, golden.node_values):
        with pytest.raises(LilogicError) as error:
            function(graph, bits)
        assert message in str(error.value)


def test_predict_wants_an_encoder_and_samples_of_its_shape():
    with pytest.raises(LilogicError, match="the graph has no encoder"):
        golden.predict(GateGraph.build(2, [], [[0]]), np.zeros((1, 2)))
    encoder = Encoder(
        preprocessing=Preprocessing((2, 2), "uint8"), feature=np.arange(4), threshold=np.zeros(4)
    )
    graph = GateGraph.build(4, [], [[0]], encoder=encoder)
    with pytest.raises(LilogicError, match="samples have shape"):
        golden.predict(graph, np.zeros((1, 4), np.uint8))
