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

from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import Preprocessing
from lilogic.formats.exporters import blif
from lilogic.graph import Circuit, GateGraph, passes
from lilogic.graph.circuit import Builder
from lilogic.hdl.components import vector
from lilogic.hdl.components.interface import VERILOG
from lilogic.hdl.components.popcount import POPCOUNTS
from lilogic.hdl.options import MODULE, CompileOptions
from lilogic.hdl.proof import abc, formal, netlist
from lilogic.hdl.proof.netlist import Net, Netlist
from lilogic.hdl.verilog import compile_graph
from lilogic.infer import golden
from lilogic.infer.golden import node_values
from lilogic.report.models.proof import ProofReport
from tests.strategies import encoded_graphs, graphs, random_graph

SLOW = settings(max_examples=4)
GRAPH = random_graph((12, 12), 8, 3, seed=4)
MUTATIONS = 12


def statuses(report: ProofReport) -> dict[str, str]:
    return {part: result.status for part, result in report.parts.items()}


def proven(*parts: str) -> dict[str, str]:
    return dict.fromkeys(parts, "proven") | {"control": "simulated"}


def all_inputs(width: int) -> np.ndarray[Any, Any]:
    return np.array([*itertools.product([False, True], repeat=width)])


@pytest.fixture
def compiled(tmp_path: Path) -> Path:
    compile_graph(GRAPH, tmp_path)
    return tmp_path


def mutate(folder: Path, module: str, pattern: str, replacement: str) -> None:
    """Change the first match in the Verilog of one part."""
    text = (folder / VERILOG).read_text()
    start = text.index(f"module classifier_{module}(")
    end = text.index("endmodule", start)
    changed, count = re.subn(pattern, replacement, text[start:end], count=1)
    assert count == 1
    (folder / VERILOG).write_text(text[:start] + changed + text[end:])


