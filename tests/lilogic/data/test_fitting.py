import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lilogic.data.fitting import above_quantile, fit, from_text
from lilogic.errors import GraphError, LilogicError
from tests.strategies import encoders, random_raw

RAMP = np.arange(256, dtype=np.uint8).reshape(64, 4)
IMAGES = np.arange(18, dtype=np.uint8).reshape(3, 2, 3)


def test_uniform_thresholds_divide_the_range():
    made = fit(RAMP, bits=3)
    assert made.threshold.reshape(4, 3).tolist() == [[63, 127, 191]] * 4
    assert made.feature.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]


def test_thresholds_given_are_fractions_of_the_range():
    made = fit(RAMP // 2, thresholds=[0, 0.5])
    assert made.threshold.reshape(4, 2).tolist() == [[0, 63]] * 4


def test_quantiles_divide_the_values():
    values = np.array([0] * 90 + [10] * 5 + [200] * 5, dtype=np.uint8)[:, None]
    assert fit(values, bits=1, spacing="quantile").threshold.tolist() == [0]
    fractions = [0.92, 0.97]
    assert fit(values, thresholds=fractions, spacing="quantile").threshold.tolist() == [10]


def test_features_alone_get_their_own_thresholds_and_constant_ones_none():
    columns = np.stack([np.arange(100), np.full(100, 7), np.arange(100) + 100], axis=1)
    made = fit(columns.astype(np.int16), bits=1, per_feature=True)
    assert made.feature.tolist() == [0, 2]
    assert made.threshold.tolist() == [49, 149]


@given(encoders(), st.integers(1, 9), st.sampled_from(["uniform", "quantile"]), st.booleans())
def test_every_fitted_threshold_splits_the_training_values(made, bits, spacing, per_feature):
    train = random_raw(made, 60)
    crop, resize = made.preprocessing.crop, made.preprocessing.resize
    try:
        fitted = fit(
            train, bits=bits, spacing=spacing, per_feature=per_feature, crop=crop, resize=resize
        )
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
        ({"crop": (0, 0, 1, 1)}, "is not an image"),
        ({"train": np.zeros((5, 2), np.uint8)}, "no threshold splits the training samples"),
        ({"train": np.zeros((0, 2), np.uint8)}, "no training samples"),
        ({"train": np.zeros((5, 2), np.float32)}, "no threshold splits the training samples"),
        ({"train": np.zeros((5, 2), np.int64)}, "input_dtype int64 is not one of"),
        ({"train": np.zeros((5, 2), "U1")}, "input_dtype str32 is not one of"),
        ({"differences": [(0, 1)], "steps": [0.1]}, "differences need images"),
        ({"train": IMAGES, "differences": [(0, 1)]}, "need each other"),
        ({"train": IMAGES, "steps": [0.1]}, "need each other"),
        ({"train": IMAGES, "differences": [(0, 0)], "steps": [0.1]}, r"\[0, 0\] must lead"),
        ({"train": IMAGES, "differences": [(0, -3)], "steps": [0.1]}, "within an image of shape"),
        ({"train": IMAGES, "differences": [(0, 1, 1)], "steps": [0.1]}, "within an image of shape"),
        ({"train": IMAGES, "differences": [(0, 1)], "steps": [0.2, 0.1]}, "do not rise from 0"),
        ({"train": IMAGES, "differences": [(0, 1)], "steps": [-0.1]}, "do not rise from 0"),
    ],
)
def test_impossible_settings_are_refused(arguments, message):
    with pytest.raises(LilogicError, match=message):
        fit(**{"train": RAMP} | arguments)


@pytest.mark.parametrize("quantile", [0, 0.25, 0.5, 0.75, 0.9])
def test_above_quantile_is_the_comparison_with_the_interpolated_quantile(quantile):
    raw = np.random.default_rng(0).integers(0, 9, (200, 7, 6)).astype(np.uint8)
    made = above_quantile((7, 6), "uint8", quantile)
    flat = raw.reshape(200, -1) / np.float32(255)
    expected = flat > np.quantile(flat, quantile, axis=1, keepdims=True)
    np.testing.assert_array_equal(made.encode(raw), expected)


