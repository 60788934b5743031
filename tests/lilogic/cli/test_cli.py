import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from lilogic.graph import GateGraph, lgn, passes
from lilogic.hdl.components import popcount
from lilogic.infer import golden
from tests import tiny
from tests.lilogic.graph import independent_reader

pytestmark = pytest.mark.xdist_group("command line")

LILOGIC = [sys.executable, "-c", "from lilogic.cli import main; main()"]


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    return tiny.write_recipe(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def run_folder(recipe):
    folder = recipe.parent / "run"
    done = subprocess.run([*LILOGIC, "train", recipe, "-o", folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


def assert_one_line(status, err, *expected):
    assert status == 2
    assert err.startswith("lilogic: ")
    assert err.count("\n") == 1
    for text in expected:
        assert text in err


def test_help_needs_neither_torch_nor_amaranth():
    code = (
        "import sys; sys.argv = ['lilogic', '--help']\n"
        "from lilogic.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([m for m in ('torch', 'amaranth', 'numba', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "train" in done.stdout


def test_graph_needs_no_torch():
    code = "import sys, lilogic.graph.lgn; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "False"


def test_version(lilogic):
    from lilogic.version import __version__

    assert lilogic("--version") == (0, f"lilogic {__version__}\n", "")


def test_recipes_are_listed_and_printed(lilogic):
    status, out, _ = lilogic("recipes", "--json")
    assert status == 0
    assert {"digits", "mnist-8k", "fashion-8k"} <= set(json.loads(out))
    status, out, _ = lilogic("recipes", "digits")
    assert status == 0
    assert 'name = "digits"' in out


def test_eval_measures_what_was_recorded(lilogic, run_folder):
    status, out, _ = lilogic("eval", run_folder, "--json")
    assert status == 0
    result = json.loads(out)
    assert result["is_trained_data"]
    assert result["test_frozen"] == result["recorded"]["test_frozen"]
    assert result["test_samples"] == 60


def test_eval_of_other_data_says_so(lilogic, run_folder, tmp_path):
    generator = np.random.default_rng(1)
    x, y = generator.integers(0, 256, (30, 4, 4)), np.arange(30) % 3
    data = tmp_path / "other.npz"
    np.savez(data, x_train=x, y_train=y, x_test=x, y_test=y)
    status, out, _ = lilogic("eval", run_folder, "--data", data, "--json")
    assert status == 0
    assert not json.loads(out)["is_trained_data"]


def test_training_again_returns_the_finished_run(lilogic, recipe, run_folder):
    before = (run_folder / "model.lgn").read_bytes()
    status, out, _ = lilogic("train", recipe, "-o", run_folder, "--json")
    assert status == 0
    assert json.loads(out)["gates"]["trained"] == 48
    assert (run_folder / "model.lgn").read_bytes() == before


def test_a_run_folder_has_curves_and_a_summary_which_is_what_train_prints(
    lilogic, recipe, run_folder
):
    assert (run_folder / "curves.png").read_bytes().startswith(b"\x89PNG")
    status, out, _ = lilogic("train", recipe, "-o", run_folder, "--json")
    assert status == 0
    summary = json.loads(out)
    assert summary == json.loads((run_folder / "summary.json").read_text())
    accuracy = summary["accuracy"]
    for split in ("validation", "test"):
        gap = accuracy[f"{split}_soft"] - accuracy[f"{split}_frozen"]
        assert summary["gap"][split] == gap
    assert [layer["gates"] for layer in summary["layers"]] == [24, 24]
    assert sum(summary["gates"]["ops"].values()) == 48
    assert summary["gates_after_passes"] < 48
    _, out, _ = lilogic("train", recipe, "-o", run_folder)
    for label in ("lost by freezing", "after passes", "by function", "fan-out", "layer 2"):
        assert label in out


def test_a_collapsed_layer_is_warned_of(lilogic, recipe, run_folder, monkeypatch):
    monkeypatch.setattr("lilogic.report.statistics._MANY_PASS_THROUGH", 0.0)
    status, out, err = lilogic("train", recipe, "-o", run_folder, "--json")
    assert status == 0
    before, *lines = err.splitlines()
    assert before == "training tiny: trained before, 4 epochs"
    assert [line.removeprefix("warning: ") for line in lines] == json.loads(out)["warnings"]
    assert lines[0].startswith("warning: layer 1 ")


def test_training_stops_early_and_says_so(lilogic, recipe, tmp_path):
    changes = ["train.epochs=40", "train.patience=1", "train.max_gap=1"]
    settings = [word for change in changes for word in ("--set", change)]
    status, out, err = lilogic("train", recipe, "-o", tmp_path, *settings, "--json")
    assert status == 0
    epochs = json.loads(out)["training"]["epochs"]
    assert epochs < 40
    assert err.splitlines()[-1].startswith(f"tiny: stopped after epoch {epochs}, because ")


def test_a_data_set_trains_without_a_recipe(lilogic, recipe, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = recipe.parent / "tiny.npz"
    status, out, _ = lilogic("train", data, "--set", "train.epochs=2", "--json")
    assert status == 0
    recorded = json.loads(Path("runs/tiny/recipe.json").read_text())
    assert recorded["dataset"] == str(data)
    assert recorded["train"]["epochs"] == 2
    assert json.loads(out)["gates"]["trained"] == sum(recorded["net"]["layers"])


def test_tensorboard_that_is_missing_gives_one_line(lilogic, recipe, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    status, _, err = lilogic("train", recipe, "-o", tmp_path / "run", "--tensorboard")
    assert_one_line(status, err, "pip install tensorboard")
    assert not (tmp_path / "run").exists()


def test_a_run_folder_of_another_recipe_is_left_alone(lilogic, recipe, run_folder):
    before = (run_folder / "model.lgn").read_bytes()
    status, _, err = lilogic("train", recipe, "-o", run_folder, "--set", "train.seed=5")
    assert_one_line(status, err, "another recipe")
    assert (run_folder / "model.lgn").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["frobnicate"], ["frobnicate"]),
        (["eval"], ["MODEL"]),
        (["eval", "missing.lgn"], ["missing.lgn", "no such"]),
        (["train", "unheard-of"], ["unheard-of", "digits"]),
        (["train", "digits", "--set", "train.epoch=3"], ["unknown key", "train.epoch"]),
        (["train", "digits", "--set", "train.epochs=0"], ["train.epochs"]),
        (["train", "digits", "--set", "train.epochs"], ["train.epochs=10"]),
        (["train", "digits", "--set", "net.layers=[105]"], ["105", "10 classes"]),
        (["train", "digits", "--device", "abacus"], ["abacus"]),
        (["train", "digits", "--set", "dataset=missing.npz"], ["missing.npz"]),
        (["train", "digits", "--threads", "0"], ["--threads"]),
        (["recipes", "unheard-of"], ["unheard-of"]),
    ],
)
def test_bad_input_gives_one_line(lilogic, tmp_path, monkeypatch, arguments, expected):
    monkeypatch.chdir(tmp_path)
    status, _, err = lilogic(*arguments)
    assert_one_line(status, err, *expected)


def test_npz_with_wrong_shapes(lilogic, recipe, tmp_path):
    data = tmp_path / "wrong.npz"
    x = np.zeros((10, 4, 4), np.uint8)
    np.savez(data, x_train=x, y_train=np.arange(9) % 3, x_test=x, y_test=np.arange(10) % 3)
    status, _, err = lilogic("train", recipe, "-o", tmp_path / "run", "--set", f"dataset={data}")
    assert_one_line(status, err, "wrong.npz", "y_train")


@pytest.mark.parametrize("command", ["eval", "verify", "report"])
def test_truncated_model(lilogic, run_folder, tmp_path, command):
    path = tmp_path / "cut.lgn"
    path.write_bytes((run_folder / "model.lgn").read_bytes()[:-1])
    status, _, err = lilogic(command, path)
    assert_one_line(status, err, "cut.lgn")


def test_debug_shows_the_traceback(recipe):
    done = subprocess.run(
        [*LILOGIC, "--debug", "eval", "missing.lgn"], capture_output=True, text=True
    )
    assert "Traceback" in done.stderr


def test_compile_refuses_an_unknown_popcount(lilogic, run_folder, tmp_path):
    status, _, err = lilogic("compile", run_folder, "-o", tmp_path, "--popcount", "abacus")
    progress, error = err.splitlines(keepends=True)
    assert progress.startswith("simplifying: ")
    assert_one_line(status, error, "abacus", "tree")


def test_compile_refuses_an_unknown_target(lilogic, run_folder, tmp_path):
    status, _, err = lilogic("compile", run_folder, "-o", tmp_path, "--target", "z80")
    progress, error = err.splitlines(keepends=True)
    assert progress.startswith("simplifying: ")
    assert_one_line(status, error, "z80", "ice40")


def test_compile_into_a_folder_that_is_a_file(lilogic, run_folder, tmp_path):
    path = tmp_path / "file"
    path.write_text("mine")
    status, _, err = lilogic("compile", run_folder, "-o", path)
    assert_one_line(status, err.splitlines()[-1] + "\n", "file")
    assert path.read_text() == "mine"


def test_interrupted_training_says_so_and_goes_on(lilogic, recipe, tmp_path):
    arguments = ["train", recipe, "--set", "train.epochs=60", "-o"]
    status, _, err = lilogic(*arguments, tmp_path / "whole")
    assert status == 0, err
    command = [*LILOGIC, *arguments, tmp_path / "run"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    while not (tmp_path / "run" / "checkpoint.safetensors").exists():
        time.sleep(0.01)
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 1
    assert err.splitlines()[-1].startswith("lilogic: interrupted")
    assert "Traceback" not in err
    status, _, err = lilogic(*arguments, tmp_path / "run")
    assert status == 0
    assert "going on after epoch" in err
    whole_graph, graph = (lgn.read(tmp_path / run / "model.lgn") for run in ("whole", "run"))
    for field in ("op", "a", "b", "head_nodes"):
        np.testing.assert_array_equal(getattr(whole_graph, field), getattr(graph, field))


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_the_programs_it_runs_end_with_it(run_folder, tmp_path, told):
    program, started = tmp_path / "yosys", tmp_path / "started"
    program.write_text(
        f"#!/bin/sh\necho $$ > {started}.part\nmv {started}.part {started}\nexec sleep 60\n"
    )
    program.chmod(0o755)
    process = subprocess.Popen(
        [*LILOGIC, "report", run_folder],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"YOSYS": str(program)},
    )
    while not started.exists():
        time.sleep(0.01)
        assert process.poll() is None
    process.send_signal(told)
    _, err = process.communicate()
    assert process.returncode == 1
    assert err.splitlines()[-1].startswith("lilogic: interrupted")
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)


def test_a_reader_that_stops_early_is_no_error():
    process = subprocess.Popen(
        [*LILOGIC, "recipes", "digits"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    process.wait()


def test_demo_goes_the_whole_road(lilogic, recipe, tmp_path):
    status, out, _ = lilogic("demo", recipe, "-o", tmp_path, "--json")
    assert status == 0
    result = json.loads(out)
    assert result == json.loads((tmp_path / "report.json").read_text())
    assert {"tiny.lgn", "tiny.png", "classifier.v", "report.md"} <= {
        f.name for f in tmp_path.iterdir()
    }
    assert result["simulation"]["passed"]
    assert result["simulation"]["kinds"]["dataset"]["compared"] >= 60
    statuses = {part: found["status"] for part, found in result["formal"]["parts"].items()}
    parts = ("timing", "encoder", "gates", "heads", "argmax")
    assert statuses == dict.fromkeys(parts, "proven") | {"control": "simulated"}
    assert result["area"]["targets"]["xc7"]["total"]["luts"] > 0

    graph = lgn.read(tmp_path / "tiny.lgn")
    assert graph.n_gates == result["gates"]["compiled"] < result["gates"]["trained"] == 48
    with np.load(recipe.parent / "tiny.npz") as data:
        raw, labels = data["x_test"], data["y_test"]
    predicted = independent_reader.predict(tmp_path / "tiny.lgn", raw)
    assert predicted == golden.predict(graph, raw).tolist()
    assert np.mean(predicted == labels) == result["accuracy"]["test_frozen"]
    status, out, _ = lilogic("eval", tmp_path / "tiny.lgn", "--json")
    assert json.loads(out)["test_frozen"] == result["accuracy"]["test_frozen"]


def write_graph(path: Path) -> GateGraph:
    graph = GateGraph.build(3, [(1, 0, 1), (6, 2, 3), (15, 0, 0), (3, 4, 0)], [[3, 5], [4, 6]])
    lgn.write(graph, path)
    return graph


def test_sweep_pipeline_places_and_routes_every_point(lilogic, tmp_path):
    path, picture = tmp_path / "small.lgn", tmp_path / "sweep.png"
    write_graph(path)
    arguments = ["sweep-pipeline", path, "-o", picture, "--json"]
    for levels in (0, 2):
        arguments += ["--levels-per-stage", levels]
    status, out, _ = lilogic(*arguments)
    assert status == 0
    points = json.loads(out)["points"]
    assert [point["levels_per_stage"] for point in points] == [0, 2]
    assert points[0]["latency"] == points[0]["ffs"] == 0 < points[1]["latency"]
    assert all(point["fits"] and point["fmax_mhz"] > 0 for point in points)
    assert picture.read_bytes().startswith(b"\x89PNG")

    status, _, err = lilogic("sweep-pipeline", path, "-o", tmp_path / "sweep")
    assert_one_line(status, err, "sweep: no picture's name; end it with .png")
    status, _, err = lilogic("sweep-pipeline", path, "--device", "asic")
    assert_one_line(status, err, "device 'asic' is not one of hx8k, up5k, ecp5")


def test_compile_verify_and_report_a_graph_without_encoder(lilogic, tmp_path):
    path = tmp_path / "small.lgn"
    graph = write_graph(path)
    build = tmp_path / "build"
    options = ["--levels-per-stage", "0", "--target", "xc7", "--json"]
    status, out, _ = lilogic("compile", path, "-o", build, *options)
    assert status == 0
    compiled = json.loads(out)
    assert compiled["interface"]["popcount"] == popcount.best("xc7", 3, registers=False)
    assert compiled["area"]["targets"].keys() == {"xc7"}
    assert compiled["interface"]["data"] == "bits"
    assert compiled["interface"]["latency"] == 0
    assert compiled == json.loads((build / "report.json").read_text())
    pages = {"report.md", "report.html"}
    assert pages | {"classifier.v", "interface.json", "vectors.npz", "small.lgn"} <= {
        file.name for file in build.iterdir()
    }
    bits = np.array([[i >> k & 1 for k in range(3)] for i in range(8)])
    np.testing.assert_array_equal(
        golden.scores(lgn.read(build / "small.lgn"), bits), golden.scores(graph, bits)
    )

    status, out, err = lilogic("verify", path, "--build", build, "--json")
    assert status == 0
    verified = json.loads(out)
    assert verified["passed"]
    assert verified["simulation"]["mismatches"] == 0
    assert verified["formal"]["parts"]["gates"]["status"] == "proven"
    assert "no vectors from a data set" in err

    verilog = (build / "classifier.v").read_text()
    before, name, after = verilog.partition(r"module \classifier_core.network ")
    assert "^" in after
    (build / "classifier.v").write_text(before + name + after.replace("^", "|", 1))
    status, out, _ = lilogic("verify", path, "--build", build, "--json")
    assert status == 1
    broken = json.loads(out)
    assert not broken["passed"]
    assert broken["simulation"]["mismatches"] > 0


def test_report_writes_pages_and_refuses_a_broken_library(lilogic, tmp_path):
    path, library = tmp_path / "small.lgn", tmp_path / "cells.lib"
    write_graph(path)
    small = Path(__file__).parents[2] / "hdl" / "synthesis" / "small.lib"
    options = ("--target", "generic", "--liberty", small)
    status, out, _ = lilogic("report", path, *options, "-o", tmp_path / "out", "--json")
    assert status == 0
    assert json.loads(out) == json.loads((tmp_path / "out" / "report.json").read_text())
    targets = json.loads(out)["area"]["targets"]
    assert targets.keys() == {"generic", "liberty"}
    assert targets["liberty"]["total"]["area"] > 0
    assert {file.name for file in (tmp_path / "out").iterdir()} == {
        f"report.{suffix}" for suffix in ("json", "md", "html")
    }
    library.write_text("library (broken) { cell (")
    status, _, err = lilogic("report", path, "--liberty", library)
    assert_one_line(status, err, "cells.lib", "not a Liberty file")


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
    assert "net.npz: records no encoder; taking that of its authors" in err
    assert json.loads(out)["inputs"] == 4
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
        assert_one_line(status, err.splitlines(keepends=True)[-1], "left to the host", "--bits")
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
    assert (encoder.input_shape, encoder.resize, encoder.rank) == ((8, 8), (2, 2), None)
    other = tmp_path / "other.lgn"
    lgn.write(lgn.read(model), other)
    assert lilogic(*arguments, other)[0] == 0
    np.testing.assert_array_equal(lgn.read(model).encoder.threshold, [99] * 4)
    status, _, err = lilogic(*arguments, "3x3,quantile=0.5")
    assert_one_line(status, err, "net.npz", "makes 9 bits")
    for wrong in ("28x28", "2x2,quantile=x", "2x2,resize=4,quantile=0.5", "2x2,thresholds=1+x"):
        status, _, err = lilogic(*arguments, wrong)
        assert_one_line(status, err, wrong, "is no encoder")


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
    for option in (("--bits",), ("--popcount", "chain"), ("--target", "ice40"), ("--clock", "9")):
        status, _, err = lilogic("export", path, "--to", "blif", *option, "-o", tmp_path / "x.blif")
        assert_one_line(status, err, "for Verilog only", "leave them out")
        assert not (tmp_path / "x.blif").exists()


def test_verilog_is_exported_as_compile_writes_it_and_gates_are_imported(lilogic, tmp_path):
    from lilogic.hdl.verilog import compile_graph

    path, output = tmp_path / "small.lgn", tmp_path / "net.v"
    simplified = passes.simplify(write_graph(path))
    for levels, architecture in ((0, "chain"), (2, "tree")):
        compile_graph(simplified, tmp_path, levels_per_stage=levels, popcount=architecture)
        options = ("--levels-per-stage", str(levels), "--popcount", architecture)
        assert lilogic("export", path, "--to", "verilog", *options, "-o", output)[0] == 0
        assert output.read_text() == (tmp_path / "classifier.v").read_text()
    status, _, err = lilogic("import", output, "-o", tmp_path / "net.lgn")
    assert_one_line(status, err.splitlines(keepends=True)[-1], "net.v: cell", "no registers")
    output.write_text("module m(input [1:0] a, output y); assign y = ^a; endmodule\n")
    assert lilogic("import", output, "-o", tmp_path / "net.lgn")[0] == 0
    assert lgn.read(tmp_path / "net.lgn").op.tolist() == [6]
