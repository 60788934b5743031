"""The heads: for every class, its offset plus how many of its nodes are 1.

An architecture is ``pipeline.Levels`` of the bits to count. To add one, write it and name it in
``POPCOUNTS``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Generator, Sequence
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from amaranth.hdl import Cat, Const, Module, Shape, Value
from amaranth.lib.wiring import Component, In, Out

from lilogic.errors import LilogicError
from lilogic.graph import GateGraph
from lilogic.hdl.components import naming, packing, pipeline, streams, vector
from lilogic.hdl.components.interface import POPCOUNT
from lilogic.hdl.components.network import counted
from lilogic.hdl.components.pipeline import Cost, Levels, Registers
from lilogic.hdl.options import AUTO

Bits = Sequence[Value]

_ARRANGED = 4096
"""Heads of more bits keep their nodes in order, of which elaboration then takes many as one slice:
with 256,000 gates that saves a third of its memory."""

_CLEARLY = 0.95
"""What an architecture's size over that of ``POPCOUNT`` must be below, to be chosen instead."""

MEASURED = Path(__file__).with_name("popcount.json")
"""What each architecture takes on each target; ``bench/popcount.py --write`` writes it."""


def chain(bits: Value) -> Levels:
    """A balanced tree of carry-chain adders, from single bits on.

    The carry input of an adder counts one more bit at no cost: of ``n`` bits, about half are
    added, and the others come in as carries.
    """
    leaves = -(-(len(bits) + 1) // 2)
    return (yield from _sum([bits[i] for i in range(len(bits))[:leaves]], bits[leaves:]))


def tree(bits: Value) -> Levels:
    """A tree as ``chain``, over full adders of three bits each."""
    if len(bits) <= 1:
        return bits
    leaves = _leaves(len(bits))
    ones, twos, spare = yield [*_full_adders(*_columns(bits, leaves, 3)), bits[3 * leaves :]]
    return (yield from _sum(_numbers(ones, twos), spare))


def counters(bits: Value) -> Levels:
    """A tree as ``chain``, over counters of six bits each, whose outputs are functions of six."""
    if len(bits) <= 1:
        return bits
    leaves = -(-(len(bits) + 1) // 7)
    columns = _columns(bits, leaves, 6)
    low, high = _full_adders(*columns[:3]), _full_adders(*columns[3:])
    ones, carry = low[0] ^ high[0], low[0] & high[0]
    twos, fours = _full_adders(low[1], high[1], carry)
    ones, twos, fours, spare = yield [ones, twos, fours, bits[6 * leaves :]]
    return (yield from _sum(_numbers(ones, twos, fours), spare))


def compressor(bits: Value) -> Levels:
    """Wallace's tree: full adders keep carries apart until one adder can sum the two rows left.

    C. S. Wallace, "A Suggestion for a Fast Multiplier", 1964.
    """
    first, second = yield from _two_rows(bits)
    (total,) = yield [Cat(first) + Cat(second)]
    return total


def cells(bits: Value) -> Levels:
    """Full and half adders only, for standard cells: Wallace's tree, whose two rows are rippled.

    Every adder is written as the cell that a library may have, and no sum is left to synthesis.
    """
    first, second = yield from _two_rows(bits)
    carry: Value = Const(0, 1)
    digits = []
    for one, other in zip(first, second, strict=True):
        digit, carry = _full_adders(one, other, carry)
        digits.append(digit)
    (total,) = yield [Cat(digits, carry)]
    return total


POPCOUNTS: dict[str, Callable[[Value], Levels]] = {
    "chain": chain,
    "tree": tree,
    "counters": counters,
    "compressor": compressor,
    "cells": cells,
}


def best(target: str, bits: int, registers: bool) -> str:
    """The architecture that takes least on a target, for heads of so many bits.

    That is the smallest for the number of bits closest to ``bits``, by ratio, that
    ``bench/popcount.py`` measured: in LUTs, to which it adds what carries take in logic cells or
    slices without their LUTs, or in NAND2 equivalents on the generic target. Heads were measured
    alone, but in a network their adders take in gates, which ``POPCOUNT`` does best, so another
    architecture must be clearly smaller.

    Args:
        target: one of ``lilogic.hdl.synthesis.area.TARGETS``.
        bits: number of counted bits.
        registers: whether there are pipeline registers.

    Raises:
        LilogicError: the target is unknown.
    """
    rows = [row for row in _measured() if row["target"] == target and row["registers"] == registers]
    if not rows:
        known = ", ".join(dict.fromkeys(row["target"] for row in _measured()))
        raise LilogicError(f"target {target!r} is not one of {known}")
    near = min((row["bits"] for row in rows), key=lambda size: abs(math.log(size / max(1, bits))))
    sizes = {str(row["popcount"]): float(row["size"]) for row in rows if row["bits"] == near}
    smallest = min(sizes, key=lambda name: sizes[name])
    return smallest if sizes[smallest] < _CLEARLY * sizes[POPCOUNT] else POPCOUNT


def chosen(name: str, target: str | None, bits: int, registers: bool) -> str:
    """``name``, or where that is ``AUTO`` the best for so many bits; by default ``POPCOUNT``.

    Raises:
        LilogicError: the target is unknown.
    """
    choice = POPCOUNT if target is None else best(target, bits, registers)
    return choice if name == AUTO else name


def architecture(name: str) -> Callable[[Value], Levels]:
    """The popcount architecture called ``name``.

    Raises:
        LilogicError: there is none.
    """
    if name not in POPCOUNTS:
        known = ", ".join([AUTO, *POPCOUNTS])
        raise LilogicError(f"popcount {name!r} is not one of {known}")
    return POPCOUNTS[name]


def score_shape(graph: GateGraph) -> Shape:
    """The shape that holds every score that a class of ``graph`` could have; at least one bit."""
    lowest, highest = graph.score_bounds()
    signed = bool(lowest.min() < 0)
    width = max(int(bound).bit_length() for bound in (highest.max(), ~lowest.min() * signed, 1))
    return Shape(width + signed, signed)


def levels(graph: GateGraph, popcount: str) -> int:
    """Levels that the longest of the heads takes with an architecture, one of ``POPCOUNTS``."""
    return max(_levels(popcount, size) for size in np.diff(graph.head_ptr).tolist())


def costs(graph: GateGraph, popcount: str, cost: Cost) -> list[float]:
    """What each of the ``levels`` costs, in the head where it costs most."""
    work = POPCOUNTS[popcount]
    sizes = np.unique(np.diff(graph.head_ptr)).tolist()
    heads = (pipeline.costs(work(Const(0, size)), cost) for size in sizes)
    return [max(level) for level in zip_longest(*heads, fillvalue=0.0)]


class Heads(Component):
    """A popcount for every class, all with the same latency.

    Args:
        graph: the graph.
        popcount: name of the architecture, one of ``POPCOUNTS``.
        registers: after which of the ``levels`` registers stand.

    Attributes:
        values: in, ``vector.Signature``: one bit for each of ``network.counted(graph)``.
        scores: out, ``streams.scores``.
        latency: clock cycles from ``values`` to ``scores``.
    """

    def __init__(self, graph: GateGraph, popcount: str, registers: Registers) -> None:
        self._graph = graph
        self._counted = counted(graph)
        self._popcount = architecture(popcount)
        self._registers = registers
        self.latency = sum(registers)
        super().__init__(
            {
                "values": In(vector.Signature(len(self._counted))),
                "scores": Out(streams.scores(score_shape(graph), graph.n_classes)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        heads = [_arranged(self._graph, head) for head in self._graph.heads]
        positions = [np.searchsorted(self._counted, head) for head in heads]
        offsets = self._graph.offset.tolist()
        highest = self._graph.score_bounds()[1].tolist()
        for class_, (position, offset) in enumerate(zip(positions, offsets, strict=True)):
            name = f"class{class_}"
            bits = pipeline.named(m, vector.take(self.values.signals, position), f"{name}_counted")
            total = pipeline.build(m, self._popcount(bits), self._registers, name)
            # Amaranth leaves out heads of which nothing is computed: one bit is left of them, and
            # an offset added where nothing else is.
            score = total + offset if offset or len(bits) < 2 else total
            if offset >= 0:
                # What this class cannot reach is a constant 0, for the argmax too.
                score = score[: max(1, highest[class_].bit_length())]
            score = naming.named(m, score, name)
            m.d.comb += self.scores.payload[class_].eq(score)
        return m


def _arranged(graph: GateGraph, head: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """The nodes of a head in an order in which a ``tree`` costs least.

    Of a full adder of three bits of which two are the same, the sum is the third bit and the carry
    one of the two: so what counts twice stands where one full adder has its first two bits. The
    other full adders are for ``packing``.
    """
    nodes, times = np.unique(head.astype(np.int64), return_counts=True)
    pairs, others = np.repeat(nodes, times // 2), nodes[times % 2 == 1]
    leaves = _leaves(len(head))
    twice, more = pairs[:leaves], np.repeat(pairs[leaves:], 2)
    alone, beside = leaves - len(twice), len(twice)
    if len(head) <= _ARRANGED:
        first, second, third, rest = packing.triples(graph, others, alone)
    else:
        first, second, third, rest = np.split(others, [alone, 2 * alone, 3 * alone])
    return np.concatenate([twice, first, twice, second, rest[:beside], third, rest[beside:], more])


@cache
def _measured() -> list[dict[str, Any]]:
    heads: list[dict[str, Any]] = json.loads(MEASURED.read_text("utf-8"))["heads"]
    return heads


@cache
def _levels(popcount: str, size: int) -> int:
    return pipeline.count(POPCOUNTS[popcount](Const(0, size)))


def _leaves(bits: int) -> int:
    """Full adders at the bottom of a ``tree``, which leave a carry for each adder above them."""
    return -(-(bits + 1) // 4)


def _columns(bits: Value, leaves: int, size: int) -> list[Value]:
    """Every leaf's bits: the i-th of each leaf, for ``size`` i; zeros fill the last column up."""
    columns = [bits[i * leaves : (i + 1) * leaves] for i in range(size)]
    return [Cat(column, Const(0, leaves - len(column))) for column in columns]


def _numbers(*digits: Value) -> list[Value]:
    """A number from each place of the digits' vectors, lowest digit first."""
    return [Cat(number) for number in zip(*digits, strict=True)]


def _two_rows(bits: Value) -> Generator[Sequence[Value], list[Value], tuple[Bits, Bits]]:
    """Levels of full adders; two bits of each weight, lowest first, that add up to the count."""
    columns = [bits]
    while max(map(len, columns)) > 2:
        reduced: list[list[Value]] = [[] for _ in range(len(columns) + 1)]
        for weight, column in enumerate(columns):
            third = len(column) // 3
            ones, twos = _full_adders(
                *(column[i * third : (i + 1) * third] for i in range(3)),
            )
            reduced[weight] += [ones, column[3 * third :]]
            reduced[weight + 1].append(twos)
        columns = yield [Cat(parts) for parts in reduced if sum(map(len, parts))]
    filled = [[*column, Const(0, 1), Const(0, 1)] for column in columns]
    return [column[0] for column in filled], [column[1] for column in filled]


def _sum(numbers: Sequence[Value], spare: Value) -> Levels:
    """The sum of numbers of one width and, as carries, of spare bits, which must be fewer."""
    while len(numbers) > 1:
        pairs = len(numbers) // 2
        carries = [spare[i] if i < len(spare) else Const(0, 1) for i in range(pairs)]
        *numbers, spare = yield [
            *map(_add, numbers[0 : 2 * pairs : 2], numbers[1::2], carries),
            *numbers[2 * pairs :],
            spare[pairs:],
        ]
    return numbers[0] if numbers else Const(0, 1)


def _full_adders(a: Value, b: Value, c: Value) -> tuple[Value, Value]:
    """Bit by bit, the sum of three bits: ones and twos."""
    half = a ^ b
    return half ^ c, a & b | half & c


def _add(a: Value, b: Value, carry: Value) -> Value:
    """``a + b + carry`` in a form that synthesis maps to one carry chain."""
    if isinstance(carry, Const):
        return a + b
    return (Cat(carry, a) + Cat(carry, b))[1:]
