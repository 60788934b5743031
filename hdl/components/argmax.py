"""The winner: index of the first class with the highest score."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from amaranth.hdl import Cat, Const, Module, Mux, Shape, Value
from amaranth.lib.wiring import Component, In, Out

from lilogic.hdl.components import pipeline, streams, vector
from lilogic.hdl.components.pipeline import Levels, Registers


def rounds(classes: int) -> int:
    """Rounds of a tournament, which are its levels."""
    return (classes - 1).bit_length()


class Argmax(Component):
    """A tournament of scores in which the left, lower class wins ties.

    Args:
        shape: shape of one score.
        classes: number of classes.
        registers: after which of the ``rounds`` registers stand.

    Attributes:
        scores: in, ``streams.scores``.
        index: out, ``streams.index``: the winning class.
        latency: clock cycles from ``scores`` to ``index``.
    """

    def __init__(self, shape: Shape, classes: int, registers: Registers) -> None:
        self._registers = registers
        self.latency = sum(registers)
        super().__init__(
            {"scores": In(streams.scores(shape, classes)), "index": Out(streams.index(classes))}
        )

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        winner = pipeline.build(m, tournament([*self.scores.payload]), self._registers, "round")
        m.d.comb += vector.driven(self.index.payload, winner)
        return m


def tournament(scores: Sequence[Value]) -> Levels:
    """Rounds of pairs; the result is the place of the first highest score.

    In each round, a winner's place among the classes it stands for grows by the bit that says
    whether it came from the right; so no constant index is ever stored.
    """
    return (yield from _rounds(scores))[1]


def contest(scores: Sequence[Value]) -> Levels:
    """As ``tournament``; the result is the highest score, followed by its place."""
    return Cat(*(yield from _rounds(scores)))


def _rounds(
    scores: Sequence[Value],
) -> Generator[Sequence[Value], list[Value], tuple[Value, Value]]:
    """The highest score and its place."""
    places: list[Value] = [Const(0, 0)] * len(scores)
    bits = 0
    while len(scores) > 1:
        pairs = len(scores) // 2
        lefts, rights = scores[0 : 2 * pairs : 2], scores[1::2]
        right_wins = [right > left for left, right in zip(lefts, rights, strict=True)]
        highest = map(Mux, right_wins, rights, lefts)
        lower = map(Mux, right_wins, places[1::2], places[0 : 2 * pairs : 2])
        grown = [Cat(_padded(p, bits), won) for p, won in zip(lower, right_wins, strict=True)]
        alive = yield [*highest, *scores[2 * pairs :], *grown, *places[2 * pairs :]]
        scores, places = alive[: len(alive) // 2], alive[len(alive) // 2 :]
        bits += 1
    return scores[0], places[0]


def _padded(value: Value, width: int) -> Value:
    return Cat(value, Const(0, width - len(value)))
