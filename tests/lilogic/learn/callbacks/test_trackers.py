"""What MLflow and Weights & Biases are told of a run that was killed and went on, offline."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from lilogic.errors import LilogicError, MissingExtraError, ToolError
from lilogic.learn.callbacks import trackers
from lilogic.learn.callbacks.trackers import Tracker
from lilogic.learn.metrics import Epoch
from lilogic.learn.run import RunFolder
from tests.lilogic.learn.runs import recipe, train


def tracked(name: str, folder: Path, dies_after: int | None = None) -> None:
    """Train with a tracker, as far as a kill."""
    run = RunFolder(folder)
    with ExitStack() as contexts:
        (tracker,) = trackers.opened([name], run, contexts)
        assert isinstance(tracker, Tracker)
        tell = tracker.epoch

        def epoch(result: Epoch) -> None:
            tell(result)
            if result.epoch + 1 == dies_after:
                raise KeyboardInterrupt

        tracker.epoch = epoch  # type: ignore[method-assign]
        graph = train(folder, tracker, max_extra_epochs=0)
        run.summary.write_text(
            json.dumps({"accuracy": graph.metadata["accuracy"], "gates": {"simplified": 7}})
        )


def test_mlflow_has_each_epoch_once_and_the_recipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "store").as_uri())
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "tests")
    from mlflow.tracking import MlflowClient

    folder = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        tracked("mlflow", folder, dies_after=2)
    client = MlflowClient()
    experiment = client.get_experiment_by_name("tests")
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.status == "KILLED"
    tracked("mlflow", folder)
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.status == "FINISHED"
    assert run.data.params["train.epochs"] == "3"
    history = client.get_metric_history(run.info.run_id, "accuracy/validation frozen")
    expected = [each.validation_frozen for each in RunFolder(folder).history(3)]
    assert [(each.step, each.value) for each in history] == [*enumerate(expected, 1)]
    assert run.data.metrics["final/gates"] == 7
    assert "final/test_frozen" in run.data.metrics


@pytest.mark.slow
def test_mlflow_does_not_tell_how_it_makes_its_database(tmp_path: Path) -> None:
    pytest.importorskip("mlflow")
    program = (
        "from pathlib import Path\n"
        "from lilogic.learn.callbacks.mlflow import MLflow\n"
        "from lilogic.learn.run import RunFolder\n"
        "MLflow(RunFolder(Path.cwd()))._client.get_experiment_by_name('x')\n"
    )
    environment = {name: value for name, value in os.environ.items() if "MLFLOW" not in name}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (tmp_path / "mlflow.db").exists()
    assert (done.stdout, done.stderr) == ("", "")


def test_mlflow_logs_to_the_run_folder_where_no_other_place_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exceptions = pytest.importorskip("mlflow.exceptions")

    def client(uri: str | None) -> None:
        raise exceptions.MlflowException(f"asked for {uri}")

    monkeypatch.setattr("mlflow.tracking.MlflowClient", client)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    for place in (f"sqlite:///{tmp_path}/run/mlflow.db", "None"):
        with ExitStack() as contexts:
            (tracker,) = trackers.opened(["mlflow"], RunFolder(Path("run")), contexts)
            assert isinstance(tracker, Tracker)
            with pytest.raises(ToolError, match=f"asked for {place}; check MLFLOW_TRACKING_URI"):
                tracker.begin(0)
        monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://localhost:5000")


@pytest.mark.slow
def test_weights_and_biases_keeps_all_in_the_run_folder_when_it_is_offline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("wandb")
    for name, value in (("MODE", "offline"), ("SILENT", "true"), ("ERROR_REPORTING", "false")):
        monkeypatch.setenv(f"WANDB_{name}", value)
    folder = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        tracked("wandb", folder, dies_after=2)
    tracked("wandb", folder)
    kept = [path for path in (folder / "wandb").glob("offline-run-*") if path.is_dir()]
    # One run, in two parts that wandb sync sends.
    assert len({path.name.rpartition("-")[2] for path in kept}) == 1
    assert len(kept) in (1, 2)
    assert all([*path.glob("run-*.wandb")] for path in kept)


def test_scalars_and_settings_are_what_is_known(tmp_path: Path) -> None:
    entry = Epoch(0, 0.5, 0.8, 0.7, 0.6, 2.0, 1.5, 0.03, 1.0)
    found = trackers.scalars(entry)
    assert found["accuracy/validation frozen"] == 0.6
    assert "gates" not in found
    run = RunFolder(tmp_path)
    run.claim(recipe())
    assert trackers.settings(run)["net.tau"] == 2.0
    assert trackers.outcome(run) == {}


@pytest.mark.parametrize("name", ["mlflow", "wandb"])
def test_a_package_that_is_missing_is_named(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "mlflow.tracking", None)
    monkeypatch.delitem(sys.modules, f"lilogic.learn.callbacks.{name}", raising=False)
    with ExitStack() as contexts:
        with pytest.raises(MissingExtraError, match=rf"pip install 'lilogic\[{name}\]'"):
            [*trackers.opened([name], RunFolder(tmp_path), contexts)]
        with pytest.raises(LilogicError, match="'comet' is not one of tensorboard, mlflow, wandb"):
            [*trackers.opened(["comet"], RunFolder(tmp_path), contexts)]
