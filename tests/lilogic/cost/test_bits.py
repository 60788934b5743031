"""What bits of an encoder cost alone."""

from __future__ import annotations

import numpy as np

from lilogic.cost import bits
from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import REAL, Preprocessing
from lilogic.data.scaling import Scaling


def test_top_bits_are_free_and_others_cost_gates() -> None:
    encoder = Encoder(
        preprocessing=Preprocessing((2,), "uint8"),
        feature=[0, 0, 0, 0, 1, 1, 0],
        threshold=[127, 63, 191, 128, 127, 255, 40],
        minus=[2, 2, 2, 2, 2, 2, 1],
    )
    costs = bits.gates(encoder)
    assert costs.dtype == np.float32
    assert costs[:6].tolist() == [0, 1, 1, 7, 0, 0]
    assert costs[6] > 16


def test_the_same_threshold_costs_more_in_a_wider_word() -> None:
    scaling = Scaling((0.0, 0.0), (1.0, 1.0), (2, 8))
    encoder = Encoder(
        preprocessing=Preprocessing((2,), REAL, scaling=scaling),
        feature=[0, 1, 0],
        threshold=[1, 1, 1],
    )
    narrow, wide, again = bits.gates(encoder).tolist()
    assert narrow == again == 0
    assert wide > 0
