"""Bit vectors of any width: Amaranth's signals end at 65,535 bits, so wider ones are several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from amaranth.hdl import Cat, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import Out, PureInterface

from lilogic.hdl.components import naming, streams

LIMIT = 65_535

T = TypeVar("T")


def chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """``items`` in runs, each of which fits one signal."""
    for start in range(0, len(items), LIMIT):
        yield items[start : start + LIMIT]


class Signature(wiring.Signature):
    """A row of bits in each clock cycle: as many equal streams as it needs.

    Args:
        width: bits of the row.

    Members:
        lane0, lane1, …: out, ``streams.every_cycle`` each, filled in order; the last may be wider
            than full.
    """

    def __init__(self, width: int) -> None:
        count = max(1, -(-width // LIMIT))
        lane = streams.every_cycle(-(-width // count))
        super().__init__({f"lane{number}": Out(lane) for number in range(count)})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Signature) and self.members == other.members

    def create(
        self, *, path: tuple[str | int, ...] | None = None, src_loc_at: int = 0
    ) -> Interface:
        """Amaranth calls this."""
        return Interface(self, path=path, src_loc_at=1 + src_loc_at)


class Interface(PureInterface):
    """A row of bits: read it through ``bits`` or ``take``, drive it through ``assign``.

    Attributes:
        signals: the payloads of its lanes, in order.
    """

    @property
    def signals(self) -> list[Signal]:
        """The payloads of its lanes, in order."""
        return [getattr(self, lane).payload for lane in self.signature.members]


def signals(width: int, name: str) -> list[Signal]:
    """Signals of ``width`` bits together; where they are registers, reset leaves them alone."""
    return [
        Signal(len(run), name=naming.run(name, number), reset_less=True)
        for number, run in enumerate(chunks(range(width)))
    ]


def bits(signals: Iterable[Signal]) -> list[Value]:
    """Each bit of ``signals``, in order."""
    return list(chain.from_iterable(signals))


def take(values: Sequence[Value], places: npt.NDArray[np.integer[Any]]) -> Value:
    """The bits at ``places`` of ``values`` in a row; bits side by side are one slice.

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
        statements += driven(signal, take(values, places[start : start + len(signal)]))
        start += len(signal)
    return statements


def assign(signals: Iterable[Signal], values: Iterable[Value]) -> list[Any]:
    """Statements that set the bits of ``signals`` to ``values``, in order, and any rest to 0."""
    rest = iter(values)
    return [*chain.from_iterable(driven(s, Cat(islice(rest, len(s)))) for s in signals)]


def driven(signal: Value, value: Value) -> list[Any]:
    """Statements that set ``signal`` to ``value``, and any rest to 0, so that it drives its bits.

    To Amaranth, a signal that is set at once is another name for the bits of its value. Who reads
    it then reads these, and ports of modules are these bits, in as many runs as they come in,
    without a name.
    """
    if min(len(signal), len(value)) < 2:
        return [signal.eq(value)]
    return [signal[0].eq(value[0]), signal[1:].eq(value[1:])]
