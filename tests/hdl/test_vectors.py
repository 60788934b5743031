import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import Preprocessing
from lilogic.errors import LilogicError
from lilogic.graph import GateGraph
from lilogic.hdl import vectors
from lilogic.hdl.components.classifier import Classifier
from lilogic.hdl.options import CompileOptions
from lilogic.hdl.vectors import KINDS, VECTORS, Vectors
from lilogic.infer import golden
from tests.strategies import encoded_graphs, graphs, random_bits, random_raw


def interface(graph, pixels=False):
    return Classifier(graph, CompileOptions(input="features" if pixels else "bits")).interface


@given(graph=encoded_graphs(), pixels=st.booleans())
def test_answers_are_those_of_the_software_for_what_stands_on_the_port(graph, pixels):
    raw = random_raw(graph.encoder, 20)
    ports = interface(graph, pixels)
    made = vectors.make(graph, ports, raw, random=10)
    encoder = graph.encoder
    widths = encoder.widths.tolist() if pixels else [1] * graph.n_inputs
    starts = np.cumsum([0, *widths[:-1]]).tolist()
    for word, scores, index in zip(made.words(), made.scores, made.index, strict=True):
        places = zip(starts, widths, strict=True)
        values = [word >> start & (1 << width) - 1 for start, width in places]
        if pixels:
            highest = np.iinfo(encoder.feature_dtype).max
            values = [
                value - (value > highest) * 2**width
                for value, width in zip(values, widths, strict=True)
            ]
            # The last value is the feature that is always 0.
            less = [*values, 0]
            values = [
                int(values[feature] - less[other] > threshold)
                for feature, other, threshold in zip(
                    encoder.feature, encoder.minus, encoder.threshold, strict=True
                )
            ]
        expected = golden.scores(graph, np.array([values]))
        assert scores.tolist() == expected[0].tolist()
        assert index == golden.classify(expected)[0]
    dataset = made.index[made.kind == KINDS.index("dataset")]
    assert dataset.tolist() == golden.predict(graph, raw).tolist()


@given(graphs())
def test_every_kind_is_there_and_each_vector_is_of_its_kind(graph):
    bits = random_bits(graph, 5)
    made = vectors.make(graph, interface(graph), bits, random=7)
    width = graph.n_inputs
    expected = {"dataset": 5, "random": 7, "zeros": 1, "ones": 1, "walking": width}
    assert made.counts() == expected
    assert made.counts(slice(0, 5)) == {"dataset": 5}
    words = dict(
        zip(expected, np.split(made.words(), np.cumsum([*expected.values()])), strict=False)
    )
    assert words["zeros"].tolist() == [0]
    assert words["ones"].tolist() == [2**width - 1]
    assert words["walking"].tolist() == [2**i for i in range(width)]


def test_thresholds_are_met_and_exceeded():
    encoder = Encoder(
        preprocessing=Preprocessing((3,), "uint8"), feature=[0, 0, 2], threshold=[10, 255, 77]
    )
    graph = GateGraph.build(3, [], [[0, 1, 2]], encoder=encoder)
    made = vectors.make(graph, interface(graph, pixels=True), random=200)
    near = made.data[made.kind == KINDS.index("threshold")]
    assert [set(column.tolist()) for column in near.T] == [{10, 11, 255}, {0}, {77, 78}]


def test_thresholds_of_differences_are_met_and_exceeded():
    encoder = Encoder(
        preprocessing=Preprocessing((3,), "uint8"),
        feature=[0, 1, 2],
        threshold=[10, -20, 77],
        minus=[1, 2, 3],
    )
    graph = GateGraph.build(3, [], [[0, 1, 2]], encoder=encoder)
    made = vectors.make(graph, interface(graph, pixels=True), random=200)
    near = made.data[made.kind == KINDS.index("threshold")].astype(int)
    first, second, third = near.T
    for values, threshold in ((first - second, 10), (second - third, -20), (third, 77)):
        for value in (threshold, threshold + 1):
            assert (values == value).sum() > 10


