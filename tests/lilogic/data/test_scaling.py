import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lilogic.data import fitting
from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import REAL, Preprocessing
from lilogic.data.scaling import Grid, Scaling, narrowest, separates
from lilogic.errors import DataError, GraphError
from tests.strategies import random_raw, scaling_encoders

REALS = st.floats(-1e6, 1e6, allow_subnormal=False)


def columns(min_size=2):
    return st.lists(REALS, min_size=min_size, max_size=40, unique=True).map(np.array)


def test_values_at_the_points_and_beyond_the_grid():
    scaling = Scaling((10.0,), (2.0,), (3,))
    values = [9.0, 10.0, 10.001, 10.5, 10.501, 13.0, 13.001, 1e300, np.inf, -np.inf, np.nan]
    expected = [0, 0, 1, 1, 2, 6, 7, 7, 7, 0, 0]
    assert scaling.integers(np.array(values)[:, None])[:, 0].tolist() == expected
    assert scaling.level(0, 1) == 10.5


@given(encoder=scaling_encoders())
def test_a_bit_says_whether_the_value_is_above_the_point(encoder):
    scaling = encoder.preprocessing.scaling
    raw = random_raw(encoder, 30).reshape(30, -1)
    bits = encoder.bits(encoder.features(raw.reshape(30, *encoder.input_shape)))
    for bit, (feature, threshold) in enumerate(
        zip(encoder.feature, encoder.threshold.tolist(), strict=True)
    ):
        most = (1 << scaling.bits[feature]) - 1
        for value, found in zip(raw[:, feature].tolist(), bits[:, bit], strict=True):
            steps = (value - scaling.offset[feature]) * scaling.scale[feature]
            if threshold < 0 or threshold >= most:
                assert found == (threshold < 0)
            elif math.isnan(steps):
                assert not found
            else:
                assert found == (steps > threshold)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (((0.0,), (1.0, 2.0), (3,)), "different lengths"),
        (((math.nan,), (1.0,), (3,)), "feature 0 by 1.0 from nan"),
        (((0.0,), (0.0,), (3,)), "must be finite, and the scale positive"),
        (((0.0,), (math.inf,), (3,)), "must be finite"),
        (((0.0,), (1.0,), (17,)), "to 17 bits, not to 0 to 16"),
        (((0.0,), (1.0,), (True,)), "True bits"),
    ],
)
def test_impossible_scalings_are_refused(fields, message):
    with pytest.raises(GraphError, match=message):
        Scaling(*fields)


def test_a_scaling_goes_with_real_values_and_constants_only():
    scaling = Scaling((0.0, 0.0), (1.0, 1.0), (1, 2))
    with pytest.raises(GraphError, match="input_dtype is uint8"):
        Preprocessing((2,), "uint8", scaling=scaling)
    with pytest.raises(GraphError, match="not one of"):
        Preprocessing((2,), REAL)
    with pytest.raises(GraphError, match="images of integers only"):
        Preprocessing((1, 2), REAL, crop=(0, 0, 1, 1), scaling=scaling)
    with pytest.raises(GraphError, match="scales 2 features, but samples have 3"):
        Preprocessing((3,), REAL, scaling=scaling)
    reals = Preprocessing((2,), REAL, scaling=scaling)
    for wrong in ({"minus": [1]}, {"rank": 0}):
        with pytest.raises(GraphError, match="compare them only with constants"):
            Encoder(preprocessing=reals, feature=[0], threshold=[0], **wrong)
    with pytest.raises(DataError, match="must be numbers"):
        reals.features(np.array([["a", "b"]]))


@given(values=columns(), number=st.integers(1, 7), spacing=st.sampled_from(["uniform", "quantile"]))
def test_a_grid_that_spans_its_levels_tells_values_apart_at_each(values, number, spacing):
    encoder = fitting.fit(values[:, None], bits=number, spacing=spacing, per_feature=True)
    bits = encoder.encode(values[:, None])
    assert 1 <= encoder.n_bits <= number
    assert encoder.features(values[:, None]).dtype.name == encoder.feature_dtype
    assert (encoder.threshold < (1 << int(encoder.widths[0])) - 1).all()
    # Levels in the middle between two values may be rounded beyond the lower one, but few are.
    assert bits.any()


@given(
    values=columns(min_size=3),
    chosen=st.sets(st.integers(0, 38), min_size=1, max_size=4),
)
def test_the_narrowest_grid_has_a_point_in_each_gap(values, chosen):
    rising = np.sort(values)
    gaps = [gap for gap in sorted(chosen) if gap < len(rising) - 1] or [0]
    below, above = rising[gaps], rising[[gap + 1 for gap in gaps]]
    grid = narrowest(below, above)
    if grid is None:
        return
    assert separates(grid, below, above)
    assert len(gaps) <= (1 << grid.bits) - 1
    # What the grid promises is what a scaling does.
    scaling = Scaling((grid.offset,), (grid.scale,), (grid.bits,))
    integers = scaling.integers(np.stack([below, above])[..., None])[..., 0].astype(int)
    assert (integers[0] < integers[1]).all()


