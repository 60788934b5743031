"""What ``passes.minimize`` makes of gates; quick where numba kept what it compiled."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import Preprocessing
from lilogic.graph import GateGraph, gates, lgn, passes
from lilogic.graph.circuit import Builder
from lilogic.graph.resubstitution import resubstitute
from lilogic.infer import golden
from lilogic.zoo import models
from tests.strategies import encoded_graphs, graphs, random_bits, random_graph, random_raw


def every_input(graph):
    numbers = np.arange(2**graph.n_inputs)[:, None]
    return (numbers >> np.arange(graph.n_inputs)) & 1


def scores(graph):
    return golden.scores(graph, every_input(graph)).tolist()


@st.composite
def table_graphs(draw):
    """Graphs of lookup tables that read inputs and other tables."""
    n_inputs = draw(st.integers(2, 8))
    builder = Builder(n_inputs)
    nodes = [*range(n_inputs)]
    for _ in range(draw(st.integers(1, 6))):
        wires = draw(st.lists(st.sampled_from(nodes), min_size=2, max_size=6, unique=True))
        nodes.append(builder.lut(draw(st.integers(0, 2**2 ** len(wires) - 1)), wires))
    heads = draw(st.lists(st.lists(st.sampled_from(nodes), max_size=6), min_size=1, max_size=3))
    circuit = builder.build([], draw(st.lists(st.sampled_from(nodes))))
    return GateGraph.build(n_inputs, [*circuit.rows()], heads, roots=circuit.roots)


@pytest.mark.parametrize("behind", [0, pytest.param(1, marks=pytest.mark.slow), 3])
@given(graph=st.one_of(table_graphs(), graphs(max_gates=60)))
def test_resubstitution_keeps_every_score_and_adds_no_gate(behind, graph):
    simple = passes.simplify(graph)
    result = resubstitute(simple, behind)
    assert scores(result) == scores(graph)
    assert result.n_gates <= simple.n_gates
    assert result.depth <= simple.depth


@given(graph=table_graphs())
def test_minimize_keeps_every_score_and_depth(graph):
    result = passes.minimize(graph)
    simple = passes.simplify(graph)
    assert scores(result) == scores(graph)
    assert result.n_gates <= simple.n_gates
    assert result.depth <= simple.depth
    assert lgn.fingerprint(result) == lgn.fingerprint(passes.minimize(graph))


def thresholds(*limits):
    """An encoder of one byte."""
    return Encoder(
        preprocessing=Preprocessing((1,), "uint8"), feature=[0] * len(limits), threshold=[*limits]
    )


@given(
    data=st.data(),
    limits=st.lists(st.integers(-2, 257), min_size=2, max_size=8),
)
def test_bits_of_one_feature_keep_the_scores_of_all_its_values(data, limits):
    graph = data.draw(graphs(max_gates=40, encoder=thresholds(*limits)))
    raw = np.arange(256, dtype=np.uint8)[:, None]
    result = passes.minimize(graph)
    np.testing.assert_array_equal(
        golden.scores(result, graph.encoder.encode(raw)),
        golden.scores(graph, graph.encoder.encode(raw)),
    )


@pytest.mark.slow
@given(encoded_graphs(max_gates=40, ranked=True))
def test_samples_keep_their_scores_with_any_encoder(graph):
    bits = graph.encoder.encode(random_raw(graph.encoder, 200))
    np.testing.assert_array_equal(
        golden.scores(passes.minimize(graph), bits), golden.scores(graph, bits)
    )


def test_a_higher_threshold_implies_a_lower_one():
    rows = [(gates.AND, 0, 1), (gates.OR, 0, 1), (gates.NOT_A_AND_B, 0, 1)]
    graph = GateGraph.build(2, rows, [[2], [3], [4]], encoder=thresholds(63, 191))
    result = passes.minimize(graph)
    assert [head.tolist() for head in result.heads] == [[1], [0], []]
    assert passes.minimize(replace(graph, encoder=None)).n_gates == 3


def test_what_a_gate_behind_hides_does_not_matter():
    # Where a is 1, (a ^ b) is ¬b, and the gate behind looks at it only there.
    rows = [(gates.XOR, 0, 1), (gates.AND, 2, 2), (gates.OR, 3, 1), (gates.AND, 5, 0)]
    graph = GateGraph.build(3, rows, [[6]])
    assert passes.simplify(graph).n_gates == 3
    assert passes.minimize(graph).n_gates < 3
    assert scores(passes.minimize(graph)) == scores(graph)


def test_leaves_that_never_occur_together_do_not_matter():
    # a ∧ b and ¬a ∧ ¬b are never both 1, so their exclusive or is an or, which is a XNOR b.
    rows = [(gates.AND, 0, 1), (gates.NOR, 0, 1), (gates.XOR, 2, 3)]
    result = passes.minimize(GateGraph.build(2, rows, [[4]]))
    assert result.op.tolist() == [gates.XNOR]


def test_roots_stay_roots():
    builder = Builder(6)
    nodes = [builder.lut(table, range(6)) for table in (0x8000FEE8E8808000, 0xFFFEFEE8FEE8E880)]
    nodes.append(builder.gate(gates.AND, *nodes))
    circuit = builder.build(nodes, nodes)
    graph = GateGraph.build(6, [*circuit.rows()], [nodes], roots=circuit.roots)
    result = passes.minimize(graph)
    assert result.n_gates < passes.simplify(graph).n_gates
    # The first implies the second, so the third is the first.
    assert result.roots.tolist() == sorted({*result.head_nodes.tolist()})
    assert len(result.roots) == 2


def test_a_counted_node_keeps_its_value():
    builder = Builder(4)
    nodes = [builder.lut(table, range(4)) for table in (0x1EE8, 0x6996, 0xFAC0, 0x0FF1)]
    graph = GateGraph.build(4, [*builder.build([]).rows()], [[node] for node in nodes])
    assert scores(passes.minimize(graph)) == scores(graph)


@pytest.mark.parametrize(("layers", "inputs"), [((400, 400, 400, 100), 40), ((900, 300), 12)])
def test_larger_graphs_keep_their_scores(layers, inputs):
    graph = passes.simplify(random_graph(layers, inputs, 5))
    result = passes.minimize(graph)
    assert result.n_gates < graph.n_gates
    bits = random_bits(graph, 2000)
    np.testing.assert_array_equal(golden.scores(result, bits), golden.scores(graph, bits))


@pytest.mark.parametrize("name", ["digits", pytest.param("mnist-tiny", marks=pytest.mark.slow)])
def test_trained_networks_keep_the_scores_of_samples(name):
    graph = models.load(name)
    result = passes.minimize(graph)
    bits = graph.encoder.encode(random_raw(graph.encoder, 200))
    np.testing.assert_array_equal(golden.scores(result, bits), golden.scores(graph, bits))
