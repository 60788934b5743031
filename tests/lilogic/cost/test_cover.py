"""Covering with LUTs: counts that are known."""

from __future__ import annotations

import numpy as np
import pytest

from lilogic.cost.cover import cover
from lilogic.graph.circuit import Builder
from lilogic.graph.gates import AND, NOT_A, XOR


def covered(builder: Builder, roots: list[int], k: int) -> int:
    circuit = builder.build(roots)
    return len(cover(builder.n_inputs, circuit.op, circuit.a, circuit.b, np.array(roots), k))


@pytest.mark.parametrize(
    ("inputs", "k", "luts"), [(6, 6, 1), (7, 6, 2), (11, 6, 2), (12, 6, 3), (7, 4, 2)]
)
def test_a_chain_takes_as_few_as_it_can(inputs: int, k: int, luts: int) -> None:
    builder = Builder(inputs)
    node = 0
    for other in range(1, inputs):
        node = builder.gate(XOR, node, other)
    assert covered(builder, [node], k) == luts


def test_a_table_of_six_inputs_is_one_lut() -> None:
    builder = Builder(6)
    root = builder.lut(0x9D2C5680A1B3C7F5, [*range(6)])
    assert covered(builder, [root], 6) == 1
    assert 2 <= covered(builder, [root], 4) <= 7


def test_inputs_cost_nothing_and_inverters_are_luts_only_at_roots() -> None:
    builder = Builder(2)
    inverted = builder.gate(NOT_A, 0, 0)
    both = builder.gate(AND, inverted, 1)
    assert covered(builder, [0, 1], 4) == 0
    assert covered(builder, [both], 4) == 1
    assert covered(builder, [inverted], 4) == 1
    assert covered(builder, [both, inverted], 4) == 2


def test_what_two_luts_need_is_built_once_where_that_is_less() -> None:
    builder = Builder(9)
    shared = builder.gate(AND, builder.gate(AND, 0, 1), builder.gate(AND, 2, 3))
    ends = [builder.gate(XOR, shared, wire) for wire in range(4, 9)]
    assert covered(builder, ends, 4) == 6  # the shared one, too
    assert covered(builder, ends, 6) == 5  # in each