def test_few_gaps_take_few_bits():
    values = np.linspace(0, 1, 101)
    for gaps, bits in (([50], 1), ([20, 70], 2), ([25, 50, 75], 2), ([12, 50, 60], 4)):
        below = values[gaps]
        found = narrowest(below, below + 0.01)
        assert found.bits <= bits, gaps


@given(
    table=st.lists(st.tuples(REALS, REALS), min_size=4, max_size=40),
    used=st.lists(st.booleans(), min_size=14, max_size=14),
)
def test_narrow_words_decide_the_same_for_what_was_trained_with(table, used):
    train = np.array(table)
    try:
        encoder = fitting.fit(train, bits=7, spacing="quantile", per_feature=True)
    except DataError:
        assert (train == train[0]).all()
        return
    kept = np.array(used)[: encoder.n_bits]
    narrow = fitting.narrowed(encoder, kept, train)
    np.testing.assert_array_equal(narrow.encode(train)[:, kept], encoder.encode(train)[:, kept])
    for feature in range(2):
        if not kept[encoder.feature == feature].any():
            assert narrow.widths[feature] == 0


def test_missing_and_infinite_values_are_lowest_and_highest():
    train = np.array([[1.0], [2.0], [np.nan], [np.inf], [-np.inf], [3.0]])
    encoder = fitting.fit(train, bits=3, spacing="quantile", per_feature=True)
    narrow = fitting.narrowed(encoder, np.ones(encoder.n_bits, bool), train)
    for each in (encoder, narrow):
        features = each.features(train)[:, 0].tolist()
        assert features[2] == features[4] == 0
        assert features[3] == max(features)
    np.testing.assert_array_equal(narrow.encode(train), encoder.encode(train))


def test_bits_that_no_sample_divides_stay_what_they_are():
    scaling = Scaling((0.0,), (1.0,), (4,))
    encoder = Encoder(
        preprocessing=Preprocessing((1,), REAL, scaling=scaling),
        feature=[0, 0, 0],
        threshold=[1, 5, 14],
    )
    train = np.array([[3.0], [8.0]])
    narrow = fitting.narrowed(encoder, np.array([True, True, True]), train)
    assert narrow.widths.tolist() == [1]
    anything = np.array([[-9.0], [3.0], [8.0], [99.0]])
    assert narrow.encode(anything)[:, 0].all()
    assert not narrow.encode(anything)[:, 2].any()
    assert narrow.encode(anything)[:, 1].tolist() == [False, False, True, True]


def test_integers_are_not_narrowed():
    train = np.arange(10, dtype=np.uint8)[:, None]
    encoder = fitting.fit(train, bits=3)
    assert fitting.narrowed(encoder, np.ones(3, bool), train) is encoder


def test_a_given_width_is_kept_and_impossible_ones_are_refused():
    train = np.random.default_rng(0).normal(size=(200, 3))
    encoder = fitting.fit(train, bits=31, spacing="quantile", per_feature=True, width=4)
    assert encoder.widths.tolist() == [4, 4, 4]
    assert encoder.feature_dtype == "uint8"
    assert np.bincount(encoder.feature).max() <= 15
    with pytest.raises(GraphError, match="for images of integers"):
        fitting.fit(train.reshape(200, 1, 3), crop=(0, 0, 1, 2))


def test_features_have_as_many_bits_as_their_thresholds_need():
    random = np.random.default_rng(0)
    columns = [
        random.random(5000),
        random.normal(size=5000),
        random.lognormal(sigma=2, size=5000),
        random.integers(0, 11, 5000),
        random.integers(0, 2, 5000),
        np.full(5000, 7.0),
    ]
    train = np.stack(columns, axis=1)
    encoder = fitting.fit(train, bits=63, spacing="quantile", per_feature=True)
    assert encoder.widths.tolist()[:2] == [6, 6]
    assert 7 <= encoder.widths[2] <= 10
    assert encoder.widths.tolist()[3:] == [4, 1, 0]
    counts = np.bincount(encoder.feature, minlength=6)
    assert (counts[:3] >= 32).all()
    assert counts[3:].tolist() == [10, 1, 0]


def test_one_grid_for_all_features_of_an_image():
    train = np.random.default_rng(0).random((50, 4, 4)).astype(np.float32)
    encoder = fitting.fit(train, bits=3)
    assert encoder.n_bits == 48
    assert len({*encoder.preprocessing.scaling.offset}) == 1
    np.testing.assert_array_equal(
        encoder.encode(train).mean(axis=0).reshape(16, 3).mean(axis=0) > 0.5, [True, True, False]
    )


def test_a_grid_too_fine_for_its_numbers_has_one_point():
    grid = Grid.spanning(np.array([1.0, np.nextafter(1.0, 2)]), 16)
    assert np.isfinite(grid.scale)
    assert replace(grid, bits=1).nearest([1.0]).tolist() == [0]
