"""Bit vectors of any width: Amaranth's signals end at 65,535 bits, so wider ones are several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
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


def take(values: Sequence[Value], places: npt.NDArray[np.integer[Any]]) -> Value:
    """The bits at ``places`` of ``values`` in a row; neighbours are taken together, as one slice.

    Amaranth's time goes by the number of values that it handles, not by their widths.
    """
    ends = np.cumsum([len(value) for value in values])
    source = np.searchsorted(ends, places, side="right")
    is_first = np.ones(len(places), dtype=bool)
    is_first[1:] = (np.diff(places) != 1) | (np.diff(source) != 0)
    firsts = np.flatnonzero(is_first)
    counts = np.diff(firsts, append=len(places))
    sources = source[firsts]
    starts = places[firsts] - ends[sources] + [len(values[each]) for each in sources]
    runs = zip(sources.tolist(), starts.tolist(), counts.tolist(), strict=True)
    return Cat(values[each][start : start + count] for each, start, count in runs)


def assign_taken(
    signals: Iterable[Signal], values: Sequence[Value], places: npt.NDArray[np.integer[Any]]
) -> list[Any]:
    """Statements that set the bits of ``signals``, in order, to those at ``places`` of ``values``.

    Any rest is set to 0.
    """
    statements, start = [], 0
    for signal in signals:
        statements.append(signal.eq(take(values, places[start : start + len(signal)])))
        start += len(signal)
    return statements


def assign(signals: Iterable[Signal], values: Iterable[Value]) -> list[Any]:
    """Statements that set the bits of ``signals`` to ``values``, in order, and any rest to 0."""
    rest = iter(values)
    return [signal.eq(Cat(islice(rest, len(signal)))) for signal in signals]
