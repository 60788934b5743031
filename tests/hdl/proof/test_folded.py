"""Folded classifiers are proven, and what is wrong with them is found."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lilogic.graph import GateGraph
from lilogic.hdl.components.interface import VERILOG, Interface
from lilogic.hdl.components.popcount import POPCOUNTS
from lilogic.hdl.options import CompileOptions
from lilogic.hdl.proof import formal
from lilogic.hdl.verilog import compile_graph
from tests.hdl.components.test_classifier import AWKWARD
from tests.hdl.proof.test_formal import SLOW, mutate, statuses
from tests.strategies import encoded_graphs, graphs, random_graph

GRAPH = random_graph((12, 96), 8, 4, seed=4)
PARTS = ("timing", "gates", "heads", "argmax")


def folded(graph: GateGraph, folder: Path, fold: int, levels: int = 2) -> Interface:
    return compile_graph(graph, folder, CompileOptions(fold=fold, levels_per_stage=levels))


@SLOW
@given(
    graph=graphs(),
    fold=st.sampled_from([2, 3, 5, 9, 60]),
    levels=st.integers(1, 3),
    popcount=st.sampled_from([*POPCOUNTS]),
)
def test_folded_graphs_are_proven(
    graph: GateGraph,
    fold: int,
    levels: int,
    popcount: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("folded")
    options = CompileOptions(fold=fold, levels_per_stage=levels, popcount=popcount)
    interface = compile_graph(graph, folder, options)
    report = formal.prove(graph, folder)
    assert report.proven
    # With one class of a node at most there is nothing to fold.
    assert ("control" in report.parts) == (interface.interval == 1)


@SLOW
@given(graph=encoded_graphs(), fold=st.sampled_from([2, 7]), levels=st.integers(1, 2))
def test_folded_encoders_are_proven(
    graph: GateGraph, fold: int, levels: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("encoded")
    options = CompileOptions(fold=fold, levels_per_stage=levels, input="features")
    compile_graph(graph, folder, options)
    assert formal.prove(graph, folder).proven


@pytest.mark.parametrize(
    "name", ["far apart offsets", "one node many times", "no counted nodes", "only constants"]
)
def test_awkward_graphs_are_proven(name: str, tmp_path: Path) -> None:
    folded(AWKWARD[name], tmp_path, 5)
    assert formal.prove(AWKWARD[name], tmp_path).proven


# Module, what is changed in it, and which parts are then wrong. Nodes that nothing reads are not
# made, and where samples are not taken or answered as announced, nothing can be said of the parts.
FAULTS = {
    "the row stands still": ("heads", r"\{ \d+'h0+, row\[95:\d+\] \}", "row[95:1]", "gates heads"),
    "a node of another class": (
        "heads",
        r"values__lane0__payload\[95:1\]",
        "{ values__lane0__payload[0], values__lane0__payload[94:1] }",
        "gates heads",
    ),
    "a total is never cleared": ("heads", r"first_1_before <= \w+", "first_1_before <= 0", "heads"),
    "the later class wins ties": ("argmax", r"payload > winner", "payload >= winner", "argmax"),
    "scores in the wrong order": (
        "argmax",
        r"\{ scores__payload, results\[19:5\] \}",
        "{ results[14:0], scores__payload }",
        "argmax",
    ),
    "a class too few": ("sequencer", r"group == 2'h3;", "group == 2'h2;", " ".join(PARTS)),
    "a gate": ("network", r" \^ ", " & ", "gates"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_refuted(fault: str, folded_graph: Path, tmp_path: Path) -> None:
    module, pattern, replacement, wrong = FAULTS[fault]
    shutil.copytree(folded_graph, tmp_path, dirs_exist_ok=True)
    mutate(tmp_path, module, pattern, replacement)
    found = statuses(formal.prove(GRAPH, tmp_path))
    assert [part for part, status in found.items() if status == "refuted"] == wrong.split()


def test_an_answer_that_survives_reset_is_refuted(folded_graph: Path, tmp_path: Path) -> None:
    shutil.copytree(folded_graph, tmp_path, dirs_exist_ok=True)
    text = (tmp_path / VERILOG).read_text()
    wrong = re.sub(r"rst \? 1'h0 : final_1_before", "final_1_before", text)
    assert wrong != text
    (tmp_path / VERILOG).write_text(wrong)
    reason = formal.prove(GRAPH, tmp_path).parts["timing"].reason
    assert reason == "there is an answer to a sample that a reset cancelled"


@pytest.mark.parametrize(("field", "more"), [("interval", 1), ("interval", -1), ("latency", 1)])
def test_another_pace_than_announced_is_refuted(
    field: str, more: int, folded_graph: Path, tmp_path: Path
) -> None:
    shutil.copytree(folded_graph, tmp_path, dirs_exist_ok=True)
    interface = Interface.read(tmp_path)
    replace(interface, **{field: getattr(interface, field) + more}).write(tmp_path)
    assert statuses(formal.prove(GRAPH, tmp_path))["timing"] == "refuted"


@pytest.fixture(scope="module")
def folded_graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compiled")
    assert folded(GRAPH, folder, 12).interval == 12
    return folder
