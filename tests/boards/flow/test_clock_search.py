"""The search, with fakes in place of place and route."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lilogic.boards.flow import clock_search
from lilogic.boards.flow.pll import MHZ, Setting

SETTINGS = [Setting(mhz * MHZ, mhz * MHZ, {}) for mhz in range(1, 201)]


@dataclass(frozen=True)
class Attempt:
    asked: float
    fmax: float

    @property
    def closes(self) -> bool:
        return self.fmax >= self.asked


class Router:
    """Reaches a clock in Hz that depends on the one that it is asked for."""

    def __init__(self, reached: Callable[[float], float]) -> None:
        self.asked: list[float] = []
        self._reached = reached

    def __call__(self, setting: Setting) -> Attempt:
        self.asked.append(setting.frequency / MHZ)
        return Attempt(setting.frequency, self._reached(setting.frequency))


def search(first: float, reached: Callable[[float], float]) -> tuple[list[float], Attempt]:
    router = Router(reached)
    made = clock_search.search(SETTINGS, Setting(first * MHZ, first * MHZ, {}), router)
    return router.asked, made


def test_what_is_met_at_first_is_asked_for_next() -> None:
    asked, made = search(60, lambda _: 80.5 * MHZ)
    assert asked == [60, 80]
    assert made.closes


def test_what_is_missed_at_first_is_lowered() -> None:
    asked, made = search(60, lambda _: 40.5 * MHZ)
    assert asked == [60, 40]
    assert made.closes


def test_each_clock_is_lower_by_two_percent_at_least() -> None:
    asked, made = search(100, lambda hz: hz - 1)
    assert asked == [100, 98, 96, 94, 92, 90]
    assert not made.closes


def test_a_clock_that_was_met_is_taken_again_if_faster_ones_are_not() -> None:
    asked, made = search(60, lambda hz: 1.5 * hz if hz == 60 * MHZ else 0.9 * hz)
    assert asked == [60, 90, 81, 72, 64, 60]
    assert made == Attempt(60 * MHZ, 90 * MHZ)


def test_a_clock_that_cannot_be_beaten_is_tried_once() -> None:
    asked, made = search(60, lambda _: 60.5 * MHZ)
    assert asked == [60]
    assert made.closes


def test_it_ends_below_the_slowest_clock() -> None:
    asked, made = search(2, lambda _: 0.5 * MHZ)
    assert asked == [2]
    assert not made.closes


def test_without_others_the_first_clock_is_all() -> None:
    router = Router(lambda _: 20 * MHZ)
    first = Setting(50 * MHZ, 50 * MHZ, {})
    assert not clock_search.search([], first, router).closes
    assert router.asked == [50]


@given(st.integers(1, 200), st.lists(st.floats(0.5, 250), min_size=1, max_size=8))
def test_what_is_returned_was_made_last_and_closes_if_any_did(
    first: int, results: list[float]
) -> None:
    # The same clock gives the same again.
    reached: dict[float, float] = {}
    made: list[Attempt] = []

    def attempt(setting: Setting) -> Attempt:
        hz = setting.frequency
        fmax = reached.setdefault(hz, results[len(reached) % len(results)] * MHZ)
        made.append(Attempt(hz, fmax))
        return made[-1]

    found = clock_search.search(SETTINGS, SETTINGS[first - 1], attempt)
    assert found is made[-1]
    assert found.closes == any(each.closes for each in made)
    assert len(made) <= clock_search.TRIES + 2
    if made[0].closes:
        assert found.asked >= made[0].asked


def test_what_fails_is_not_caught() -> None:
    def fail(_: Setting) -> Attempt:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        clock_search.search(SETTINGS, SETTINGS[0], fail)
