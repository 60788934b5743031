import numpy as np
import pytest
from hypothesis import given

from lilogic.data import encoder as encoders
from lilogic.infer.widened import widened
from tests.strategies import encoded_graphs, random_raw


@given(encoded_graphs(ranked=True))
def test_bits_in_use_are_the_same(graph):
    encoder, used = graph.encoder, graph.alive[: graph.n_inputs]
    wide = widened(encoder, used)
    if encoder.minus is None or encoder.rank is not None or encoder.input_dtype == "int32":
        assert wide is None
        return
    assert wide.encoder.is_thermometer
    features = encoder.features(random_raw(encoder, 30))
    bits = wide.encoder.encode(wide.features(features))
    assert (bits == encoder.bits(features))[:, used].all()


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16"])
def test_differences_of_images_are_made_for_bits_in_use(dtype):
    random, info = np.random.default_rng(0), np.iinfo(dtype)
    images = random.integers(info.min, info.max, (200, 5, 6), dtype, endpoint=True)
    made = encoders.fit(images, bits=2, differences=[(0, 1), (2, -1)], steps=[0.0, 0.1, 0.6])
    used = random.random(made.n_bits) < 0.5
    wide = widened(made, used)
    assert wide is not None
    features = made.features(images)
    bits = wide.encoder.bits(wide.features(features))
    np.testing.assert_array_equal(bits[:, used], made.bits(features)[:, used])
    assert len(wide.pairs) < (made.minus >= 0).sum() / 2
