import json
from pathlib import Path

import numpy as np
import pytest

from lilogic import zoo
from lilogic.graph import lgn, passes
from lilogic.hdl.options import CompileOptions
from lilogic.infer import golden
from tests.lilogic.cli.command import assert_one_line, write_graph
from tests.strategies import random_raw

pytestmark = pytest.mark.xdist_group("command line")


def write_ranked(folder: Path) -> tuple[Path, Path]:
    """A layered network as .npz, and a data set of the 2×2 images that it would read."""
    layer = {"gate_types": [[6, 9, 1, 14]], "connections.A": [[0, 1, 2, 3]]}
    np.savez(folder / "net.npz", **layer, **{"connections.B": [[3, 2, 1, 0]]})
    x, y = np.random.default_rng(0).integers(0, 256, (40, 2, 2)), np.arange(40) % 2
    np.savez(folder / "data.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    return folder / "net.npz", folder / "data.npz"


def test_a_network_from_elsewhere_is_imported_evaluated_and_left_to_encode_by_the_host(
    lilogic, tmp_path
):
    path, data = write_ranked(tmp_path)
    model = tmp_path / "mine.lgn"
    status, out, err = lilogic("import", path, "-o", model, "--classes", "2", "--json")
    assert status == 0
    assert "net.npz: records no encoder; using that of its authors" in err
    assert json.loads(out)["input"]["bits"] == 4
    graph = lgn.read(model)
    assert (graph.encoder.rank, graph.metadata["name"]) == (2, "mine")
    status, out, _ = lilogic("eval", model, "--data", data, "--json")
    assert status == 0
    with np.load(data) as arrays:
        assert json.loads(out)["test_frozen"] == golden.accuracy(
            graph, arrays["x_test"], arrays["y_test"]
        )

    for command in (["compile", "-o", tmp_path / "build"], ["verify"], ["report"]):
        status, _, err = lilogic(command[0], model, *command[1:])
        assert_one_line(
            status, err.splitlines(keepends=True)[-1], "left to the host", "--input bits"
        )
    verilog = tmp_path / "net.v"
    assert lilogic("export", model, "--to", "verilog", "--bits", "-o", verilog)[0] == 0
    assert "input [3:0] bits" in verilog.read_text()


def test_import_takes_another_encoder_or_none(lilogic, tmp_path):
    path, _ = write_ranked(tmp_path)
    model = tmp_path / "net.lgn"
    arguments = ("import", path, "-o", model, "--classes", "2", "--encoder")
    assert lilogic(*arguments, "none")[0] == 0
    assert lgn.read(model).encoder is None
    assert lilogic(*arguments, "8x8,resize=2x2,thresholds=99")[0] == 0
    encoder = lgn.read(model).encoder
    assert (encoder.input_shape, encoder.preprocessing.resize, encoder.rank) == (
        (8, 8),
        (2, 2),
        None,
    )
    other = tmp_path / "other.lgn"
    lgn.write(lgn.read(model), other)
    assert lilogic(*arguments, other)[0] == 0
    np.testing.assert_array_equal(lgn.read(model).encoder.threshold, [99] * 4)
    status, _, err = lilogic(*arguments, "1x3,quantile=0.5")
    assert_one_line(status, err, "net.npz", "makes 3 bits")
    for wrong in ("28x28", "2x2,quantile=x", "2x2,resize=4,quantile=0.5", "2x2,thresholds=1+x"):
        status, _, err = lilogic(*arguments, wrong)
        assert_one_line(status, err, wrong, "is not an encoder")


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        ("1", "1, counting 6 nodes"),
        ("3", "3, each counting 2 nodes"),
        ("6", "6, each counting 1 node"),
    ],
)
def test_import_says_in_a_few_words_what_classes_count(lilogic, tmp_path, classes, expected):
    names = " ".join(f"y{i}" for i in range(6))
    covers = "".join(f".names a y{i}\n1 1\n" for i in range(6))
    path = tmp_path / "net.blif"
    path.write_text(f".model m\n.inputs a\n.outputs {names}\n{covers}.end\n")
    status, out, _ = lilogic("import", path, "-o", tmp_path / "net.lgn", "--classes", classes)
    assert status == 0
    assert expected in " ".join(out.split())


