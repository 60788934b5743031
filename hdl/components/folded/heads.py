"""The heads of a folded classifier: one word after the other, and what they add up to."""

from __future__ import annotations

import numpy as np
from amaranth.hdl import Const, Module, Mux, Shape, Signal, Value
from amaranth.lib.wiring import Component, In, Out

from lilogic.graph import GateGraph
from lilogic.hdl.components import pipeline, streams, vector
from lilogic.hdl.components.folded.schedule import Schedule
from lilogic.hdl.components.folded.sequencer import chosen, flag
from lilogic.hdl.components.network import counted
from lilogic.hdl.components.pipeline import Cost, Levels, Registers
from lilogic.hdl.components.popcount import architecture, score_shape


def levels(schedule: Schedule, popcount: str) -> int:
    """Levels of the heads: those of the popcount, and one that adds its counts up."""
    return pipeline.count(_count(schedule, popcount)) + 1


def costs(shape: Shape, schedule: Schedule, popcount: str, cost: Cost) -> list[float]:
    """What each level of the heads costs."""
    total = Signal(shape)
    return [*pipeline.costs(_count(schedule, popcount), cost), cost(total + total)]


class FoldedHeads(Component):
    """Counts one word in each clock cycle, and adds up what belongs to one class.

    Args:
        graph: the graph.
        schedule: which nodes are counted when.
        popcount: name of the architecture, one of ``popcount.POPCOUNTS``.
        registers: after which of the ``levels`` registers stand; after the last they always do.

    Attributes:
        values: in, ``vector.Signature``: one bit for each of ``network.counted(graph)``.
        load: in, whether they are a new sample's; its first word is counted in the next cycle.
        first: in, the word that is counted is its group's first one.
        group: in, which one that is.
        scores: out, ``streams.scores`` of one group.
        latency: clock cycles from a group's last word to its ``scores``.
    """

    def __init__(
        self, graph: GateGraph, schedule: Schedule, popcount: str, registers: Registers
    ) -> None:
        self._schedule = schedule
        self._counted = counted(graph)
        self._popcount = architecture(popcount)
        self._registers = registers
        self._offsets = _offsets(graph, schedule)
        self._shape = score_shape(graph)
        self.latency = sum(registers)
        super().__init__(
            {
                "values": In(vector.Signature(len(self._counted))),
                "load": In(1),
                "first": In(1),
                "group": In(range(max(2, len(schedule.words)))),
                "scores": Out(streams.scores(self._shape, schedule.lanes)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        word = self._word(m)
        delay = self.latency - 1
        first = flag(m, self.first, delay, "first")
        group = flag(m, self.group, delay, "group")
        start = 0
        for lane, width in enumerate(self._schedule.widths):
            name = f"lane{lane}"
            bits = pipeline.named(m, word[start : start + width], f"{name}_counted")
            count = pipeline.build(m, self._popcount(bits), self._registers[:-1], name)
            offset = chosen(m, group, self._offsets[lane], self._shape, f"{name}_offset")
            total = Signal(self._shape, name=f"{name}_total", reset_less=True)
            before = Mux(first, offset, total) if max(self._schedule.words) > 1 else offset
            summed = pipeline.named(m, (before + count)[: len(total)], f"{name}_sum")
            m.d.sync += total.eq(summed)
            m.d.comb += self.scores.payload[lane].eq(total)
            start += width
        return m

    def _word(self, m: Module) -> Value:
        """The word to count: the first of a row that moves up by a word in each cycle.

        A place in the row takes either a node or the next word's bit, and no more of a LUT4 than a
        gate of two inputs leaves free.
        """
        nodes = self._schedule.nodes.ravel()
        width = sum(self._schedule.widths)
        row = vector.signals(len(nodes), "row")
        values = [*self.values.signals, Const(0, 1)]
        none = sum(map(len, values)) - 1
        places = np.where(nodes < 0, none, np.searchsorted(self._counted, nodes))
        following = np.minimum(np.arange(len(nodes)) + width, len(nodes))
        with m.If(self.load):
            m.d.sync += vector.assign_taken(row, values, places)
        with m.Else():
            m.d.sync += vector.assign_taken(row, [*row, Const(0, 1)], following)
        return vector.take(row, np.arange(width))


def _count(schedule: Schedule, popcount: str) -> Levels:
    return architecture(popcount)(Const(0, max(schedule.widths)))


def _offsets(graph: GateGraph, schedule: Schedule) -> list[list[int]]:
    """For each lane, the offset in each group; where there is no class, the least there is."""
    shape = score_shape(graph)
    lowest = -(1 << shape.width - 1) if shape.signed else 0
    groups, lanes = len(schedule.words), schedule.lanes
    offsets = [*graph.offset.tolist(), *[lowest] * (groups * lanes - graph.n_classes)]
    return [offsets[lane::lanes] for lane in range(lanes)]
