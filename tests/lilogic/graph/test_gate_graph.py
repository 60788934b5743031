import numpy as np
import pytest
from hypothesis import given

from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import Preprocessing
from lilogic.errors import GraphError, LilogicError
from lilogic.graph import GateGraph, gates
from lilogic.graph.gates import READS_A, READS_B
from tests.strategies import graphs


def test_a_graph_counts_its_parts():
    graph = GateGraph.build(3, [(gates.AND, 0, 1), (gates.XOR, 3, 2)], [[4], [3, 0]], [0, -2])
    assert (graph.n_inputs, graph.n_gates, graph.n_nodes, graph.n_classes) == (3, 2, 5, 2)
    assert [head.tolist() for head in graph.heads] == [[4], [3, 0]]
    assert [bounds.tolist() for bounds in graph.score_bounds()] == [[0, -2], [1, 0]]
    assert graph.levels.tolist() == [0, 0, 0, 1, 2]
    assert graph.depth == 2


def test_depth_and_alive_ignore_wires_that_a_function_ignores():
    chain = [(gates.XOR, 0, 1), (gates.OR, 2, 0), (gates.B, 3, 1)]
    graph = GateGraph.build(2, chain, [[4]])
    assert graph.depth == 1
    assert graph.alive.tolist() == [False, True, False, False, True]


def test_constants_have_level_1_and_input_bits_0():
    assert GateGraph.build(1, [(gates.TRUE, 0, 0)], [[1]]).depth == 1
    assert GateGraph.build(1, [], [[0]]).depth == 0
    assert GateGraph.build(1, [], [[]]).depth == 0


def needed(graph, node):
    """The nodes that ``node`` depends on, itself among them."""
    found = {node}
    if node >= graph.n_inputs:
        gate = node - graph.n_inputs
        op = graph.op[gate]
        found |= needed(graph, int(graph.a[gate])) if READS_A[op] else set()
        found |= needed(graph, int(graph.b[gate])) if READS_B[op] else set()
    return found


@given(graphs(max_gates=12))
def test_alive_is_what_heads_depend_on(graph):
    alive = set().union(*(needed(graph, node) for node in graph.head_nodes.tolist()))
    assert set(np.flatnonzero(graph.alive).tolist()) == alive


@given(graphs())
def test_a_graph_cannot_be_changed(graph):
    for name in ("op", "a", "b", "head_nodes", "head_ptr", "offset", "levels", "alive"):
        assert not getattr(graph, name).flags.writeable


def test_a_graph_keeps_its_own_copies():
    op = np.array([gates.AND], dtype=np.uint8)
    heads, zero = np.array([2]), np.array([0])
    graph = GateGraph(
        n_inputs=2,
        op=op,
        a=zero,
        b=np.array([1]),
        head_nodes=heads,
        head_ptr=np.array([0, 1]),
        offset=zero,
    )
    op[0] = gates.OR
    assert graph.op.tolist() == [gates.AND]


