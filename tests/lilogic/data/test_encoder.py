import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lilogic.data import encoder
from lilogic.data.encoder import DTYPES, NOTHING, Encoder
from lilogic.errors import LilogicError
from tests.strategies import encoders, random_raw


@given(encoders(ranked=True))
def test_a_bit_says_whether_its_feature_exceeds_its_threshold(made):
    raw = random_raw(made, 30)
    features = made.features(raw).astype(int)
    bits = made.encode(raw)
    assert bits.shape == (30, made.n_bits)
    minus = [NOTHING] * made.n_bits if made.minus is None else made.minus.tolist()
    for sample, row in enumerate(features.tolist()):
        level = 0 if made.rank is None else sorted(row)[made.rank]
        subtracted = [0 if other == NOTHING else row[other] for other in minus]
        assert bits[sample].tolist() == [
            row[feature] - less > threshold + level
            for feature, less, threshold in zip(
                made.feature.tolist(), subtracted, made.threshold.tolist(), strict=True
            )
        ]


def test_crop_comes_before_resize_and_channels_stay():
    raw = np.arange(2 * 6 * 6 * 3, dtype=np.uint8).reshape(2, 6, 6, 3)
    nothing = np.zeros(0)
    made = Encoder((6, 6, 3), "uint8", nothing, nothing, crop=(1, 2, 4, 4), resize=(2, 2))
    assert (made.feature_shape, made.n_features) == ((2, 2, 3), 12)
    cut = raw[:, 1:5, 2:6].astype(float)
    means = cut.reshape(2, 2, 2, 2, 2, 3).mean(axis=(2, 4))
    np.testing.assert_array_equal(made.features(raw).reshape(means.shape), np.floor(means + 0.5))


@given(
    st.sampled_from([(1, 1), (2, 3), (5, 5), (7, 4)]),
    st.sampled_from([(1, 1), (2, 2), (3, 5), (10, 9)]),
    st.sampled_from(DTYPES),
)
def test_resize_is_the_mean_weighted_by_overlap_with_halves_rounded_up(source, target, dtype):
    info = np.iinfo(dtype)
    shape = (4, *source)
    images = np.random.default_rng(0).integers(info.min, info.max, shape, dtype, endpoint=True)
    # Every pixel repeated so often that each target covers whole copies: exact in integers.
    large = images.astype(object).repeat(target[0], axis=1).repeat(target[1], axis=2)
    blocks = large.reshape(4, target[0], source[0], target[1], source[1])
    totals = blocks.sum(axis=(2, 4))
    area = source[0] * source[1]
    expected = (2 * totals + area) // (2 * area)
    resized = encoder.area_resize(images, target)
    assert resized.dtype == dtype
    assert resized.tolist() == expected.tolist()


RAMP = np.arange(256, dtype=np.uint8).reshape(64, 4)
IMAGES = np.arange(18, dtype=np.uint8).reshape(3, 2, 3)


def test_uniform_thresholds_divide_the_range():
    made = encoder.fit(RAMP, bits=3)
    assert made.threshold.reshape(4, 3).tolist() == [[63, 127, 191]] * 4
    assert made.feature.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]


