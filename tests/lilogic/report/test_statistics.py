"""What became of a network's gates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given

from lilogic.errors import LilogicError
from lilogic.graph import GateGraph, gates
from lilogic.graph.metadata import TrainedLayer
from lilogic.report import statistics
from lilogic.report.models.gates import FanOut, Layer, Level
from tests.strategies import graphs


def fan_out(most: int, mean: float, unread: int) -> FanOut:
    return FanOut(max=most, mean=mean, unread=unread)


def network(**metadata: Any) -> GateGraph:
    """Two layers of three gates over three bits; layer 2 is all constants and buffers."""
    first = [(gates.AND, 0, 1), (gates.NOT_A, 1, 2), (gates.TRUE, 2, 2)]
    second = [(gates.FALSE, 3, 4), (gates.B, 5, 3), (gates.A, 3, 4)]
    return GateGraph.build(3, [*first, *second], [[6, 7], [8, 8]], metadata=metadata)


def test_fan_out_counts_wires_that_matter_and_heads() -> None:
    assert statistics.fan_out(network()).tolist() == [1, 2, 0, 2, 0, 0, 1, 1, 2]


def test_levels_are_those_of_the_netlist() -> None:
    first, second = statistics.levels(network())
    ops = {"FALSE": 1, "AND": 1, "NOT_A": 1, "TRUE": 1}
    assert first == Level(gates=4, ops=ops, fan_out=fan_out(2, 0.75, 2))
    assert second == Level(gates=2, ops={"A": 1, "B": 1}, fan_out=fan_out(2, 1.5, 0))


@given(graphs())
def test_levels_hold_every_gate_once(graph: GateGraph) -> None:
    levels = statistics.levels(graph)
    assert sum(level.gates for level in levels) == graph.n_gates
    read = statistics.fan_out(graph)[graph.n_inputs :].sum()
    assert round(sum(level.gates * level.fan_out.mean for level in levels)) == read
    for level in levels:
        assert sum(level.ops.values()) == level.gates


@given(graphs())
def test_fan_out_equals_a_count_by_hand(graph: GateGraph) -> None:
    expected = [0] * graph.n_nodes
    for op, a, b in zip(graph.op, graph.a, graph.b, strict=True):
        truth = gates.TRUTH[op].tolist()
        expected[a] += truth[:2] != truth[2:]
        expected[b] += truth[::2] != truth[1::2]
    for node in graph.head_nodes:
        expected[node] += 1
    assert statistics.fan_out(graph).tolist() == expected


def test_layers_count_constants_pass_through_and_readers() -> None:
    first, second = statistics.layers(network(), [TrainedLayer(gates=3)] * 2)
    assert first == Layer(gates=3, constants=1, pass_through=1, fan_out=fan_out(2, 2 / 3, 2))
    assert second == Layer(gates=3, constants=1, pass_through=2, fan_out=fan_out(2, 4 / 3, 0))


def test_widths_must_add_up() -> None:
    with pytest.raises(LilogicError, match=r"layers of \[3, 4\] gates are 7, .* has 6"):
        statistics.layers(network(), [TrainedLayer(gates=3), TrainedLayer(gates=4)])


def test_gap_is_of_the_splits_that_have_both_accuracies() -> None:
    accuracy = {"validation_soft": 0.75, "validation_frozen": 0.5, "test_soft": 0.5}
    assert statistics.gap(network(accuracy=accuracy)) == {"validation": 0.25}
    both = network(accuracy=accuracy | {"test_frozen": 0.75})
    assert statistics.gap(both) == {"validation": 0.25, "test": -0.25}


def layer(constants: int, pass_through: int) -> Layer:
    unread = fan_out(0, 0.0, 100)
    return Layer(gates=100, constants=constants, pass_through=pass_through, fan_out=unread)


def test_layers_that_collapsed_are_warned_of_with_what_to_try() -> None:
    fine = [layer(50, 25), layer(0, 75), layer(0, 0)]
    assert statistics.warnings(fine) == []
    lines = statistics.warnings([*fine, layer(51, 0), layer(6, 70)])
    assert lines[0].startswith("layer 4 collapsed: 51% of its 100 gates are constants; try ")
    assert lines[1].startswith("layer 5 does little: 76% of its 100 gates")
    assert len(lines) == 2
    assert not any("\n" in line for line in lines)


def test_a_gate_that_reads_a_node_twice_counts_twice() -> None:
    graph = GateGraph.build(2, [(gates.XOR, 0, 0)], [[2]])
    np.testing.assert_array_equal(statistics.fan_out(graph), [2, 0, 1])
