"""Circuits are checked, builders make what they are told, and walks put sources first."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lilogic.errors import GraphError
from lilogic.graph import Circuit, gates
from lilogic.graph.circuit import Builder, LoopError, topological
from lilogic.infer import golden
from tests.strategies import graphs

GOOD = {"n_inputs": 2, "op": [gates.AND], "a": [0], "b": [1], "outputs": [2, 0, 2]}


def circuit(**changes):
    fields = GOOD | changes
    return Circuit(**{k: v if k == "n_inputs" else np.array(v) for k, v in fields.items()})


def test_a_circuit_puts_out_what_it_lists():
    made = circuit()
    assert (made.n_gates, made.n_nodes, [*made.rows()]) == (1, 3, [(gates.AND, 0, 1)])
    bits = np.array([[1, 0], [1, 1]])
    assert golden.outputs(made, bits).tolist() == [[False, True, False], [True, True, True]]
    assert not made.outputs.flags.writeable


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_inputs": 0}, "n_inputs is 0, but a graph needs at least 1 input bit"),
        ({"op": [16]}, "gate 0 has op 16, but ops are 0 to 15"),
        ({"a": [2]}, "gate 0 (node 2) reads wire 2, which does not come before it"),
        ({"outputs": [0, 3]}, "outputs[1] is node 3, but only 3 exist"),
        ({"outputs": [-1]}, "outputs[0] is node -1, but only 3 exist"),
        ({"outputs": [0.5]}, "outputs[0] is 0.5, which is not a int32"),
    ],
)
def test_what_is_wrong_is_named(changes, message):
    with pytest.raises(GraphError) as error:
        circuit(**changes)
    assert message in str(error.value)


@given(graph=graphs())
def test_a_builder_makes_the_gates_that_it_is_given(graph):
    builder = Builder(graph.n_inputs)
    nodes = [*range(graph.n_inputs)]
    nodes += [builder.gate(*row) for row in graph.rows()]
    made = builder.build(graph.head_nodes.tolist())
    assert nodes == [*range(graph.n_nodes)]
    assert [*made.rows()] == [*graph.rows()]
    np.testing.assert_array_equal(made.outputs, graph.head_nodes)
    np.testing.assert_array_equal(made.levels, graph.levels)


def test_a_builder_selects_inverts_and_makes_each_constant_once():
    builder = Builder(3)
    assert builder.constant(1) == builder.constant(1) != builder.constant(0)
    outputs = [builder.select(2, 1, 0), builder.inverted(0), builder.constant(1)]
    bits = np.arange(8)[:, None] >> np.arange(3) & 1
    expected = [[bool(b if s else a), not a, True] for a, b, s in bits.tolist()]
    assert golden.outputs(builder.build(outputs), bits).tolist() == expected


@given(reads=st.lists(st.lists(st.integers(0, 10**6), max_size=3), min_size=1), data=st.data())
def test_a_walk_meets_everything_once_and_sources_first(reads, data):
    sources = [[wire % node for wire in wires] if node else [] for node, wires in enumerate(reads)]
    wanted = data.draw(st.lists(st.integers(0, len(reads) - 1)))
    walked = [*topological(wanted, sources.__getitem__)]
    place = {node: i for i, node in enumerate(walked)}
    assert len(place) == len(walked)
    assert place.keys() >= {*wanted}
    for node in walked:
        assert all(place[source] < place[node] for source in sources[node])
    if wanted:
        first = {*topological(sources[wanted[0]], sources.__getitem__)}
        assert {*walked[: place[wanted[0]]]} == first


def test_a_walk_is_as_deep_as_need_be_and_refuses_loops():
    chain = {node: [node - 1] if node else [] for node in range(100_000)}
    assert [*topological([99_999], chain.__getitem__)] == [*range(100_000)]
    with pytest.raises(LoopError) as error:
        [*topological([2], {0: [2], 1: [0], 2: [1, 0]}.__getitem__)]
    assert error.value.node in (0, 1, 2)