def test_thresholds_given_are_fractions_of_the_range():
    made = encoder.fit(RAMP // 2, thresholds=[0, 0.5])
    assert made.threshold.reshape(4, 2).tolist() == [[0, 63]] * 4


def test_quantiles_divide_the_values():
    values = np.array([0] * 90 + [10] * 5 + [200] * 5, dtype=np.uint8)[:, None]
    assert encoder.fit(values, bits=1, spacing="quantile").threshold.tolist() == [0]
    fractions = [0.92, 0.97]
    assert encoder.fit(values, thresholds=fractions, spacing="quantile").threshold.tolist() == [10]


def test_features_alone_get_their_own_thresholds_and_constant_ones_none():
    columns = np.stack([np.arange(100), np.full(100, 7), np.arange(100) + 100], axis=1)
    made = encoder.fit(columns.astype(np.int16), bits=1, per_feature=True)
    assert made.feature.tolist() == [0, 2]
    assert made.threshold.tolist() == [49, 149]


@given(encoders(), st.integers(1, 9), st.sampled_from(["uniform", "quantile"]), st.booleans())
def test_every_fitted_threshold_splits_the_training_values(made, bits, spacing, per_feature):
    train = random_raw(made, 60)
    crop, resize = made.crop, made.resize
    try:
        fitted = encoder.fit(train, bits, None, spacing, per_feature, crop, resize)
    except LilogicError as error:
        assert "no threshold splits" in str(error)  # noqa: PT017
        return
    features = fitted.features(train)
    for feature, threshold in zip(fitted.feature, fitted.threshold, strict=True):
        values = features[:, feature] if per_feature else features
        assert (values > threshold).any()
        assert (values <= threshold).any()
    pairs = [*zip(fitted.feature.tolist(), fitted.threshold.tolist(), strict=True)]
    assert pairs == sorted(set(pairs))
    assert fitted.n_bits <= bits * fitted.n_features


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"bits": 0}, "bits is 0, but must be at least 1"),
        ({"spacing": "even"}, "spacing 'even' is not uniform or quantile"),
        ({"thresholds": [0.5, 0.2]}, "do not rise within"),
        ({"thresholds": [1.0]}, "do not rise within"),
        ({"thresholds": [float("nan")]}, "do not rise within"),
        ({"crop": (0, 0, 1, 1)}, "is no image"),
        ({"train": np.zeros((5, 2), np.uint8)}, "no threshold splits the training samples"),
        ({"train": np.zeros((0, 2), np.uint8)}, "no training samples"),
        ({"train": np.zeros((5, 2), np.float32)}, "input_dtype float32 is not one of"),
        ({"differences": [(0, 1)], "steps": [0.1]}, "differences are of images"),
        ({"train": IMAGES, "differences": [(0, 1)]}, "need steps"),
        ({"train": IMAGES, "steps": [0.1]}, "need steps"),
        ({"train": IMAGES, "differences": [(0, 0)], "steps": [0.1]}, "0 rows and 0 columns apart"),
        ({"train": IMAGES, "differences": [(0, -3)], "steps": [0.1]}, "but the image has 2 rows"),
        ({"train": IMAGES, "differences": [(0, 1)], "steps": [0.2, 0.1]}, "do not rise from 0"),
        ({"train": IMAGES, "differences": [(0, 1)], "steps": [-0.1]}, "do not rise from 0"),
    ],
)
def test_impossible_settings_are_refused(arguments, message):
    with pytest.raises(LilogicError, match=message):
        encoder.fit(**{"train": RAMP} | arguments)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"input_shape": ()}, "is not 1 to 3 positive sizes"),
        ({"input_shape": (4, 0)}, "is not 1 to 3 positive sizes"),
        ({"input_shape": (4, 4.5)}, "is not a row of integers"),
        ({"input_shape": 4}, "is not a row of integers"),
        ({"input_dtype": "float32"}, "input_dtype float32 is not one of"),
        ({"crop": (2, 2, 3, 3)}, "is not inside"),
        ({"crop": (0, 0, 0, 2)}, "is not inside"),
        ({"crop": (-1, 0, 2, 2)}, "is not inside"),
        ({"crop": (1, 1)}, "has 2 sizes, but must have 4"),
        ({"resize": (0, 2)}, "is not positive"),
        ({"feature": [0, 16]}, "encoder bit 1 looks at feature 16, but only 16 exist"),
        ({"feature": [-1, 0]}, "encoder bit 0 looks at feature -1"),
        ({"feature": [0, 1], "resize": (1, 1)}, "bit 1 looks at feature 1, but only 1 exist"),
        ({"feature": [0]}, "feature has 1 entries, but threshold has 2"),
        ({"minus": [-2, 0]}, "encoder bit 0 looks at feature -2"),
        ({"minus": [0, 16]}, "encoder bit 1 looks at feature 16, but only 16 exist"),
        ({"minus": [0]}, "feature has 2 entries, but minus has 1"),
        ({"threshold": [0.5, 1]}, "threshold must be one row of 32-bit integers"),
        ({"threshold": [2**31, 1]}, "threshold must be one row of 32-bit integers"),
        ({"threshold": [[1, 2]]}, "threshold must be one row of 32-bit integers"),
    ],
)
def test_wrong_fields_are_named(fields, message):
    good = {"input_shape": (4, 4), "input_dtype": "uint8", "feature": [0, 1], "threshold": [5, 6]}
    with pytest.raises(LilogicError, match=message):
        Encoder(**good | fields)


