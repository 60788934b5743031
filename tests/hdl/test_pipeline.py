import pytest
from amaranth.hdl import Cat, Module, Shape, Signal, signed
from amaranth.lib.wiring import Component, In, Out

from hdl import pipeline, vector
from tests.hdl.simulation import LEVELS_PER_STAGE, simulate, stream

WIDTH = 8
NUMBER = signed(WIDTH)


class Work(Component):
    """A pipeline whose work is ``make(x)``, and how many levels that has."""

    def __init__(self, make, levels, levels_per_stage, more=0, shape=NUMBER):
        self.make = make
        self.levels_per_stage = levels_per_stage
        self.latency = pipeline.latency(levels, levels_per_stage) + more
        super().__init__({"x": In(shape), "y": Out(Shape.cast(shape))})

    def elaborate(self, platform):
        m = Module()
        work = self.make(self.x)
        m.d.comb += self.y.eq(pipeline.build(m, work, self.levels_per_stage, self.latency, "work"))
        return m


def steps(levels):
    """Work that adds 1 at each level and carries the first value along."""

    def make(x):
        first, value = x, x
        for _ in range(levels):
            first, value = yield [first, (value + 1)[:WIDTH].as_signed()]
        return value - first

    return make


@pytest.mark.parametrize(
    ("levels", "levels_per_stage", "expected"),
    [(0, 0, 0), (5, 0, 0), (0, 2, 0), (1, 2, 1), (2, 2, 1), (3, 2, 2), (5, 1, 5), (5, 9, 1)],
)
def test_latency_rounds_up_to_whole_stages(levels, levels_per_stage, expected):
    assert pipeline.latency(levels, levels_per_stage) == expected


@pytest.mark.parametrize("levels", range(5))
def test_count_is_the_number_of_levels(levels):
    assert pipeline.count(steps(levels)(Signal(signed(WIDTH)))) == levels


@pytest.mark.parametrize("more", [0, 1, 3])
@pytest.mark.parametrize("levels_per_stage", LEVELS_PER_STAGE[1:])
@pytest.mark.parametrize("levels", range(6))
def test_work_ends_after_exactly_the_cycles_asked_for(levels, levels_per_stage, more):
    def make(x):
        value = x
        for _ in range(levels):
            (value,) = yield [value]
        return value

    work = Work(make, levels, levels_per_stage, more)
    if not work.latency:
        return
    values = [5, -3, 127, -128, 0, 1, 77, -1]
    cycles = [[(work.x, value)] for value in [*values, *[0] * work.latency]]
    seen = simulate(work, cycles, lambda get: get(work.y))
    assert seen == [0] * work.latency + values


@pytest.mark.parametrize("levels_per_stage", LEVELS_PER_STAGE)
def test_values_alive_together_stay_of_the_same_sample(levels_per_stage):
    work = Work(steps(5), 5, levels_per_stage)
    inputs = [[(work.x, value)] for value in [0, 50, -60, 7, 7, -128, 100]]
    assert stream(work, inputs, lambda get: get(work.y)) == [5] * len(inputs)


@pytest.mark.parametrize("levels_per_stage", LEVELS_PER_STAGE)
def test_values_keep_their_sign(levels_per_stage):
    def make(x):
        for _ in range(3):
            (x,) = yield [x]
        return x < 0

    work = Work(make, 3, levels_per_stage)
    inputs = [[(work.x, value)] for value in [-128, 127, -1, 0]]
    assert stream(work, inputs, lambda get: get(work.y) & 1) == [1, 0, 1, 0]


@pytest.mark.parametrize("levels_per_stage", LEVELS_PER_STAGE)
def test_values_wider_than_a_signal_pass_whole(monkeypatch, levels_per_stage):
    monkeypatch.setattr(vector, "LIMIT", 3)

    def make(x):
        (x,) = yield [Cat(x)]
        (x,) = yield [x]
        return x

    work = Work(make, 2, levels_per_stage, shape=WIDTH)
    values = [0b10110101, 255, 0, 1, 128]
    inputs = [[(work.x, value)] for value in values]
    assert stream(work, inputs, lambda get: get(work.y)) == values


def test_reset_leaves_registers_alone():
    def make(x):
        (x,) = yield [x]
        return x

    work = Work(make, 1, 1, more=2)
    cycles = [[(work.x, value)] for value in range(1, 9)]
    seen = simulate(work, cycles, lambda get: get(work.y), resets=[False] * 2 + [True] * 4)
    assert seen == [0, 0, 0, 1, 2, 3, 4, 5]
