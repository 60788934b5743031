import itertools

import numpy as np
import pytest
from amaranth.hdl import Cat, Module, Shape, Signal, signed
from amaranth.lib.wiring import Component, In, Out
from hypothesis import given
from hypothesis import strategies as st

from lilogic.hdl.components import pipeline, vector
from tests.hdl.simulation import LEVELS_PER_STAGE, every, simulate, stream

WIDTH = 8
NUMBER = signed(WIDTH)


class Work(Component):
    """A pipeline whose work is ``make(x)``."""

    def __init__(self, make, registers, shape=NUMBER):
        self.make = make
        self.registers = registers
        self.latency = sum(registers)
        super().__init__({"x": In(shape), "y": Out(Shape.cast(shape))})

    def elaborate(self, platform):
        m = Module()
        work = self.make(self.x)
        m.d.comb += self.y.eq(pipeline.build(m, work, self.registers, "work"))
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
    ("costs", "capacity", "stages"),
    [
        ([], 2, []),
        ([1] * 5, 0, [5]),
        ([1] * 5, 1, [1] * 5),
        ([1] * 5, 2, [1, 2, 2]),
        ([1] * 4, 2, [2, 2]),
        ([1] * 5, 9, [5]),
        ([0.1] * 10, 1, [10]),
        ([0.1] * 11, 0.3, [2, 3, 3, 3]),
        ([1, 1, 3, 1, 1], 3, [2, 1, 2]),
        ([1, 5, 1], 3, [1, 1, 1]),
        ([1, 1, 1, 2, 2], 4, [3, 2]),
    ],
)
def test_stages_are_filled_from_the_end(costs, capacity, stages):
    registers = pipeline.plan(costs, capacity)
    expected = [place == count for count in stages for place in range(1, count + 1)]
    assert registers == tuple(expected if capacity else [False] * len(costs))


@given(
    costs=st.lists(st.floats(0.1, 5), min_size=1, max_size=20),
    capacity=st.floats(0.1, 12),
)
def test_no_stage_costs_more_than_allowed_unless_it_is_one_level(costs, capacity):
    registers = pipeline.plan(costs, capacity)
    assert registers[-1]
    stages = np.split(costs, np.flatnonzero(registers)[:-1] + 1)
    assert all(len(stage) == 1 or sum(stage) <= capacity + 1e-6 for stage in stages)
    joined = [stage[-1] + sum(following) for stage, following in itertools.pairwise(stages)]
    assert all(cost > capacity for cost in joined)


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

    work = Work(make, (*every(levels_per_stage, levels), *[True] * more))
    if not work.latency:
        return
    values = [5, -3, 127, -128, 0, 1, 77, -1]
    cycles = [[(work.x, value)] for value in [*values, *[0] * work.latency]]
    seen = simulate(work, cycles, lambda get: get(work.y))
    assert seen == [0] * work.latency + values


@pytest.mark.parametrize("levels_per_stage", LEVELS_PER_STAGE)
def test_values_alive_together_stay_of_the_same_sample(levels_per_stage):
    work = Work(steps(5), every(levels_per_stage, 5))
    inputs = [[(work.x, value)] for value in [0, 50, -60, 7, 7, -128, 100]]
    assert stream(work, inputs, lambda get: get(work.y)) == [5] * len(inputs)


@pytest.mark.parametrize("levels_per_stage", LEVELS_PER_STAGE)
def test_values_keep_their_sign(levels_per_stage):
    def make(x):
        for _ in range(3):
            (x,) = yield [x]
        return x < 0

    work = Work(make, every(levels_per_stage, 3))
    inputs = [[(work.x, value)] for value in [-128, 127, -1, 0]]
    assert stream(work, inputs, lambda get: get(work.y) & 1) == [1, 0, 1, 0]


@pytest.mark.parametrize("levels_per_stage", LEVELS_PER_STAGE)
def test_values_wider_than_a_signal_pass_whole(monkeypatch, levels_per_stage):
    monkeypatch.setattr(vector, "LIMIT", 3)

    def make(x):
        (x,) = yield [Cat(x)]
        (x,) = yield [x]
        return x

    work = Work(make, every(levels_per_stage, 2), WIDTH)
    values = [0b10110101, 255, 0, 1, 128]
    inputs = [[(work.x, value)] for value in values]
    assert stream(work, inputs, lambda get: get(work.y)) == values


@pytest.mark.parametrize("bank", [1, 9, 15, 256])
@pytest.mark.parametrize("levels_per_stage", [0, 1])
def test_values_held_side_by_side_stay_apart(monkeypatch, bank, levels_per_stage):
    monkeypatch.setattr(pipeline, "_BANK", bank)
    shapes = [Shape(3), signed(4), signed(1), Shape(1), signed(WIDTH), Shape(2)]

    def make(x):
        ends = itertools.accumulate(shape.width for shape in shapes)
        parts = [x[end - shape.width : end] for end, shape in zip(ends, shapes, strict=True)]
        alive = [
            part.as_signed() if shape.signed else part
            for part, shape in zip(parts, shapes, strict=True)
        ]
        for _ in range(2):
            alive = yield alive
            assert [value.shape() for value in alive] == shapes
        return Cat(alive)

    width = sum(shape.width for shape in shapes)
    work = Work(make, every(levels_per_stage, 2), Shape(width))
    values = [0b1010011100101101101, 0, 2**width - 1, *(1 << i for i in range(width))]
    inputs = [[(work.x, value)] for value in values]
    assert stream(work, inputs, lambda get: get(work.y)) == values


@given(st.lists(st.integers(1, 20), max_size=30), st.integers(1, 20))
def test_runs_hold_all_values_in_order_and_as_many_as_fit(widths, bank):
    values = [Signal(width) for width in widths]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "_BANK", bank)
        runs = list(pipeline._side_by_side(values))
    assert [id(value) for run in runs for value in run] == [id(value) for value in values]
    assert all(run and (len(run) == 1 or len(Cat(run)) <= bank) for run in runs)
    assert all(len(Cat(run)) + len(after[0]) > bank for run, after in itertools.pairwise(runs))


def test_reset_leaves_registers_alone():
    def make(x):
        (x,) = yield [x]
        return x

    work = Work(make, (True,) * 3)
    cycles = [[(work.x, value)] for value in range(1, 9)]
    seen = simulate(work, cycles, lambda get: get(work.y), resets=[False] * 2 + [True] * 4)
    assert seen == [0, 0, 0, 1, 2, 3, 4, 5]
