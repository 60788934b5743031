"""The winner of scores that come one group after the other."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Shape, Signal, Value
from amaranth.lib.wiring import Component, In, Out

from lilogic.hdl.components import argmax, naming, pipeline, streams, vector
from lilogic.hdl.components.folded.schedule import Schedule
from lilogic.hdl.components.folded.sequencer import chosen, flag
from lilogic.hdl.components.pipeline import Cost, Registers


def levels(schedule: Schedule) -> int:
    """Levels of the argmax: rounds in a group, and one with the best before."""
    return argmax.rounds(schedule.lanes) + 1


def costs(shape: Shape, schedule: Schedule, cost: Cost) -> list[float]:
    """What each level of the argmax costs."""
    scores: list[Value] = [Signal(shape, name="score") for _ in range(schedule.lanes)]
    best = scores[0]
    return [*pipeline.costs(argmax.contest(scores), cost), cost(Mux(best > best, best, best))]


class FoldedArgmax(Component):
    """The first highest of all scores of a sample, of which one group comes after the other.

    Args:
        shape: shape of one score.
        schedule: how many classes come together.
        registers: after which of the ``levels`` registers stand; after the last they always do.

    Attributes:
        scores: in, ``streams.scores`` of one group.
        valid: in, whether they are there.
        group: in, which one it is.
        index: out, ``streams.index``: the winning class, once the last group came.
        results: out, ``streams.scores`` of all classes, together with it.
        latency: clock cycles from the last group to ``index``.
    """

    def __init__(self, shape: Shape, schedule: Schedule, registers: Registers) -> None:
        self._shape = shape
        self._schedule = schedule
        self._registers = registers
        self.latency = sum(registers)
        super().__init__(
            {
                "scores": In(streams.scores(shape, schedule.lanes)),
                "valid": In(1),
                "group": In(range(max(2, len(schedule.words)))),
                "index": Out(streams.index(schedule.classes)),
                "results": Out(streams.scores(shape, schedule.classes)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        lanes, groups = self._schedule.lanes, len(self._schedule.words)
        delay = self.latency - 1
        valid, group = flag(m, self.valid, delay, "valid"), flag(m, self.group, delay, "group")
        scores = Value.cast(self.scores.payload)
        arriving = pipeline.delay(m, scores, delay, "scores")
        found = pipeline.build(
            m, argmax.contest([*self.scores.payload]), self._registers[:-1], "round"
        )
        highest, place = found[: self._shape.width], found[self._shape.width :]
        highest = highest.as_signed() if self._shape.signed else highest
        winner = Signal(self._shape, reset_less=True)
        index = Signal(streams.index_width(self._schedule.classes), reset_less=True)
        firsts = [lanes * number for number in range(groups)]
        base = group if lanes == 1 else chosen(m, group, firsts, index.shape(), "base")
        better = naming.named(m, highest > winner, "better")
        with m.If(valid & ((group == 0) | better)):
            m.d.sync += [winner.eq(highest), index.eq(base + place)]
        # What came first is at the start once all came.
        row = Signal(groups * len(scores), name="results", reset_less=True)
        with m.If(valid):
            m.d.sync += row.eq(Cat(row[len(scores) :], arriving))
        results = Value.cast(self.results.payload)
        m.d.comb += [*vector.driven(self.index.payload, index), results.eq(row[: len(results)])]
        return m
