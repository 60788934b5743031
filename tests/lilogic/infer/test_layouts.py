import numpy as np
import pytest

from lilogic.infer.layouts import pack_bits, slice_bits


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (1, 1), (63, 64), (64, 65), (130, 70)])
def test_where_each_bit_lies(shape):
    samples, width = shape
    bits = np.random.default_rng(0).random(shape) < 0.5
    packed, sliced = pack_bits(bits), slice_bits(bits)
    assert packed.dtype == sliced.dtype == np.uint64
    assert packed.shape == (samples, -(-width // 64))
    assert sliced.shape == (width, -(-samples // 64))
    for sample, i in np.ndindex(shape):
        assert int(packed[sample, i // 64]) >> i % 64 & 1 == bits[sample, i]
        assert int(sliced[i, sample // 64]) >> sample % 64 & 1 == bits[sample, i]


def test_bits_behind_the_last_are_0():
    ones = np.ones((3, 70), dtype=bool)
    assert pack_bits(ones).tolist() == [[2**64 - 1, 2**6 - 1]] * 3
    assert slice_bits(ones).tolist() == [[0b111]] * 70
