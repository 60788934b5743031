import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from safetensors.numpy import load_file, save_file

from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import Preprocessing
from lilogic.errors import FormatError, LilogicError
from lilogic.graph import GateGraph, gates, header, lgn
from lilogic.infer import golden
from tests.lilogic.graph import independent_reader
from tests.strategies import encoded_graphs, graphs, random_bits, random_raw

ENCODER = Encoder(
    preprocessing=Preprocessing((4, 4), "uint8", crop=(1, 1, 3, 3)),
    feature=[0, 3, 3],
    threshold=[7, 100, 200],
)
MINUS = [-1, 2, 8]
"""As files have it: -1 where nothing is subtracted."""
ROWS = [(gates.AND, 0, 1), (gates.XOR, 3, 2), (gates.NOT_A, 1, 1)]
GRAPH = GateGraph.build(3, ROWS, [[4, 5], [3]], [0, -1], ENCODER, {"name": "small"})


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("lgn") / "graph.lgn"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    path = tmp_path_factory.mktemp("small") / "small.lgn"
    lgn.write(GRAPH, path)
    return path.read_bytes()


def assert_equal(graph, other):
    for name in ("op", "a", "b", "roots", "head_nodes", "head_ptr", "offset"):
        mine, theirs = getattr(graph, name), getattr(other, name)
        assert mine.dtype == theirs.dtype
        np.testing.assert_array_equal(mine, theirs)
    assert graph.n_inputs == other.n_inputs
    assert graph.metadata == other.metadata
    assert (graph.encoder is None) == (other.encoder is None)
    if graph.encoder is not None:
        np.testing.assert_array_equal(graph.encoder.feature, other.encoder.feature)
        np.testing.assert_array_equal(graph.encoder.threshold, other.encoder.threshold)
        np.testing.assert_array_equal(graph.encoder.minus, other.encoder.minus)
        for name in ("preprocessing", "rank"):
            assert getattr(graph.encoder, name) == getattr(other.encoder, name)


@given(graph=graphs())
def test_a_file_gives_back_the_graph(path, graph):
    lgn.write(graph, path)
    assert_equal(lgn.read(path), graph)


@given(graph=encoded_graphs(ranked=True))
def test_a_file_gives_back_the_encoder(path, graph):
    graph = graph.with_metadata(name="été", accuracy={"test_frozen": 0.5}, recipe=[1, None])
    lgn.write(graph, path)
    assert_equal(lgn.read(path), graph)


@given(graph=graphs())
def test_a_reader_made_from_the_documentation_agrees_on_bits(path, graph):
    lgn.write(graph, path)
    bits = random_bits(graph, 20)
    scores = independent_reader.scores(path, bits)
    np.testing.assert_array_equal(scores, golden.scores(graph, bits))


@given(graph=encoded_graphs(ranked=True))
def test_a_reader_made_from_the_documentation_agrees_on_samples(path, graph):
    lgn.write(graph, path)
    raw = random_raw(graph.encoder, 20)
    assert independent_reader.predict(path, raw) == golden.predict(graph, raw).tolist()


def refused_by_both(path, data):
    path.write_bytes(data)
    with pytest.raises(LilogicError) as error:
        lgn.read(path)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)
    with pytest.raises(independent_reader.Refused):
        independent_reader.load(path)


def test_a_file_cut_off_anywhere_is_refused(small, tmp_path):
    for length in range(len(small)):
        refused_by_both(tmp_path / "cut.lgn", small[:length])


def test_a_file_with_more_at_its_end_is_refused(small, tmp_path):
    refused_by_both(tmp_path / "long.lgn", small + b"\0")


