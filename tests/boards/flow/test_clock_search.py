"""The search, with fakes in place of place and route."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lilogic.boards.flow import clock_search
from lilogic.boards.flow.pll import MHZ, Setting
from lilogic.hdl.fpga.nextpnr import UnroutedError

SETTINGS = [Setting(mhz * MHZ, mhz * MHZ, {}) for mhz in range(1, 201)]


@dataclass(frozen=True)
class Attempt:
    asked: float
    fmax: float

    @property
    def closes(self) -> bool:
        return self.fmax >= self.asked


class Router:
    """Reaches a clock in Hz that depends on the one that it is asked for; None: does not route."""

    def __init__(self, reached: Callable[[float], float | None]) -> None:
        self.asked: list[float] = []
        self._reached = reached

    def __call__(self, setting: Setting) -> Attempt:
        self.asked.append(setting.frequency / MHZ)
        reached = self._reached(setting.frequency)
        if reached is None:
            raise UnroutedError("stuck")
        return Attempt(setting.frequency, reached)


def search(first: float, reached: Callable[[float], float | None]) -> tuple[list[float], Attempt]:
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


def test_each_miss_makes_the_next_step_larger() -> None:
    asked, made = search(100, lambda hz: hz - 1)
    assert asked == [100, 97, 91, 80, 60, 31]
    assert not made.closes
    assert made.asked == 100 * MHZ


def test_a_clock_that_was_met_is_kept_if_faster_ones_are_not() -> None:
    asked, made = search(60, lambda hz: 1.5 * hz if hz == 60 * MHZ else 0.9 * hz)
    assert asked == [60, 90, 81, 72, 63]
    assert made == Attempt(60 * MHZ, 90 * MHZ)


def test_what_does_not_route_is_a_clock_not_met() -> None:
    asked, made = search(100, lambda hz: None if hz > 65 * MHZ else 63.5 * MHZ)
    assert asked == [100, 80, 64, 62]
    assert made.closes
    asked, made = search(60, lambda hz: 90 * MHZ if hz == 60 * MHZ else None)
    assert asked == [60, 90, 72]
    assert made == Attempt(60 * MHZ, 90 * MHZ)


def test_what_never_routes_is_an_error() -> None:
    with pytest.raises(UnroutedError):
        search(100, lambda _: None)


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


@given(
    st.integers(1, 200),
    st.lists(st.none() | st.floats(0.5, 250), min_size=1, max_size=1 + clock_search.TRIES),
)
def test_the_fastest_that_closes_is_returned(first: int, results: list[float | None]) -> None:
    made: list[Attempt | None] = []

    def attempt(setting: Setting) -> Attempt:
        fmax = results[len(made) % len(results)]
        made.append(None if fmax is None else Attempt(setting.frequency, fmax * MHZ))
        if made[-1] is None:
            raise UnroutedError("stuck")
        return made[-1]

    try:
        found = clock_search.search(SETTINGS, SETTINGS[first - 1], attempt)
    except UnroutedError:
        assert not any(made)
        return
    routed = [each for each in made if each is not None]
    closing = [each.asked for each in routed if each.closes]
    assert found in routed
    assert found.asked == max(closing) if closing else not found.closes
    assert len(made) <= 1 + clock_search.TRIES


def test_what_fails_is_not_caught() -> None:
    def fail(_: Setting) -> Attempt:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        clock_search.search(SETTINGS, SETTINGS[0], fail)
