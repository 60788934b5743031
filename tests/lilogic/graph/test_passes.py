from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.networks.convolution import convolution
from lilogic import jit
from lilogic.graph import GateGraph, gates, lgn, passes
from lilogic.graph.gates import READS_A, READS_B
from lilogic.infer import golden
from lilogic.zoo import models
from tests.strategies import encoded_graphs, graphs, random_graph, random_raw


def every_input(graph):
    numbers = np.arange(2**graph.n_inputs)[:, None]
    return (numbers >> np.arange(graph.n_inputs)) & 1


def scores(graph):
    return golden.scores(graph, every_input(graph)).tolist()


@pytest.mark.parametrize("apply", [*passes.PASSES, passes.simplify], ids=lambda p: p.__name__)
@given(graph=graphs(max_gates=40))
def test_a_pass_keeps_every_score_and_adds_no_gate(apply, graph):
    result = apply(graph)
    assert scores(result) == scores(graph)
    assert result.n_gates <= graph.n_gates
    assert (result.n_inputs, result.n_classes) == (graph.n_inputs, graph.n_classes)


@given(graph=graphs(), order=st.permutations(passes.PASSES))
def test_passes_keep_scores_in_any_order(graph, order):
    result = graph
    for apply in order:
        result = apply(result)
    assert scores(result) == scores(graph)


@given(encoded_graphs())
def test_encoder_and_metadata_stay(graph):
    graph = graph.with_metadata(name="kept")
    result = passes.simplify(graph)
    assert result.encoder is graph.encoder
    assert result.metadata == {"name": "kept"}
    raw = random_raw(graph.encoder, 50)
    np.testing.assert_array_equal(golden.predict(result, raw), golden.predict(graph, raw))


@given(graphs(max_gates=40))
def test_simplify_is_a_fixed_point_of_every_pass(graph):
    simplified = passes.simplify(graph)
    for apply in (*passes.PASSES, passes.simplify):
        again = apply(simplified)
        assert again.n_gates == simplified.n_gates
        assert again.op.tolist() == simplified.op.tolist()
        assert again.offset.tolist() == simplified.offset.tolist()


@given(graphs(max_gates=40))
def test_what_is_left_has_nothing_superfluous(graph):
    left = passes.simplify(graph)
    assert left.alive[left.n_inputs :].all()
    rows = [*left.rows()]
    assert len(set(rows)) == len(rows)
    inverters = ~(READS_A & READS_B)[left.op]
    assert (left.op[inverters] == gates.NOT_A).all()
    assert (left.a[inverters] < left.n_inputs).all()
    inverted = left.n_inputs + np.flatnonzero(inverters)
    assert not np.isin(left.a, inverted).any()
    assert np.isin(inverted, left.head_nodes).all()


def build(rows, heads, n_inputs=2):
    return GateGraph.build(n_inputs, rows, heads)


def test_constants_are_folded_and_a_counted_one_becomes_an_offset():
    graph = build([(gates.TRUE, 0, 0), (gates.AND, 2, 0), (gates.NOR, 2, 1)], [[2, 3], [4, 4]])
    result = passes.simplify(graph)
    assert result.n_gates == 0
    assert [head.tolist() for head in result.heads] == [[0], []]
    assert result.offset.tolist() == [1, 0]


def test_chains_of_inverters_and_buffers_vanish():
    chain = [(gates.NOT_A, 0, 0), (gates.B, 1, 2), (gates.NOT_B, 0, 3), (gates.AND, 4, 1)]
    result = passes.simplify(build(chain, [[5]]))
    assert result.op.tolist() == [gates.AND]
    assert (result.a.tolist(), result.b.tolist()) == ([0], [1])


def test_the_same_function_with_its_wires_swapped_is_a_duplicate():
    rows = [(gates.A_AND_NOT_B, 0, 1), (gates.NOT_A_AND_B, 1, 0), (gates.OR, 2, 3)]
    result = passes.simplify(build(rows, [[2, 3, 4]]))
    assert result.n_gates == 1
    assert result.head_nodes.tolist() == [2, 2, 2]