GOOD = {
    "n_inputs": 2,
    "op": [gates.AND, gates.OR],
    "a": [0, 2],
    "b": [1, 0],
    "head_nodes": [2, 3],
    "head_ptr": [0, 1, 2],
    "offset": [0, 0],
}
ENCODER = Encoder(
    preprocessing=Preprocessing((3,), "uint8"), feature=np.arange(3), threshold=np.zeros(3)
)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_inputs": 0}, "n_inputs is 0, but a graph needs at least 1 input bit"),
        ({"n_inputs": 1.5}, "n_inputs is 1.5, but must be an integer"),
        ({"op": [1, 16]}, "gate 1 has op 16, but ops are 0 to 15"),
        ({"op": [1, 256]}, "op[1] is 256, which is not a uint8"),
        ({"op": [1, -1]}, "op[1] is -1, which is not a uint8"),
        ({"op": [[1, 2]]}, "op has 2 dimensions, but must have 1"),
        ({"op": ["AND", "OR"]}, "op holds str96, but must hold 32-bit integers"),
        ({"a": [0]}, "a has 1 entries, but op has 2"),
        ({"b": [0, 1, 2]}, "b has 3 entries, but op has 2"),
        ({"a": [0, 0.5]}, "a[1] is 0.5, which is not a int32"),
        ({"a": [0, float("nan")]}, "a[1] is nan, which is not a int32"),
        ({"a": [0, 2**31]}, "a[1] is 2147483648, which is not a int32"),
        ({"a": [0, 9000]}, "gate 1 reads wire 9000, but only 4 exist"),
        ({"b": [-1, 0]}, "gate 0 reads wire -1, but only 4 exist"),
        ({"a": [2, 2]}, "gate 0 (node 2) reads wire 2, which does not come before it"),
        ({"b": [3, 0]}, "gate 0 (node 2) reads wire 3, which does not come before it"),
        ({"roots": [2, 9000]}, "roots[1] is 9000, but only 4 nodes exist"),
        ({"roots": [1]}, "roots[0] is 1, but roots are gates, of which the first is node 2, in as"),
        ({"roots": [3, 2]}, "roots[1] is 2, but roots are gates"),
        ({"roots": [2, 2]}, "roots[1] is 2, but roots are gates"),
        ({"roots": [2.5]}, "roots[0] is 2.5, which is not a int32"),
        ({"offset": [], "head_ptr": [0]}, "offset is empty, but a graph needs at least 1 class"),
        ({"head_ptr": [0, 2]}, "head_ptr has 2 entries, but 2 classes need 3"),
        ({"head_ptr": [1, 1, 2]}, "head_ptr[0] is 1, but head_ptr must rise from 0 to 2"),
        ({"head_ptr": [0, 1, 1]}, "head_ptr[2] is 1, but head_ptr must rise from 0 to 2"),
        ({"head_ptr": [0, 3, 2]}, "head_ptr[2] is 2, but head_ptr must rise from 0 to 2"),
        ({"head_nodes": [2, 4]}, "the head of class 1 counts node 4, but only 4 exist"),
        ({"head_nodes": [-1, 3]}, "the head of class 0 counts node -1, but only 4 exist"),
        ({"offset": [0, 2**31 - 1]}, "offset[1] is 2147483647, but scores must stay within"),
        ({"offset": [-(2**31), 0]}, "offset[0] is -2147483648, but scores must stay within"),
        ({"encoder": ENCODER}, "encoder makes 3 bits, but n_inputs is 2"),
    ],
)
def test_what_is_wrong_is_named(changes, message):
    fields = {k: v if k in ("n_inputs", "encoder") else np.array(v) for k, v in GOOD.items()}
    fields |= {k: v if k in ("n_inputs", "encoder") else np.array(v) for k, v in changes.items()}
    with pytest.raises(LilogicError) as error:
        GateGraph(**fields)
    assert message in str(error.value)


def test_metadata_can_be_added_to_a_copy():
    graph = GateGraph.build(1, [], [[0]], metadata={"name": "one"})
    named = graph.with_metadata(dataset="digits")
    assert graph.metadata == {"name": "one"}
    assert named.metadata == {"name": "one", "dataset": "digits"}


GATE = [(1, 0, 1)]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"gates": None}, "gates holds NoneType"),
        ({"gates": iter(GATE)}, "gates holds list_iterator"),
        ({"gates": "AND"}, "gates holds str"),
        ({"gates": [("AND", 0, 1)]}, "gates holds str"),
        ({"gates": [(1, None, 1)]}, "gates holds object"),
        ({"gates": [(1, 10**30, 1)]}, "gates holds object"),
        ({"gates": [(1, 0, 1), (1, 0)]}, "gates cannot be made an array of integers"),
        ({"gates": [(0, 1), (0, 1), (1, 1)]}, r"gates have shape \(3, 2\)"),
        ({"gates": [1, 0, 1]}, r"gates have shape \(3,\)"),
        ({"gates": [[[1, 0, 1]]]}, r"gates have shape \(1, 1, 3\)"),
        ({"gates": [(1.5, 0, 1)]}, r"op\[0\] is 1.5"),
        ({"gates": [(1, float("nan"), 1)]}, r"a\[0\] is nan"),
        ({"heads": None}, "heads must be a list of node ids for each class"),
        ({"heads": [2]}, "heads must be a list of node ids for each class"),
        ({"heads": ["2"]}, "heads holds str"),
        ({"heads": [[None]]}, "heads holds object"),
        ({"heads": [[2.5]]}, r"head_nodes\[0\] is 2.5"),
        ({"offset": ["a"]}, "offset holds str"),
        ({"offset": [0.5]}, r"offset\[0\] is 0.5"),
        ({"encoder": "28x28"}, "encoder is '28x28', but must be an Encoder"),
        ({"metadata": ["name"]}, "metadata is .*, but must be a mapping"),
    ],
)
def test_lists_of_other_things_make_no_graph(arguments, error):
    with pytest.raises(GraphError, match=error):
        GateGraph.build(**{"n_inputs": 2, "gates": GATE, "heads": [[2]]} | arguments)
