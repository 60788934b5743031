"""Files by what they are: under any name, packed, in any encoding; and what is guessed of them."""

import gzip
import json

import numpy as np
import pytest
import torch
from safetensors.numpy import save

from lilogic import formats
from lilogic.errors import FormatError, LilogicError, LilogicWarning
from lilogic.formats.heads import guesses
from lilogic.graph import lgn
from tests.strategies import random_graph

BLIF = b".model m\n.inputs a b\n.outputs y\n.names a b y\n11 1\n.end\n"
NETLIST = {
    "modules": {
        "m": {
            "ports": {
                "a": {"direction": "input", "bits": [2, 3]},
                "y": {"direction": "output", "bits": [4]},
            },
            "cells": {"g": {"type": "$_AND_", "connections": {"A": [2], "B": [3], "Y": [4]}}},
        }
    }
}
STATE = {"0.weights": np.eye(16, dtype=np.float32)[[1]], "0.indices": np.array([[0], [1]])}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The AND of two inputs in each format that tells itself, by suffix."""
    folder = tmp_path_factory.mktemp("and")
    layer = {"gate_types": [[1]], "connections.A": [[0]], "connections.B": [[1]]}
    np.savez(folder / "net.npz", **layer)
    tensors = {name: torch.from_numpy(array) for name, array in STATE.items()}
    torch.save(tensors, folder / "net.pth")
    torch.save(tensors, folder / "net.old", _use_new_zipfile_serialization=False)
    files = {path.suffix: path.read_bytes() for path in folder.iterdir()}
    return files | {
        ".blif": BLIF,
        ".aig": b"aig 3 2 0 1 1\n6\n\x02\x02",
        ".json": json.dumps(NETLIST).encode(),
        ".safetensors": save(STATE),
    }


ALL = [".npz", ".pth", ".old", ".blif", ".aig", ".json", ".safetensors"]


@pytest.mark.parametrize("suffix", ALL)
def test_a_file_is_what_is_in_it(tmp_path, files, suffix):
    for name in (f"NET{suffix.upper()}", "net", "net.bin", "net.txt", *map("net{}".format, ALL)):
        path = tmp_path / name
        path.write_bytes(files[suffix])
        assert [*formats.load(path, classes=1).rows()][-1][0] == 1
        assert formats.is_importable(path)
        packed = tmp_path / f"{name}.GZ"
        packed.write_bytes(gzip.compress(files[suffix]))
        assert [*formats.load(packed, classes=1).rows()][-1][0] == 1


@pytest.mark.parametrize("start", [b"\x80\x01", b"PK"], ids=["like a pickle", "like a zip"])
def test_safetensors_begin_with_any_length(tmp_path, start):
    shortest = int.from_bytes(save(STATE, {"_": ""})[:8], "little")
    fill = int.from_bytes(start, "little") - shortest
    (tmp_path / "net").write_bytes(save(STATE, {"_": fill * " "}))
    assert (tmp_path / "net").read_bytes().startswith(start)
    assert [*formats.load(tmp_path / "net", classes=1).rows()][-1][0] == 1


@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbf" + BLIF,
        b"# f\xfcr \x85 die \xdcbung\n" + BLIF,
        "# für\n".encode() + BLIF,
        BLIF.decode().encode("utf-16"),
        BLIF.replace(b"\n", b"\r\n"),
        BLIF.replace(b"\n", b"\r"),
        BLIF.replace(b"a b\n", b"a \\\r\n b\r\n"),
        b"\n\n  # first\n" + BLIF,
        BLIF.replace(b".outputs", b"\t.outputs"),
    ],
)
def test_blif_in_any_encoding(tmp_path, text):
    path = tmp_path / "NET.Blif"
    path.write_bytes(text)
    assert [*formats.load(path).rows()] == [(1, 0, 1)]


@pytest.mark.parametrize(
    "line",
    [
        ".area 12.0", ".delay a INV 1 2 1 1 1 1", ".wire_load_slope 0.00", ".wire 1.0 2.0",
        ".input_arrival a 1.0 1.0", ".output_required y 1.0 1.0", ".input_drive a 1.0 1.0",
        ".output_load y 1.0", ".max_input_load a 1.0", ".default_input_arrival 0.00 0.00",
        ".default_output_required 0.00 0.00", ".default_input_drive 0.10 0.10",
        ".default_output_load 2.00", ".default_max_input_load 999.00", ".cycle 10.0",
        ".clock_event 50.0 r'c", ".cname lut0", ".attr src net.v:1", ".param INIT 1000",
    ],
)  # fmt: skip
def test_lines_of_blif_without_logic_are_skipped(tmp_path, line):
    path = tmp_path / "net.eblif"
    for before in (b".names", b".end"):
        path.write_bytes(BLIF.replace(before, line.encode() + b"\n" + before))
        assert [*formats.load(path).rows()] == [(1, 0, 1)]


def test_connections_of_extended_blif(tmp_path):
    path = tmp_path / "net.eblif"
    path.write_bytes(BLIF.replace(b"y\n.names", b"y\n.conn t y\n.names").replace(b"b y", b"b t"))
    assert next(formats.load(path).rows()) == (1, 0, 1)
    path.write_bytes(BLIF.replace(b".end", b".conn a y\n.end"))
    with pytest.raises(FormatError, match="line 6: y is driven a second time"):
        formats.load(path)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("net.aag", b"", "cannot be imported: convert it to the binary format: aigtoaig"),
        ("net.AAG", b"aag 3 2 0 1 1\n2\n4\n6\n6 2 4\n", "AIGER in ASCII; convert it"),
        ("net.vhdl", b"entity", "ghdl"),
        ("net.bench", b"INPUT(a)", "ABC: read_bench"),
        ("net.onnx", b"\x08\x07", "save the weights"),
        ("net.pkl", b"\x80\x04K\x01.", "pickles are not executed"),
        ("net.xyz", b"", r"none of \.npz, .*\.blif, \.eblif, .*\.v, \.sv"),
        ("net", b"module m; endmodule", r"none of \.npz"),
        ("net.sv", b"module m; endmodule", r"needs Yosys .* lilogic\.load"),
        ("net.blif.gz", b"\x1f\x8b\x08junk", "truncated or damaged gzip file"),
        ("net.blif", BLIF.replace(b".names", b".latch"), "only circuits without registers are"),
        ("net.blif", BLIF.replace(b".names", b".gate"), "in ABC: read_library"),
        ("net.safetensors", b"\0" * 40, "neither safetensors nor saved by torch"),
    ],
)
def test_what_is_not_read_says_how_to_come_by_what_is(tmp_path, name, data, message):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(LilogicError, match=message) as error:
        formats.load(path)
    assert str(error.value).startswith(f"{path}: ")


def test_a_network_of_lilogic_need_not_be_imported(tmp_path):
    path = tmp_path / "net.safetensors"
    lgn.write(random_graph((4, 4), 4, 2), path)
    with pytest.raises(FormatError, match="it already is a lilogic network"):
        formats.load(path)


def test_modules_are_asked_for_only_where_there_are_some(tmp_path):
    path = tmp_path / "net.blif"
    path.write_bytes(BLIF)
    with pytest.raises(FormatError, match="only Verilog and Yosys JSON have modules") as error:
        formats.load(path, top="m")
    assert error.value.option == "top"


def blif(*names):
    covers = "".join(f".names a {name}\n1 1\n" for name in names)
    return f".model m\n.inputs a\n.outputs {' '.join(names)}\n{covers}.end\n".encode()


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("class_0_0", "class_1_0", "y"), "output y does not say what class counts it"),
        (("class_0_0", "class_2_0"), "no output says what class 1 counts"),
        (("class_1_from_3",), "no output says what class 0 counts"),
        (("class_0_0", "class_0_2", "class_1_0"), "output class_0_1 is missing"),
    ],
)
def test_outputs_that_tell_their_classes_only_in_part_are_refused(tmp_path, names, message):
    path = tmp_path / "net.blif"
    path.write_bytes(blif(*names))
    with pytest.raises(FormatError, match=message) as error:
        formats.load(path)
    assert error.value.option == "classes"
    assert formats.load(path, classes=1).n_classes == 1


def test_so_are_outputs_of_aiger_of_which_only_some_have_names(tmp_path):
    path = tmp_path / "net.aig"
    path.write_bytes(b"aig 1 1 0 2 0\n2\n3\no0 class_0_0\n")
    with pytest.raises(FormatError, match="output o1 does not say what class counts it"):
        formats.load(path)


def told(path, classes=None, is_encoder_given=False):
    found = formats.read(path)
    return [(guess.option, guess.text) for guess in guesses(found, classes, is_encoder_given)]


def test_what_a_file_does_not_record_is_told(tmp_path):
    path = tmp_path / "net.blif"
    path.write_bytes(blif("y", "z"))
    [(option, text)] = told(path)
    assert option == "classes"
    assert "using each of the 2 as a class" in text
    assert told(path, classes=2) == []
    for certain in (blif("y"), blif("class_0_0", "class_1_0")):
        path.write_bytes(certain)
        assert told(path) == []

    gates = {"gate_types": [[6] * 20 + [0] * 5], "connections.A": [[0] * 25]}
    np.savez(tmp_path / "net.npz", **gates, **{"connections.B": [[1] * 20 + [0] * 5]})
    encoder, classes = told(tmp_path / "net.npz")
    assert encoder[0] == "encoder"
    assert "each pixel of 2×2" in encoder[1]
    assert classes == (
        "classes",
        "records no classes; assuming 10, with the last 5 gates as padding",
    )
    assert told(tmp_path / "net.npz", 5, is_encoder_given=True) == []

    state = {
        "0.weights": np.eye(16, dtype=np.float32)[[1] * 10],
        "0.indices": np.ones((2, 10), int),
    }
    (tmp_path / "net.safetensors").write_bytes(save(state))
    bits, classes = told(tmp_path / "net.safetensors")
    assert bits[0] == "encoder"
    assert "the number of input bits; assuming the 2" in bits[1]
    assert classes == ("classes", "records no classes; assuming 10")
    with pytest.warns(LilogicWarning, match=r"net\.safetensors: records no classes.* \(classes=…"):
        formats.load(tmp_path / "net.safetensors")


def test_exports_of_lilogic_leave_nothing_to_guess(tmp_path):
    graph = random_graph((8, 8), 4, 2)
    for kind, suffix in (("npz", "npz"), ("blif", "blif"), ("aiger", "aig")):
        path = tmp_path / f"net.{suffix}"
        formats.write(graph, kind, path)
        assert told(path) == []
