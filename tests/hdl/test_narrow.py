"""Features as narrow words: software, C, Amaranth, Verilog and proof say the same."""

import json
import subprocess

import numpy as np
import pytest

from lilogic import flow, formats
from lilogic.api import Model
from lilogic.data.encoder import Encoder
from lilogic.data.levels import Levels
from lilogic.data.preprocessing import REAL, Preprocessing
from lilogic.data.scaling import Scaling
from lilogic.errors import GraphError
from lilogic.graph import GateGraph, lgn, passes
from lilogic.hdl import vectors
from lilogic.hdl.components.classifier import Classifier
from lilogic.hdl.components.interface import Interface, narrowed, pack
from lilogic.hdl.options import CompileOptions, InputKind
from lilogic.hdl.proof import formal
from lilogic.hdl.verilog import VERILOG, compile_graph
from lilogic.infer import golden
from tests.hdl.components.test_classifier import check_stream
from tests.lilogic.formats.test_c import AS_C, compiled

SLOW = pytest.mark.slow
QUARTERS = (63, 127, 191)


def network(encoder, unused=()):
    """Each bit is counted, some by both classes, but those that are not used."""
    bits = [bit for bit in range(encoder.n_bits) if bit not in unused]
    return GateGraph.build(encoder.n_bits, [], [bits, bits[::2], bits[1::3]], encoder=encoder)


def quarters():
    """Pixels of two bits, the top ones; and thresholds that nothing exceeds, or all."""
    pixels = Preprocessing((2, 3), "uint8")
    feature = [*np.repeat(range(6), 3), 0, 1]
    return Encoder(preprocessing=pixels, feature=feature, threshold=[*QUARTERS * 6, -1, 255])


def signed():
    """Cropped, negative, and at both ends of the range."""
    cut = Preprocessing((3, 3), "int8", crop=(1, 0, 2, 2))
    levels = [-128, -5, 0, 7, 126, 127, -129]
    return Encoder(preprocessing=cut, feature=[0, 0, 1, 1, 3, 3, 3], threshold=levels)


def resized():
    small = Preprocessing((4, 4), "uint8", resize=(2, 2))
    return Encoder(preprocessing=small, feature=[0, 0, 2, 3], threshold=[9, 200, 0, 254])


def real():
    scaling = Scaling((0.5, -1.0, 3.0), (2.0, 0.1, 7.5), (3, 2, 5))
    return Encoder(
        preprocessing=Preprocessing((3,), REAL, scaling=scaling),
        feature=[0, 0, 2, 2, 2, 2],
        threshold=[1, 5, 3, 17, 30, 31],
    )


ENCODERS = {"quarters": quarters, "signed": signed, "resized": resized, "real": real}


def samples_of(encoder, count=300):
    generator = np.random.default_rng(0)
    if encoder.input_dtype == REAL:
        return generator.normal(2, 4, (count, *encoder.input_shape))
    limits = np.iinfo(encoder.input_dtype)
    return generator.integers(
        limits.min, limits.max, (count, *encoder.input_shape), encoder.input_dtype, endpoint=True
    )


def by_hand(levels, integers):
    """What stands on the port, by Python's own arithmetic."""
    rows = []
    for integers_ in integers.tolist():
        bits = []
        for feature, integer in enumerate(integers_):
            code = sum(integer > level for level in levels[feature])
            bits += [code >> place & 1 for place in range(len(levels[feature]).bit_length())]
        rows.append(bits)
    return rows


@pytest.mark.parametrize("name", ENCODERS)
def test_codes_stand_on_the_port_and_decide_what_integers_do(name):
    encoder = ENCODERS[name]()
    graph = network(encoder)
    classifier = Classifier(graph, CompileOptions(narrow=True, levels_per_stage=3))
    raw, levels = samples_of(encoder), classifier.interface.levels
    data = pack(classifier.graph, InputKind.FEATURES, raw)
    assert data.astype(int).tolist() == by_hand(levels, encoder.features(raw))
    bits = encoder.encode(raw)
    np.testing.assert_array_equal(narrowed(graph).encoder.encode(raw), bits)
    check_stream(classifier, graph, data, bits, np.ones(len(raw), dtype=bool))


def test_a_pixel_of_four_ranges_has_two_bits_which_are_its_top_ones():
    graph = network(quarters(), unused=(3, 4, 5, 6))
    classifier = Classifier(graph, CompileOptions(narrow=True))
    levels = classifier.interface.levels
    assert levels == (QUARTERS, (), QUARTERS[1:], QUARTERS, QUARTERS, QUARTERS)
    assert (classifier.interface.data_width, classifier.interface.feature_width) == (10, None)
    assert [Levels(levels).shift(feature, 0, 255) for feature in range(3)] == [6, None, None]
    assert Levels(((-1,), (127,), (0,))).shift(0, -128, 127) is None


