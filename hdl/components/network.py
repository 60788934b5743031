"""The gates: input bits to the values of the nodes that heads count."""

from __future__ import annotations

from collections.abc import Callable
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
    """Gate levels of the network; at least 1, so that a pipeline of any graph has a register."""
    return max(graph.depth, 1)


def banks(graph: GateGraph, registers: Registers) -> list[Nodes]:
    """For each level, the nodes that registers after it carry, ascending; none without registers.

    Those are the nodes made so far that a level behind reads, or a head counts.
    """
    made = graph.n_inputs + np.flatnonzero(graph.alive[graph.n_inputs :])
    op, a, b = (wire[made - graph.n_inputs] for wire in (graph.op, graph.a, graph.b))
    last_read = np.zeros(graph.n_nodes, dtype=np.int32)
    for wire, reads in ((a, READS_A[op]), (b, READS_B[op])):
        np.maximum.at(last_read, wire[reads], graph.levels[made[reads]])
    last_read[counted(graph)] = len(registers) + 1
    # Constants pass no register: they are the same in every cycle.
    last_read[made[~(READS_A | READS_B)[op]]] = 0
    return [
        np.flatnonzero((graph.levels <= level) & (last_read > level) & ends_stage)
        for level, ends_stage in enumerate(registers, 1)
    ]


class GateNetwork(Component):
    """A graph's gates, level after level.

    Gates of one level and function are one wide vector operation, so that elaboration is linear
    in the number of gates. Only gates that a head depends on are made. A bank of registers
    carries every wire that a level behind it reads.

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
        made = graph.n_inputs + np.flatnonzero(graph.alive[graph.n_inputs :])
        is_constant = ~(READS_A | READS_B)[graph.op[made - graph.n_inputs]]
        node = made[~is_constant]
        op = graph.op[node - graph.n_inputs]
        # Where a gate ignores one wire, both stand for the other.
        a, b = graph.a[node - graph.n_inputs], graph.b[node - graph.n_inputs]
        a, b = np.where(READS_A[op], a, b), np.where(READS_B[op], b, a)

        constants = Const(0b10, 2)
        wires = [constants, *self.bits.signals]
        # Of each node, its place in the row of all wires.
        place = len(constants) + np.arange(graph.n_nodes)
        place[made[is_constant]] = graph.op[made[is_constant] - graph.n_inputs] == gates.TRUE
        width = sum(map(len, wires))
        carried = banks(graph, self._registers)
        for level, ends_stage in enumerate(self._registers, 1):
            here = np.flatnonzero(graph.levels[node] == level)
            for function in np.unique(op[here]).tolist():
                runs = vector.chunks(here[op[here] == function])
                for number, run in enumerate(runs):
                    name = naming.run(f"level{level}_{GATES[function].name.lower()}", number)
                    output = Signal(len(run), name=name)
                    operands = (vector.take(wires, place[nodes[run]]) for nodes in (a, b))
                    m.d.comb += output.eq(naming.named(m, _apply(function, *operands), name))
                    place[node[run]] = width + np.arange(len(run))
                    wires.append(output)
                    width += len(output)
            if ends_stage:
                kept = carried[level - 1]
                # In the order of their wires, which is that of whole vectors.
                kept = kept[np.argsort(place[kept])]
                bank = vector.signals(len(kept), f"after{level}")
                m.d.sync += vector.assign_taken(bank, wires, place[kept])
                place[kept] = len(constants) + np.arange(len(kept))
                wires = [constants, *bank]
                width = len(constants) + len(kept)
        m.d.comb += vector.assign_taken(self.values.signals, wires, place[self._counted])
        return m


def _apply(op: int, a: Value, b: Value) -> Value:
    """A gate of wide inputs; not a constant."""
    return _FUNCTIONS[op](a, b) if op in _FUNCTIONS else ~_FUNCTIONS[op ^ 15](a, b)
