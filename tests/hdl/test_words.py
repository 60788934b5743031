"""Real values as words of few bits: software, C, Amaranth, Verilog and proof say the same."""

import math
import subprocess
from dataclasses import asdict

import numpy as np
import pytest

from lilogic import formats
from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import REAL, Preprocessing
from lilogic.data.scaling import Scaling
from lilogic.errors import LilogicError
from lilogic.graph import GateGraph, passes
from lilogic.hdl import vectors
from lilogic.hdl.components.classifier import Classifier
from lilogic.hdl.components.interface import Interface, pack, words
from lilogic.hdl.options import CompileOptions, InputKind
from lilogic.hdl.proof import formal
from lilogic.hdl.synthesis.timing import _used
from lilogic.hdl.vectors import KINDS
from lilogic.hdl.verilog import VERILOG, compile_graph
from lilogic.infer import golden
from lilogic.infer.predictor import predictor
from lilogic.sim.regression import simulate
from tests.hdl.components.test_classifier import check_stream
from tests.lilogic.formats.test_c import AS_C, AS_CPP, SANITIZERS, assert_runs, compiled

BITS = (3, 0, 16, 1, 8)
SCALING = Scaling((10.0, 0.0, -1e-3, 5e-324, -40.25), (2.0, 1.0, 65534.0, 1e300, 0.1), BITS)
CLASSES = 257


