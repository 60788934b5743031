import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lilogic.data.preprocessing import DTYPES, Preprocessing, area_resize
from lilogic.errors import DataError, GraphError


def test_crop_comes_before_resize_and_channels_stay():
    raw = np.arange(2 * 6 * 6 * 3, dtype=np.uint8).reshape(2, 6, 6, 3)
    made = Preprocessing((6, 6, 3), "uint8", crop=(1, 2, 4, 4), resize=(2, 2))
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
    resized = area_resize(images, target)
    assert resized.dtype == dtype
    assert resized.tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"input_shape": ()}, "is not 1 to 3 positive sizes"),
        ({"input_shape": (4, 0)}, "is not 1 to 3 positive sizes"),
        ({"input_shape": (4, 4.5)}, "is not a row of integers"),
        ({"input_shape": 4}, "is not a row of integers"),
        ({"input_shape": (4,), "crop": (0, 0, 1, 1)}, "is not an image"),
        ({"input_dtype": "float32"}, "input_dtype float32 is not one of"),
        ({"crop": (2, 2, 3, 3)}, "is not inside"),
        ({"crop": (0, 0, 0, 2)}, "is not inside"),
        ({"crop": (-1, 0, 2, 2)}, "is not inside"),
        ({"crop": (1, 1)}, "has 2 sizes, but must have 4"),
        ({"resize": (0, 2)}, "is not positive"),
    ],
)
def test_wrong_fields_are_named(fields, message):
    with pytest.raises(GraphError, match=message):
        Preprocessing(**{"input_shape": (4, 4), "input_dtype": "uint8"} | fields)


def test_samples_of_another_shape_or_that_do_not_fit_are_refused():
    made = Preprocessing((2, 2), "uint8")
    with pytest.raises(DataError, match="samples have shape"):
        made.features(np.zeros((3, 4), np.uint8))
    for wrong in (np.full((1, 2, 2), 256), np.full((1, 2, 2), -1), np.full((1, 2, 2), 0.5)):
        with pytest.raises(DataError, match="do not fit uint8 exactly"):
            made.features(wrong)
    with pytest.raises(DataError, match="must be numbers"):
        made.features(np.full((1, 2, 2), "a"))


def test_samples_of_another_dtype_that_fit_are_the_same():
    made = Preprocessing((4,), "uint8")
    raw = np.arange(256, dtype=np.uint8).reshape(64, 4)
    for dtype in (np.int64, np.float64, np.uint16):
        features = made.features(raw.astype(dtype))
        assert features.dtype == np.uint8
        np.testing.assert_array_equal(features, raw)


def test_equal_descriptions_are_equal():
    one = Preprocessing([4, 4], "uint8", resize=[2, 2])
    assert one == Preprocessing((4, 4), "uint8", resize=(2, 2))
    assert len({one, Preprocessing((4, 4), "uint8", resize=(2, 2))}) == 1
