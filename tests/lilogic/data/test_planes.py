"""Planes: an encoder's bits as pictures."""

from __future__ import annotations

import numpy as np
import pytest

from lilogic.data import planes
from lilogic.data.fitting import fit
from lilogic.errors import GraphError


def test_every_bit_stands_at_its_pixel_once() -> None:
    images = np.random.default_rng(0).integers(0, 256, (20, 5, 4, 3), dtype=np.uint8)
    offsets = [(1, 0), (0, -2)]
    encoder = fit(images, bits=2, differences=offsets, steps=[0.1, 0.3])
    laid = planes.planes(encoder)
    # Two thresholds and, for each offset, two steps either way, of three channels.
    assert laid.shape == (3 * (2 + 2 * 2 * 2), 5, 4)
    bits = laid[laid >= 0]
    assert sorted(bits.tolist()) == list(range(encoder.n_bits))
    pixels = np.broadcast_to(np.arange(20).reshape(5, 4), laid.shape)[laid >= 0]
    assert (encoder.feature[bits] // 3 == pixels).all()
    for plane in laid:
        own = plane[plane >= 0]
        assert len(set((encoder.feature[own] % 3).tolist())) == 1
        assert len(set(encoder.threshold[own].tolist())) == 1
        assert len(set((encoder.minus[own] - encoder.feature[own])[encoder.subtracts[own]])) <= 1


def test_pixels_may_have_fewer_thresholds_than_others() -> None:
    images = np.zeros((4, 2, 2), dtype=np.uint8)
    images[1:, 0, 0] = [1, 2, 3]
    images[1:, 1, 1] = [0, 0, 9]
    encoder = fit(images, bits=3, spacing="quantile", per_feature=True)
    laid = planes.planes(encoder)
    assert (laid[:, 0, 1] == -1).all()
    assert (laid[:, 0, 0] >= 0).sum() == (encoder.feature == 0).sum()
    assert (np.diff(encoder.threshold[laid[:, 0, 0][laid[:, 0, 0] >= 0]]) > 0).all()


def test_what_is_no_image_has_no_planes() -> None:
    with pytest.raises(GraphError, match=r"convolution needs images, .* shape \(3,\)"):
        planes.planes(fit(np.arange(12, dtype=np.uint8).reshape(4, 3)))