def test_above_quantile_refuses_what_is_no_quantile():
    with pytest.raises(LilogicError, match="quantile is 1, but"):
        above_quantile((4,), "uint8", 1.0)


def test_differences_say_how_much_pixels_that_lie_so_differ():
    images = np.array([[[0, 10, 30], [100, 0, 50]]], dtype=np.uint8)
    made = fit(images, bits=1, differences=[(1, -1), (0, 2)], steps=[0.0, 0.25])
    bits = made.encode(images)[0].tolist()
    assert bits[:6] == [0, 0, 0, 1, 0, 0]
    expected = []
    for first, second in [(10, 100), (30, 0), (0, 30), (100, 50)]:
        for step in (0, 25):
            expected += [first - second > step, second - first > step]
    assert bits[6:] == expected


def test_differences_are_of_the_same_channel():
    images = np.random.default_rng(0).integers(0, 256, (9, 2, 2, 3)).astype(np.uint8)
    made = fit(images, bits=1, differences=[(0, 1)], steps=[0.1])
    assert made.n_bits == 12 + 2 * 2 * 3
    differing = made.subtracts
    assert differing.tolist() == [False] * 12 + [True] * 12
    assert (made.feature[differing] % 3 == made.minus[differing] % 3).all()


def test_differences_may_be_of_other_channels():
    images = np.random.default_rng(0).integers(0, 256, (9, 2, 2, 3)).astype(np.uint8)
    made = fit(images, bits=1, differences=[(0, 0, 2), (1, -1, -1)], steps=[0.0])
    pairs = np.stack([made.feature, made.minus], 1)[12:].tolist()
    blue, other = [(0, 2), (3, 5), (6, 8), (9, 11)], [(4, 6), (5, 7)]
    assert pairs == [list(way) for pair in blue + other for way in (pair, pair[::-1])]


def test_text_says_shape_resize_and_thresholds():
    made = from_text("4x4,resize=2x1,thresholds=63+127")
    assert (made.input_shape, made.input_dtype, made.preprocessing.resize) == (
        (4, 4),
        "uint8",
        (2, 1),
    )
    assert made.feature.tolist() == [0, 0, 1, 1]
    assert made.threshold.tolist() == [63, 127, 63, 127]
    assert from_text("5,quantile=0.75").rank == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not an encoder"),
        ("4x4", "is not an encoder"),
        ("4x4,quantile=a", "is not an encoder"),
        ("4x4,quantile=0.5,thresholds=1", "is not an encoder"),
        ("4x4,thresholds=99999999999", "is not an encoder"),
        ("4x4,quantile=1.5", "quantile is 1.5, but must be within"),
        ("4,resize=2x2,quantile=0.5", "is not an image"),
    ],
)
def test_text_that_is_no_encoder_is_refused(text, message):
    with pytest.raises(GraphError, match=message):
        from_text(text)


def test_levels_are_what_thresholds_and_differences_are_measured_in():
    images = np.arange(256, dtype=np.uint8).reshape(64, 2, 2)
    made = fit(images, bits=3, differences=[(0, 1)], steps=[0.1, 0.5], levels=7)
    assert made.preprocessing.levels is not None
    assert set(made.preprocessing.levels.of) == {(31, 63, 95, 127, 159, 191, 223)}
    assert made.threshold[~made.subtracts].tolist() == [1, 3, 5] * 4
    assert made.threshold[made.subtracts].tolist() == [0, 0, 3, 3] * 2
    raw = random_raw(made, 100)
    codes = raw.reshape(100, 4).astype(int) // 32
    bits = made.encode(raw)
    assert np.array_equal(bits[:, made.subtracts][:, 0], codes[:, 0] - codes[:, 1] > 0)
    assert np.array_equal(bits[:, :3], codes[:, :1] >= np.array([2, 4, 6]))


def test_levels_are_for_integers():
    with pytest.raises(GraphError, match="levels"):
        fit(np.linspace(0, 1, 9)[:, None], levels=3)
