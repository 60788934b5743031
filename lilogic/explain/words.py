"""A network in words: each class's score as a sum of conditions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, reduce
from operator import or_

import numpy as np

from lilogic.errors import GraphError
from lilogic.explain.conditions import Conditions
from lilogic.graph import GateGraph, passes
from lilogic.graph.gates import READS_A, READS_B, TRUTH
from lilogic.report.models.explanation import ClassScore, Formula, Named, Term

MOST_WRITTEN = 300
"""Conditions of a formula, of scores and parts, at most."""

_MOST_READ = 8
"""Input bits and parts that one condition is written over, at most."""

Literal = tuple[int, bool]
"""A node, and the value that it must have."""

Product = tuple[Literal, ...]
"""Holds if all literals do."""

Sum = tuple[Product, ...]
"""Holds if a product does: ``()`` never, ``((),)`` always."""

_NEVER: Sum = ()
_ALWAYS: Sum = ((),)


def formula(graph: GateGraph, class_names: Sequence[str], only: int | None = None) -> Formula:
    """The scores of ``graph``, for whatever its encoder makes, in words.

    Args:
        graph: the network.
        class_names: what its classes are called.
        only: the class whose score alone is written; None for all.

    Raises:
        GraphError: that is too large to be read; says how large.
    """
    if only is not None:
        graph, class_names = _of_one(graph, only), [class_names[only]]
    graph = passes.simplify(graph)
    counted = np.unique(graph.head_nodes).tolist()
    if len(counted) > MOST_WRITTEN:
        raise GraphError(
            f"too large to write in words: its classes count {len(counted):,} different nodes, "
            f"but at most {MOST_WRITTEN} are supported"
        )
    words = _Words(graph, Conditions.of(graph))
    sums = {node: words.minimal(node) for node in counted}
    parts = words.parts()
    if len(counted) + len(parts) > MOST_WRITTEN:
        raise GraphError(
            f"too large to write in words: its classes count {len(counted):,} different nodes "
            f"with {len(parts):,} shared parts, but at most {MOST_WRITTEN} together are supported"
        )
    return _written(graph, class_names, words, sums, {part: words.minimal(part) for part in parts})


def _of_one(graph: GateGraph, class_: int) -> GateGraph:
    """A graph of the one class."""
    head = graph.heads[class_]
    return replace(
        graph,
        head_nodes=head,
        head_ptr=np.array([0, len(head)]),
        offset=graph.offset[class_ : class_ + 1],
    )


def _written(
    graph: GateGraph,
    class_names: Sequence[str],
    words: _Words,
    sums: dict[int, Sum],
    parts: dict[int, Sum],
) -> Formula:
    """The formula of what its counted nodes and parts are."""
    weights = [Counter(sums[node] for node in head.tolist()) for head in graph.heads]
    offsets = graph.offset.tolist()
    for number, terms in enumerate(weights):
        terms.pop(_NEVER, None)
        offsets[number] += terms.pop(_ALWAYS, 0)
    names = {node: f"part {number}" for number, node in enumerate(parts, 1)}
    words.part_names.update(names)
    named = [Named(name=names[node], text=words.text(sum_)) for node, sum_ in parts.items()]
    known = {sum_: names[node] for node, sum_ in parts.items() if _literals(sum_) > 1}
    uses = Counter(sum_ for terms in weights for sum_ in terms)
    for sum_, count in uses.items():
        if count > 1 and sum_ not in known and _literals(sum_) > 1:
            known[sum_] = f"part {len(named) + 1}"
            named.append(Named(name=known[sum_], text=words.text(sum_)))
    scores = [
        ClassScore(
            name=name,
            offset=offset,
            terms=[
                Term(weight=weight, text=known.get(sum_) or words.text(sum_))
                for sum_, weight in sorted(terms.items(), key=lambda term: (-term[1], term[0]))
            ],
        )
        for name, offset, terms in zip(class_names, offsets, weights, strict=True)
    ]
    return Formula(parts=named, scores=scores)


@dataclass
class _Words:
    """Nodes as sums of products over input bits and parts, which are nodes themselves."""

    graph: GateGraph
    conditions: Conditions
    part_names: dict[int, str] = field(default_factory=dict)
    _asked: list[int] = field(default_factory=list)
    _reads: dict[int, frozenset[int]] = field(default_factory=dict)

    def _wires(self, node: int) -> list[int]:
        """The nodes that a gate depends on."""
        gate = node - self.graph.n_inputs
        op = self.graph.op[gate]
        wires = (self.graph.a[gate], READS_A[op]), (self.graph.b[gate], READS_B[op])
        return [int(wire) for wire, is_read in wires if is_read]

    def reads(self, node: int) -> frozenset[int]:
        """The input bits and parts that the node is written over; itself where it is a bit."""
        if node < self.graph.n_inputs:
            return frozenset([node])
        for below in self._below(node):
            if below not in self._reads:
                self._reads[below] = self._cut(below)
        return self._reads[node]

    def _below(self, node: int) -> list[int]:
        """The gates that a gate depends on, and itself last, in topological order."""
        found, left = set(), [node]
        while left:
            gate = left.pop()
            if gate >= self.graph.n_inputs and gate not in found:
                found.add(gate)
                left += [] if gate in self._reads else self._wires(gate)
        return sorted(found)

    def _cut(self, node: int) -> frozenset[int]:
        """What the gate's wires are written over, or else the wires, the wider one first."""
        sets = {wire: self._reads.get(wire, frozenset([wire])) for wire in self._wires(node)}
        for wire in sorted(sets, key=lambda wire: -len(sets[wire])):
            if len(_union(sets.values())) > _MOST_READ:
                sets[wire] = frozenset([wire])
        return _union(sets.values())

    def parts(self) -> list[int]:
        """The gates that others are written over, in topological order, of all nodes asked for."""
        found: set[int] = set()
        left = [*self._asked]
        while left:
            new = {v for v in self.reads(left.pop()) if v >= self.graph.n_inputs} - found
            found |= new
            left += new
        return sorted(found)

    def minimal(self, node: int) -> Sum:
        """The node as a sum of few products, equal wherever the encoder can make the bits."""
        self._asked.append(node)
        read = sorted(self.reads(node))
        tables = {wire: _column(place, len(read)) for place, wire in enumerate(read)}
        true = self._table(node, tables, (1 << (1 << len(read))) - 1)
        impossible = self._impossible(read)
        products = minimal_sum(len(read), true & ~impossible, impossible)
        return tuple(
            sorted(
                (tuple((read[place], value) for place, value in product) for product in products),
                key=lambda product: (len(product), product),
            )
        )

    def _table(self, node: int, tables: dict[int, int], everywhere: int) -> int:
        """The node's truth table over the nodes whose tables are known; adds what it finds."""
        left = [node]
        while left:
            top = left[-1]
            missing = [] if top in tables else [w for w in self._wires(top) if w not in tables]
            left += missing
            if not missing:
                left.pop()
            if not missing and top not in tables:
                tables[top] = self._gate(top, tables, everywhere)
        return tables[node]

    def _gate(self, node: int, tables: dict[int, int], everywhere: int) -> int:
        """A gate's truth table of those of its wires."""
        gate = node - self.graph.n_inputs
        wires = [tables.get(int(wires[gate]), 0) for wires in (self.graph.a, self.graph.b)]
        sides = [(everywhere ^ wire, wire) for wire in wires]
        truth = TRUTH[self.graph.op[gate]].tolist()
        rows = [sides[0][row >> 1] & sides[1][row & 1] for row in range(4)]
        return reduce(or_, (row for row, value in zip(rows, truth, strict=True) if value), 0)

    def _impossible(self, read: list[int]) -> int:
        """Which values of nodes no sample has: a high threshold exceeded, but not a lower one."""
        conditions, found = self.conditions, 0
        width = len(read)
        everywhere = (1 << (1 << width)) - 1
        never, always = conditions.constants
        bits = [(place, bit) for place, bit in enumerate(read) if bit < conditions.n_inputs]
        for place, bit in bits:
            if never[bit]:
                found |= _column(place, width)
            if always[bit]:
                found |= everywhere ^ _column(place, width)
            for other, lower in bits:
                same = place != other and conditions.measures[bit] == conditions.measures[lower]
                if same and conditions.thresholds[bit] >= conditions.thresholds[lower]:
                    found |= _column(place, width) & ~_column(other, width)
        return found

    def text(self, sum_: Sum) -> str:
        """The sum in words."""
        if sum_ in (_NEVER, _ALWAYS):
            return "always" if sum_ else "never"
        products = [self._product(product) for product in sum_]
        if len(products) == 1:
            return " and ".join(products[0])
        return " or ".join(
            f"({' and '.join(texts)})" if len(texts) > 1 else texts[0] for texts in products
        )

    def _product(self, product: Product) -> list[str]:
        """The conditions of a product; two on one value are a range."""
        texts: list[str] = []
        ranges: dict[int, dict[bool, int]] = {}
        for node, value in product:
            if node < self.graph.n_inputs:
                ranges.setdefault(int(self.conditions.measures[node]), {})[value] = node
            else:
                texts.append(self.part_names[node] if value else f"not {self.part_names[node]}")
        bounds = [self.conditions.text(r.get(True), r.get(False)) for r in ranges.values()]
        return bounds + texts