def rails(width):
    """Thresholds of a feature of so many bits: beyond both rails, on them, and next to them."""
    highest = (1 << width) - 1
    return sorted({-2, -1, 0, 1, highest // 2, highest - 1, highest, highest + 1})


PAIRS = [(f, t) for f, width in enumerate(BITS) for t in rails(width)]
ENCODER = Encoder(
    preprocessing=Preprocessing((5,), REAL, scaling=SCALING),
    feature=[f for f, _ in PAIRS],
    threshold=[t for _, t in PAIRS],
)


def network(classes=CLASSES):
    """Every bit is counted, most by several classes, the last of which wins where all are 1."""
    bits = len(PAIRS)
    heads = [[(class_ + k * k) % bits for k in range(1 + class_ % 7)] for class_ in range(classes)]
    return GateGraph.build(bits, [], [*heads[:-1], list(range(bits))], encoder=ENCODER)


def values():
    """Samples [n, 5] with each feature at and next to its thresholds' levels, and at no number."""
    odd = [math.nan, math.inf, -math.inf, 0.0, -0.0, 5e-324, -5e-324, 1e308, -1e308, 2.3e-308]
    columns = []
    for feature, width in enumerate(BITS):
        levels = np.array([SCALING.level(feature, step) for step in (*rails(width), 2)])
        near = [np.nextafter(levels, -np.inf), levels, np.nextafter(levels, np.inf)]
        columns.append(np.concatenate([odd, *near]))
    longest = max(map(len, columns))
    return np.stack([np.resize(column, longest) for column in columns], axis=1)


def by_hand(feature: int, value: float) -> int:
    """A value's integer, by Python's own arithmetic."""
    steps = (value - SCALING.offset[feature]) * SCALING.scale[feature]
    highest = (1 << BITS[feature]) - 1
    if math.isnan(steps):
        return 0
    if math.isinf(steps):
        return highest if steps > 0 else 0
    return min(max(math.ceil(steps), 0), highest)


def test_rails_and_values_that_are_no_numbers_in_software_and_on_the_port():
    raw, graph = values(), network()
    features = ENCODER.features(raw)
    expected = [
        [by_hand(feature, value) for feature, value in enumerate(row)] for row in raw.tolist()
    ]
    assert features.tolist() == expected
    assert {*features[:, 0].tolist()} >= {0, 1, 6, 7}
    assert [(word.start, len(word)) for word in words(ENCODER)] == [
        (0, 3), (3, 0), (3, 16), (19, 1), (20, 8)
    ]  # fmt: skip
    data = pack(graph, InputKind.FEATURES, raw) @ (1 << np.arange(28))
    starts = 1 << np.array([0, 3, 3, 19, 20])
    assert data.tolist() == (features * starts).sum(axis=1).tolist()
    scores = golden.scores(graph, ENCODER.encode(raw))
    np.testing.assert_array_equal(predictor(graph).scores(raw), scores)


@pytest.mark.parametrize("classes", [3, pytest.param(CLASSES, marks=pytest.mark.slow)])
def test_rails_in_hardware(classes):
    raw, graph = values(), network(classes)
    classifier = Classifier(graph, CompileOptions(input="features", levels_per_stage=4))
    data = pack(graph, InputKind.FEATURES, raw)
    check_stream(classifier, graph, data, ENCODER.encode(raw), np.ones(len(raw), dtype=bool))


PORT = """
#include "net.c"
#include <stdio.h>
int main(void)
{
    static double sample[NET_VALUES];
    static uint16_t features[NET_VALUES];
    static uint8_t port[NET_PORT_BYTES];
    while (fread(sample, sizeof sample, 1, stdin) != 0) {
        net_features(sample, features);
        net_port(sample, port);
        fwrite(features, sizeof features, 1, stdout);
        fwrite(port, sizeof port, 1, stdout);
    }
    return 0;
}
"""


@pytest.mark.parametrize(
    ("language", "classes"),
    [(AS_C, 3), (AS_CPP, 3), pytest.param(AS_C, CLASSES, marks=pytest.mark.slow)],
)
def test_rails_in_c(language, classes, tmp_path):
    raw, graph = values(), network(classes)
    assert_runs(tmp_path, language, graph, raw, "-O2", "-march=native", word=16)
    assert_runs(tmp_path, language, graph, raw, *SANITIZERS, word=8)
    (tmp_path / "port.c").write_text(PORT)
    program = compiled(language, tmp_path / "port.c", "-O2")
    done = subprocess.run([program], input=raw.tobytes(), capture_output=True, check=True)
    rows = np.frombuffer(done.stdout, np.uint8).reshape(len(raw), -1)
    np.testing.assert_array_equal(rows[:, :10].copy().view(np.uint16), ENCODER.features(raw))
    packed = np.packbits(pack(graph, InputKind.FEATURES, raw), axis=1, bitorder="little")
    np.testing.assert_array_equal(rows[:, 10:], packed)


def test_c_tests_itself_and_refuses_other_arithmetic(tmp_path):
    formats.write(network(classes=3), "c", tmp_path / "net.c")
    program = compiled(AS_C, tmp_path / "net.c", "-DLILOGIC_SELF_TEST")
    done = subprocess.run([program], capture_output=True, text=True)
    assert done.stdout == "64 samples, all as expected\n"
    command = ["gcc", "-c", "-ffast-math", tmp_path / "net.c", "-o", tmp_path / "net.o"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert "compile without -ffast-math" in done.stderr


def test_the_interface_and_the_verilog_say_how_values_become_words(tmp_path):
    graph = network(classes=3).with_metadata(feature_names=["mass", "none", "x", "on", "heat"])
    made = compile_graph(graph, tmp_path, CompileOptions(input="features"))
    assert Interface.read(tmp_path) == made
    assert made.feature_width is None
    assert asdict(made)["scaling"] == asdict(SCALING)
    text = (tmp_path / VERILOG).read_text()
    assert "// features[0 +: 3]: 0 mass, offset 10.0, scale 2.0\n" in text
    assert "// features[20 +: 8]: 4 heat, offset -40.25, scale 0.1\n" in text
    assert "none" not in text
    assert "input [27:0] features,      // 5 features, each a word of its own width\n" in text
    other = Scaling(SCALING.offset, (3.0, *SCALING.scale[1:]), BITS)
    elsewhere = Encoder(
        preprocessing=Preprocessing((5,), REAL, scaling=other),
        feature=ENCODER.feature,
        threshold=ENCODER.threshold,
    )
    changed = GateGraph.build(len(PAIRS), [], [[0], [1], [2]], encoder=elsewhere)
    with pytest.raises(LilogicError, match="scales its input differently"):
        made.check(changed)


def test_no_threshold_is_left_out_of_the_vectors():
    graph = network(classes=3)
    interface = Classifier(graph, CompileOptions(input="features")).interface
    made = vectors.make(graph, interface, values(), random=40)
    chosen = [int(word) for word, kind in zip(made.words(), made.kind, strict=True)
              if kind == KINDS.index("threshold")]  # fmt: skip
    for word, width, feature in zip(words(ENCODER), BITS, range(5), strict=True):
        highest = (1 << width) - 1
        seen = {value >> word.start & highest for value in chosen}
        own = {t for f, t in PAIRS if f == feature}
        assert {min(max(t + up, 0), highest) for t in own for up in (0, 1)} <= seen


def test_only_words_that_are_read_have_pins_in_timing():
    graph = GateGraph.build(len(PAIRS), [], [[PAIRS.index((2, 0))], [PAIRS.index((3, 0))]],
                            encoder=ENCODER)  # fmt: skip
    interface = Classifier(graph, CompileOptions(input="features")).interface
    assert _used(graph, interface) == [*range(3, 20)]


def test_a_network_that_reads_no_word_is_proven(tmp_path):
    scaling = Scaling((0.0,), (1.0,), (0,))
    encoder = Encoder(
        preprocessing=Preprocessing((1,), REAL, scaling=scaling),
        feature=[0, 0],
        threshold=[-1, 0],
    )
    graph = GateGraph.build(2, [(6, 0, 1)], [[2], [0, 1]], encoder=encoder)
    made = compile_graph(graph, tmp_path, CompileOptions(input="features"))
    assert made.data_width == 1
    assert formal.prove(graph, tmp_path).proven


@pytest.mark.slow
@pytest.mark.parametrize("fold", [1, 20])
def test_rails_in_verilator_and_in_the_proof(fold, tmp_path):
    graph = passes.simplify(network(classes=20))
    options = CompileOptions(input="features", levels_per_stage=3, fold=fold)
    interface = compile_graph(graph, tmp_path, options)
    vectors.make(graph, interface, values(), random=200).write(tmp_path)
    assert simulate(tmp_path).passed
    assert formal.prove(graph, tmp_path).proven