@SLOW
@given(
    graph=graphs(),
    levels=st.integers(0, 2),
    popcount=st.sampled_from([*POPCOUNTS]),
)
def test_compiled_graphs_are_proven(
    graph: GateGraph, levels: int, popcount: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("proven")
    compile_graph(graph, folder, CompileOptions(levels_per_stage=levels, popcount=popcount))
    report = formal.prove(graph, folder)
    assert statuses(report) == proven("timing", "gates", "heads", "argmax")
    assert report.proven
    dumped = report.model_dump(mode="json", exclude_none=True)
    assert dumped.keys() == {"tool", "parts", "proven", "verilog"}
    assert dumped["parts"]["timing"].keys() == {"status", "seconds"}
    assert dumped["parts"]["control"].keys() == {"status", "reason", "seconds"}


@SLOW
@given(graph=encoded_graphs(), levels=st.integers(0, 1))
def test_compiled_encoders_are_proven(
    graph: GateGraph, levels: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("encoded")
    compile_graph(graph, folder, CompileOptions(levels_per_stage=levels, input="features"))
    report = formal.prove(graph, folder)
    assert statuses(report) == proven("timing", "encoder", "gates", "heads", "argmax")


@pytest.mark.parametrize(("thresholds", "minus"), [([-1, 255], None), ([-256, 255], [1, 0])])
def test_encoders_with_nothing_to_compare_are_proven(
    thresholds: list[int], minus: list[int] | None, tmp_path: Path
) -> None:
    encoder = Encoder(
        preprocessing=Preprocessing((2,), "uint8"),
        feature=[0, 1],
        threshold=thresholds,
        minus=minus,
    )
    graph = GateGraph.build(2, [(6, 0, 1)], [[2], [0, 1]], encoder=encoder)
    compile_graph(graph, tmp_path, CompileOptions(levels_per_stage=0, input="features"))
    report = formal.prove(graph, tmp_path)
    assert statuses(report) == proven("timing", "encoder", "gates", "heads", "argmax")


QUICK = ("compressor",)


@pytest.mark.parametrize(
    "popcount",
    [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in POPCOUNTS],
)
def test_heads_of_a_thousand_bits_are_proven(popcount: str, tmp_path: Path) -> None:
    graph = random_graph((400, 1000), 64, 1)
    compile_graph(graph, tmp_path, CompileOptions(popcount=popcount))
    assert formal.prove(graph, tmp_path).proven


def test_vectors_wider_than_a_signal_are_proven(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(vector, "LIMIT", 7)
    compile_graph(GRAPH, tmp_path)
    text = (tmp_path / VERILOG).read_text()
    assert "values__lane1__payload" in text
    assert formal.prove(GRAPH, tmp_path).proven


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
    report = formal.prove(changed, folder)
    assert statuses(report) == proven("timing", "heads", "argmax") | {"gates": "refuted"}
    assert not report.proven
    counterexample = report.parts["gates"].counterexample
    assert counterexample is not None
    assert int(counterexample.where.removeprefix("node ")) in counted[wrong]
    # What the Verilog, which is right, computes there is what the unchanged graph does.
    sample = counterexample.sample
    assert sample is not None
    assert sample.data == "bits"
    bits = np.array([[int(sample.inputs, 16) >> i & 1 for i in range(sample.width)]])
    for answer, of in ((sample.expected, changed), (sample.got, GRAPH)):
        assert answer is not None
        assert answer.scores == golden.scores(of, bits)[0].tolist()
        assert answer.index == golden.classify(golden.scores(of, bits))[0]
    if counterexample.remark is None:
        assert sample.expected != sample.got
    if counterexample.gate is not None and (changed.alive == GRAPH.alive).all():
        assert counterexample.gate.node >= GRAPH.n_inputs + gate


def tables(entry: int | None = None) -> GateGraph:
    """Two layers of tables of six wires; of a counted one, this entry is flipped."""
    generator = np.random.default_rng(0)
    builder, below = Builder(8), list(range(8))
    roots: list[int] = []
    for layer in range(2):
        made = []
        for _ in range(3):
            wires = generator.choice(below, 6, replace=False).tolist()
            table = int.from_bytes(generator.bytes(8))
            is_flipped = entry is not None and layer and not made
            made.append(builder.lut(table ^ (1 << entry if is_flipped else 0), wires))
        roots, below = roots + made, below[:5] + made
    rows = [*builder.build([]).rows()]
    return passes.simplify(GateGraph.build(8, rows, [roots[:2], roots[2:]], roots=roots))


@pytest.mark.parametrize("levels", [0, 1])
def test_tables_are_proven_and_a_flipped_entry_is_refuted(levels: int, tmp_path: Path) -> None:
    graph = tables()
    assert graph.cones.level.max() == 2
    inputs = all_inputs(8)
    changed = next(
        flipped
        for flipped in map(tables, range(64))
        if (golden.scores(flipped, inputs) != golden.scores(graph, inputs)).any()
    )
    compile_graph(graph, tmp_path, CompileOptions(levels_per_stage=levels))
    assert statuses(formal.prove(graph, tmp_path)) == proven("timing", "gates", "heads", "argmax")
    refuted = formal.prove(changed, tmp_path)
    assert refuted.parts["gates"].status == "refuted"
    mutate(tmp_path, "network", r" & ", " | ")
    assert statuses(formal.prove(graph, tmp_path))["gates"] == "refuted"


def mutated(design: Netlist, cone: list[Net], generator: np.random.Generator) -> Netlist:
    """One cell of ``cone``, which lists sources first, computes or reads something else."""
    place = int(generator.integers(len(cone)))
    cell = design.driver[cone[place]]
    flipped = [kind for kind in ("$_AND_", "$_OR_", "$_XOR_", "$_ANDNOT_") if kind != cell.kind]
    if cell.kind == "$_MUX_" and generator.random() < 0.5:
        select, low, high = cell.inputs
        cell = replace(cell, inputs=(select, high, low))
    elif cell.kind in ("$_AND_", "$_OR_", "$_XOR_") and generator.random() < 0.5:
        cell = replace(cell, kind=str(generator.choice(flipped)))
    else:
        inputs = [*cell.inputs]
        others = [net for net in cone[:place] if net not in inputs] or ["0"]
        inputs[generator.integers(len(inputs))] = others[generator.integers(len(others))]
        cell = replace(cell, inputs=tuple(inputs))
    return replace(design, driver=design.driver | {cone[place]: cell})


@pytest.fixture
def solved_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """ABC sees the same question only once."""
    solve, answers = abc.find_difference, {}

    def answer(made: Circuit, expected: Circuit, folder: Path, timeout: float) -> Any:
        question = blif.model(made), blif.model(expected)
        if question not in answers:
            answers[question] = solve(made, expected, folder, timeout)
        return answers[question]

    monkeypatch.setattr(abc, "find_difference", answer)


@pytest.mark.usefixtures("solved_once")
@pytest.mark.parametrize(
    "popcount",
    [
        each if each in ("tree", "compressor") else pytest.param(each, marks=pytest.mark.slow)
        for each in POPCOUNTS
    ],
)
def test_mutations_anywhere_are_refuted_or_change_nothing(popcount: str, tmp_path: Path) -> None:
    graph = random_graph((12, 40), 8, 3, seed=1)
    interface = compile_graph(graph, tmp_path, CompileOptions(popcount=popcount))
    design = netlist.read((tmp_path / VERILOG).read_bytes(), MODULE, tmp_path, None)
    data = design.vector(interface.data, interface.data_width)
    made = [
        *design.vector("index", interface.index_width),
        *design.vector("scores", interface.classes * interface.score_width),
    ]
    cone = design.cone(made, data)
    inputs = all_inputs(graph.n_inputs)
    right = golden.outputs(netlist.as_circuit(design, made, data), inputs)
    generator = np.random.default_rng(0)
    refuted = 0
    for _ in range(MUTATIONS):
        mutant = mutated(design, cone, generator)
        parts = formal.prove_netlist(graph, interface, mutant, tmp_path, 60)
        found = {result.status for result in parts.values()}
        unchanged = (golden.outputs(netlist.as_circuit(mutant, made, data), inputs) == right).all()
        assert "refuted" in found or (found == {"proven"} and unchanged)
        refuted += "refuted" in found
    assert refuted > MUTATIONS // 2


def test_swapped_wires_of_a_gate_are_refuted(compiled: Path) -> None:
    bit = r"(bits__lane0__payload)\[(\d)\] ([&|])"
    mutate(compiled, "network", bit, lambda m: f"{m[1]}[{7 - int(m[2])}] {m[3]}")
    assert statuses(formal.prove(GRAPH, compiled))["gates"] == "refuted"


def test_swapped_outputs_are_refuted(compiled: Path) -> None:
    mutate(compiled, "network", r"<= \{ ([^,]+), ([^,]+),", r"<= { \2, \1,")
    assert statuses(formal.prove(GRAPH, compiled))["gates"] == "refuted"
