"""In which order C evaluates and counts gates, and where it keeps values meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np

from lilogic.graph import GateGraph
from lilogic.graph.gates import READS_A, READS_B, A

COUNTED = 64
"""How many values a part counts at most."""

_STEPS = 100
"""How long a part is at most: a compiler's time grows faster than a function's length."""


class Place(NamedTuple):
    """Where a value is: an input bit, or a slot of memory."""

    is_input: bool
    number: int


class Step(NamedTuple):
    """A value: a gate's function of two others, which is kept in a slot, counted, or both."""

    op: int
    a: Place
    b: Place
    slot: int | None
    counted: bool


Part = list[Step]
"""Steps that become one function."""


@dataclass(frozen=True)
class Schedule:
    """What is done for each class, one class after another.

    Attributes:
        classes: for each class, the parts that count its head.
        slots: how many slots that takes.
    """

    classes: list[list[Part]]
    slots: int


def schedule(graph: GateGraph) -> Schedule:
    """The order in which each gate is evaluated just before the first class that needs it.

    A slot is free for the next value once its own was read for the last time; a step reads first,
    and then writes. What is counted at once, and nowhere else needed, takes no slot.
    """
    walk = _Walk(graph)
    classes = [[*_parts(walk.count(head.tolist()))] for head in graph.heads]
    return Schedule(classes, walk.slots)


def _parts(steps: Iterator[Step]) -> Iterator[Part]:
    part: Part = []
    counted = 0
    for step in steps:
        if len(part) == _STEPS or counted + step.counted > COUNTED:
            yield part
            part, counted = [], 0
        part.append(step)
        counted += step.counted
    if part:
        yield part


class _Walk:
    """Steps made so far, and the slots in use after them.

    Attributes:
        slots: how many slots there are.
    """

    def __init__(self, graph: GateGraph) -> None:
        self.slots = 0
        self._n_inputs = graph.n_inputs
        self._gates = list(graph.rows())
        self._reads = list(zip(READS_A.tolist(), READS_B.tolist(), strict=True))
        self._unread = _readers(graph)
        self._made = [node < graph.n_inputs for node in range(graph.n_nodes)]
        self._slot: dict[int, int] = {}
        self._free: list[int] = []

    def count(self, head: list[int]) -> Iterator[Step]:
        """The steps that count a head; what is at hand comes first, as that frees slots."""
        left = Counter(head)
        for node in list(left):
            if self._made[node]:
                yield from self._count_kept(node, left.pop(node))
        for node in head:
            yield from self._make(node, left)

    def _make(self, node: int, left: Counter[int]) -> Iterator[Step]:
        """The gate and what it needs, each counted as often as ``left`` says."""
        stack = [node]
        while stack:
            node = stack[-1]
            missing = [wire for wire in self._wires(node) if not self._made[wire]]
            if missing:
                stack += missing
                continue
            stack.pop()
            if self._made[node]:
                continue
            op, a, b = self._gates[node - self._n_inputs]
            reads_a, reads_b = self._reads[op]
            # A wire that the function ignores may never have been made.
            place_a = self._read(a) if reads_a else _NOWHERE
            place_b = self._read(b) if reads_b else _NOWHERE
            times = left.pop(node, 0)
            self._unread[node] -= times > 0
            slot = self._occupy(node) if self._unread[node] else None
            self._made[node] = True
            yield Step(op, place_a, place_b, slot, times > 0)
            yield from self._count_kept(node, times - 1)

    def _count_kept(self, node: int, times: int) -> Iterator[Step]:
        for _ in range(times):
            yield Step(A, self._read(node), _NOWHERE, None, True)

    def _wires(self, node: int) -> list[int]:
        if self._made[node]:
            return []
        op, a, b = self._gates[node - self._n_inputs]
        return [wire for wire, reads in zip((a, b), self._reads[op], strict=True) if reads]

    def _read(self, node: int) -> Place:
        if node < self._n_inputs:
            return Place(True, node)
        self._unread[node] -= 1
        slot = self._slot[node]
        if not self._unread[node]:
            heappush(self._free, slot)
        return Place(False, slot)

    def _occupy(self, node: int) -> int:
        if self._free:
            slot = heappop(self._free)
        else:
            slot = self.slots
            self.slots += 1
        self._slot[node] = slot
        return slot


_NOWHERE = Place(True, 0)


def _readers(graph: GateGraph) -> list[int]:
    """For each node, how often gates that matter read it, and heads count it."""
    readers = np.bincount(graph.head_nodes, minlength=graph.n_nodes)
    alive = graph.alive[graph.n_inputs :]
    for wires, reads in ((graph.a, READS_A), (graph.b, READS_B)):
        readers += np.bincount(wires[alive & reads[graph.op]], minlength=graph.n_nodes)
    counts: list[int] = readers.tolist()
    return counts
