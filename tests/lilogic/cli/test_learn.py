import json
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from lilogic.api import Model
from lilogic.graph import lgn
from lilogic.infer import golden
from lilogic.report.models.evaluation import EvaluationReport
from tests.lilogic.cli.command import LILOGIC, assert_one_line, start
from tests.lilogic.graph import independent_reader

pytestmark = pytest.mark.xdist_group("command line")


def test_eval_measures_what_was_recorded(lilogic, run_folder):
    status, out, _ = lilogic("eval", run_folder, "--json")
    assert status == 0
    result = json.loads(out)
    assert result["is_trained_data"]
    assert result["test_frozen"] == result["recorded"]["test_frozen"]
    assert result["test_samples"] == 60
    assert "train_frozen" not in result
    test = EvaluationReport.model_validate(result).test
    assert np.sum(test.confusion) == 60
    assert test.calibration is not None
    assert test.calibration.temperature == 2  # net.tau of the recipe
    summary = json.loads((run_folder / "summary.json").read_text())
    assert summary["balanced_accuracy"] == test.balanced_accuracy
    assert summary["test_interval"] == test.interval.to_json()


def test_eval_shows_classes_and_confusions_and_writes_a_page(lilogic, run_folder, tmp_path):
    page = tmp_path / "new" / "out.html"
    status, out, _ = lilogic("eval", run_folder, "--train", "--report", page)
    assert status == 0
    for label in ("frozen accuracy (train)", "95% interval (test)", "recall", "Confusion"):
        assert label in out
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert list(page.parent.iterdir()) == [page]


def test_a_page_is_named_and_can_be_written_before_anything_is_classified(lilogic, tmp_path):
    taken = tmp_path / "out.csv"
    taken.write_text("mine")
    status, _, err = lilogic("eval", "no network", "--report", taken)
    assert_one_line(status, err, "out.csv", "use the suffix .html")
    status, _, err = lilogic("eval", "no network", "--report", taken / "out.html")
    assert_one_line(status, err, "cannot be written")
    assert taken.read_text() == "mine"


def test_eval_warns_of_classes_that_are_never_recognized(lilogic, run_folder, tmp_path):
    with np.load(run_folder.parent / "tiny.npz") as arrays:
        x, y = arrays["x_test"], arrays["y_test"]
    predicted = Model(lgn.read(run_folder / "model.lgn"), "tiny").predict(x)
    zeros = x[predicted == 0]
    called = np.arange(len(zeros)) % 5 == 0
    data = tmp_path / "other.npz"
    np.savez(data, x_train=x, y_train=y, x_test=zeros, y_test=called.astype(int))
    status, out, err = lilogic("eval", run_folder, "--data", data, "--json")
    assert status == 0
    unseen, missed, worse = json.loads(out)["test"]["warnings"]
    assert unseen.startswith("no test samples of class '2'")
    assert missed.startswith("no test sample of class '1'")
    assert "no better than always answering '0'" in worse
    assert err.splitlines()[-3:] == [f"warning: {line}" for line in (unseen, missed, worse)]


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
    assert summary["gates"]["simplified"] < 48
    _, out, _ = lilogic("train", recipe, "-o", run_folder)
    for label in ("freezing", "gates simplified", "by function", "fan-out", "layer 2"):
        assert label in out


def test_a_collapsed_layer_is_warned_of(lilogic, recipe, run_folder, monkeypatch):
    monkeypatch.setattr("lilogic.report.statistics._MANY_PASS_THROUGH", 0.0)
    status, out, err = lilogic("train", recipe, "-o", run_folder, "--json")
    assert status == 0
    before, *lines = err.splitlines()
    assert before == "training tiny: already trained, 4 epochs"
    assert [line.removeprefix("warning: ") for line in lines] == json.loads(out)["warnings"]
    assert lines[0].startswith("warning: layer 1 ")


@pytest.mark.slow
def test_training_stops_early_and_says_so(lilogic, recipe, tmp_path):
    changes = ["train.epochs=40", "train.patience=1", "train.max_gap=1"]
    settings = [word for change in changes for word in ("--set", change)]
    status, out, err = lilogic("train", recipe, "-o", tmp_path, *settings, "--json")
    assert status == 0
    epochs = json.loads(out)["training"]["epochs"]
    assert epochs < 40
    assert err.splitlines()[-1].startswith(f"tiny: stopped early after epoch {epochs}: ")


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
    assert_one_line(status, err, "pip install 'lilogic[tensorboard]'")
    assert not (tmp_path / "run").exists()


def test_a_run_folder_of_another_recipe_is_left_alone(lilogic, recipe, run_folder):
    before = (run_folder / "model.lgn").read_bytes()
    status, _, err = lilogic("train", recipe, "-o", run_folder, "--set", "train.seed=5")
    assert_one_line(status, err, "a different recipe")
    assert (run_folder / "model.lgn").read_bytes() == before


def test_npz_with_wrong_shapes(lilogic, recipe, tmp_path):
    data = tmp_path / "wrong.npz"
    x = np.zeros((10, 4, 4), np.uint8)
    np.savez(data, x_train=x, y_train=np.arange(9) % 3, x_test=x, y_test=np.arange(10) % 3)
    status, _, err = lilogic("train", recipe, "-o", tmp_path / "run", "--set", f"dataset={data}")
    assert_one_line(status, err, "wrong.npz", "y_train")


@pytest.mark.slow
def test_interrupted_training_says_so_and_goes_on(lilogic, recipe, tmp_path):
    arguments = ["train", recipe, "--set", "train.epochs=60", "-o"]
    status, _, err = lilogic(*arguments, tmp_path / "whole")
    assert status == 0, err
    command = [*LILOGIC, *arguments, tmp_path / "run"]
    process = start(command)
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
    assert "resuming after epoch" in err
    whole_graph, graph = (lgn.read(tmp_path / run / "model.lgn") for run in ("whole", "run"))
    for field in ("op", "a", "b", "head_nodes"):
        np.testing.assert_array_equal(getattr(whole_graph, field), getattr(graph, field))


def test_demo_without_a_simulator_is_refused_before_it_trains(
    lilogic, recipe, tmp_path, monkeypatch
):
    monkeypatch.setenv("PATH", str(tmp_path))
    status, _, err = lilogic("demo", recipe, "-o", tmp_path / "demo")
    assert_one_line(status, err, "make is missing: apt install make")
    assert not (tmp_path / "demo").exists()


@pytest.mark.slow
def test_demo_goes_the_whole_road(lilogic, recipe, tmp_path):
    status, out, err = lilogic("demo", recipe, "-o", tmp_path, "--json")
    assert status == 0, err
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
    assert graph.n_gates == result["gates"]["count"] < result["gates"]["trained"] == 48
    with np.load(recipe.parent / "tiny.npz") as data:
        raw, labels = data["x_test"], data["y_test"]
    predicted = independent_reader.predict(tmp_path / "tiny.lgn", raw)
    assert predicted == golden.predict(graph, raw).tolist()
    assert np.mean(predicted == labels) == result["accuracy"]["test_frozen"]
    status, out, _ = lilogic("eval", tmp_path / "tiny.lgn", "--json")
    assert json.loads(out)["test_frozen"] == result["accuracy"]["test_frozen"]
