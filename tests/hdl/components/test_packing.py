import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lilogic.graph import GateGraph
from lilogic.hdl.components import packing
from tests.strategies import graphs


@given(graphs(max_gates=60), st.integers(0, 30))
def test_every_node_is_in_one_place(graph, count):
    nodes = np.arange(graph.n_nodes)
    *groups, rest = packing.triples(graph, nodes, count)
    assert sorted(np.concatenate([*groups, rest])) == nodes.tolist()
    first, second, third = map(len, groups)
    assert count >= first >= second >= third
    assert not len(rest) or third == count


def test_what_reads_the_same_meets():
    """Nine gates on three inputs each: three of every three inputs."""
    gates = [
        (op, first + a, first + b)
        for first in (0, 3, 6)
        for op, (a, b) in zip((1, 6, 7), ((0, 1), (1, 2), (0, 2)), strict=True)
    ]
    graph = GateGraph.build(9, gates, [range(9, 18)])
    first, second, third, rest = packing.triples(graph, graph.head_nodes.astype(np.int64), 3)
    found = {frozenset(triple) for triple in zip(first, second, third, strict=True)}
    assert found == {frozenset({9 + i, 10 + i, 11 + i}) for i in (0, 3, 6)}
    assert not len(rest)


def test_what_is_read_through_another_gate_counts_too():
    """Four gates of which no two read the same gate, but two and two the same inputs."""
    inner = [(1, 0, 1), (7, 0, 1), (6, 2, 3), (9, 2, 3)]
    gates = [*inner, *((1, 8 + i, 4 + i) for i in range(4))]
    graph = GateGraph.build(8, gates, [range(12, 16)])
    first, second, _, _ = packing.triples(graph, np.arange(12, 16), 2)
    found = {frozenset(pair) for pair in zip(first, second, strict=True)}
    assert found == {frozenset({12, 13}), frozenset({14, 15})}