@pytest.mark.parametrize("mask", [0x01, 0x20, 0x80])
def test_a_file_with_a_changed_byte_is_refused_or_the_same(small, tmp_path, mask):
    path = tmp_path / "changed.lgn"
    for position in range(len(small)):
        changed = bytearray(small)
        changed[position] ^= mask
        path.write_bytes(changed)
        try:
            graph = lgn.read(path)
        except LilogicError as error:
            assert str(error).startswith(f"{path}: ")  # noqa: PT017
        else:
            assert_equal(graph, GRAPH)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "truncated or not a .lgn file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "truncated or not a .lgn file"),
        (b"[]" * 30, "truncated or not a .lgn file"),
    ],
)
def test_foreign_files_are_refused(tmp_path, data, message):
    path = tmp_path / "foreign.lgn"
    path.write_bytes(data)
    with pytest.raises(LilogicError, match=message):
        lgn.read(path)


def test_missing_files_and_folders_are_refused(tmp_path):
    with pytest.raises(LilogicError, match=r"none\.lgn: cannot be read: No such file"):
        lgn.read(tmp_path / "none.lgn")
    with pytest.raises(LilogicError, match="is a folder, not a"):
        lgn.read(tmp_path)


def test_other_safetensors_files_and_versions_are_refused(tmp_path, small):
    path = tmp_path / "other.lgn"
    save_file({"weight": np.zeros(3)}, path)
    with pytest.raises(LilogicError, match="some other safetensors file"):
        lgn.read(path)
    header = json.loads(small[8 : 8 + int.from_bytes(small[:8], "little")])
    newer = small.replace(b'"version":"1"', b'"version":"6"')
    assert newer != small
    assert header["__metadata__"]["version"] == "1"
    path.write_bytes(newer)
    with pytest.raises(
        LilogicError, match="version 6, but this lilogic reads versions 1, 2, 3, 4, 5"
    ):
        lgn.read(path)


def forge(path, tensors=None, version="1", **description):
    """A file with a right checksum and something wrong inside."""
    arrays = {name: getattr(GRAPH, name) for name in lgn._GRAPH} | {
        "encoder.feature": ENCODER.feature,
        "encoder.threshold": ENCODER.threshold,
    }
    arrays = {k: np.asarray(v) for k, v in (arrays | (tensors or {})).items() if v is not None}
    encoder = {"input_shape": [4, 4], "input_dtype": "uint8", "crop": [1, 1, 3, 3], "resize": None}
    record = {"n_inputs": 3, "encoder": encoder, "metadata": {}} | description
    text = json.dumps({key: value for key, value in record.items() if value is not ...})
    header = {"format": "lilogic.lgn", "version": version, "graph": text}
    save_file(arrays, path, header | {"sha256": lgn._digest(arrays, text)})
    return path


ENCODING = {"input_shape": [4, 4], "input_dtype": "uint8", "crop": None, "resize": None}


@pytest.mark.parametrize(
    ("tensors", "description"),
    [
        ({"op": None}, {}),
        ({"encoder.feature": None}, {}),
        ({"a": np.array([0, 3, 1])}, {}),
        ({"a": np.array([0, 9000, 1], np.int32)}, {}),
        ({"op": np.array([1, 77, 1], np.uint8)}, {}),
        ({"head_ptr": np.array([0, 3, 2], np.int32)}, {}),
        ({"offset": np.array([2**31 - 1, 0], np.int32)}, {}),
        ({"encoder.feature": np.array([0, 3, 99], np.int32)}, {}),
        ({}, {"n_inputs": 4}),
        ({}, {"n_inputs": "3"}),
        ({}, {"n_inputs": ...}),
        ({}, {"metadata": [1]}),
        ({}, {"encoder": [1]}),
        ({}, {"encoder": ENCODING | {"input_dtype": "float32"}}),
        ({}, {"encoder": ENCODING | {"crop": [2, 2, 3, 3]}}),
        ({}, {"encoder": ENCODING | {"crop": [2, 2]}}),
        ({}, {"encoder": ENCODING | {"input_shape": [4.5]}}),
        ({}, {"encoder": ENCODING | {"resize": [0, 2]}}),
    ],
)
def test_a_wrong_graph_with_a_right_checksum_is_refused(tmp_path, tensors, description):
    path = tmp_path / "forged.lgn"
    assert lgn.read(forge(path)).n_gates == 3
    refused_by_both(path, forge(path, tensors, **description).read_bytes())