def _literals(sum_: Sum) -> int:
    return sum(map(len, sum_))


def _union(sets: Iterable[frozenset[int]]) -> frozenset[int]:
    return frozenset().union(*sets)


@cache
def _column(place: int, width: int) -> int:
    """The truth table of variable ``place`` of ``width``: bit i is bit ``place`` of i."""
    block = ((1 << (1 << place)) - 1) << (1 << place)
    return sum(block << start for start in range(0, 1 << width, 2 << place))


@dataclass(frozen=True)
class _Cube:
    """A product of variables, and where it holds."""

    literals: tuple[tuple[int, bool], ...]
    table: int


@cache
def _cubes(width: int) -> list[_Cube]:
    """All products of ``width`` variables, those of few literals first."""
    cubes = [_Cube((), (1 << (1 << width)) - 1)]
    for place in range(width):
        column = _column(place, width)
        cubes += [
            _Cube((*cube.literals, (place, value)), cube.table & (column if value else ~column))
            for cube in cubes
            for value in (False, True)
        ]
    return sorted(cubes, key=lambda cube: len(cube.literals))


def minimal_sum(width: int, true: int, open_: int) -> list[tuple[tuple[int, bool], ...]]:
    """Few products, none of them superfluous, that hold where ``true`` and nowhere else.

    These are prime implicants, as Quine and McCluskey find them: those that are needed in any
    case, and then, until all is covered, the one that covers most.

    Args:
        width: number of variables.
        true: bit i is 1 where the sum must hold: variable v is bit v of i.
        open_: likewise, where it may; not where it must.
    """
    primes: list[_Cube] = []
    for cube in _cubes(width):
        is_implicant = cube.table & true and not cube.table & ~(true | open_)
        if is_implicant and all(cube.table & ~prime.table for prime in primes):
            primes.append(cube)
    chosen: list[_Cube] = []
    for row in range(1 << width):
        if true >> row & 1:
            covering = [prime for prime in primes if prime.table >> row & 1]
            if len(covering) == 1 and covering[0] not in chosen:
                chosen += covering
    left = true & ~reduce(or_, (cube.table for cube in chosen), 0)
    while left:
        best = max(primes, key=lambda cube: ((cube.table & left).bit_count(), -len(cube.literals)))
        chosen.append(best)
        left &= ~best.table
    for cube in reversed(chosen[:]):
        others = reduce(or_, (other.table for other in chosen if other is not cube), 0)
        if not true & ~others:
            chosen.remove(cube)
    return [cube.literals for cube in chosen]
