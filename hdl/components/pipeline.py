"""Pipelines: work done in levels, with registers after every few of them.

Work is a generator: it yields the values that are alive after each of its levels, is sent values
that hold them (in the same cycle, or in the next one if registers stand there) and goes on with
those. So an algorithm says what a level does, and nothing about time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator, Sequence
from itertools import accumulate, chain

from amaranth.hdl import Cat, Module, Shape, Signal, Value

from lilogic.hdl.components import naming, vector

Levels = Generator[Sequence[Value], list[Value], Value]

Cost = Callable[[Value], float]
"""What a value takes of a stage, by the operators that it is written with."""

Registers = tuple[bool, ...]
"""For each level of a part, whether registers stand after it."""

_ROUNDING = 1e-9

_BANK = 256
"""Bits of values that are held side by side in one signal. Yosys takes the square of the number of
registers to read Verilog, and Amaranth the width of a signal for each slice of it."""


def plan(costs: Sequence[float], capacity: float) -> Registers:
    """After which levels registers stand: after the last, and before it as seldom as they may.

    Stages are filled from the end, so that the first one is short where there is room: it begins
    at the input pins, and holds the encoder.

    Args:
        costs: what each level takes of a stage.
        capacity: what the levels of one stage may cost together, if they are more than one; 0 for
            no registers at all.
    """
    registers, used = [], math.inf
    for cost in reversed(costs):
        ends = capacity > 0 and used + cost > capacity + _ROUNDING
        registers.append(ends)
        used = cost if ends else used + cost
    return tuple(reversed(registers))


def costs(work: Levels, cost: Cost) -> list[float]:
    """What each level of ``work`` costs, which may be given constants to work on."""
    found = []

    def next_level(alive: Sequence[Value]) -> list[Value]:
        found.append(max(map(cost, alive), default=0.0))
        return [_like(value, "unused") for value in alive]

    _drive(work, next_level)
    return found


def count(work: Levels) -> int:
    """The number of levels in ``work``, which may be given constants to work on."""
    return len(costs(work, lambda value: 1))


def build(m: Module, work: Levels, registers: Registers, name: str) -> Value:
    """Add ``work`` to ``m`` and return its result, ``sum(registers)`` clock cycles after its input.

    Work may have fewer levels than there are in ``registers``; its result then waits for the rest.
    """
    level = 0

    def next_level(alive: Sequence[Value]) -> list[Value]:
        nonlocal level
        domain = "sync" if registers[level] else "comb"
        level += 1
        runs = enumerate(_side_by_side(alive))
        held = (_hold(m, domain, run, naming.run(f"{name}_{level}", n)) for n, run in runs)
        return [*chain.from_iterable(held)]

    result = _drive(work, next_level)
    return delay(m, result, sum(registers[level:]), name)


def delay(m: Module, value: Value, cycles: int, name: str) -> Value:
    """``value`` from ``cycles`` clock cycles ago; reset leaves the registers alone."""
    for cycle in range(1, cycles + 1):
        value = _assign(m, "sync", value, f"{name}_delayed{cycle}")
    return value


def named(m: Module, value: Value, name: str) -> Value:
    """``value`` in a signal of its own, which costs less than its parts where it is read often."""
    held = _like(value, name)
    m.d.comb += vector.driven(held, value)
    return held


def _side_by_side(values: Sequence[Value]) -> Iterator[list[Value]]:
    """``values`` in runs, in order, of as many as fit ``_BANK`` bits, but at least one."""
    run: list[Value] = []
    width = 0
    for value in values:
        if run and width + len(value) > _BANK:
            yield run
            run, width = [], 0
        run.append(value)
        width += len(value)
    if run:
        yield run


def _hold(m: Module, domain: str, values: Sequence[Value], name: str) -> list[Value]:
    """Values that hold ``values``, side by side in one signal."""
    if len(values) == 1:
        return [_assign(m, domain, values[0], name)]
    held = _assign(m, domain, Cat(values), name)
    ends = accumulate(map(len, values))
    return [_part(held, end, value.shape()) for end, value in zip(ends, values, strict=True)]


def _part(value: Value, end: int, shape: Shape) -> Value:
    """The bits of ``value`` before ``end`` as one of ``shape``."""
    bits = value[end - shape.width : end]
    return bits.as_signed() if shape.signed else bits


def _assign(m: Module, domain: str, value: Value, name: str) -> Value:
    held = _like(value, name)
    m.d[domain] += held.eq(naming.named(m, value, name, outermost=domain == "sync"))
    return held


def _like(value: Value, name: str) -> Value:
    """A signal that can hold ``value``, or several where it is too wide for one."""
    if len(value) <= vector.LIMIT:
        return Signal(value.shape(), name=name, reset_less=True)
    return Cat(vector.signals(len(value), name))


def _drive(work: Levels, next_level: Callable[[Sequence[Value]], list[Value]]) -> Value:
    """Run ``work`` to its end and return its result."""
    try:
        alive = next(work)
        while True:
            alive = work.send(next_level(alive))
    except StopIteration as end:
        result: Value = end.value
        return result
