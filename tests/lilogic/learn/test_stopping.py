"""When training ends."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lilogic.learn import schedule
from lilogic.learn.metrics import Epoch
from lilogic.learn.recipe import TrainRecipe
from tests.lilogic.learn.runs import Killed, Killer, assert_same_run, frozen, metrics, train

EPOCH = Epoch(0, 1.0, 0.5, 0.5, 0.5, 1.0, 1.0, 0.01, 1.0)


def history(*accuracies: float, gap: float = 0.0) -> list[Epoch]:
    """Epochs with these frozen validation accuracies, all with that gap."""
    return [
        replace(EPOCH, epoch=epoch, validation_frozen=frozen, validation_soft=frozen + gap)
        for epoch, frozen in enumerate(accuracies)
    ]


@pytest.mark.parametrize(
    ("accuracies", "gap", "finished"),
    [
        ([], 0.0, False),
        ([0.5], 0.0, False),
        ([0.5, 0.4], 0.0, False),
        ([0.5, 0.4, 0.5], 0.0, True),  # as good is not better
        ([0.5, 0.4, 0.6], 0.0, False),
        ([0.5, 0.6, 0.4, 0.4], 0.0, True),
        ([0.5, 0.6, 0.4, 0.4], 0.2, False),  # patience waits until freezing costs little
        ([0.1, 0.2, 0.3, 0.4, 0.5], 0.0, True),  # planned epochs
        ([0.1, 0.2, 0.3, 0.4, 0.5], 0.2, False),  # extra epochs
        ([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7], 0.2, True),
    ],
)
def test_training_ends_by_patience_plan_or_extra_epochs(
    accuracies: list[float], gap: float, finished: bool
) -> None:
    settings = TrainRecipe(epochs=5, max_extra_epochs=2, max_gap=0.1, patience=2)
    assert schedule.is_finished(settings, history(*accuracies, gap=gap)) == finished


def test_no_patience_is_endless_patience() -> None:
    settings = TrainRecipe(epochs=5, max_extra_epochs=0, patience=0)
    assert not schedule.is_finished(settings, history(0.5, 0.4, 0.3, 0.2))
    assert schedule.is_finished(settings, history(0.5, 0.4, 0.3, 0.2, 0.1))


def test_a_run_whose_patience_ran_out_is_the_same_when_it_was_killed(tmp_path: Path) -> None:
    settings = {"epochs": 12, "patience": 2, "max_gap": 0.2}
    train(tmp_path / "whole", **settings)
    count = len(metrics(tmp_path / "whole"))
    assert 3 <= count < 12
    graph = frozen(tmp_path / "whole")
    last = metrics(tmp_path / "whole")[-1]
    assert graph.metadata["training"]["epochs"] == count
    assert graph.metadata["accuracy"]["validation_frozen"] == last["validation_frozen"]
    for epoch in (count - 1, count):  # also between the last epoch and the model
        run = tmp_path / str(epoch)
        with pytest.raises(Killed):
            train(run, Killer(epoch=epoch), **settings)
        train(run, **settings)
        assert_same_run(run, tmp_path / "whole")
