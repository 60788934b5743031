import numpy as np
import pytest
from hypothesis import given

from lilogic.data.encoder import Encoder
from lilogic.data.fitting import fit
from lilogic.data.preprocessing import Preprocessing
from lilogic.errors import GraphError
from tests.strategies import encoders, random_raw

RAMP = np.arange(256, dtype=np.uint8).reshape(64, 4)


@given(encoders(ranked=True))
def test_a_bit_says_whether_its_feature_exceeds_its_threshold(made):
    raw = random_raw(made, 30)
    features = made.features(raw).astype(int)
    bits = made.encode(raw)
    assert bits.shape == (30, made.n_bits)
    for sample, row in enumerate(features.tolist()):
        level = 0 if made.rank is None else sorted(row)[made.rank]
        subtracted = [0 if other == len(row) else row[other] for other in made.minus.tolist()]
        assert bits[sample].tolist() == [
            row[feature] - less > threshold + level
            for feature, less, threshold in zip(
                made.feature.tolist(), subtracted, made.threshold.tolist(), strict=True
            )
        ]


def test_without_minus_the_feature_that_is_always_0_is_subtracted():
    made = Encoder(preprocessing=Preprocessing((2, 2), "uint8"), feature=[0, 3], threshold=[5, 6])
    assert (made.zero, made.minus.tolist()) == (4, [4, 4])
    assert made.minus.dtype == np.int32
    assert (made.subtracts.tolist(), made.has_differences) == ([False, False], False)
    assert made.read_by(np.array([1, 1])).tolist() == [3, 3]


def test_bits_that_subtract_are_known_and_read_two_features():
    made = Encoder(
        preprocessing=Preprocessing((2, 2), "uint8"), feature=[0, 3], threshold=[5, 6], minus=[4, 1]
    )
    assert (made.subtracts.tolist(), made.has_differences) == ([False, True], True)
    assert sorted(made.read_by(np.array([0, 1])).tolist()) == [0, 1, 3]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"feature": [0, 16]}, "encoder bit 1 reads feature 16, but only 16 exist"),
        ({"feature": [-1, 0]}, "encoder bit 0 reads feature -1"),
        (
            {"preprocessing": Preprocessing((4, 4), "uint8", resize=(1, 1))},
            "bit 1 reads feature 1, but only 1 exist",
        ),
        ({"feature": [0]}, "feature has 1 entries, but threshold has 2"),
        ({"minus": [-1, 0]}, "encoder bit 0 reads feature -1"),
        ({"minus": [0, 17]}, "encoder bit 1 reads feature 17, but only 16 exist"),
        ({"minus": [0]}, "feature has 2 entries, but minus has 1"),
        ({"threshold": [0.5, 1]}, "threshold must be one row of 32-bit integers"),
        ({"threshold": [2**31, 1]}, "threshold must be one row of 32-bit integers"),
        ({"threshold": [[1, 2]]}, "threshold must be one row of 32-bit integers"),
        ({"rank": 16}, "rank is 16, but only 16 features have one"),
        ({"rank": True}, "rank is True"),
    ],
)
def test_wrong_fields_are_named(fields, message):
    good = {
        "preprocessing": Preprocessing((4, 4), "uint8"),
        "feature": [0, 1],
        "threshold": [5, 6],
    }
    with pytest.raises(GraphError, match=message):
        Encoder(**good | fields)


def test_thresholds_with_a_rank_are_relative_to_the_sample_and_do_not_overflow():
    encoder = Encoder(
        preprocessing=Preprocessing((3,), "uint8"),
        feature=[0, 1, 2],
        threshold=[5, -5, 2**31 - 1],
        rank=1,
    )
    raw = np.array([[30, 20, 10], [25, 20, 10], [250, 14, 255], [0, 0, 0]], dtype=np.uint8)
    expected = [
        [
            features[i] > sorted(features)[1] + threshold
            for i, threshold in enumerate([5, -5, 2**31])
        ]
        for features in raw.tolist()
    ]
    assert encoder.encode(raw).tolist() == expected
    assert expected == [[1, 1, 0], [0, 1, 0], [0, 0, 0], [0, 1, 0]]


def test_many_samples_are_encoded_block_by_block():
    made = fit(RAMP, bits=2)
    raw = np.random.default_rng(0).choice(RAMP, 2500)
    np.testing.assert_array_equal(made.encode(raw)[1020:1030], made.encode(raw[1020:1030]))
    np.testing.assert_array_equal(made.encode(raw)[2490:], made.encode(raw[2490:]))
