"""Sweeps, one network after another: what they try, keep, resume and refuse."""

from __future__ import annotations

import csv
import json
import re
import sys
from contextlib import nullcontext
from importlib.metadata import EntryPoints
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import lilogic
from lilogic import planning, tasks
from lilogic.errors import LilogicError, MissingExtraError, RecipeError, ToolError
from lilogic.graph import GateGraph, lgn
from lilogic.graph.metadata import MappedCost
from lilogic.hdl.fpga import tools
from lilogic.hdl.synthesis import cost
from lilogic.tasks import Workers, pool
from tests import tiny
from tests.lilogic.cli.command import assert_one_line

pytestmark = pytest.mark.xdist_group("command line")

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "sweep.md"
SET = {"train.epochs": 1, "train.max_extra_epochs": 0}


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    recipe = tiny.write_recipe(tmp_path_factory.mktemp("tiny"))
    varied = {"net.layers": [[24], [12, 24]], "train.learning_rate": [0.1]}
    return {"name": "tries", "recipe": str(recipe), "set": SET, "space": varied, "target": "xc7"}


@pytest.fixture(scope="module")
def found(space: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> lilogic.Sweep:
    folder = tmp_path_factory.mktemp("sweep") / "run"
    return lilogic.sweep(space | {"seeds": 2}, folder, jobs=1, threads=1, progress=False)


def test_the_best_on_validation_is_kept_and_it_alone_is_tested(found: lilogic.Sweep) -> None:
    summary = found.summary
    assert [trial.number for trial in summary.trials] == [1, 2]
    means = [trial.validation.mean for trial in summary.trials if trial.validation]
    assert summary.winner.validation is not None
    assert summary.winner.validation.mean == max(means)
    for trial in summary.trials:
        assert [network.seed for network in trial.networks] == [0, 1]
        for network in trial.networks:
            metadata = lgn.read(found.folder / network.folder / "model.lgn").metadata
            assert {*metadata["accuracy"]} == {"validation_soft", "validation_frozen"}
            assert metadata["accuracy"]["validation_frozen"] == network.validation
    data = found.model.dataset()
    assert summary.test == found.model.evaluate(data.x_test, data.y_test)
    assert found.model.metadata.dataset_hashes == data.hashes()
    kept = lilogic.load(found.folder)
    assert kept.metadata.accuracy["test_frozen"] == summary.test
    assert summary.network in [network.folder for network in summary.winner.networks]


def test_results_are_json_csv_and_a_picture(found: lilogic.Sweep) -> None:
    assert json.loads((found.folder / "sweep.json").read_text()) == found.summary.to_json()
    with (found.folder / "sweep.csv").open() as file:
        lines = [*csv.DictReader(file)]
    assert [json.loads(line["net.layers"]) for line in lines] == [[24], [12, 24]]
    assert [line["trial"] for line in lines if line["best"] == "1"] == [str(found.summary.best)]
    assert (found.folder / "sweep.png").read_bytes().startswith(b"\x89PNG")
    front = [trial for trial in found.summary.trials if trial.on_front]
    assert found.summary.winner in front
    for trial in found.summary.trials:
        for other in found.summary.trials:
            assert trial.validation is not None
            assert other.validation is not None
            if trial.on_front and other.size < trial.size:
                assert other.validation.mean < trial.validation.mean


def test_what_is_done_is_kept_and_the_rest_goes_on(
    space: dict[str, Any], found: lilogic.Sweep
) -> None:
    times = {path: path.stat().st_mtime_ns for path in found.folder.glob("trial-*/*/model.lgn")}
    (found.folder / "trial-001.json").unlink()
    lost = found.folder / "trial-002" / "seed-1" / "model.lgn"
    (found.folder / "trial-002.json").unlink()
    lost.unlink()
    del times[lost]
    again = lilogic.sweep(
        space | {"seeds": 2}, found.folder, jobs=1, threads=1, progress=False
    ).summary
    seconds = {"trials": {"__all__": {"networks": {"__all__": {"seconds"}}}}}
    assert again.model_dump(exclude=seconds) == found.summary.model_dump(exclude=seconds)
    assert {path: path.stat().st_mtime_ns for path in times} == times
    with pytest.raises(RecipeError, match="contains a sweep with different seeds; choose another"):
        lilogic.sweep(space, found.folder, jobs=1, progress=False)


def test_a_mapped_network_records_what_it_takes_and_is_mapped_once(
    space: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mapped: list[GateGraph] = []

    def measure(graph: GateGraph, name: str, *more: Any) -> MappedCost:
        assert (name, more[-1]) == ("xc7", 1)
        mapped.append(graph)
        return MappedCost(total=1000.0 - len(mapped), bits_in=1.0, tool="Yosys")

    monkeypatch.setattr(cost, "measure", measure)
    asked = space | {"mapped": True, "seeds": 2}
    found = lilogic.sweep(asked, tmp_path / "run", jobs=1, threads=1, progress=False)
    costs = [network.cost for trial in found.summary.trials for network in trial.networks]
    assert costs == [999.0, 998.0, 997.0, 996.0]
    kept = lilogic.load(found.folder).metadata.cost["xc7"]
    assert kept.total in costs
    # As if it had been killed before it wrote the results.
    for path in found.folder.glob("trial-*.json"):
        path.unlink()
    again = lilogic.sweep(asked, tmp_path / "run", jobs=1, threads=1, progress=False)
    assert [network.cost for trial in again.summary.trials for network in trial.networks] == costs
    assert len(mapped) == 4


def test_what_cannot_be_mapped_is_not_trained(
    space: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tools, "find_spec", lambda _: None)
    monkeypatch.setattr(tools, "entry_points", lambda **_: EntryPoints())
    for train in (
        lambda: lilogic.sweep(space | {"mapped": True}, tmp_path / "run", jobs=1),
        lambda: planning.frontier(space["recipe"], "xc7", folder=tmp_path / "run", mapped=True),
    ):
        with pytest.raises(MissingExtraError, match=r"yosys is missing: pip install 'lilogic\[hdl"):
            train()
    with pytest.raises(LilogicError, match="networks are mapped to LUTs: choose a target of xc7"):
        planning.frontier(space["recipe"], "sky130", folder=tmp_path / "run", mapped=True)
    assert not (tmp_path / "run").exists()


def test_the_command_shows_the_best_first_and_goes_on_past_what_is_impossible(
    space: dict[str, Any], lilogic: Any, tmp_path: Path
) -> None:
    path = tmp_path / "some.toml"
    path.write_text(
        f'recipe = "{space["recipe"]}"\n[set]\ntrain.epochs = 1\ntrain.max_extra_epochs = 0\n'
        "[space]\nnet.layers = [[24], [25]]\n",
        "utf-8",
    )
    words = ("sweep", path, "-o", tmp_path / "out", "--jobs", "1", "--threads", "1")
    status, out, err = lilogic(*words)
    assert status == 0
    assert "trial 1 of 2: validation" in err
    assert "trial 2 of 2: failed: " in err
    assert "trial 1 is the best on the validation split" in err
    assert out.index("│ 1 *") < out.index("│ 2")
    status, out, _ = lilogic(*words, "--json")
    assert json.loads(out)["trials"][1]["error"]
    path.write_text(path.read_text().replace("[24], [25]", "[25]"), "utf-8")
    status, _, err = lilogic("sweep", path, "-o", tmp_path / "none", "--jobs", "1")
    assert_one_line(status, err.splitlines()[-1] + "\n", "no setting can be trained")
    path.write_text(path.read_text().replace("net.layers", "net.layer"), "utf-8")
    status, _, err = lilogic("sweep", path, "-o", tmp_path / "unknown", "--jobs", "1")
    assert_one_line(status, err, "some: trial 1: unknown key net.layer; did you mean net.layers?")
    assert not (tmp_path / "unknown").exists(), "corrected, it could not go there"


def test_what_makes_no_recipe_is_a_trial_that_failed(space: dict[str, Any], tmp_path: Path) -> None:
    varied = {"net.layers": [[24]], "train.learning_rate": [-1.0, 0.1]}
    for _ in range(2):  # anew, and from what is known
        found = lilogic.sweep(
            space | {"space": varied}, tmp_path / "run", jobs=1, threads=1, progress=False
        )
        failed, trained = found.summary.trials
        assert "train.learning_rate" in str(failed.error)
        assert found.summary.best == trained.number == 2


def test_several_at_once_take_ray(
    space: dict[str, Any], lilogic: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    path = tmp_path / "some.toml"
    path.write_text(f'recipe = "{space["recipe"]}"\n[space]\nnet.tau = [1.0]\n', "utf-8")
    status, _, err = lilogic("sweep", path, "-o", tmp_path / "out", "--jobs", "2")
    assert_one_line(status, err, "pip install 'lilogic[ray]'; with a single job, it is not needed")


def test_a_cluster_that_is_not_there_is_one_line(
    space: dict[str, Any], lilogic: Any, tmp_path: Path
) -> None:
    pytest.importorskip("ray")
    path = tmp_path / "some.toml"
    path.write_text(f'recipe = "{space["recipe"]}"\n[space]\nnet.tau = [1.0]\n', "utf-8")
    status, _, err = lilogic("sweep", path, "-o", tmp_path / "out", "--address", "127.0.0.1:1")
    assert_one_line(status, err, "no Ray cluster at 127.0.0.1:1")


def test_seeds_are_told_as_mean_and_deviation(
    space: dict[str, Any], lilogic: Any, tmp_path: Path
) -> None:
    settings = [word for key, value in SET.items() for word in ("--set", f"{key}={value}")]
    words = ("train", space["recipe"], "-o", tmp_path / "seeds", "--threads", "1", *settings)
    status, out, err = lilogic(*words, "--seeds", "2")
    assert status == 0
    assert " ± " in out
    assert "network 2 of 2: test accuracy" in err
    assert "best on the validation split" in err
    summary = json.loads((tmp_path / "seeds" / "seeds.json").read_text())
    each = [network["accuracy"]["test_frozen"] for network in summary["networks"]]
    assert summary["accuracy"]["test_frozen"]["mean"] == pytest.approx(sum(each) / 2)
    assert [network["seed"] for network in summary["networks"]] == [0, 1]
    status, _, err = lilogic(*words, "--seeds", "2", "--folds", "2")
    assert_one_line(status, err, "choose one")
    status, _, err = lilogic("train", space["recipe"], "--jobs", "2")
    assert_one_line(status, err, "train with --folds, --seeds or an ensemble")


def test_tasks_here_are_done_in_order() -> None:
    with pool(Workers(threads=3)) as each:
        assert [*each(lambda item, threads: (item, threads), "ab")] == [
            (0, ("a", 3)),
            (1, ("b", 3)),
        ]
    with pytest.raises(LilogicError, match="jobs is 0"):
        Workers(jobs=0)


@pytest.mark.slow
def test_the_page_is_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)
    monkeypatch.chdir(tmp_path)
    exec(compile(example, str(PAGE), "exec"), {})


def test_the_page_shows_the_example() -> None:
    example = (PAGE.parents[2] / "examples" / "digits-sweep.toml").read_text("utf-8")
    assert f"```toml\n{example}```" in PAGE.read_text("utf-8")


@pytest.mark.parametrize(
    ("workers", "missing"),
    [
        (Workers(2, threads=4), None),
        (Workers(None, "auto"), None),
        (Workers(2, threads=5), "no machine in the Ray cluster has 5 cores, which each task needs"),
        (Workers(2, threads=1, gpu=True), "no machine in the Ray cluster has a core and a GPU"),
    ],
)
def test_what_no_machine_has_room_for_is_an_error(workers: Workers, missing: str | None) -> None:
    """Ray would wait for such a machine."""
    nodes = [
        {"Alive": True, "Resources": {"CPU": 4.0}},
        {"Alive": False, "Resources": {"CPU": 8.0, "GPU": 1.0}},
    ]
    ray = SimpleNamespace(nodes=lambda: nodes)
    with pytest.raises(ToolError, match=missing) if missing else nullcontext():
        tasks._check_room(ray, workers)


def test_torchrun_trains_one_network(
    space: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of its processes would train them all, in one folder."""
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "1")
    for train in (
        lambda: lilogic.sweep(space, tmp_path / "run", jobs=1),
        lambda: lilogic.train_seeds(space["recipe"], tmp_path / "run"),
        lambda: lilogic.cross_validate(space["recipe"], tmp_path / "run"),
        lambda: planning.frontier(space["recipe"], "xc7", folder=tmp_path / "run"),
        lambda: lilogic.train(
            space["recipe"], tmp_path / "run", changes={"ensemble.members": 2}, jobs=2
        ),
    ):
        with pytest.raises(
            LilogicError, match=r"^torchrun trains one network with all its processes"
        ):
            train()
    assert not (tmp_path / "run").exists()