@pytest.mark.parametrize(
    "name", [name if name == "quarters" else pytest.param(name, marks=SLOW) for name in ENCODERS]
)
def test_verilog_and_proof(tmp_path, name):
    graph = passes.simplify(network(ENCODERS[name]()))
    compile_graph(graph, tmp_path, CompileOptions(narrow=True, levels_per_stage=0))
    interface = Interface.read(tmp_path)
    assert interface == Classifier(graph, CompileOptions(narrow=True, levels_per_stage=0)).interface
    found = formal.prove(graph, tmp_path)
    assert found.proven, found
    made = vectors.make(graph, interface, samples_of(graph.encoder, 20), random=30)
    assert made.data_width == interface.data_width
    expected = golden.scores(graph, graph.encoder.encode(samples_of(graph.encoder, 20)))
    np.testing.assert_array_equal(made.scores[:20], expected)
    wrong = (tmp_path / VERILOG).read_text().replace(" | ", " & ", 1)
    (tmp_path / VERILOG).write_text(wrong)
    assert not formal.prove(graph, tmp_path).proven


PORT = """
#include "net.c"
#include <stdio.h>
int main(void)
{
    static TYPE sample[NET_VALUES];
    static uint8_t port[NET_PORT_BYTES];
    while (fread(sample, sizeof sample, 1, stdin) != 0) {
        net_port(sample, port);
        fwrite(port, sizeof port, 1, stdout);
    }
    return 0;
}
"""


@pytest.mark.parametrize(
    "name", [name if name == "signed" else pytest.param(name, marks=SLOW) for name in ENCODERS]
)
def test_c_makes_what_stands_on_the_port(tmp_path, name):
    graph = passes.simplify(network(ENCODERS[name]()))
    formats.write(graph, "c", tmp_path / "net.c", narrow=True)
    ctype = "double" if graph.encoder.input_dtype == REAL else f"{graph.encoder.input_dtype}_t"
    (tmp_path / "main.c").write_text(PORT.replace("TYPE", ctype))
    program = compiled(AS_C, tmp_path / "main.c")
    raw = samples_of(graph.encoder)
    done = subprocess.run([program], input=raw.tobytes(), capture_output=True, check=True)
    expected = pack(narrowed(graph), InputKind.FEATURES, raw)
    assert done.stdout == np.packbits(expected, axis=1, bitorder="little").tobytes()


@pytest.mark.slow
def test_the_command_compiles_narrow_words_and_verifies_them(lilogic, tmp_path):
    lgn.write(network(quarters()), tmp_path / "net.lgn")
    folder = tmp_path / "build"
    status, _, err = lilogic("compile", tmp_path / "net.lgn", "--narrow", "-o", folder)
    assert (status, "the input is 12 bits of feature codes" in err) == (0, True), err
    assert json.loads((folder / "interface.json").read_text())["levels"] == [[*QUARTERS]] * 6
    assert "features[2 +: 2]: 1, levels 63, 127, 191 (that is, x >> 6)" in (
        (folder / VERILOG).read_text()
    )
    status, out, err = lilogic("verify", tmp_path / "net.lgn", "--build", folder, "--json")
    assert (status, json.loads(out)["passed"]) == (0, True), err
    model = Model(lgn.read(tmp_path / "net.lgn"), "net")
    assert flow.opened(model, folder, narrow=True).options.narrow
    with pytest.raises(GraphError, match="was compiled with narrow True, not False"):
        flow.opened(model, folder, narrow=False)


def test_what_cannot_be_narrower_is_refused(tmp_path):
    graph = network(quarters())
    with pytest.raises(GraphError, match="only features can be narrow, not bits"):
        Classifier(graph, CompileOptions(narrow=True, input="bits"))
    with pytest.raises(GraphError, match="no encoder, so it has no features to narrow"):
        Classifier(GateGraph.build(2, [], [[0], [1]]), CompileOptions(narrow=True))
    differing = Encoder(
        preprocessing=Preprocessing((2,), "uint8"), feature=[0], threshold=[3], minus=[1]
    )
    with pytest.raises(GraphError, match="compared with each other cannot be narrow"):
        Classifier(network(differing), CompileOptions(narrow=True))
    with pytest.raises(GraphError, match="features of a compiled network are codes"):
        lgn.write(narrowed(graph), tmp_path / "net.lgn")
