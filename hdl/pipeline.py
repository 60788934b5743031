"""Pipelines: work done in levels, with registers after every few of them.

Work is a generator: it yields the values that are alive after each of its levels, is sent values
that hold them (in the same cycle, or in the next one if registers stand there) and goes on with
those. So an algorithm says what a level does, and nothing about time.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

from amaranth.hdl import Cat, Module, Signal, Value

from hdl import vector

Levels = Generator[Sequence[Value], list[Value], Value]


def latency(levels: int, levels_per_stage: int) -> int:
    """Clock cycles of ``levels`` with registers after every ``levels_per_stage``; 0 for none."""
    return -(-levels // levels_per_stage) if levels_per_stage else 0


def count(work: Levels) -> int:
    """The number of levels in ``work``, which may be given constants to work on."""
    levels = 0

    def next_level(alive: Sequence[Value]) -> list[Value]:
        nonlocal levels
        levels += 1
        return [_like(value, "unused") for value in alive]

    _drive(work, next_level)
    return levels


def build(m: Module, work: Levels, levels_per_stage: int, cycles: int, name: str) -> Value:
    """Add ``work`` to ``m`` and return its result, ``cycles`` clock cycles after its input.

    Registers stand after every ``levels_per_stage`` levels, and then at the end until ``cycles``,
    which must be at least the work's ``latency``, have passed.
    """
    level = 0
    elapsed = 0

    def next_level(alive: Sequence[Value]) -> list[Value]:
        nonlocal level, elapsed
        level += 1
        if levels_per_stage and level % levels_per_stage == 0:
            elapsed += 1
            return [delay(m, value, 1, f"{name}_{level}") for value in alive]
        return [_assign(m, "comb", value, f"{name}_{level}") for value in alive]

    result = _drive(work, next_level)
    return delay(m, result, cycles - elapsed, name)


def delay(m: Module, value: Value, cycles: int, name: str) -> Value:
    """``value`` from ``cycles`` clock cycles ago; reset leaves the registers alone."""
    for _ in range(cycles):
        value = _assign(m, "sync", value, name)
    return value


def _assign(m: Module, domain: str, value: Value, name: str) -> Value:
    held = _like(value, name)
    m.d[domain] += held.eq(value)
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
