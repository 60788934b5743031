"""Cones are functions of their leaves, and roots survive passes as nodes of few wires."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lilogic import jit
from lilogic.graph import GateGraph, gates, passes
from lilogic.graph.circuit import Builder
from lilogic.graph.cones import MOST_LEAVES
from lilogic.graph.gates import READS_A, READS_B
from tests.strategies import graphs, table_graphs


def wires(graph: GateGraph, node: int) -> list[int]:
    gate = node - graph.n_inputs
    op = graph.op[gate]
    read = (graph.a[gate], READS_A[op]), (graph.b[gate], READS_B[op])
    return [int(wire) for wire, is_read in read if is_read]


def leaves(graph: GateGraph, node: int) -> list[int]:
    return [leaf for leaf in graph.cones.leaves[node - graph.n_inputs].tolist() if leaf >= 0]


def check(graph: GateGraph) -> None:
    cones = graph.cones
    for node in range(graph.n_inputs, graph.n_nodes):
        own = leaves(graph, node)
        assert len(set(own)) == len(own) <= MOST_LEAVES
        assert cones.level[node] == 1 + max(cones.level[own], default=0)
        inside, seen = [node], {node}
        while inside:
            read = {*wires(graph, inside.pop())} - {*own} - seen
            assert not any(wire < graph.n_inputs for wire in read)
            inside += read
            seen |= read
    needed = {*graph.head_nodes.tolist()}
    for root in cones.roots.tolist()[::-1]:
        assert root in needed
        needed |= {*leaves(graph, root)}
    assert {node for node in needed if node >= graph.n_inputs} == {*cones.roots.tolist()}


@given(graphs(max_gates=40).filter(lambda graph: len(graph.roots)))
def test_whatever_the_roots_are_cones_are_functions_of_few_leaves(graph: GateGraph) -> None:
    check(graph)
    check(passes.simplify(graph))


@given(table_graphs(max_layers=1))
def test_one_layer_of_tables_is_one_level_before_and_after_passes(graph: GateGraph) -> None:
    for each in (graph, passes.simplify(graph)):
        check(each)
        assert each.cones.level[each.head_nodes].max(initial=0) <= 1


@given(table_graphs())
def test_layers_of_tables_are_as_many_levels_before_and_no_more_after_passes(
    graph: GateGraph,
) -> None:
    check(graph)
    simplified = passes.simplify(graph)
    check(simplified)
    before, after = (
        int(each.cones.level[each.head_nodes].max(initial=0)) for each in (graph, simplified)
    )
    assert after <= before <= 3


@given(graphs(max_gates=40), st.permutations(passes.PASSES))
def test_roots_change_nothing_of_what_passes_do(graph: GateGraph, order: list[passes.Pass]) -> None:
    bare = GateGraph.build(
        graph.n_inputs, [*graph.rows()], [head.tolist() for head in graph.heads], graph.offset
    )
    for apply in (*order, passes.simplify):
        graph, bare = apply(graph), apply(bare)
        assert [*graph.rows()] == [*bare.rows()]
        assert graph.head_nodes.tolist() == bare.head_nodes.tolist()


@given(graph=graphs(max_gates=60))
def test_compiled_and_interpreted_find_the_same(graph: GateGraph) -> None:
    found = graph.cones
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jit, "COMPILED_FROM", 0)
        again = type(found).of(graph, graph.head_nodes)
    for one, other in zip(found, again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_without_roots_each_gate_is_a_cone() -> None:
    graph = GateGraph.build(2, [(gates.AND, 0, 1), (gates.NOT_A, 2, 0), (gates.OR, 0, 0)], [[3]])
    assert [leaves(graph, node) for node in (2, 3)] == [[0, 1], [2]]
    assert graph.cones.roots.tolist() == [2, 3]
    assert graph.cones.level.tolist() == graph.levels.tolist()


def lut(builder: Builder, parity_of: list[int]) -> int:
    table = sum((address.bit_count() & 1) << address for address in range(1 << len(parity_of)))
    return builder.lut(table, parity_of)


def test_a_root_that_another_cone_shares_does_not_make_that_a_level_deeper() -> None:
    builder = Builder(4)
    small, large = lut(builder, [0, 1]), lut(builder, [0, 1, 2, 3])
    circuit = builder.build([], [small, large])
    graph = GateGraph.build(4, [*circuit.rows()], [[small, large]], roots=circuit.roots.tolist())
    simplified = passes.simplify(graph)
    assert simplified.n_gates == 3
    assert simplified.cones.level[simplified.head_nodes].tolist() == [1, 1]


def test_a_cone_of_more_wires_is_several() -> None:
    rows = [(gates.XOR, 0, 1), *((gates.XOR, node, node - 6) for node in range(8, 14))]
    graph = GateGraph.build(8, rows, [[14]], roots=[14])
    check(graph)
    assert graph.cones.level[14] == 2
