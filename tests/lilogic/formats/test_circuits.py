"""Circuits as other tools write them, and what is refused of them."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from lilogic import formats
from lilogic.data.fitting import from_text
from lilogic.errors import FormatError, GraphError, LilogicError
from lilogic.formats.heads import to_graph
from lilogic.graph.circuit import Builder
from lilogic.infer import golden


def outputs(path):
    """For all inputs in counting order, first input highest, the outputs as 0 and 1."""
    graph = formats.load(path)
    table = np.array([*itertools.product([0, 1], repeat=graph.n_inputs)])
    return golden.scores(graph, table).T.tolist()


def written(tmp_path, text, name="circuit.blif"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@given(data=st.data(), width=st.integers(1, 6))
def test_a_lookup_table_is_its_table(data, width):
    table = data.draw(st.integers(0, (1 << (1 << width)) - 1))
    builder = Builder(width)
    circuit = builder.build([builder.lut(table, range(width))])
    addresses = np.arange(1 << width)
    bits = addresses[:, None] >> np.arange(width) & 1
    assert golden.outputs(circuit, bits)[:, 0].tolist() == [
        table >> i & 1 for i in addresses.tolist()
    ]
    assert circuit.n_gates <= max(1, 4 * 2 ** (width - 2))


BLIF = """\
# as ABC and Yosys write it
.model top
.inputs a b \\
  c
.outputs odd most none all copy
.names t c odd   # before what it reads
10 1
01 1
.names a b c most
11- 1
1-1 1
-11 1
.names a b t
00 0
11 0
.names none
.names all
1
.names c copy
1 1
.names unread unread2
1 1
.end
"""


def test_blif(tmp_path):
    odd, most, none, ones, copy = outputs(written(tmp_path, BLIF))
    assert odd == [0, 1, 1, 0, 1, 0, 0, 1]
    assert most == [0, 0, 0, 1, 0, 1, 1, 1]
    assert (none, ones, copy) == ([0] * 8, [1] * 8, [0, 1] * 4)


def test_blif_with_the_complement_of_a_cover_of_many_inputs(tmp_path):
    text = ".model m\n.inputs a b c d\n.outputs y\n.names a b c d y\n1--0 0\n-11- 0\n.end\n"
    (y,) = outputs(written(tmp_path, text))
    table = itertools.product([0, 1], repeat=4)
    assert y == [int(not ((a and not d) or (b and c))) for a, b, c, d in table]


def test_covers_of_many_inputs_are_nodes(tmp_path):
    text = """\
