"""Circuits of shared nodes compute the same, and equal functions of two wires are one node."""

from __future__ import annotations

import numpy as np
from hypothesis import given

from lilogic.graph import GateGraph
from lilogic.graph.gates import GATES
from lilogic.hdl.proof.strash import FALSE, XorAndGraph
from lilogic.infer import golden
from tests.strategies import graphs, random_bits


@given(graph=graphs())
def test_circuits_keep_their_function(graph: GateGraph) -> None:
    store = XorAndGraph(graph.n_inputs)
    wires = store.add(graph)
    circuit, inputs = store.circuit([wires[node] for node in graph.head_nodes.tolist()], set())
    bits = random_bits(graph, 64)
    read = bits[:, [node - 1 for node in inputs]] if inputs else bits[:, :1]
    expected = golden.node_values(graph, bits)[:, graph.head_nodes]
    assert (golden.outputs(circuit, read) == expected).all()


def test_functions_of_two_wires_are_one_node_each() -> None:
    store = XorAndGraph(2)
    found: dict[int, int] = {}
    for left in (2, 3):
        for right in (4, 5):
            for op in range(16):
                for a, b, swapped in ((left, right, False), (right, left, True)):
                    wire = store.gate(op, a, b)
                    table = 0
                    for row in range(4):
                        x, y = (row >> 1) ^ (left & 1), (row & 1) ^ (right & 1)
                        table |= GATES[op](y if swapped else x, x if swapped else y) << row
                    assert found.setdefault(table, wire) == wire
    assert len(set(found.values())) == len(found) == 16
    assert found[0] == FALSE
    assert np.unique([wire >> 1 for wire in found.values()]).size == 8
