"""Importance is what its definitions say, evaluated the long way."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import Preprocessing
from lilogic.errors import DataError
from lilogic.explain import Evidence, explain, importance
from lilogic.explain.conditions import Conditions
from lilogic.graph import GateGraph
from lilogic.graph.gates import AND
from lilogic.infer import golden
from tests.strategies import encoded_graphs, graphs, random_bits, random_raw

few = settings(max_examples=20)


def explained(graph, x, y=None, **options):
    names = [*map(str, range(graph.n_classes))]
    return explain(graph, "it", names, Evidence(x, y), **options)


@few
@given(graphs(), st.integers(0, 9))
def test_influence_is_what_a_flip_does(graph, seed):
    bits = random_bits(graph, 70, seed)
    before = golden.scores(graph, bits)
    for condition in explained(graph, bits).conditions:
        zero, one = bits.copy(), bits.copy()
        zero[:, condition.bit], one[:, condition.bit] = False, True
        effect = golden.scores(graph, one) - golden.scores(graph, zero)
        flipped = bits.copy()
        flipped[:, condition.bit] ^= True
        after = golden.scores(graph, flipped)
        assert np.allclose(condition.effect, effect.mean(axis=0))
        assert np.allclose(condition.change, np.abs(after - before).mean(axis=0))
        decided = golden.classify(after) != golden.classify(before)
        assert condition.decides == pytest.approx(decided.mean())


@few
@given(encoded_graphs(ranked=True), st.integers(0, 9))
def test_shuffling_is_that_of_the_features(graph, seed):
    raw = random_raw(graph.encoder, 30, seed)
    y = np.arange(30) % graph.n_classes
    found = explained(graph, raw, y, repeats=1, seed=seed)
    chosen = np.random.default_rng(seed).permutation(30)
    features, truth = graph.encoder.features(raw)[chosen], y[chosen]
    conditions = Conditions.of(graph)
    generator = np.random.default_rng(seed)
    assert [one.name for one in found.features] == conditions.column_names
    right = (golden.predict(graph, raw) == y).mean()
    assert found.basis.accuracy == pytest.approx(right)
    read = {conditions.columns[f] for c in found.conditions for f in conditions.reads[c.bit]}
    for column, feature in enumerate(found.features):
        expected = 0.0
        if column in read:
            mixed, mine = features.copy(), conditions.columns == column
            mixed[:, mine] = features[generator.permutation(30)][:, mine]
            answers = golden.classify(golden.scores(graph, graph.encoder.bits(mixed)))
            expected = right - (answers == truth).mean()
        assert feature.accuracy_lost.mean == pytest.approx(expected)
        assert feature.accuracy_lost.deviation is None


@few
@given(encoded_graphs(), st.integers(0, 9))
def test_random_bits_exceed_thresholds_in_order(graph, seed):
    conditions = Conditions.of(graph)
    bits = importance.random_bits(conditions, 50, seed)
    for bit in range(graph.n_inputs):
        for lower in range(graph.n_inputs):
            if (
                conditions.measures[bit] == conditions.measures[lower]
                and conditions.thresholds[bit] >= conditions.thresholds[lower]
            ):
                assert (bits[:, bit] <= bits[:, lower]).all()


def test_one_hot_features_are_one_column_and_differences_count_half():
    names = ["size", "colour=red", "colour=blue", "shape=round"]
    encoder = Encoder(
        preprocessing=Preprocessing((4,), "uint8"),
        feature=[0, 1, 2, 3],
        threshold=[7, 0, 0, 0],
        minus=[3, 4, 4, 4],
    )
    graph = GateGraph.build(
        4, [(AND, 1, 2)], [[0, 4, 3]], encoder=encoder, metadata={"feature_names": names}
    )
    found = explained(graph, random_raw(encoder, 64))
    assert [one.name for one in found.features] == ["size", "colour", "shape=round"]
    assert [c.text for c in found.conditions] == [
        "size - shape=round > 7",
        "colour = red",
        "colour = blue",
        "shape = round",
    ]
    size, _, shape = (one.change[0] for one in found.features)
    assert (size, shape) == (0.5, 1.5)
    assert sum(one.change[0] for one in found.features) == pytest.approx(
        sum(one.change[0] for one in found.conditions)
    )


@pytest.mark.parametrize(
    ("x", "y", "problem"),
    [
        (np.zeros((4, 2)), None, "bits have shape"),
        (np.zeros((0, 3)), None, "there are no samples"),
        (np.zeros((4, 3)), np.arange(5), "but there are 4 samples"),
        (np.zeros((4, 3)), np.arange(4), "classes are 0 to 1"),
    ],
)
def test_what_does_not_fit_is_an_error(x, y, problem):
    graph = GateGraph.build(3, [(AND, 0, 1)], [[3], [2]])
    with pytest.raises(DataError, match=problem):
        explained(graph, x, y)