.model m
.inputs a b c d e f g
.outputs y
.names a b c d e f t
1-00-1 1
-11-0- 1
0---11 1
.names t g y
10 1
01 1
"""
    graph = formats.load(written(tmp_path, text))
    assert graph.cones.level[graph.head_nodes].tolist() == [2]
    assert graph.depth > 2
    gates = ".model m\n.inputs a b c\n.outputs y\n.names a b t\n11 1\n.names t c y\n11 1\n"
    assert not len(formats.load(written(tmp_path, gates)).roots)


HEAD = ".model m\n.inputs a b\n.outputs y\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a BLIF file"),
        ("hello\n", "line 1: 'hello' does not belong to a .names"),
        (b"\xff\xfe\0", "it is not text"),
        (HEAD + ".latch a y re clk 0\n", "line 4: .latch is not supported"),
        (HEAD + ".subckt cell A=a Y=y\n", "line 4: .subckt is not supported"),
        (HEAD + ".names\n", "line 4: .names has no output"),
        (HEAD + ".names a y\n11 1\n", "line 5: '11 1' is not a row of 1 inputs"),
        (HEAD + ".names a y\n1 1 1\n", "line 5"),
        (HEAD + ".names a y\n1 2\n", "line 5"),
        (HEAD + ".names a b y\n11 1\n00 0\n", "line 6: '00 0' does not fit the rows before it"),
        (HEAD + ".names a y\n1 1\n.names b y\n1 1\n", "line 6: y is driven a second time"),
        (HEAD + ".names b a\n1 1\n.names a y\n1 1\n", "line 4: a is an input already"),
        (HEAD + ".names y z\n1 1\n.names z y\n1 1\n", "depends on itself"),
        (HEAD + ".names y y\n1 1\n", "y depends on itself"),
        (HEAD + ".names z y\n1 1\n", "nothing drives z, which y depends on"),
        (HEAD, "nothing drives the output y"),
        (HEAD + ".end\n.model n\n", "more than one model"),
        (".model m\n.outputs y\n.names y\n1\n", "it has 0 inputs"),
        (".model m\n.inputs a a\n.outputs a\n", "an input is listed twice"),
        (".model m\n.inputs a\n", "0 outputs cannot be divided"),
    ],
)
def test_blif_that_is_refused(tmp_path, text, message):
    path = written(tmp_path, text)
    with pytest.raises(LilogicError, match=message) as error:
        formats.load(path)
    assert str(error.value).startswith(f"{path}: ")


# The half adder of the AIGER report, in binary: outputs are sum and carry.
HALF_ADDER = (
    b"aig 5 2 0 2 3\n10\n6\n\x02\x02\x03\x02\x01\x02i0 x\ni1 y\no0 s\no1 c\nc\nhalf adder\n"
)


def test_aiger(tmp_path):
    assert outputs(written(tmp_path, HALF_ADDER, "half.aig")) == [[0, 1, 1, 0], [0, 0, 0, 1]]


def test_aiger_constants_and_complements(tmp_path):
    text = b"aig 1 1 0 4 0\n0\n1\n2\n3\n"
    assert outputs(written(tmp_path, text, "net.aig")) == [[0, 0], [1, 1], [0, 1], [1, 0]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "not an AIGER file"),
        (b"aag 1 1 0 1 0\n2\n2\n", "ASCII"),
        (b"aig 1 1 0 x 0\n", "not an AIGER file"),
        (b"aig 2 1 1 1 0\n2\n2\n", "latches"),
        (b"aig 1 1 0 1 0 1\n2\n2\n", "latches, properties or constraints"),
        (b"aig 9 1 0 1 0\n2\n", "M is 9"),
        (b"aig 1 1 0 1 0\n4\n", "an output is literal 4"),
        (b"aig 1 1 0 1 0\n", "truncated"),
        (b"aig 1 1 0 1 0\n-2\n", "not a number"),
        (b"aig 99999999999 99999999999 0 1 0\n2\n", "11 digits"),
        (b"aig 999999999 999999999 0 1 0\n2\n", "999999999 inputs"),
        (HALF_ADDER[:20], "truncated"),
        (HALF_ADDER.replace(b"\x02\x02\x03", b"\x09\x02\x03"), "not defined before it"),
        (HALF_ADDER.replace(b"\x02\x02\x03", b"\xff\xff\xff\xff\xff\xff"), "not a number"),
    ],
)
def test_aiger_that_is_refused(tmp_path, text, message):
    with pytest.raises(LilogicError, match=message):
        formats.load(written(tmp_path, text, "net.aig"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a netlist"),
        ("[]", "not a netlist"),
        ("{}", "not a netlist"),
        ('{"modules": {}}', "0 modules and no top"),
        ('{"modules": {"m": 3}}', "not a netlist"),
        ("[" * 100_000, "not a netlist"),
        ('{"modules": {"m": {"ports": {"y": {"direction": "inout", "bits": [2]}}}}}', "inout"),
        (
            '{"modules": {"m": {"ports": {"a": {"direction": "input", "bits": [2]},'
            ' "y": {"direction": "output", "bits": [3, "x"]}}}}}',
            "nothing drives y",
        ),
        (
            '{"modules": {"m": {"ports": {"a": {"direction": "input", "bits": [2]}}, "cells":'
            ' {"f": {"type": "$_DFF_P_", "connections": {"D": [2], "Q": [3], "C": [2]}}}}}}',
            r"cell f is a \$_DFF_P_; only combinational",
        ),
    ],
)
def test_netlists_that_are_refused(tmp_path, text, message):
    with pytest.raises(LilogicError, match=message):
        formats.load(written(tmp_path, text, "net.json"))


def test_outputs_are_shared_out_as_asked(tmp_path):
    names = [f"y{i}" for i in range(6)]
    text = f".model m\n.inputs a\n.outputs {' '.join(names)}\n"
    text += "".join(f".names a {name}\n1 1\n" for name in names)
    path = written(tmp_path, text)
    assert [len(head) for head in formats.load(path).heads] == [1] * 6
    assert [len(head) for head in formats.load(path, classes=3).heads] == [2] * 3
    with pytest.raises(LilogicError, match=r"6 outputs cannot be divided evenly among 4 classes"):
        formats.load(path, classes=4)


def test_an_encoder_must_fit_a_circuit_but_may_widen_a_network(tmp_path):
    path = written(tmp_path, BLIF)
    encoder = from_text("2x2,thresholds=9")
    with pytest.raises(LilogicError, match="the encoder makes 4 bits, but the circuit reads 3"):
        formats.load(path, encoder=encoder)
    state = tmp_path / "net.npz"
    layer = {"gate_types": [[6, 1]], "connections.A": [[0, 1]], "connections.B": [[1, 2]]}
    np.savez(state, **layer)
    graph = to_graph(formats.read(state), 2, encoder)
    assert (graph.n_inputs, graph.heads[1].tolist()) == (4, [5])


def test_no_output_of_a_network_is_taken_for_padding(tmp_path):
    state = {"0.weights": np.eye(16, dtype=np.float32)[np.arange(11)]}
    state |= {"0.indices": np.arange(22).reshape(2, 11) % 9}
    path = tmp_path / "net.safetensors"
    save_file(state, path)
    with pytest.raises(FormatError, match="11 outputs cannot be divided evenly among 10"):
        formats.load(path)
    assert len(formats.load(path, classes=11).head_nodes) == 11


@pytest.mark.parametrize("suffix", [".safetensors", ".npz"])
def test_an_encoder_may_make_bits_that_a_network_does_not_read(tmp_path, suffix):
    path = tmp_path / f"net{suffix}"
    if suffix == ".npz":
        np.savez(path, **{"gate_types": [[6]], "connections.A": [[0]], "connections.B": [[3]]})
    else:
        logits, wires = np.eye(16, dtype=np.float32)[[6]], np.array([[0], [3]])
        save_file({"0.weights": logits, "0.indices": wires}, path)
    graph = formats.load(path, classes=1, encoder=from_text("3x3,thresholds=9"))
    assert (graph.n_inputs, [*graph.rows()]) == (9, [(6, 0, 3)])
    with pytest.raises(GraphError, match="the encoder makes 2 bits, but the circuit reads 4"):
        formats.load(path, classes=1, encoder=from_text("1x2,thresholds=9"))


def test_an_unknown_suffix_is_named(tmp_path):
    path = written(tmp_path, "hello", "net.xyz")
    with pytest.raises(LilogicError, match=r"net\.xyz: cannot be imported: its suffix is none of"):
        formats.load(path)
    with pytest.raises(LilogicError, match=r"net\.blif: no such file"):
        formats.load(tmp_path / "net.blif")
