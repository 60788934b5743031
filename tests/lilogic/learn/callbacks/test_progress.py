"""What a training says of itself, as lines of a log."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numba import njit

from lilogic.learn.callbacks import Callbacks, progress
from lilogic.learn.callbacks.progress import TrainingProgress
from lilogic.learn.metrics import Epoch
from lilogic.learn.recipe import TrainRecipe
from tests.lilogic.learn.runs import Killed, Killer, train
from tests.lilogic.learn.test_stopping import EPOCH

SETTINGS = TrainRecipe(epochs=3, max_extra_epochs=5, max_gap=0.01)


@pytest.fixture(autouse=True)
def every_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is left out because the one before was said just now."""
    monkeypatch.setattr(progress, "_LOG_EVERY", 0.0)


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


def result(epoch: int, gap: float = 0.0) -> Epoch:
    return replace(EPOCH, epoch=epoch, validation_soft=0.5 + gap, seconds=7.0)


def test_epochs_beyond_the_planned_ones_are_extra(capsys: pytest.CaptureFixture[str]) -> None:
    with TrainingProgress("training net") as callback:
        callback.start(SETTINGS, 1, 9)
        for epoch in range(1, 5):
            callback.epoch(result(epoch, gap=0.2))
    lines = said(capsys)
    numbers = [line.removeprefix("training net: ").split(",")[0] for line in lines]
    assert numbers == [
        "resuming after epoch 1/3",
        "epoch 2/3",
        "epoch 3/3",
        "freezing costs 20.00 points of accuracy",
        "extra epoch 1 of at most 5",
        "extra epoch 2 of at most 5",
    ]
    assert lines[1].endswith(", 7 s left")
    assert not any("left" in line for line in lines[2:])


def test_an_epoch_says_what_simplification_leaves(capsys: pytest.CaptureFixture[str]) -> None:
    with TrainingProgress("training net") as callback:
        callback.start(SETTINGS, 0, 9)
        callback.epoch(result(0))
        callback.epoch(replace(result(1), gates=1234))
    assert ["frozen 50.00% with 1,234 gates, " in line for line in said(capsys)] == [False, True]


@pytest.mark.parametrize(("gap", "extra"), [(0.0, 5), (0.2, 0)])
def test_no_extra_epochs_are_announced_where_there_are_none(
    capsys: pytest.CaptureFixture[str], gap: float, extra: int
) -> None:
    with TrainingProgress("training net") as callback:
        callback.start(SETTINGS.model_copy(update={"max_extra_epochs": extra}), 2, 9)
        callback.epoch(result(2, gap))
    assert "extra" not in "".join(said(capsys))


def test_a_resumed_run_goes_on_after_an_extra_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    with TrainingProgress("training net") as callback:
        callback.start(SETTINGS, 4, 9)
    assert said(capsys) == ["training net: resuming after extra epoch 1 of at most 5"]


def test_threads_are_said_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with TrainingProgress("training net") as callback, pytest.raises(Killed):
        train(tmp_path, Callbacks([callback, Killer(step=1)]))
    assert said(capsys)[0] == "training net: 1 thread"
    with TrainingProgress("training net") as callback:
        callback.prepare(2)
    assert said(capsys) == ["training net: 2 threads"]


def test_compiling_is_said_and_only_once(capsys: pytest.CaptureFixture[str]) -> None:
    doubled, halved = njit(lambda x: x * 2), njit(lambda x: x / 2)
    with TrainingProgress("training net"):
        assert doubled(3.0) == halved(12.0)
    lines = said(capsys)
    assert [line.split(";")[0] for line in lines] == ["training net: compiling for this machine"]
    with TrainingProgress("training net"):
        doubled(np.float64(4.0))
    assert said(capsys) == []


def test_time_that_is_left_is_of_epochs_in_which_nothing_is_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that training runs was run once before it starts."""
    order: list[str] = []
    monkeypatch.setattr("lilogic.learn.learner.Learner.warm_up", lambda _: order.append("compiled"))
    names = ("prepare", "start", "step", "epoch")
    told = {name: lambda *_, name=name: order.append(name) for name in names}
    train(tmp_path, SimpleNamespace(**told), epochs=1, max_extra_epochs=0)  # type: ignore[arg-type]
    assert order[:4] == ["prepare", "compiled", "start", "step"]