@pytest.mark.parametrize("rank", [..., "3", True, 2.5, -1, 9])
def test_a_wrong_rank_is_refused(tmp_path, rank):
    path = tmp_path / "forged.lgn"
    encoding = ENCODING | {"crop": [1, 1, 3, 3]}
    right = forge(path, version="2", encoder=encoding | {"rank": 8})
    assert lgn.read(right).encoder.rank == 8
    wrong = encoding if rank is ... else encoding | {"rank": rank}
    refused_by_both(path, forge(path, version="2", encoder=wrong).read_bytes())


def test_only_files_with_a_rank_are_of_version_2(tmp_path, small):
    path = tmp_path / "ranked.lgn"
    lgn.write(replace(GRAPH, encoder=replace(ENCODER, rank=4)), path)
    assert b'"version":"2"' in path.read_bytes()
    assert b"rank" not in small


def test_only_files_that_subtract_are_of_version_3(tmp_path):
    path = tmp_path / "subtracts.lgn"
    subtracting = replace(ENCODER, minus=[ENCODER.zero, *MINUS[1:]])
    lgn.write(replace(GRAPH, encoder=subtracting), path)
    assert b'"version":"3"' in path.read_bytes()
    assert load_file(path)["encoder.minus"].tolist() == MINUS
    assert lgn.read(path).encoder.minus.tolist() == [9, *MINUS[1:]]


@pytest.mark.parametrize(
    "minus",
    [
        None,
        np.array(MINUS[1:], np.int32),
        np.array(MINUS, np.int64),
        np.array([-2, *MINUS[1:]], np.int32),
        np.array([16, *MINUS[1:]], np.int32),
    ],
)
def test_a_wrong_subtraction_is_refused(tmp_path, minus):
    path = tmp_path / "forged.lgn"
    encoding = ENCODING | {"rank": None}
    right = np.array(MINUS, np.int32)
    forge(path, {"encoder.minus": right}, version="3", encoder=encoding)
    assert lgn.read(path).encoder.minus.tolist() == [16, *MINUS[1:]]
    tensors = {} if minus is None else {"encoder.minus": minus}
    refused_by_both(path, forge(path, tensors, version="3", encoder=encoding).read_bytes())


SCALING = {
    "encoder.offset": np.array([0.5, -1.0]),
    "encoder.scale": np.array([1.0, 0.1]),
    "encoder.bits": np.array([1, 16], np.uint8),
}
REALS = {"input_shape": [2], "input_dtype": "float64", "crop": None, "resize": None, "rank": None}


@pytest.mark.parametrize(
    ("tensors", "encoding"),
    [
        ({"encoder.offset": None}, {}),
        ({"encoder.offset": np.array([0.5, -1.0], np.float32)}, {}),
        ({"encoder.offset": np.array([0.5, np.inf])}, {}),
        ({"encoder.offset": np.array([0.5])}, {}),
        ({"encoder.scale": np.array([1.0, 0.0])}, {}),
        ({"encoder.scale": np.array([1.0, np.nan])}, {}),
        ({"encoder.bits": np.array([1, 17], np.uint8)}, {}),
        ({"encoder.minus": np.array([-1, 0, 1], np.int32)}, {}),
        ({}, {"input_dtype": "int32"}),
        ({}, {"input_shape": [3]}),
        ({}, {"rank": 1}),
        ({}, {"input_shape": [1, 2], "crop": [0, 0, 1, 2]}),
    ],
)
def test_a_wrong_scaling_is_refused(tmp_path, tensors, encoding):
    path = tmp_path / "forged.lgn"
    right = SCALING | {
        "encoder.feature": np.array([0, 1, 1], np.int32),
        "encoder.minus": np.array([-1, -1, -1], np.int32),
        "roots": np.array([], np.int32),
    }
    forge(path, right, version="5", encoder=REALS)
    assert lgn.read(path).encoder.widths.tolist() == [1, 16]
    independent_reader.load(path)
    wrong = forge(path, right | tensors, version="5", encoder=REALS | encoding)
    refused_by_both(path, wrong.read_bytes())