def test_very_wide_ports_are_walked_in_steps(monkeypatch):
    monkeypatch.setattr(vectors, "_WALKING", 4)
    graph = GateGraph.build(10, [], [[0]])
    made = vectors.make(graph, interface(graph), random=0)
    assert made.words()[2:] == [1 << 0, 1 << 3, 1 << 6, 1 << 9]


def test_the_same_seed_gives_the_same_vectors():
    graph = GateGraph.build(64, [], [[0, 1]])
    first, again, other = (vectors.make(graph, interface(graph), seed=s) for s in (0, 0, 1))
    assert first.words() == again.words() != other.words()


@pytest.fixture
def written(tmp_path):
    graph = GateGraph.build(3, [], [[0, 1], [2]])
    made = vectors.make(graph, interface(graph), random=2)
    made.write(tmp_path)
    return made


def test_a_file_gives_back_the_vectors(tmp_path, written):
    read = Vectors.read(tmp_path)
    assert vars(read).keys() == vars(written).keys()
    for name, value in vars(written).items():
        np.testing.assert_array_equal(getattr(read, name), value)


def test_a_file_cut_off_anywhere_is_refused(tmp_path, written):
    path = tmp_path / VECTORS
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(LilogicError, match=r"vectors\.npz"):
            Vectors.read(tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("index", np.zeros(3, np.int32)),
        ("index", np.zeros(7, np.float64)),
        ("scores", np.zeros(7, np.int32)),
        ("kind", np.full(7, len(KINDS), np.uint8)),
        ("data", np.zeros((7, 2), np.uint8)),
        ("data_width", np.zeros(2)),
    ],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path, written, name, value):
    assert len(written) == 7
    np.savez(tmp_path / VECTORS, **vars(written) | {name: value})
    with pytest.raises(LilogicError, match=r"not a file of vectors"):
        Vectors.read(tmp_path)


def test_a_missing_file_says_what_to_do(tmp_path):
    with pytest.raises(LilogicError, match="compile the model first"):
        Vectors.read(tmp_path)


def test_pixels_want_an_encoder_and_samples_of_its_shape():
    encoder = Encoder(preprocessing=Preprocessing((3,), "uint8"), feature=[0], threshold=[10])
    graph = GateGraph.build(1, [], [[0]], encoder=encoder)
    with pytest.raises(LilogicError, match="samples have shape"):
        vectors.make(graph, interface(graph, pixels=True), np.zeros((4, 2), np.uint8))
    with pytest.raises(LilogicError, match="no encoder"):
        vectors.make(GateGraph.build(1, [], [[0]]), interface(graph, pixels=True))


def test_values_of_the_data_input_come_first():
    graph = GateGraph.build(5, [(6, 0, 1)], [[5], [2, 3]])
    made = vectors.make(graph, interface(graph), random=7, words=["1f", "5'h03", "0"])
    assert made.words()[:3] == [0x1F, 3, 0]
    assert made.counts(slice(0, 3)) == {"given": 3}
    assert made.counts() == {"random": 7, "zeros": 1, "ones": 1, "walking": 5, "given": 3}
    for word in ("20", "-1", "5'b11", "", "xyz"):
        with pytest.raises(LilogicError, match="not a hexadecimal number of 5 bits"):
            vectors.make(graph, interface(graph), words=[word])


def test_the_interface_of_another_graph_is_refused():
    graph = GateGraph.build(5, [(6, 0, 1)], [[5], [2, 3]])
    for other, message in (
        (GateGraph.build(5, [], [[0]]), "the Verilog has 2 classes, but the graph 1"),
        (GateGraph.build(4, [], [[0], [1]]), "the Verilog reads 5 bits of data"),
    ):
        with pytest.raises(LilogicError, match=message):
            vectors.make(other, interface(graph))
