"""ABC's counterexamples are read as what they say of each input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lilogic.graph.circuit import Builder
from lilogic.hdl.proof import abc


@pytest.mark.parametrize("width", [3, 12, 101])
def test_the_only_inputs_on_which_two_circuits_differ_are_found(width: int, tmp_path: Path) -> None:
    inputs = np.random.default_rng(width).random(width) < 0.5
    made, expected = Builder(width), Builder(width)
    literals = [i if value else made.inverted(i) for i, value in enumerate(inputs.tolist())]
    conjunction = literals[0]
    for literal in literals[1:]:
        conjunction = made.gate(1, conjunction, literal)
    never = expected.build([expected.constant(0), 1])
    found = abc.find_difference(made.build([conjunction, 1]), never, tmp_path, 60)
    assert found is not None
    np.testing.assert_array_equal(found, [inputs])


def test_equal_circuits_do_not_differ(tmp_path: Path) -> None:
    made, expected = Builder(12), Builder(12)
    nand = made.inverted(made.gate(1, 10, 11))
    for _ in range(100):
        nand = made.gate(3, nand, 0)
    other = expected.gate(14, 11, 10)
    circuits = made.build([nand]), expected.build([other])
    assert abc.find_difference(*circuits, tmp_path, 60) is None