@pytest.mark.parametrize("minus", [None, [ENCODER.zero, *MINUS[1:]]])
def test_only_files_with_roots_are_of_version_4(tmp_path, small, minus):
    path = tmp_path / "rooted.lgn"
    graph = replace(GRAPH, roots=[3, 5], encoder=replace(ENCODER, minus=minus, rank=4))
    lgn.write(graph, path)
    assert b'"version":"4"' in path.read_bytes()
    assert b"roots" not in small
    assert load_file(path)["roots"].tolist() == [3, 5]
    assert_equal(lgn.read(path), graph)
    raw = random_raw(ENCODER, 20)
    assert (
        independent_reader.scores(path, raw).tolist()
        == golden.scores(graph, graph.encoder.encode(raw)).tolist()
    )


def test_roots_are_no_part_of_the_fingerprint():
    rooted = replace(GRAPH, roots=[3, 5])
    assert lgn.fingerprint(rooted) == lgn.fingerprint(GRAPH)
    assert lgn.fingerprint(rooted) != lgn.fingerprint(replace(rooted, op=GRAPH.op ^ 15))


@pytest.mark.parametrize(
    ("roots", "message"),
    [
        (None, "tensor roots is missing"),
        (np.array([3.0]), "tensor roots is float64, but must be int32"),
        (np.array([[3]], np.int32), "roots has 2 dimensions, but must have 1"),
        (np.array([3, 9000], np.int32), r"roots\[1\] is 9000, but only 6 nodes exist"),
        (np.array([2], np.int32), r"roots\[0\] is 2, but roots are gates"),
        (np.array([5, 4], np.int32), r"roots\[1\] is 4, but roots are gates"),
    ],
)
def test_wrong_roots_are_refused(tmp_path, roots, message):
    path = tmp_path / "forged.lgn"
    encoding = ENCODING | {"rank": None, "crop": [1, 1, 3, 3]}
    minus = {"encoder.minus": np.array(MINUS, np.int32)}
    right = minus | {"roots": np.array([3, 5], np.int32)}
    assert lgn.read(forge(path, right, "4", encoder=encoding)).roots.tolist() == [3, 5]
    forge(path, minus | {"roots": roots}, "4", encoder=encoding)
    with pytest.raises(FormatError, match=message) as refused:
        lgn.read(path)
    assert "\n" not in str(refused.value)
    refused_by_both(path, path.read_bytes())


def test_metadata_that_is_no_json_is_refused_and_what_was_there_stays(tmp_path):
    path = tmp_path / "kept.lgn"
    lgn.write(GRAPH, path)
    before = path.read_bytes()
    for wrong in (object(), float("nan"), np.float32(1)):
        with pytest.raises(LilogicError, match="metadata is not JSON"):
            lgn.write(GRAPH.with_metadata(wrong=wrong), path)
    assert path.read_bytes() == before
    assert [*tmp_path.iterdir()] == [path]


def test_a_header_is_what_the_file_says(tmp_path):
    path = tmp_path / "graph.lgn"
    graph = GateGraph.build(2, [(6, 0, 1), (1, 0, 2)], [[3]], metadata={"name": "two"})
    lgn.write(graph, path)
    found = header.read(path)
    assert found.n_gates == 2
    assert found.metadata.name == "two"
    for wrong in (b"", path.read_bytes()[:40], b"\xff" * 64, b"\x02" + bytes(7) + b"{}"):
        path.write_bytes(wrong)
        with pytest.raises(FormatError, match=r"graph\.lgn: truncated or not a \.lgn file"):
            header.read(path)
