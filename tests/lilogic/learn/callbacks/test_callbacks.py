"""What callbacks leave in the run folder."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from lilogic.errors import LilogicError
from lilogic.learn.callbacks import Callbacks, curves, tensorboard
from lilogic.learn.metrics import Epoch
from lilogic.learn.run import RunFolder
from tests.lilogic.learn.runs import STEPS, Killed, Killer, Recorder, metrics, train


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[int], Path]]:
    """The epochs and the path of each picture, which is not drawn."""
    drawn: list[tuple[list[int], Path]] = []

    def draw(history: list[Epoch], path: Path) -> None:
        drawn.append(([entry.epoch for entry in history], path))

    monkeypatch.setattr(curves, "draw", draw)
    return drawn


def test_several_callbacks_are_told_the_same(tmp_path: Path) -> None:
    first, second = Recorder(), Recorder()
    train(tmp_path, Callbacks([first, second]), epochs=1, max_extra_epochs=0)
    for recorder in (first, second):
        assert recorder.starts == [(1, 0, STEPS)]
        assert recorder.steps == STEPS
        assert [result.epoch for result in recorder.epochs] == [0]


def test_curves_are_drawn_at_the_end(tmp_path: Path) -> None:
    with curves.Curves(RunFolder(tmp_path)) as callback:
        train(tmp_path, callback, epochs=1, max_extra_epochs=0)
    assert RunFolder(tmp_path).curves.read_bytes().startswith(b"\x89PNG")


def test_curves_are_drawn_on_interruption_and_go_on_afterwards(
    tmp_path: Path, drawn: list[tuple[list[int], Path]]
) -> None:
    with pytest.raises(Killed), curves.Curves(RunFolder(tmp_path)) as callback:
        train(tmp_path, Callbacks([callback, Killer(step=STEPS + 2)]))
    with curves.Curves(RunFolder(tmp_path)) as callback:
        train(tmp_path, callback)
    path = RunFolder(tmp_path).curves
    assert drawn == [([0], path), (list(range(len(metrics(tmp_path)))), path)]


def test_curves_are_drawn_in_between_when_enough_time_has_passed(
    tmp_path: Path, drawn: list[tuple[list[int], Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 1000, 40))
    monkeypatch.setattr(curves, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    with curves.Curves(RunFolder(tmp_path)) as callback:
        train(tmp_path, callback, epochs=3, max_extra_epochs=0)
    assert [epochs for epochs, _ in drawn] == [[0, 1], [0, 1, 2]]


def test_nothing_is_drawn_where_no_epoch_ended_or_the_run_is_finished(
    tmp_path: Path, whole: Path, drawn: list[tuple[list[int], Path]]
) -> None:
    with pytest.raises(Killed), curves.Curves(RunFolder(tmp_path)) as callback:
        train(tmp_path, Callbacks([callback, Killer(step=2)]))
    with curves.Curves(RunFolder(whole)) as callback:
        train(whole, callback)
    assert drawn == []


class Writer:
    """Stands in for TensorBoard's SummaryWriter."""

    made: list[Writer]

    def __init__(self, folder: str, purge_step: int) -> None:
        assert purge_step == 0
        self.folder = folder
        self.scalars: list[tuple[str, float, int]] = []
        self.is_closed = False
        Writer.made.append(self)

    def add_scalar(self, tag: str, value: float, step: int) -> None:
        self.scalars.append((tag, value, step))

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.is_closed = True


def test_tensorboard_has_every_epoch_of_a_run_that_was_finished(
    whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        sys.modules, "torch.utils.tensorboard", SimpleNamespace(SummaryWriter=Writer)
    )
    Writer.made = []
    with tensorboard.TensorBoard(RunFolder(whole)) as callback:
        train(whole, Callbacks([callback]))
    (writer,) = Writer.made
    assert writer.is_closed
    found = [step for tag, _, step in writer.scalars if tag == "loss"]
    assert found == [line["epoch"] + 1 for line in metrics(whole)]


def test_tensorboard_has_every_epoch_of_a_resumed_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = SimpleNamespace(SummaryWriter=Writer)
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    Writer.made = []
    with pytest.raises(Killed):
        train(tmp_path, Killer(epoch=2))
    with tensorboard.TensorBoard(RunFolder(tmp_path)) as callback:
        train(tmp_path, callback)
    (writer,) = Writer.made
    assert writer.folder == str(RunFolder(tmp_path).tensorboard)
    assert writer.is_closed
    lines = metrics(tmp_path)
    for tag, name in (("loss", "loss"), ("accuracy/validation frozen", "validation_frozen")):
        found = [(value, step) for each, value, step in writer.scalars if each == tag]
        assert found == [(line[name], line["epoch"] + 1) for line in lines]


def test_a_missing_tensorboard_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(LilogicError, match=r"pip install .*tensorboard"):
        tensorboard.TensorBoard(RunFolder(tmp_path))


def test_tensorboard_can_read_the_events(tmp_path: Path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    with pytest.raises(Killed), tensorboard.TensorBoard(RunFolder(tmp_path)) as callback:
        train(tmp_path, Callbacks([callback, Killer(epoch=2)]))
    with tensorboard.TensorBoard(RunFolder(tmp_path)) as callback:
        train(tmp_path, callback)
    events = accumulator.EventAccumulator(str(RunFolder(tmp_path).tensorboard))
    events.Reload()
    steps = [event.step for event in events.Scalars("loss")]
    assert steps == [line["epoch"] + 1 for line in metrics(tmp_path)]
