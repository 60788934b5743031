"""Ray's workers and drivers are killed, and torchrun's processes train together, for real."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lilogic.data.datasets import Dataset
from lilogic.graph import lgn
from lilogic.tasks import Workers, pool
from tests.lilogic.cli.command import LILOGIC
from tests.lilogic.learn import runs
from tests.strategies import random_graph

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("clusters")]

SPACE = """\
name = "small"
recipe = "digits"
target = "ice40"

[set]
train.epochs = 6
train.max_extra_epochs = 0
encoder.bits = 3

[space]
net.layers = [[100, 100], [100], [200]]
net.tau = [2.0, 3.0]
train.learning_rate = [0.02, 0.05]
"""


def children(pid: int) -> list[int]:
    """All processes below one, as Linux knows them."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            direct = [*map(int, task.read_text().split())]
        except OSError:
            continue
        found += [*direct, *(each for child in direct for each in children(child))]
    return found


def title(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def wait_for(found: Callable[[], Any], seconds: float = 120) -> Any:
    """What ``found`` gives as soon as it gives something."""
    end = time.monotonic() + seconds
    while not (result := found()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return result


@contextmanager
def sweeping(space: Path, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A sweep by two workers; nothing of it is left running afterwards."""
    words = [*LILOGIC, "sweep", space, "-o", folder, "--jobs", "2", "--json"]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([*map(str, words)], **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def finished(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    found: dict[str, Any] = json.loads(out)
    for trial in found["trials"]:
        for network in trial["networks"]:
            del network["seconds"]
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_sweep_survives_kills_of_a_worker_and_of_the_driver(tmp_path: Path, lilogic: Any) -> None:
    pytest.importorskip("ray")
    space = tmp_path / "space.toml"
    space.write_text(SPACE, "utf-8")
    status, out, err = lilogic("sweep", space, "-o", tmp_path / "calm", "--jobs", "1", "--json")
    assert status == 0, err
    expected = json.loads(out)
    for trial in expected["trials"]:
        for network in trial["networks"]:
            del network["seconds"]

    folder = tmp_path / "killed"
    with sweeping(space, folder) as process:

        def workers() -> list[int]:
            """Of Ray, those that train."""
            return [pid for pid in children(process.pid) if title(pid).startswith("ray::run")]

        # The driver, once one trial is whole and another has begun.
        wait_for(lambda: [*folder.glob("trial-*.json")] and workers())
        everyone, trainers = children(process.pid), workers()
        process.kill()
        process.wait()
        wait_for(lambda: not any(map(is_alive, trainers)))
        # Helpers of Ray's that train nothing notice only after minutes.
        for pid in filter(is_alive, everyone):
            os.kill(pid, signal.SIGKILL)
    assert not (folder / "sweep.json").exists()
    before = {path: path.stat().st_mtime_ns for path in folder.glob("trial-*.json")}
    assert 0 < len(before) < 12

    with sweeping(space, folder) as process:
        # A worker, in the middle of a training.
        victim = wait_for(workers)[0]
        os.kill(victim, signal.SIGKILL)
        everyone = children(process.pid)
        found = finished(process)
        wait_for(lambda: not any(map(is_alive, everyone)))
    assert found == expected
    assert before == {path: path.stat().st_mtime_ns for path in before}
    best = folder / found["network"]
    assert runs.content(runs.frozen(best)) == runs.content(
        runs.frozen(tmp_path / "calm" / expected["network"])
    )


def fingerprint(item: tuple[int, Dataset], _: int | None) -> tuple[int, dict[str, str]]:
    number, data = item
    return number, data.hashes()


def test_a_data_set_is_stored_once_however_many_tasks_take_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ray = pytest.importorskip("ray")
    put, stored = ray.put, []
    monkeypatch.setattr(ray, "put", lambda value: stored.append(value) or put(value))
    data, other = runs.dataset(), runs.dataset(name="other")
    items = [(number, other if number == 3 else data) for number in range(5)]
    with pool(Workers(2, threads=1), Dataset) as each:
        found = dict(each(fingerprint, items))
    assert found == {number: (number, item[1].hashes()) for number, item in enumerate(items)}
    assert [value["name"] for value in stored] == ["sides", "other"]


def test_yosys_runs_on_a_cluster(tmp_path: Path, lilogic: Any) -> None:
    pytest.importorskip("ray")
    path = tmp_path / "random.lgn"
    lgn.write(random_graph((6, 4), 4, 2), path)
    words = ("report", path, "--target", "ice40", "-o")
    status, _, err = lilogic(*words, tmp_path / "here")
    assert status == 0, err
    with pool(Workers(2, threads=1)) as each:
        assert dict(each(fingerprint, [(7, runs.dataset())]))[0][0] == 7
        # What runs in this process is the cluster.
        status, _, err = lilogic(*words, tmp_path / "there", "--address", "auto")
    assert status == 0, err
    here, there = (
        json.loads((tmp_path / name / "report.json").read_text()) for name in ("here", "there")
    )
    assert there == here


def test_processes_of_torchrun_train_one_network(tmp_path: Path, lilogic: Any) -> None:
    settings = ("--set", "train.epochs=2", "--set", "train.max_extra_epochs=0", "--json")
    status, _, err = lilogic("train", "digits", "-o", tmp_path / "one", *settings)
    assert status == 0, err
    for name in ("first", "second"):
        shutil.copytree(tmp_path / "one", tmp_path / name)

    # Two go on with what one began, and twice in the same way.
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    more = ("--set", "train.more_epochs=2")
    for name in ("first", "second"):
        words = [*torchrun, "-m", "lilogic", "train", "digits", "-o", str(tmp_path / name)]
        done = subprocess.run([*words, *settings, *more], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["training"]["processes"] == 2
    runs.assert_same_run(tmp_path / "first", tmp_path / "second")

    # One goes on with what two did, and ends close to what one alone reaches.
    reached = []
    for name in ("first", "one"):
        longer = ("--set", "train.more_epochs=4")
        status, out, err = lilogic("train", "digits", "-o", tmp_path / name, *settings, *longer)
        assert status == 0, err
        reached.append(json.loads(out)["accuracy"]["validation_frozen"])
        assert len(runs.metrics(tmp_path / name)) == 6
    assert abs(reached[0] - reached[1]) < 0.05
    first, one = runs.metrics(tmp_path / "first"), runs.metrics(tmp_path / "one")
    assert first[:2] == one[:2]
    # The same batches, but sums of floats in another order.
    assert first[2]["loss"] == pytest.approx(one[2]["loss"], rel=0.05)
