"""The regression passes on what is compiled, and fails on whatever is wrong with it."""

import hashlib
import json
import re
import shutil
from dataclasses import replace

import pytest

from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import Preprocessing
from lilogic.errors import LilogicError
from lilogic.graph import GateGraph, gates
from lilogic.hdl import vectors
from lilogic.hdl.components.interface import VERILOG, Interface
from lilogic.hdl.options import CompileOptions
from lilogic.hdl.vectors import Vectors
from lilogic.hdl.verilog import compile_graph
from lilogic.sim import regression
from tests.strategies import random_bits, random_graph, random_raw

# What is compiled of the same Verilog is shared.
pytestmark = pytest.mark.xdist_group("regression")

SIMULATORS = [
    "verilator",
    pytest.param(
        "icarus",
        marks=pytest.mark.skipif(shutil.which("iverilog") is None, reason="needs Icarus Verilog"),
    ),
]
GRAPH = random_graph((20, 20, 20), 8, 3, seed=1)


def compiled(folder, graph=GRAPH, samples=None, **options):
    interface = compile_graph(graph, folder, CompileOptions(**options))
    vectors.make(graph, interface, samples, random=100).write(folder)
    return folder


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    folder = tmp_path_factory.mktemp("good")
    return compiled(folder, samples=random_bits(GRAPH, 30), levels_per_stage=1)


@pytest.fixture
def copy(good, tmp_path):
    # The folder's name has what make, shells and linkers cannot bear.
    folder = tmp_path / "a 'copy\"; #1: $x\\"
    return shutil.copytree(good, folder, ignore=shutil.ignore_patterns("sim"))


def edit(folder, pattern, replacement, count=1):
    text = (folder / VERILOG).read_text()
    changed, made = re.subn(pattern, replacement, text, count=count)
    assert made >= 1
    (folder / VERILOG).write_text(changed)


def simulated(folder, simulator="verilator"):
    result = regression.simulate(folder, simulator).to_json()
    assert json.loads((folder / "simulation.json").read_text()) == result
    return result


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_what_is_compiled_passes(good, simulator):
    result = simulated(good, simulator)
    latency = Interface.read(good).latency
    assert result["passed"]
    assert result["mismatches"] == 0
    assert result["latency"] == {"announced": latency, "measured": latency}
    assert result["simulator"].lower().startswith(simulator)
    assert [test["name"] for test in result["tests"]] == list(regression.TESTS)
    assert all(test["passed"] and test["compared"] > 0 for test in result["tests"])
    assert result["compared"] == sum(test["compared"] for test in result["tests"])
    by_test = {test["name"]: test["kinds"] for test in result["tests"]}
    expected = {"dataset": 30, "random": 100, "zeros": 1, "ones": 1, "walking": 8}
    counts = {kind: found["compared"] for kind, found in by_test["back_to_back"].items()}
    assert counts == expected
    assert result["kinds"].keys() == expected.keys()


SIGNED = Encoder(
    preprocessing=Preprocessing((5,), "int8"),
    feature=[0, 1, 2, 3, 4, 0],
    threshold=[-3, 0, 100, -128, 5, 40],
)
ROWS = [(gates.XOR, 0, 1), (gates.NAND, 2, 3), (gates.OR, 6, 4), (gates.A_AND_NOT_B, 7, 5)]


@pytest.mark.slow
@pytest.mark.parametrize("simulator", SIMULATORS)
@pytest.mark.parametrize(
    ("options", "graph"),
    [
        ({"levels_per_stage": 0}, GateGraph.build(6, ROWS, [[8, 9], [6, 7]], [-3, 0], SIGNED)),
        ({"popcount": "compressor"}, GateGraph.build(6, ROWS, [[8, 9, 9]], [2], SIGNED)),
    ],
    ids=["combinational", "one class"],
)
def test_pixels_negative_scores_and_one_class_pass(tmp_path, simulator, options, graph):
    samples = random_raw(SIGNED, 40)
    result = simulated(compiled(tmp_path, graph, samples, input="features", **options), simulator)
    assert result["passed"]
    assert result["kinds"]["threshold"]["compared"] >= 100


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_a_broken_gate_fails(copy, simulator):
    (copy / "sim").mkdir()
    (copy / "sim" / simulator).symlink_to("nowhere")
    edit(copy, r"(assign level1_\w+ = [^;]*) & ", r"\1 | ")
    result = simulated(copy, simulator)
    assert not result["passed"]
    assert result["mismatches"] > 0
    example = result["tests"][0]["examples"][0]
    assert example["problem"] == "a wrong answer"
    sample, made = example["sample"], Vectors.read(copy)
    assert sample["expected"] != sample["got"]
    vector = example["vector"]
    assert int(sample["inputs"], 16) == made.words()[vector]
    assert sample["expected"] == {
        "index": made.index[vector], "scores": made.scores[vector].tolist()
    }  # fmt: skip
    assert len(sample["got"]["scores"]) == GRAPH.n_classes
    assert result["verilog"] == hashlib.sha256((copy / VERILOG).read_bytes()).hexdigest()


