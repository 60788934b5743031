import numpy as np
import pytest
from hypothesis import given

from lilogic.data.capabilities import BITSLICED, can_encode
from lilogic.data.fitting import fit
from lilogic.errors import LilogicError
from lilogic.infer.differences import difference_features
from tests.strategies import encoded_graphs, random_raw


@given(encoded_graphs(ranked=True))
def test_bits_in_use_are_the_same(graph):
    encoder, used = graph.encoder, graph.alive[: graph.n_inputs]
    differences = difference_features(encoder, used)
    if encoder.rank is not None or encoder.input_dtype == "int32":
        assert differences is None
        return
    assert can_encode(BITSLICED, differences.encoder)
    features = encoder.features(random_raw(encoder, 30))
    bits = differences.encoder.encode(differences.appended(features))
    assert (bits == encoder.bits(features))[:, used].all()


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16"])
def test_differences_of_images_are_made_for_bits_in_use(dtype):
    random, info = np.random.default_rng(0), np.iinfo(dtype)
    images = random.integers(info.min, info.max, (200, 5, 6), dtype, endpoint=True)
    made = fit(images, bits=2, differences=[(0, 1), (2, -1)], steps=[0.0, 0.1, 0.6])
    used = random.random(made.n_bits) < 0.5
    differences = difference_features(made, used)
    assert differences is not None
    features = made.features(images)
    bits = differences.encoder.bits(differences.appended(features))
    with pytest.raises(LilogicError, match=r"features have shape .*, but must be \(samples, 30\)"):
        differences.appended(features[:, :-1])
    np.testing.assert_array_equal(bits[:, used], made.bits(features)[:, used])
    assert len(differences.pairs) < made.subtracts.sum() / 2
