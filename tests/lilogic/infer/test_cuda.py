"""Inference on GPUs, without one: Triton interprets its programs on the CPU."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lilogic as package
from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import Preprocessing
from lilogic.errors import DataError, LilogicError, MissingExtraError, ToolError
from lilogic.graph import GateGraph, passes
from lilogic.infer import cuda, golden
from lilogic.infer.cuda import levels
from lilogic.infer.predictor import predictor
from tests.strategies import encoded_graphs, graphs, random_bits, random_graph, random_raw

torch = pytest.importorskip("torch")
if not torch.cuda.is_available():
    # Before Triton is loaded, which then runs what is meant for GPUs in Python, slowly.
    os.environ.setdefault("TRITON_INTERPRET", "1")
pytest.importorskip("triton")


def assert_exact(graph: GateGraph, samples: np.ndarray) -> None:
    """That scores and classes are those of the golden model."""
    bits = samples if graph.encoder is None else graph.encoder.encode(samples)
    expected = golden.scores(graph, bits)
    machine = predictor(graph, "cuda")
    np.testing.assert_array_equal(machine.scores(samples), expected)
    np.testing.assert_array_equal(machine.classify(samples), golden.classify(expected))


@settings(max_examples=5)
@given(graphs(), st.sampled_from([1, 31, 33, 70]))
def test_scores_and_classes_of_bits_are_those_of_the_golden_model(graph, samples):
    assert_exact(graph, random_bits(graph, samples))


@settings(max_examples=5)
@given(encoded_graphs(ranked=True), st.sampled_from([1, 32, 45]))
def test_raw_samples_are_encoded_alike(graph, samples):
    assert_exact(graph, random_raw(graph.encoder, samples))


@pytest.mark.slow
@settings(max_examples=15)
@given(st.one_of(graphs(), encoded_graphs(ranked=True)), st.integers(0, 130))
def test_any_graph_and_any_number_of_samples_is_exact(graph, samples):
    encoder = graph.encoder
    assert_exact(
        graph, random_bits(graph, samples) if encoder is None else random_raw(encoder, samples)
    )


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32"])
def test_differences_of_the_furthest_features_do_not_overflow(dtype):
    info = np.iinfo(dtype)
    low, high = max(int(info.min), -(2**31)), min(int(info.max), 2**31 - 1)
    encoder = Encoder(
        preprocessing=Preprocessing((2,), dtype),
        feature=[0, 1, 0, 1],
        threshold=[high, low, 0, -1],
        minus=[1, 0, 2, 0],
    )
    graph = GateGraph.build(4, [(6, 0, 1), (7, 2, 3)], [[4, 0, 1], [5, 3, 3]], encoder=encoder)
    corners = np.array([[low, high], [high, low], [low, low], [high, high]], dtype)
    assert_exact(graph, corners)


def test_the_lower_class_wins_ties_and_sums_of_many_bits_are_exact():
    # More gates than the sums of one round count, and a class that counts nothing.
    random = np.random.default_rng(0)
    gates = [(int(random.integers(16)), *random.integers(0, 9, 2).tolist()) for _ in range(1020)]
    nodes = np.arange(9, 9 + len(gates))
    graph = GateGraph.build(9, gates, [nodes, [], nodes[::-7], [0]], [0, 3, 0, 1 - 2**31])
    assert_exact(graph, random_bits(graph, 40))


def test_batches_are_put_together_again():
    graph = random_graph((60, 40), 50, 3)
    bits = random_bits(graph, 150)
    machine = cuda.load(graph, "cuda")
    machine.batch = 64
    expected = golden.scores(graph, bits)
    np.testing.assert_array_equal(machine.scores(bits), expected)
    read_only = bits.copy()
    read_only.setflags(write=False)
    np.testing.assert_array_equal(machine.classify(read_only), golden.classify(expected))


@settings(max_examples=30)
@given(graphs())
def test_no_gate_writes_what_its_level_reads(graph):
    plan = levels.of_graph(passes.simplify(graph))
    for gates, rows in plan.levels:
        assert len(set(rows.tolist())) == len(rows)
        is_read = np.isin(
            rows, np.concatenate([gates.a[gates.code & 10 > 0], gates.b[gates.code & 12 > 0]])
        )
        assert not is_read.any()
    assert plan.n_rows <= max(1, graph.n_nodes)


def test_deep_graphs_use_rows_again():
    chain = [(6, node, node + 1) for node in range(200)]
    plan = levels.of_graph(GateGraph.build(2, chain, [[201], [201]]))
    assert len(plan.levels) == 200
    assert plan.n_rows <= 5


# As users meet it


def test_a_model_predicts_on_a_gpu():
    model = package.load("wine")
    raw = random_raw(model.graph.encoder, 20)
    np.testing.assert_array_equal(model.scores(raw, device="cuda"), model.scores(raw))
    np.testing.assert_array_equal(model.predict(raw, device="cuda"), model.predict(raw))
    with pytest.raises(DataError):
        model.predict(raw[:, :3], device="cuda")


def test_the_command_line_evaluates_on_a_gpu(lilogic):
    found = [lilogic("eval", "wine", "--device", device, "--json") for device in ("cuda", "cpu")]
    assert found[0] == found[1]
    assert found[0][0] == 0
    status, _, said = lilogic("eval", "wine", "--device", "tpu")
    assert (status, said) == (2, "lilogic: device 'tpu' is not cpu or cuda\n")


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a GPU")
def test_without_a_gpu_the_error_says_what_to_do(monkeypatch):
    monkeypatch.delenv("TRITON_INTERPRET")
    graph = random_graph((5,), 3, 2)
    with pytest.raises(ToolError, match=r"'cuda' cannot be used: .*use 'cpu', or a machine with"):
        predictor(graph, "cuda")
    with pytest.raises(ToolError, match="'tpu' is not cpu or cuda"):
        predictor(graph, "tpu")


@pytest.mark.parametrize(("module", "package"), [("torch", "PyTorch"), ("triton", "Triton")])
def test_a_package_that_is_missing_is_named(module, package, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    for loaded in ("machine", "programs"):
        monkeypatch.delitem(sys.modules, f"lilogic.infer.cuda.{loaded}", raising=False)
    with pytest.raises(MissingExtraError, match=rf"{package} is missing: .*lilogic\[cuda\]"):
        cuda.load(random_graph((5,), 3, 2), "cuda")


def test_samples_that_do_not_fit_are_refused():
    machine = cuda.load(random_graph((5,), 3, 2), "cuda")
    with pytest.raises(LilogicError, match="but the graph reads"):
        machine.scores(np.zeros((2, 4), bool))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("name", ["digits", "mnist-8k", "fashion-8k", "mnist-conv"])
def test_networks_on_a_gpu_are_exact(name):
    graph = package.load(name).graph
    assert_exact(graph, random_raw(graph.encoder, 70_001 if name == "digits" else 3_001))