def test_a_complement_is_shared_and_the_function_of_its_reader_changes():
    rows = [(gates.AND, 0, 1), (gates.NAND, 0, 1), (gates.XOR, 3, 2), (gates.AND, 3, 2)]
    result = passes.simplify(build([*rows, (gates.OR, 2, 0)], [[2], [4], [5], [6]]))
    assert result.offset.tolist() == [0, 1, 0, 0]
    assert result.n_gates == 2


@pytest.mark.parametrize(
    ("rows", "head", "left", "offset"),
    [
        ([(gates.NOT_A_AND_B, 0, 1)], [0, 2], [(gates.OR, 0, 1)], 0),
        ([(gates.NAND, 0, 1)], [2, 1], [(gates.NOT_A_AND_B, 0, 1)], 1),
        ([(gates.AND, 0, 1), (gates.NOR, 0, 1)], [2, 3], [(gates.XNOR, 0, 1)], 0),
        ([(gates.XOR, 0, 1), (gates.XNOR, 0, 1)], [2, 3], [], 1),
    ],
)
def test_two_counted_nodes_become_one(rows, head, left, offset):
    graph = passes.simplify(build(rows, [head]))
    assert list(zip(graph.op, graph.a, graph.b, strict=True)) == left
    assert len(graph.head_nodes) == len(left)
    assert graph.offset.tolist() == [offset]


def test_a_counted_gate_that_others_read_stays():
    rows = [(gates.NOT_A_AND_B, 0, 1), (gates.AND, 2, 0)]
    graph = passes.count_together(build(rows, [[0, 2], [3]]))
    assert graph.head_nodes.tolist() == [0, 2, 3]


def test_dead_gates_go_and_input_bits_stay():
    result = passes.remove_dead(build([(gates.AND, 0, 1), (gates.OR, 0, 1)], [[8]], n_inputs=7))
    assert (result.n_inputs, result.op.tolist()) == (7, [gates.OR])


def test_a_large_graph_shrinks_and_keeps_its_scores():
    graph = random_graph((4000, 4000), 784, 10)
    result = passes.simplify(graph)
    assert result.n_gates < graph.n_gates / 1.1
    bits = np.random.default_rng(0).random((256, 784)) < 0.5
    np.testing.assert_array_equal(golden.scores(result, bits), golden.scores(graph, bits))


@pytest.mark.parametrize("apply", [*passes.PASSES, passes.simplify], ids=lambda p: p.__name__)
@given(graph=graphs(max_gates=40))
def test_what_is_compiled_for_large_graphs_does_the_same(apply, graph):
    with patch.object(jit, "COMPILED_FROM", 0):
        compiled = apply(replace(graph))
        alive, levels = replace(graph).alive, replace(graph).levels
    assert lgn.fingerprint(compiled) == lgn.fingerprint(apply(graph))
    np.testing.assert_array_equal(alive, graph.alive)
    np.testing.assert_array_equal(levels, graph.levels)


@pytest.mark.parametrize(
    ("graph", "simplified"),
    [
        ("digits", "bfc542656c7170e3"),
        ("mnist-tiny", "72891fc59c12c9d3"),
        ("mnist-8k", "30225ebe12097fa8"),
        ("fashion-8k", "205c6737583e48bb"),
        ("fashion-8k-pixels", "3c36c042ddd3e064"),
        ("fashion-large", "2a9c5a094d8394e4"),
        ("mnist-large", "3d8bdcff75987f51"),
        pytest.param(convolution(10_000), "7ba70418e21725f8", id="convolution"),
        pytest.param(convolution(100_000, through=0), "a36bd0353ef81286", id="convolution-100k"),
    ],
)
def test_networks_simplify_to_what_they_always_did(graph, simplified):
    """Folders of Verilog know their network by this; a better pass changes all of these."""
    if isinstance(graph, str):
        graph = models.load(graph)
    assert lgn.fingerprint(passes.simplify(graph)).hex().startswith(simplified)


def test_a_large_convolution_keeps_its_scores():
    graph = convolution(60_000)
    assert 59_000 < graph.n_gates <= 60_000
    raw = random_raw(graph.encoder, 256)
    simplified = passes.simplify(graph)
    assert simplified.n_gates < graph.n_gates / 5
    bits = graph.encoder.encode(raw)
    np.testing.assert_array_equal(golden.scores(simplified, bits), golden.scores(graph, bits))
