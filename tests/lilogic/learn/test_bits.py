"""Bits on the device of a network are those of the encoder."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import DTYPES, Preprocessing
from lilogic.learn.bits import Comparisons, bits_on, features

CPU = torch.device("cpu")


@pytest.mark.filterwarnings("error")
def test_features_that_cannot_be_written_to_are_read() -> None:
    values = np.arange(6, dtype=np.uint8).reshape(2, 3)
    values.setflags(write=False)
    assert features(values, CPU).tolist() == values.tolist()


@pytest.mark.parametrize("dtype", DTYPES)
@given(data=st.data())
def test_bits_are_those_of_the_encoder(dtype: str, data: st.DataObject) -> None:
    random = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    limits = np.iinfo(dtype)
    n_features, n_bits = (int(random.integers(1, high)) for high in (6, 12))
    ends = max(limits.min - 3, -(2**31)), min(limits.max + 3, 2**31 - 1)
    encoder = Encoder(
        preprocessing=Preprocessing(input_shape=(n_features,), input_dtype=dtype),
        feature=random.integers(0, n_features, n_bits),
        threshold=random.choice([*ends, -1, 0, 1, *random.integers(*ends, 4)], n_bits),
        minus=random.integers(0, n_features + 1, n_bits),
        rank=data.draw(st.none() | st.integers(0, n_features - 1)),
    )
    likely = [limits.min, limits.max, 0, *random.integers(limits.min, limits.max, 4, dtype)]
    raw = random.choice(np.array(likely, dtype), (int(random.integers(0, 9)), n_features))
    for made in (bits_on(encoder, CPU), Comparisons(encoder, CPU)):
        found = made(features(raw, CPU))
        assert found.dtype == torch.bool
        assert found.T.is_contiguous()
        np.testing.assert_array_equal(found.numpy(), encoder.bits(raw))