@pytest.mark.slow
@pytest.mark.parametrize("late", [-1, 1])
def test_an_answer_at_another_time_than_announced_fails(copy, late):
    interface = Interface.read(copy)
    announced = interface.latency + late
    replace(interface, latency=announced).write(copy)
    result = simulated(copy)
    assert not any(test["passed"] for test in result["tests"])
    assert result["latency"] == {"announced": announced, "measured": interface.latency}


@pytest.mark.slow
def test_valid_flags_that_ignore_reset_fail_only_the_test_of_reset(copy):
    edit(copy, r"rst \? \d+'h0+ : ", "")
    passed = {test["name"]: test["passed"] for test in simulated(copy)["tests"]}
    assert passed == dict.fromkeys(regression.TESTS, True) | {"reset_in_flight": False}


@pytest.mark.slow
def test_answers_without_a_question_fail(copy):
    edit(copy, r"\.samples__valid\(valid_in\)", ".samples__valid(1'b1)")
    result = simulated(copy)
    passed = {test["name"]: test["passed"] for test in result["tests"]}
    assert passed == {
        "back_to_back": False, "gaps": False, "reset_in_flight": False, "latency": False,
    }  # fmt: skip
    problems = {example["problem"] for test in result["tests"] for example in test["examples"]}
    assert problems == {"an answer without a sample"}


@pytest.mark.slow
def test_wrong_expectations_fail_and_are_counted_by_kind(copy):
    made = Vectors.read(copy)
    index = made.index.copy()
    index[: made.counts()["dataset"]] ^= 1
    replace(made, index=index).write(copy)
    result = simulated(copy)
    assert result["tests"][0]["kinds"]["dataset"] == {"compared": 30, "mismatches": 30}
    assert result["tests"][0]["kinds"]["random"] == {"compared": 100, "mismatches": 0}
    assert len(result["tests"][0]["examples"]) == 10


def test_verilog_that_cannot_be_built_gives_the_reason(copy):
    (copy / VERILOG).write_text("module classifier (;\nendmodule\n")
    with pytest.raises(LilogicError, match=r"verilator cannot build it: .*rror"):
        regression.simulate(copy)


@pytest.mark.parametrize("missing", ["interface.json", VERILOG, "vectors.npz"])
def test_a_missing_file_is_named(copy, missing):
    (copy / missing).unlink()
    with pytest.raises(LilogicError, match=re.escape(missing)):
        regression.simulate(copy)


def test_unknown_simulators_are_refused(good):
    with pytest.raises(LilogicError, match="'vcs' is not one of verilator, icarus"):
        regression.simulate(good, "vcs")


def test_a_missing_tool_names_the_package_to_install(good, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LilogicError, match=r"make is missing.*apt install make"):
        regression.simulate(good)
    with pytest.raises(LilogicError, match=r"iverilog is missing.*apt install iverilog"):
        regression.simulate(good, "icarus")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        ("", ""),
        (r"payload > winner", "payload >= winner"),
        (r"\{ \d+'h0+, (row\[\d+):\d+\] \}", r"\1:0]"),
        (r"samples__valid & samples__ready", "samples__valid"),
    ],
    ids=["right", "the later class wins ties", "the row stands still", "a sample taken too early"],
)
def test_a_folded_classifier_passes_and_its_faults_do_not(tmp_path, pattern, replacement):
    graph = random_graph((20, 20, 60), 8, 3, seed=1)
    compiled(tmp_path, graph, random_bits(graph, 30), fold=9)
    if pattern:
        edit(tmp_path, pattern, replacement, count=0)
    result = simulated(tmp_path)
    assert result["passed"] == (not pattern)
    assert result["compared"] > 100