def test_samples_of_another_shape_or_that_do_not_fit_are_refused():
    made = Encoder((2, 2), "uint8", [0], [0])
    with pytest.raises(LilogicError, match="samples have shape"):
        made.encode(np.zeros((3, 4), np.uint8))
    for wrong in (np.full((1, 2, 2), 256), np.full((1, 2, 2), -1), np.full((1, 2, 2), 0.5)):
        with pytest.raises(LilogicError, match="do not fit uint8 exactly"):
            made.encode(wrong)
    with pytest.raises(LilogicError, match="must be numbers"):
        made.encode(np.full((1, 2, 2), "a"))


def test_samples_of_another_dtype_that_fit_are_the_same():
    made = encoder.fit(RAMP, bits=2)
    for dtype in (np.int64, np.float64, np.uint16):
        np.testing.assert_array_equal(made.encode(RAMP.astype(dtype)), made.encode(RAMP))


@pytest.mark.parametrize("quantile", [0, 0.25, 0.5, 0.75, 0.9])
def test_above_quantile_is_the_comparison_with_the_interpolated_quantile(quantile):
    raw = np.random.default_rng(0).integers(0, 9, (200, 7, 6)).astype(np.uint8)
    made = encoder.above_quantile((7, 6), "uint8", quantile)
    flat = raw.reshape(200, -1) / np.float32(255)
    expected = flat > np.quantile(flat, quantile, axis=1, keepdims=True)
    np.testing.assert_array_equal(made.encode(raw), expected)


def test_above_quantile_refuses_what_is_no_quantile():
    with pytest.raises(LilogicError, match="quantile is 1, but"):
        encoder.above_quantile((4,), "uint8", 1.0)


def test_thresholds_with_a_rank_are_relative_to_the_sample_and_do_not_overflow():
    encoder = Encoder((3,), "uint8", np.array([0, 1, 2]), np.array([5, -5, 2**31 - 1]), rank=1)
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


def test_differences_say_how_much_pixels_that_lie_so_differ():
    images = np.array([[[0, 10, 30], [100, 0, 50]]], dtype=np.uint8)
    made = encoder.fit(images, bits=1, differences=[(1, -1), (0, 2)], steps=[0.0, 0.25])
    bits = made.encode(images)[0].tolist()
    assert bits[:6] == [0, 0, 0, 1, 0, 0]
    expected = []
    for first, second in [(10, 100), (30, 0), (0, 30), (100, 50)]:
        for step in (0, 25):
            expected += [first - second > step, second - first > step]
    assert bits[6:] == expected


def test_differences_are_of_the_same_channel():
    images = np.random.default_rng(0).integers(0, 256, (9, 2, 2, 3)).astype(np.uint8)
    made = encoder.fit(images, bits=1, differences=[(0, 1)], steps=[0.1])
    assert made.n_bits == 12 + 2 * 2 * 3
    assert made.minus is not None
    differing = made.minus != NOTHING
    assert (made.feature[differing] % 3 == made.minus[differing] % 3).all()


def test_many_samples_are_encoded_block_by_block():
    made = encoder.fit(RAMP, bits=2)
    raw = np.random.default_rng(0).choice(RAMP, 2500)
    np.testing.assert_array_equal(made.encode(raw)[1020:1030], made.encode(raw[1020:1030]))
    np.testing.assert_array_equal(made.encode(raw)[2490:], made.encode(raw[2490:]))
