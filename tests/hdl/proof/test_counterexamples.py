"""Counterexamples are samples for which the Verilog really is wrong, and say how."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import Preprocessing
from lilogic.graph import GateGraph, gates, passes
from lilogic.hdl.components.interface import VERILOG, Interface, unpack
from lilogic.hdl.options import MODULE, InputKind
from lilogic.hdl.proof import formal, netlist, reference
from lilogic.hdl.verilog import compile_graph
from lilogic.infer import golden
from lilogic.report import tables
from lilogic.report.models.mismatch import Answer, Sample
from lilogic.report.models.proof import PartResult
from tests.strategies import graphs, random_graph

BITS = replace(
    passes.simplify(random_graph((12, 24), 8, 3, seed=4)),
    offset=np.array([-1, 0, 2], dtype=np.int32),
)
FEATURES = GateGraph.build(
    4,
    [(gates.AND, 0, 1), (gates.XOR, 2, 3), (gates.OR, 4, 5)],
    [[4, 6], [5], [1, 6]],
    encoder=Encoder(
        preprocessing=Preprocessing((3,), "uint8"), feature=[0, 1, 1, 2], threshold=[9, 70, 99, 4]
    ),
)


@pytest.fixture(scope="module", params=["bits", pytest.param("features", marks=pytest.mark.slow)])
def compiled(request, tmp_path_factory) -> tuple[GateGraph, Path]:
    graph = {"bits": BITS, "features": FEATURES}[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    compile_graph(graph, folder)
    return graph, folder


def changed(folder: Path, module: str, pattern: str, replacement: str) -> None:
    """Change the first match in the Verilog of one part."""
    text = (folder / VERILOG).read_text()
    start = text.index(f"module classifier_{module}(")
    end = text.index("endmodule", start)
    new, count = re.subn(pattern, replacement, text[start:end], count=1)
    assert count == 1
    (folder / VERILOG).write_text(text[:start] + new + text[end:])


def answer(folder: Path, scratch: Path, sample: Sample) -> Answer:
    """What the Verilog in ``folder`` makes of a sample, by its netlist."""
    interface = Interface.read(folder)
    design = netlist.read((folder / VERILOG).read_bytes(), MODULE, scratch, None)
    width = interface.classes * interface.score_width
    outputs = [*design.vector("index", interface.index_width), *design.vector("scores", width)]
    circuit = netlist.as_circuit(design, outputs, design.vector(interface.data, sample.width))
    digits = golden.outputs(circuit, word(sample))[0]
    values = [int(digit) << place for place, digit in enumerate(digits[: interface.index_width])]
    scores = []
    for row in digits[interface.index_width :].reshape(interface.classes, -1):
        score = sum(int(digit) << place for place, digit in enumerate(row))
        negative = interface.score_signed and row[-1]
        scores.append(score - (1 << len(row)) if negative else score)
    return Answer(index=sum(values), scores=scores)


def word(sample: Sample) -> np.ndarray:
    return np.array([[int(sample.inputs, 16) >> i & 1 for i in range(sample.width)]], dtype=bool)


def refuted(graph: GateGraph, folder: Path, part: str) -> PartResult:
    report = formal.prove(graph, folder)
    assert {name for name, found in report.parts.items() if found.status == "refuted"} == {part}
    found = report.parts[part].counterexample
    assert found is not None
    assert found.expected != found.got
    return report.parts[part]


CHANGES = {
    "a gate": ("gates", "network", r"(assign level1_and = [^;]*) & ", r"\1 | "),
    "an inverter": (
        "gates",
        "network",
        r"assign level1_and = ([^;]*);",
        r"assign level1_and = ~(\1);",
    ),
    "an adder": ("heads", "heads", r"\^", "|"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_sample_shows_the_difference(compiled, tmp_path, change) -> None:
    graph, made = compiled
    folder = shutil.copytree(made, tmp_path / "changed")
    part, *edit = CHANGES[change]
    changed(folder, *edit)
    result = refuted(graph, folder, part)
    found = result.counterexample
    sample = found.sample
    assert sample is not None
    assert found.remark is None
    scores = golden.scores(graph, unpack(graph, Interface.read(folder).data, word(sample)))
    assert sample.expected == Answer(
        index=int(golden.classify(scores)[0]), scores=scores[0].tolist()
    )
    assert sample.got == answer(folder, tmp_path, sample) != sample.expected
    text = tables.part_text(result)
    assert f"{sample.data} = {sample.width}'h{sample.inputs}\nexpected class " in text
    if part == "gates":
        blamed = found.gate
        assert blamed is not None
        assert blamed.function == "AND"
        assert f"first wrong gate: node {blamed.node} = AND(" in text
        bits = unpack(graph, Interface.read(folder).data, word(sample))
        assert golden.node_values(graph, bits)[0, blamed.node] == blamed.expected
    else:
        (class_,) = found.classes
        assert found.where == f"the score of class {class_}"
        assert sample.expected.scores[class_] == found.expected
        assert sample.got.scores[class_] == found.got


def test_a_changed_tie_break_shows_a_tie(tmp_path) -> None:
    compile_graph(BITS, tmp_path)
    text = (tmp_path / VERILOG).read_text()
    start = text.index("module classifier_argmax(")
    loose = re.sub(r"(_greater\d* = [^;]*) > ", r"\1 >= ", text[start:])
    (tmp_path / VERILOG).write_text(text[:start] + loose)
    found = refuted(BITS, tmp_path, "argmax").counterexample
    sample = found.sample
    assert found.where == "the index"
    assert sample.got == answer(tmp_path, tmp_path, sample)
    assert sample.got.scores == sample.expected.scores
    assert sample.got.index > sample.expected.index
    assert sample.got.scores[sample.got.index] == sample.got.scores[sample.expected.index]


def test_a_changed_threshold_shows_a_feature_at_it(tmp_path) -> None:
    encoder = replace(FEATURES.encoder, threshold=np.array([9, 71, 99, 4], dtype=np.int32))
    compile_graph(replace(FEATURES, encoder=encoder), tmp_path)
    found = refuted(FEATURES, tmp_path, "encoder").counterexample
    assert found.where == "bit 1 of the encoder"
    assert (found.expected, found.got) == (1, 0)
    assert found.sample.data == "features"
    assert int(found.sample.inputs, 16) >> 8 & 255 == 71


def test_a_missing_register_is_a_reason(compiled, tmp_path) -> None:
    graph, made = compiled
    folder = shutil.copytree(made, tmp_path / "changed")
    changed(folder, "network", r"always @\(posedge clk\)\s+(\S+) <= ", r"always @* \1 = ")
    report = formal.prove(graph, folder)
    assert report.parts["timing"].status == "refuted"
    latency = Interface.read(folder).latency
    assert f"comes after {latency - 1} cycles, not {latency}" in report.parts["timing"].reason
    assert report.parts["gates"].status == "proven"


def test_constants_are_refuted_with_any_sample(tmp_path) -> None:
    graph = GateGraph.build(2, [], [[], []], [0, 1])
    compile_graph(graph, tmp_path)
    found = refuted(replace(graph, offset=np.array([1, 0])), tmp_path, "heads").counterexample
    assert (found.where, found.expected, found.got) == ("the score of class 0", 1, 0)
    assert found.sample.expected == Answer(index=0, scores=[1, 0])
    assert found.sample.got == Answer(index=1, scores=[0, 1])
    text = (tmp_path / VERILOG).read_text()
    (tmp_path / VERILOG).write_text(text.replace("{scores, index}", "{scores, unread}", 1))
    part = formal.prove(graph, tmp_path).parts["argmax"]
    assert part.status != "proven"


@settings(max_examples=20)
@given(graph=graphs())
def test_the_reference_of_the_whole_is_software(graph) -> None:
    width = max(1, int(np.abs(graph.score_bounds()).max())).bit_length() + 1
    interface = Interface(
        data=InputKind.BITS,
        data_width=graph.n_inputs,
        feature_width=1,
        classes=graph.n_classes,
        index_width=3,
        score_width=width,
        score_signed=True,
        latency=0,
        levels_per_stage=0,
        popcount="tree",
    )
    inputs = np.random.default_rng(0).random((100, graph.n_inputs)) < 0.5
    digits = golden.outputs(reference.classifier(graph, interface), inputs).astype(int)
    scores = golden.scores(graph, inputs)
    np.testing.assert_array_equal(digits[:, :3] @ [1, 2, 4], golden.classify(scores))
    packed = digits[:, 3:].reshape(100, graph.n_classes, width) @ (1 << np.arange(width))
    np.testing.assert_array_equal(packed, scores % (1 << width))