def test_import_of_many_outputs_is_no_list_of_them(lilogic, tmp_path):
    head = "class_0_0 class_0_1 " + " ".join(f"class_{i}_0" for i in range(1, 20_000))
    covers = "".join(f".names a {name}\n1 1\n" for name in head.split())
    path = tmp_path / "net.blif"
    path.write_text(f".model m\n.inputs a\n.outputs {head}\n{covers}.end\n")
    status, out, _ = lilogic("import", path, "-o", tmp_path / "net.lgn")
    assert status == 0
    assert "20,000, each counting 1 to 2 nodes" in " ".join(out.split())
    assert len(out) < 2000


def test_import_asks_which_module_is_meant_and_says_what_it_takes_for_granted(lilogic, tmp_path):
    bits = {"a": {"direction": "input", "bits": [2]}, "y": {"direction": "output", "bits": [2, 2]}}
    path, model = tmp_path / "NET.JSON", tmp_path / "NET.LGN"
    path.write_text(json.dumps({"modules": {"one": {"ports": bits}, "two": {"ports": bits}}}))
    status, _, err = lilogic("import", path, "-o", model)
    assert_one_line(status, err, "NET.JSON: it has 2 modules", "one, two", "(--top)")
    status, _, err = lilogic("import", path, "-o", model, "--top", "two")
    assert status == 0
    assert err == (
        f"{path}: does not describe its outputs; using each of the 2 as a class, in the "
        "order of the file, lowest bits first (--classes overrides this)\n"
    )
    status, _, err = lilogic("import", path, "-o", model, "--top", "two", "--classes", "1")
    assert (status, err) == (0, "")
    assert lilogic("eval", model)[0] == 2  # read, but without a data set
    assert "records no data set" in lilogic("eval", model)[2]


@pytest.mark.parametrize("kind", ["blif", "aiger", "npz", "c", "dot", "svg"])
def test_export_writes_what_formats_writes(lilogic, tmp_path, kind):
    from lilogic import formats

    path = tmp_path / "small.lgn"
    graph = write_graph(path)
    suffix = {"aiger": "aig"}.get(kind, kind)
    output, expected = tmp_path / f"out.{suffix}", tmp_path / "expected" / f"out.{suffix}"
    assert lilogic("export", path, "--to", kind, "-o", output) == (0, "", "")
    formats.write(graph, kind, expected)
    assert output.read_bytes() == expected.read_bytes()
    if f".{suffix}" in formats.READERS:
        assert lilogic("import", output, "-o", tmp_path / "again.lgn")[0] == 0
        bits = np.array([[i >> k & 1 for k in range(3)] for i in range(8)])
        again = lgn.read(tmp_path / "again.lgn")
        np.testing.assert_array_equal(golden.scores(again, bits), golden.scores(graph, bits))


def test_options_of_verilog_are_refused_for_other_formats(lilogic, tmp_path):
    path = tmp_path / "small.lgn"
    write_graph(path)
    output = tmp_path / "x.blif"
    for option in (("--popcount", "chain"), ("--target", "ice40"), ("--clock", "9")):
        status, _, err = lilogic("export", path, "--to", "blif", *option, "-o", output)
        assert_one_line(status, err, "for Verilog only", "omit them")
    for kind, *option in (
        ("blif", "--input", "bits"),
        ("npz", "--word", "8"),
        ("svg", "--prefix", "x"),
        ("c", "--cone", "1"),
    ):
        status, _, err = lilogic("export", path, "--to", kind, *option, "-o", output)
        assert_one_line(status, err, f"format {kind} has no option {option[0][2:]}", option[0])
    for option in (("--word", "8"), ("--prefix", "x"), ("--cone", "1"), ("--no-simplify",)):
        status, _, err = lilogic("export", path, "--to", "verilog", *option, "-o", output)
        assert_one_line(status, err, option[0], "not for Verilog")
    for option in (("--view", "fields"), ("--cone", "1"), ("--narrow",)):
        status, _, err = lilogic("export", path, "--to", "html", *option, "-o", output)
        assert_one_line(status, err, option[0], "not for html", "omit them")
    assert not output.exists()


