"""The gates: input bits to the values of the nodes that heads count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from amaranth.hdl import Const, Module, Signal, Value
from amaranth.lib.wiring import Component, In, Out

from lilogic.graph import GateGraph, gates
from lilogic.graph.gates import GATES, READS_A, READS_B
from lilogic.hdl.components import naming, vector
from lilogic.hdl.components.pipeline import Registers

Nodes = npt.NDArray[Any]

# The other gates are the complements of these, and constants need no logic.
_FUNCTIONS: dict[int, Callable[[Value, Value], Value]] = {
    gates.AND: lambda a, b: a & b,
    gates.A_AND_NOT_B: lambda a, b: a & ~b,
    gates.A: lambda a, b: a,
    gates.NOT_A_AND_B: lambda a, b: ~a & b,
    gates.B: lambda a, b: b,
    gates.XOR: lambda a, b: a ^ b,
    gates.OR: lambda a, b: a | b,
}


def counted(graph: GateGraph) -> Nodes:
    """The distinct nodes that heads count, in ascending order."""
    nodes: Nodes = np.unique(graph.head_nodes)
    return nodes


def levels(graph: GateGraph) -> int:
    """Levels of the network; at least 1, so that a pipeline of any graph has a register.

    They are those of ``Cones``: a root and all that its cone is made of are of one level.
    """
    return max(int(graph.cones.level[graph.head_nodes].max(initial=0)), 1)


def widths(graph: GateGraph) -> list[int]:
    """For each level, the most wires that one of its cones is a function of."""
    cones = graph.cones
    most = np.zeros(levels(graph) + 1, dtype=np.int64)
    np.maximum.at(most, cones.level[cones.roots], (cones.root_leaves >= 0).sum(1))
    found: list[int] = most[1:].tolist()
    return found


def banks(graph: GateGraph, registers: Registers) -> list[Nodes]:
    """For each level, the nodes that registers after it carry, ascending; none without registers.

    Those are the input bits and roots made so far that a root behind reads, or a head counts.
    """
    cones = graph.cones
    last_read = np.zeros(graph.n_nodes, dtype=np.int32)
    leaves = cones.root_leaves
    readers = np.broadcast_to(cones.level[cones.roots, None], leaves.shape)
    np.maximum.at(last_read, leaves[leaves >= 0], readers[leaves >= 0])
    last_read[counted(graph)] = len(registers) + 1
    # Constants pass no register: they are the same in every cycle.
    last_read[_constants(graph)] = 0
    return [
        np.flatnonzero((cones.level <= level) & (last_read > level) & ends_stage)
        for level, ends_stage in enumerate(registers, 1)
    ]


def _constants(graph: GateGraph) -> Nodes:
    """Gates that are constants."""
    nodes: Nodes = graph.n_inputs + np.flatnonzero(~(READS_A | READS_B)[graph.op])
    return nodes


def stages(graph: GateGraph, registers: Registers) -> Iterator[tuple[int, Nodes, Nodes]]:
    """For each stage, its last level, the gates that it holds, and what registers behind it carry.

    It holds the roots of its levels, and all that their cones are made of. So what roots of several
    stages share is made in each of them, instead of being carried from one to the next.
    """
    cones, roots = graph.cones, graph.cones.roots
    ends = [level for level, ends_stage in enumerate(registers, 1) if ends_stage]
    carried = banks(graph, registers)
    constants = _constants(graph)
    is_made = np.zeros(graph.n_nodes, dtype=bool)
    is_made[: graph.n_inputs] = True
    start = 0
    for end in dict.fromkeys([*ends, len(registers)]):
        is_made[constants] = True
        level = cones.level[roots]
        found = roots[(level > start) & (level <= end) & ~is_made[roots]]
        held = [found]
        while found.size:
            is_made[found] = True
            gate = found - graph.n_inputs
            op = graph.op[gate]
            wires = [graph.a[gate][READS_A[op]], graph.b[gate][READS_B[op]]]
            read = np.unique(np.concatenate(wires))
            held.append(found := read[~is_made[read]])
        yield end, np.sort(np.concatenate(held)), carried[end - 1]
        is_made[:] = False
        is_made[carried[end - 1]] = True
        start = end


class GateNetwork(Component):
    """A graph's gates, stage after stage.

    Gates of one stage, level and function are one wide vector operation, so that elaboration is
    linear in the number of gates. Only gates that a head depends on are made. A bank of registers
    carries every root that a level behind it reads.

    Args:
        graph: the graph.
        registers: after which of the ``levels`` registers stand.

    Attributes:
        bits: in, ``vector.Signature``: the graph's input bits.
        values: out, ``vector.Signature``: one bit for each of ``counted(graph)``, all of the same
            sample.
        latency: clock cycles from ``bits`` to ``values``.
    """

    def __init__(self, graph: GateGraph, registers: Registers) -> None:
        self._graph = graph
        self._counted = counted(graph)
        self._registers = registers
        self.latency = sum(registers)
        super().__init__(
            {
                "bits": In(vector.Signature(graph.n_inputs)),
                "values": Out(vector.Signature(len(self._counted))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        graph = self._graph
        constants = Const(0b10, 2)
        wires = [constants, *self.bits.signals]
        # Of each node, its place in the row of all wires.
        place = len(constants) + np.arange(graph.n_nodes)
        constant = _constants(graph)
        place[constant] = graph.op[constant - graph.n_inputs] == gates.TRUE
        width = sum(map(len, wires))
        runs_of: Counter[str] = Counter()
        for end, held, carried in stages(graph, self._registers):
            op = graph.op[held - graph.n_inputs]
            # Where a gate ignores one wire, both stand for the other.
            a, b = graph.a[held - graph.n_inputs], graph.b[held - graph.n_inputs]
            a, b = np.where(READS_A[op], a, b), np.where(READS_B[op], b, a)
            for level, function, here in _grouped(graph.levels[held], op):
                group = f"level{level}_{GATES[function].name.lower()}"
                for chunk in vector.chunks(here.tolist()):
                    run = np.array(chunk)
                    name = naming.run(group, runs_of[group])
                    runs_of[group] += 1
                    output = Signal(len(run), name=name)
                    operands = (vector.take(wires, place[nodes[run]]) for nodes in (a, b))
                    m.d.comb += output.eq(naming.named(m, _apply(function, *operands), name))
                    place[held[run]] = width + np.arange(len(run))
                    wires.append(output)
                    width += len(output)
            if self._registers[end - 1]:
                # In the order of their wires, which is that of whole vectors.
                kept = carried[np.argsort(place[carried])]
                bank = vector.signals(len(kept), f"after{end}")
                m.d.sync += vector.assign_taken(bank, wires, place[kept])
                place[kept] = len(constants) + np.arange(len(kept))
                wires = [constants, *bank]
                width = len(constants) + len(kept)
        m.d.comb += vector.assign_taken(self.values.signals, wires, place[self._counted])
        return m


def _grouped(level: Nodes, op: Nodes) -> Iterator[tuple[int, int, Nodes]]:
    """For each level and function, ascending, where gates of both are, if anywhere."""
    key = level * len(GATES) + op
    order = np.argsort(key, kind="stable")
    for run in np.split(order, np.flatnonzero(np.diff(key[order])) + 1):
        if run.size:
            yield *divmod(int(key[run[0]]), len(GATES)), run


def _apply(op: int, a: Value, b: Value) -> Value:
    """A gate of wide inputs; not a constant."""
    return _FUNCTIONS[op](a, b) if op in _FUNCTIONS else ~_FUNCTIONS[op ^ 15](a, b)
