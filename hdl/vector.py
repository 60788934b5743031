"""Bit vectors of any width: Amaranth's signals end at 65,535 bits, so wider ones are several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, TypeVar

from amaranth.hdl import Cat, Signal, Value
from amaranth.lib.wiring import Flow, Member

LIMIT = 65_535

T = TypeVar("T")


def chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """``items`` in runs, each of which fits one signal."""
    for start in range(0, len(items), LIMIT):
        yield items[start : start + LIMIT]


def port(flow: Flow, width: int) -> Member:
    """As many equal ports as ``width`` bits need, filled in order; the last may be wider than full.

    Read them through ``bits`` and drive them through ``assign``.
    """
    count = max(1, -(-width // LIMIT))
    return flow(-(-width // count)).array(count)


def signals(width: int, name: str) -> list[Signal]:
    """Signals of ``width`` bits together; where they are registers, reset leaves them alone."""
    return [Signal(len(run), name=name, reset_less=True) for run in chunks(range(width))]


def bits(signals: Iterable[Signal]) -> list[Value]:
    """Each bit of ``signals``, in order."""
    return list(chain.from_iterable(signals))


def assign(signals: Iterable[Signal], values: Iterable[Value]) -> list[Any]:
    """Statements that set the bits of ``signals`` to ``values``, in order, and any rest to 0."""
    rest = iter(values)
    return [signal.eq(Cat(islice(rest, len(signal)))) for signal in signals]