def test_a_picture_is_of_one_class_if_asked(lilogic, tmp_path):
    output = tmp_path / "cone.svg"
    status, _, err = lilogic("export", "digits", "--to", "dot", "-o", output)
    assert_one_line(status, err, "794 gates are too many", "such as class", "(--cone)")
    assert lilogic("export", "digits", "--to", "svg", "--cone", "3", "-o", output) == (0, "", "")
    assert "class 3<" in output.read_text("utf-8")


def test_a_page_and_views_are_exported_as_asked(lilogic, tmp_path):
    output = tmp_path / "wine.html"
    done = lilogic("export", "wine", "--to", "html", "--samples", "6", "-o", output)
    assert done == (0, "", "")
    assert '"y":[0,1,2,0,1,2]' in output.read_text("utf-8")
    other = tmp_path / "other.lgn"
    write_graph(other)
    assert lilogic("export", other, "--to", "html", "-o", output) == (0, "", "")
    assert '"examples":null' in output.read_text("utf-8")
    status, _, err = lilogic("export", "wine", "--to", "svg", "--samples", "6", "-o", output)
    assert_one_line(status, err, "--samples and --data are for html only")
    status, _, err = lilogic("export", "wine", "--to", "svg", "--view", "x", "-o", output)
    assert_one_line(status, err, "view 'x' is not one of network, fields, filters (--view)")
    status, _, err = lilogic("export", "wine", "--to", "svg", "--view", "fields", "-o", output)
    assert_one_line(status, err, "receptive fields need images")


def test_c_is_exported_as_asked(lilogic, tmp_path):
    path, output = tmp_path / "small.lgn", tmp_path / "net.c"
    graph = write_graph(path)
    options = ("--prefix", "door", "--word", "8", "--no-simplify", "--input", "bits")
    assert lilogic("export", path, "--to", "c", *options, "-o", output) == (0, "", "")
    header = output.with_suffix(".h").read_text()
    assert "typedef uint8_t door_word;" in header
    assert f"#define DOOR_GATES {graph.n_gates}\n" in header
    status, _, err = lilogic("export", path, "--to", "c", "--word", "9", "-o", output)
    assert_one_line(status, err, "must be 8, 16, 32 or 64", "--word")


def test_verilog_is_exported_as_compile_writes_it_and_gates_are_imported(lilogic, tmp_path):
    from lilogic.hdl.verilog import compile_graph

    path, output = tmp_path / "small.lgn", tmp_path / "net.v"
    simplified = passes.simplify(write_graph(path)).with_metadata(name="small")
    for levels, architecture in ((0, "chain"), (2, "tree")):
        compile_graph(
            simplified, tmp_path, CompileOptions(levels_per_stage=levels, popcount=architecture)
        )
        options = ("--levels-per-stage", str(levels), "--popcount", architecture)
        assert lilogic("export", path, "--to", "verilog", *options, "-o", output)[0] == 0
        assert output.read_text() == (tmp_path / "classifier.v").read_text()
    status, _, err = lilogic("import", output, "-o", tmp_path / "net.lgn")
    assert_one_line(status, err.splitlines(keepends=True)[-1], "net.v: line", "not registers")
    output.write_text("module m(input [1:0] a, output y); assign y = ^a; endmodule\n")
    assert lilogic("import", output, "-o", tmp_path / "net.lgn")[0] == 0
    assert lgn.read(tmp_path / "net.lgn").op.tolist() == [6]


def test_minimize_writes_a_network_with_fewer_gates(lilogic, tmp_path):
    assert lilogic("minimize", "wine", "-o", tmp_path / "small.lgn")[0] == 0
    large, small = lgn.read(zoo.path("wine")), lgn.read(tmp_path / "small.lgn")
    assert small.n_gates < large.n_gates
    assert small.metadata["name"] == "small"
    bits = large.encoder.encode(random_raw(large.encoder, 100))
    np.testing.assert_array_equal(golden.scores(small, bits), golden.scores(large, bits))
