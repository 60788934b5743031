"""Steps through what is counted for a sample, and what is known of each step."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import Const, Module, Mux, Shape, Signal, Value
from amaranth.lib.data import StructLayout
from amaranth.lib.wiring import Component, In, Out

from lilogic.hdl.components import naming
from lilogic.hdl.components.folded.schedule import Schedule


def steps(schedule: Schedule) -> StructLayout:
    """What is said of a cycle in which a word is counted.

    Members:
        group: which one it belongs to.
        first: whether it is the group's first word.
        last: whether it is its last.
        final: whether it is the sample's last.
    """
    group = range(max(2, len(schedule.words)))
    return StructLayout({"group": group, "first": 1, "last": 1, "final": 1})


class Sequencer(Component):
    """Steps through the words of a sample, from the cycle after it was taken.

    Args:
        schedule: the words.

    Attributes:
        taken: in, a sample is taken; only while ``ready``.
        ready: out, one may be.
        step: out, ``steps``; all 0 where there is no word.
    """

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        super().__init__({"taken": In(1), "ready": Out(1), "step": Out(steps(schedule))})

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        words = self._schedule.words
        running, group = Signal(), Signal(range(max(2, len(words))))
        word = Signal(range(max(2, *words)))
        length = chosen(m, group, [count - 1 for count in words], word.shape(), "length")
        first, last = word == 0, word == length
        final = running & last & (group == len(words) - 1)
        m.d.comb += [
            self.step.group.eq(group),
            self.step.first.eq(running & first),
            self.step.last.eq(running & last),
            self.step.final.eq(final),
            self.ready.eq(~running | final),
        ]
        with m.If(running):
            m.d.sync += word.eq(Mux(last, 0, word + 1))
            with m.If(last):
                m.d.sync += group.eq(Mux(final, 0, group + 1))
        with m.If(self.ready):
            m.d.sync += running.eq(self.taken)
        return m


def flag(m: Module, value: Value, cycles: int, name: str) -> Value:
    """``value`` from ``cycles`` clock cycles ago, or 0 where a reset was since."""
    for cycle in range(1, cycles + 1):
        held = Signal(len(value), name=f"{name}_{cycle}_before")
        m.d.sync += held.eq(value)
        value = held
    return value


def chosen(m: Module, number: Value, values: Sequence[int], shape: Shape, name: str) -> Value:
    """The one of some constants that has this number."""

    def among(values: Sequence[int]) -> Value:
        if len(set(values)) == 1:
            return Const(values[0], shape)
        bit = (len(values) - 1).bit_length() - 1
        return Mux(number[bit], among(values[1 << bit :]), among(values[: 1 << bit]))

    return naming.named(m, among(values), name, outermost=True)
