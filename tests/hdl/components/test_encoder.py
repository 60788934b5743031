import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import DTYPES, Preprocessing
from lilogic.errors import LilogicError
from lilogic.graph import GateGraph
from lilogic.hdl.components.encoder import ThermometerEncoder, bit_reads
from tests.hdl.simulation import drive, pixel_bits, read_bits, stream
from tests.strategies import encoded_graphs, random_raw


def check(graph, registered, raw):
    encoder = ThermometerEncoder(graph, registered)
    assert encoder.latency == registered
    seen = stream(
        encoder,
        [drive(encoder.features.signals, row) for row in pixel_bits(graph.encoder, raw)],
        lambda get: read_bits(get, encoder.bits.signals, graph.n_inputs),
    )
    expected = graph.encoder.encode(raw) & graph.alive[: graph.n_inputs]
    np.testing.assert_array_equal(seen, expected)


@settings(max_examples=15)
@given(graph=encoded_graphs(), registered=st.booleans())
def test_bits_in_use_are_those_of_the_software(graph, registered):
    check(graph, registered, random_raw(graph.encoder, 12))


@pytest.mark.parametrize("dtype", DTYPES[:2])
def test_every_value_against_every_kind_of_threshold(dtype):
    info = np.iinfo(dtype)
    thresholds = [info.min - 1, info.min, -1, 0, 1, 63, 64, 100, info.max - 1, info.max, 1000]
    encoder = Encoder(
        preprocessing=Preprocessing((1,), dtype),
        feature=[0] * len(thresholds),
        threshold=thresholds,
    )
    graph = GateGraph.build(encoder.n_bits, [], [range(encoder.n_bits)], encoder=encoder)
    check(graph, False, np.arange(info.min, info.max + 1, dtype=dtype)[:, None])


@pytest.mark.parametrize(
    "dtype", [DTYPES[0], *(pytest.param(other, marks=pytest.mark.slow) for other in DTYPES[1:])]
)
def test_differences_near_every_kind_of_threshold(dtype):
    info = np.iinfo(dtype)
    most = int(info.max) - int(info.min)
    steps = [-most - 1, -most, -100, -2, -1, 0, 1, 2, 63, 64, 100, most - 1, most, most + 1]
    thresholds = [step for step in steps if -(2**31) <= step < 2**31]
    bits = len(thresholds)
    encoder = Encoder(
        preprocessing=Preprocessing((2,), dtype),
        feature=[0] * bits,
        threshold=thresholds,
        minus=[1] * bits,
    )
    graph = GateGraph.build(bits, [], [range(bits)], encoder=encoder)
    generator = np.random.default_rng(0)
    other = generator.choice([info.min, info.min + 1, -1 % 2**7, info.max - 1, info.max], 300)
    near = other.astype(object) + generator.choice(thresholds, 300) + generator.integers(0, 2, 300)
    one = [min(max(value, int(info.min)), int(info.max)) for value in near.tolist()]
    check(graph, False, np.stack([np.array(one, dtype), other.astype(dtype)], axis=1))


@settings(max_examples=10)
@given(graph=encoded_graphs(), limit=st.integers(1, 40))
def test_more_bits_than_a_signal_holds_change_nothing(graph, limit):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lilogic.hdl.components.vector.LIMIT", limit)
        check(graph, True, random_raw(graph.encoder, 6))


def test_a_graph_without_encoder_is_refused():
    with pytest.raises(LilogicError, match="the graph has no encoder"):
        ThermometerEncoder(GateGraph.build(1, [], [[0]]), True)


def test_a_bit_of_a_difference_is_a_function_of_two_features():
    plain = Encoder(preprocessing=Preprocessing((2,), "uint16"), feature=[0], threshold=[5])
    assert bit_reads(plain) == 16
    assert (
        bit_reads(
            Encoder(
                preprocessing=Preprocessing((2,), "uint16"), feature=[0], threshold=[5], minus=[1]
            )
        )
        == 32
    )
