from hypothesis import given

from lilogic.widened import widened
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
