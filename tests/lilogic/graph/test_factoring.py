"""Cones written anew: the same functions with fewer gates."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lilogic.graph import GateGraph, passes
from lilogic.graph.circuit import Builder
from lilogic.graph.factoring import factored
from lilogic.infer import golden
from tests.strategies import graphs, random_bits, table_graphs


def table(function: int, wires: int = 6) -> GateGraph:
    """A class that counts a lookup table, and one that counts nothing."""
    builder = Builder(wires)
    node = builder.lut(function, range(wires))
    circuit = builder.build([node], [node])
    return GateGraph(
        n_inputs=wires,
        **{name: getattr(circuit, name) for name in ("op", "a", "b", "roots")},
        head_nodes=circuit.outputs,
        head_ptr=[0, 1, 1],
        offset=[0, 0],
    )


def every(wires: int) -> np.ndarray:
    return (np.arange(2**wires)[:, None] >> np.arange(wires) & 1).astype(bool)


@given(st.integers(0, 2**64 - 1))
@settings(max_examples=60)
def test_any_function_of_six_wires(function: int) -> None:
    graph = table(function)
    found = factored(graph)
    expected = [function >> entry & 1 for entry in range(64)]
    assert golden.scores(found, every(6))[:, 0].tolist() == expected


@given(graphs() | table_graphs())
def test_scores_stay_and_gates_never_become_more(graph: GateGraph) -> None:
    bits = random_bits(graph, 200)
    assert np.array_equal(golden.scores(factored(graph), bits), golden.scores(graph, bits))
    simple = passes.simplify(graph)
    assert np.array_equal(golden.scores(simple, bits), golden.scores(graph, bits))
    assert simple.n_gates <= graph.n_gates
    again = passes.simplify(simple)
    assert again.n_gates == simple.n_gates


def test_a_multiplexer_and_wires_in_the_worst_order_take_three_gates() -> None:
    # Shannon's expansion from the last wire on, where the first one selects.
    entries = [entry >> 1 & 1 if entry & 1 else entry >> 2 & 1 for entry in range(8)]
    graph = table(sum(value << entry for entry, value in enumerate(entries)), 3)
    assert passes.simplify(graph).n_gates == 3


def test_a_majority_takes_four_gates() -> None:
    entries = [entry.bit_count() >= 2 for entry in range(8)]
    graph = table(sum(int(value) << entry for entry, value in enumerate(entries)), 3)
    assert passes.simplify(graph).n_gates <= 4


def test_a_parity_takes_five_gates() -> None:
    graph = table(sum((entry.bit_count() & 1) << entry for entry in range(64)))
    assert passes.simplify(graph).n_gates == 5
