"""Sharpness and learning rate over time."""

from __future__ import annotations

import pytest

from lilogic.learn import schedule
from lilogic.learn.recipe import TrainRecipe


def test_sharpness_rises_geometrically_from_1() -> None:
    settings = TrainRecipe(sharpen_connections=16.0, sharpen_gates=4.0, sharpen_power=1.0)
    for now, expected in ((0.0, (1, 1)), (0.5, (4, 2)), (1.0, (16, 4)), (1.5, (64, 8))):
        assert schedule.sharpness_at(settings, now) == pytest.approx(expected)


def test_sharpness_may_rise_late() -> None:
    settings = TrainRecipe(sharpen_connections=16.0, sharpen_gates=4.0, sharpen_power=2.0)
    assert schedule.sharpness_at(settings, 0.5) == pytest.approx((2.0, 4.0**0.25))
    assert schedule.sharpness_at(settings, 1.0) == pytest.approx((16.0, 4.0))
    assert schedule.sharpness_at(settings, 1.5) > (64.0, 8.0)


def test_a_layer_becomes_hard_at_a_time_of_its_own() -> None:
    settings = TrainRecipe(harden=[0.25, 0.5])
    assert [schedule.clock(settings, 0.25, layer) for layer in range(3)] == [1.0, 0.5, 0.25]
    hard = [schedule.hard_layers(settings, now) for now in (0.0, 0.24, 0.25, 0.49, 0.5, 2.0)]
    assert hard == [0, 0, 1, 1, 2, 2]


def test_sharpness_never_overflows() -> None:
    settings = TrainRecipe(sharpen_connections=1e6, sharpen_gates=8.0, sharpen_power=50.0)
    assert schedule.sharpness_at(settings, 9.0) == pytest.approx((1e6, 1e6))


@pytest.mark.parametrize(("epochs", "pace"), [(4, 0.25), (100, 0.1)])
def test_time_is_1_after_the_planned_epochs_and_runs_faster_in_extra_ones(
    epochs: int, pace: float
) -> None:
    settings = TrainRecipe(epochs=epochs)
    assert schedule.time_at(settings, 0) == 0
    assert schedule.time_at(settings, epochs / 4) == 0.25
    assert schedule.time_at(settings, epochs) == 1
    assert schedule.time_at(settings, epochs + 2) == pytest.approx(1 + 2 * pace)
    longer = settings.model_copy(update={"more_epochs": 5})
    assert schedule.time_at(longer, epochs / 4) == 0.25
    assert schedule.time_at(longer, epochs) == schedule.time_at(longer, epochs + 5) == 1
    assert schedule.time_at(longer, epochs + 7) == pytest.approx(1 + 2 * pace)


def test_learning_rate_falls_to_its_final_value_and_stays() -> None:
    settings = TrainRecipe(learning_rate=0.5, final_learning_rate=0.1)
    rates = [schedule.learning_rate_at(settings, now) for now in (0, 0.25, 0.5, 0.75, 1, 1.5)]
    assert rates[0] == 0.5
    assert rates[2] == pytest.approx(0.3)
    assert rates == sorted(rates, reverse=True)
    assert rates[-2:] == pytest.approx([0.1, 0.1])
