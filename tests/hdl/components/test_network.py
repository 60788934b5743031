import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lilogic.graph import GateGraph, gates, passes
from lilogic.graph.gates import READS_A, READS_B
from lilogic.hdl.components.network import GateNetwork, banks, counted, levels, stages, widths
from lilogic.infer.golden import node_values
from tests.hdl.simulation import LEVELS_PER_STAGE, drive, every, read_bits, stream
from tests.strategies import graphs, random_bits, random_graph, table_graphs


def check(graph, levels_per_stage, samples=12):
    network = GateNetwork(graph, every(levels_per_stage, levels(graph)))
    bits = random_bits(graph, samples)
    width = len(counted(graph))
    seen = stream(
        network,
        [drive(network.bits.signals, row) for row in bits],
        lambda get: read_bits(get, network.values.signals, width),
    )
    np.testing.assert_array_equal(
        np.array(seen).reshape(samples, width), node_values(graph, bits)[:, counted(graph)]
    )


@pytest.mark.parametrize("levels_per_stage", LEVELS_PER_STAGE)
@settings(max_examples=20)
@given(graph=graphs())
def test_counted_nodes_have_the_values_of_the_software(levels_per_stage, graph):
    check(graph, levels_per_stage)


@settings(max_examples=20)
@given(graph=table_graphs(), levels_per_stage=st.integers(0, 2), is_simplified=st.booleans())
def test_tables_have_the_values_of_the_software(graph, levels_per_stage, is_simplified):
    check(passes.simplify(graph) if is_simplified else graph, levels_per_stage)


@given(graph=st.one_of(graphs(max_gates=40), table_graphs()), levels_per_stage=st.integers(0, 3))
def test_registers_stand_only_where_cones_end(graph, levels_per_stage):
    registers = every(levels_per_stage, levels(graph))
    available = {*range(graph.n_inputs)}
    constants = {*(graph.n_inputs + np.flatnonzero(~(READS_A | READS_B)[graph.op])).tolist()}
    ends = {*range(graph.n_inputs), *graph.cones.roots.tolist()}
    for _, held, carried in stages(graph, registers):
        made = available | constants | {*held.tolist()}
        for node in held.tolist():
            gate = node - graph.n_inputs
            for wire, reads in ((graph.a, READS_A), (graph.b, READS_B)):
                assert not reads[graph.op[gate]] or wire[gate] in made
        available = {*carried.tolist()}
        assert available <= made & ends
    assert {*counted(graph).tolist()} <= (available if any(registers) else made) | constants


@pytest.mark.parametrize("op", range(16))
def test_each_gate_alone(op):
    graph = GateGraph.build(2, [(op, 0, 1), (op, 1, 0), (op, 0, 0)], [[2, 3, 4]])
    check(graph, 1, samples=30)


def test_a_wide_graph():
    check(random_graph((700, 500), 200, 10), 1)


@settings(max_examples=10)
@given(graph=graphs(), limit=st.integers(1, 5))
def test_more_wires_than_a_signal_holds_change_nothing(graph, limit):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lilogic.hdl.components.vector.LIMIT", limit)
        check(graph, 2)


def chain(length):
    rows = [(gates.XOR, 0, 1)] + [(gates.XOR, node, 0) for node in range(2, length + 1)]
    return GateGraph.build(2, rows, [[length + 1]])


def test_registers_carry_what_is_still_read():
    every_level = [nodes.tolist() for nodes in banks(chain(3), (True, True, True))]
    assert every_level == [[0, 2], [0, 3], [4]]
    assert [len(nodes) for nodes in banks(chain(3), (False, True, False))] == [0, 2, 0]
    constant = GateGraph.build(1, [(gates.TRUE, 0, 0), (gates.NOT_A, 0, 0)], [[1, 2]])
    assert [nodes.tolist() for nodes in banks(constant, (True,))] == [[2]]


def test_a_table_is_one_level_and_what_two_stages_share_is_made_in_both():
    parity = [(gates.XOR, 0, 1), (gates.XOR, 4, 2), (gates.XOR, 5, 3)]
    table = GateGraph.build(4, parity, [[6]], roots=[6])
    assert (levels(table), widths(table)) == (1, [4])
    assert [nodes.tolist() for nodes in banks(table, (True,))] == [[6]]
    shared = GateGraph.build(
        8,
        [
            (gates.XOR, 0, 1),
            (gates.AND, 8, 2),
            (gates.AND, 9, 3),
            (gates.AND, 4, 5),
            (gates.AND, 6, 4),
            (gates.OR, 8, 10),
            (gates.XOR, 13, 11),
            (gates.XOR, 14, 12),
        ],
        [[15]],
        roots=[10, 15],
    )
    held = [gates_of.tolist() for _, gates_of, _ in stages(shared, (True, True))]
    assert held == [[8, 9, 10], [8, 11, 12, 13, 14, 15]]
    check(shared, 1)


def test_levels_are_the_depth_of_the_living():
    assert levels(chain(7)) == 7
    rows = [(gates.AND, 0, 1), *((gates.XOR, node, 0) for node in range(2, 9))]
    assert levels(GateGraph.build(2, rows, [[2]])) == 1
    assert levels(GateGraph.build(2, [], [[0]])) == 1
