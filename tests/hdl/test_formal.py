"""Proofs accept what is right, refute every mutation, and never claim what they did not do."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hdl import formal
from hdl.interface import VERILOG
from hdl.verilog import compile_graph
from lilogic.graph import GateGraph
from lilogic.inference import node_values
from tests.strategies import encoded_graphs, graphs, random_graph

SLOW = settings(max_examples=6)
GRAPH = random_graph((12, 12), 8, 3, seed=4)
RARE = 24


def statuses(result: dict[str, Any]) -> dict[str, str]:
    return {part: found["status"] for part, found in result["parts"].items()}


def proven(*parts: str) -> dict[str, str]:
    return dict.fromkeys(parts, "proven") | {"control": "simulated"}


def all_inputs(width: int) -> np.ndarray[Any, Any]:
    return np.array([*itertools.product([False, True], repeat=width)])


def outputs(circuit: GateGraph, inputs: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return node_values(circuit, inputs)[:, circuit.head_nodes]


@pytest.fixture
def compiled(tmp_path: Path) -> Path:
    compile_graph(GRAPH, tmp_path)
    return tmp_path


def mutate(folder: Path, module: str, pattern: str, replacement: str) -> None:
    """Change the first match in the Verilog of one part."""
    text = (folder / VERILOG).read_text()
    start = text.index(f"module \\classifier_core.{module} ")
    end = text.index("endmodule", start)
    changed, count = re.subn(pattern, replacement, text[start:end], count=1)
    assert count == 1
    (folder / VERILOG).write_text(text[:start] + changed + text[end:])


@SLOW
@given(
    graph=graphs(),
    levels=st.integers(0, 2),
    popcount=st.sampled_from(["tree", "compressor"]),
)
def test_compiled_graphs_are_proven(
    graph: GateGraph, levels: int, popcount: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("proven")
    compile_graph(graph, folder, levels_per_stage=levels, popcount=popcount)
    result = formal.prove(graph, folder)
    assert statuses(result) == proven("timing", "gates", "heads", "argmax")
    assert result["proven"]


@SLOW
@given(graph=encoded_graphs(), levels=st.integers(0, 1))
def test_compiled_encoders_are_proven(
    graph: GateGraph, levels: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("encoded")
    compile_graph(graph, folder, levels_per_stage=levels, pixels=True)
    result = formal.prove(graph, folder)
    assert statuses(result) == proven("timing", "encoder", "gates", "heads", "argmax")


def test_a_large_graph_is_proven(tmp_path: Path) -> None:
    graph = random_graph((400, 400), 64, 10)
    compile_graph(graph, tmp_path)
    assert formal.prove(graph, tmp_path)["proven"]


@SLOW
@given(seed=st.integers(0, 10**6))
def test_a_changed_gate_is_refuted(seed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("changed")
    compile_graph(GRAPH, folder)
    generator = np.random.default_rng(seed)
    inputs = all_inputs(GRAPH.n_inputs)
    counted = np.unique(GRAPH.head_nodes)
    while True:
        gate = generator.integers(GRAPH.n_gates)
        op = GRAPH.op.copy()
        op[gate] ^= 1 << generator.integers(4)
        changed = replace(GRAPH, op=op)
        wrong = (node_values(changed, inputs) != node_values(GRAPH, inputs))[:, counted].any(0)
        if wrong.any():
            break
    result = formal.prove(changed, folder)
    assert statuses(result) == proven("timing", "heads", "argmax") | {"gates": "refuted"}
    assert not result["proven"]
    node = int(result["parts"]["gates"]["counterexample"].split()[1])
    assert node in counted[wrong]


def test_swapped_wires_of_a_gate_are_refuted(compiled: Path) -> None:
    mutate(
        compiled, "network", r"bits__0\[(\d)\] ([&|])", lambda m: f"bits__0[{7 - int(m[1])}] {m[2]}"
    )
    assert statuses(formal.prove(GRAPH, compiled))["gates"] == "refuted"


def test_swapped_outputs_are_refuted(compiled: Path) -> None:
    mutate(compiled, "network", r"<= \{ ([^,]+), ([^,]+),", r"<= { \2, \1,")
    assert statuses(formal.prove(GRAPH, compiled))["gates"] == "refuted"
