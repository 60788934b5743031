from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from lilogic.data.encoder import Encoder
from lilogic.data.fitting import above_quantile
from lilogic.data.preprocessing import Preprocessing
from lilogic.errors import GraphError
from lilogic.graph import GateGraph, gates
from lilogic.infer.compiler import compile_bits, compile_raw
from lilogic.infer.program import OPERANDS, Kind
from lilogic.infer.simd import LANES
from tests.strategies import graphs, random_graph


def kinds(graph):
    return [Kind(run["kind"]) for run in compile_bits(graph).code.runs]


@given(graphs())
def test_a_program_says_what_it_reads_and_fits_its_memory(graph):
    program = compile_bits(graph)
    code = program.code
    assert program.comparisons is None
    assert program.dtype == np.uint64
    assert program.width == -(-graph.n_inputs // 64)
    assert program.n_classes == graph.n_classes
    assert len(code.input_rows) == len(code.words)
    assert (code.words < program.width).all()
    for rows in (code.operands, code.input_rows, code.class_rows, code.score_rows):
        assert (rows % LANES == 0).all()
        assert (rows < code.n_rows * LANES).all()


@given(graphs())
def test_runs_are_whole_steps_and_cover_all_operands(graph):
    code = compile_bits(graph).code
    end = 0
    for run in code.runs:
        assert run["begin"] == end
        end = int(run["end"])
        assert (end - int(run["begin"])) % OPERANDS[run["kind"]] == 0
    assert end == len(code.operands)


def test_gates_of_one_function_make_one_run():
    ands = [(gates.AND, i, i + 1) for i in range(0, 8, 2)]
    readers = [(gates.XOR, 8, 9), (gates.XOR, 10, 11)]
    graph = GateGraph.build(8, [*ands, *readers], [[12, 12], [13, 13]])
    assert kinds(graph)[:2] == [Kind.PRODUCT, Kind.LINEAR]
    run = compile_bits(graph).code.runs[0]
    assert run["end"] - run["begin"] == len(ands) * OPERANDS[Kind.PRODUCT]


@pytest.mark.parametrize(
    ("op", "kind"), [(gates.XOR, Kind.COUNT_LINEAR), (gates.NAND, Kind.COUNT_PRODUCT)]
)
def test_gates_that_are_only_counted_are_computed_where_they_are_counted(op, kind):
    only_counted = GateGraph.build(8, [(op, i, i + 1) for i in range(0, 8, 2)], [[8, 9, 10, 11]])
    assert kinds(only_counted)[0] == kind


def test_rows_share_memory():
    """A chain of gates needs a few rows, however long it is."""
    chain = [(6, node, node + 1) for node in range(2, 1000)]
    graph = GateGraph.build(4, [(6, 0, 1), *chain], [[len(chain)]])
    assert compile_bits(graph).code.n_rows < 20


def test_only_thresholds_that_are_used_are_compared():
    encoder = Encoder(
        preprocessing=Preprocessing((2,), "uint8"), feature=[0, 0, 1], threshold=[10, 20, 30]
    )
    graph = GateGraph.build(3, [(gates.AND, 0, 2)], [[3]], encoder=encoder)
    program = compile_raw(graph)
    assert program.width == 2
    assert program.dtype == np.uint8
    assert program.comparisons.first.tolist() == [0]
    assert program.comparisons.thresholds[0, :2].tolist() == [10, 30]
    assert (program.comparisons.thresholds[0, 2:] == 255).all()


def test_encoders_that_compare_more_than_features_with_constants_are_refused():
    graph = random_graph((20,), 70, 2)
    with pytest.raises(GraphError, match="the graph has no encoder"):
        compile_raw(graph)
    encoder = above_quantile((70,), "uint8", 0.5)
    with pytest.raises(GraphError, match="a quantile of each sample: encode samples first"):
        compile_raw(replace(graph, encoder=encoder))
