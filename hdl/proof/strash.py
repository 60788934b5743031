"""Structural hashing: what is built alike is one node, which settles most of an equivalence.

Gates are ANDs and XORs, and inverters are marks on wires, so that however a function of two wires
was written, it is the same node (A. Kuehlmann and F. Krohm, "Equivalence
Checking Using Cuts and Heaps", 1997).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set

from lilogic.graph import Circuit, gates
from lilogic.graph.circuit import Builder, Gates, topological

Wire = int
"""Twice a node's number, plus 1 where it is inverted. Node 0 is FALSE, node ``1 + i`` input i."""

FALSE = 0


class XorAndGraph:
    """ANDs and XORs of ``n_inputs`` inputs, each node once. Sources have lower numbers."""

    def __init__(self, n_inputs: int) -> None:
        self.n_inputs = n_inputs
        # For every node, its gate (lilogic.graph.gates) and wires; FALSE and inputs have none.
        self._gates: list[tuple[int, Wire, Wire]] = [(gates.FALSE, 0, 0)] * (1 + n_inputs)
        self._nodes: dict[tuple[int, Wire, Wire], int] = {}

    def sources(self, node: int) -> tuple[int, ...]:
        """The nodes that ``node`` reads; none where it is an input."""
        _, a, b = self._gates[node]
        return () if node <= self.n_inputs else (a >> 1, b >> 1)

    def add(self, circuit: Gates) -> list[Wire]:
        """Add the circuit's gates; the wires of all its nodes."""
        wires = [2 * (1 + i) for i in range(circuit.n_inputs)]
        for op, a, b in circuit.rows():
            wires.append(self.gate(op, wires[a], wires[b]))
        return wires

    def outputs(self, circuit: Circuit) -> list[Wire]:
        """Add the circuit's gates; the wires of its outputs."""
        wires = self.add(circuit)
        return [wires[node] for node in circuit.outputs.tolist()]

    def gate(self, op: int, a: Wire, b: Wire) -> Wire:
        """The wire of a gate of two wires."""
        at_00, at_01, at_10, at_11 = (op >> shift & 1 for shift in (3, 2, 1, 0))
        if at_00 ^ at_01 ^ at_10 ^ at_11 == 0:
            # FALSE, a, b, their XOR, or the complement of one of these.
            return self._xor(a * (at_00 ^ at_10), b * (at_00 ^ at_01)) ^ at_00
        # One row of the truth table differs from the others.
        usual = int(at_00 + at_01 + at_10 + at_11 == 3)
        return self._and(a ^ at_00 ^ at_01, b ^ at_00 ^ at_10) ^ usual

    def cone(self, outputs: Iterable[Wire], leaves: Set[int]) -> list[int]:
        """The nodes that ``outputs`` depend on, leaves included but not passed; sources first."""

        def sources(node: int) -> list[int]:
            return [] if node in leaves else [n for n in self.sources(node) if n != FALSE]

        wanted = (wire >> 1 for wire in outputs)
        return list(topological((node for node in wanted if node != FALSE), sources))

    def circuit(self, outputs: Sequence[Wire], leaves: Set[int]) -> tuple[Circuit, list[int]]:
        """What computes ``outputs`` from ``leaves``, and the leaves in the order of its inputs.

        Inputs of these gates are leaves, too. What is built alike is the same circuit.
        """
        cone = self.cone(outputs, leaves)
        inputs = [node for node in cone if node in leaves or node <= self.n_inputs]
        builder = Builder(max(1, len(inputs)))
        place = {node: i for i, node in enumerate(inputs)} | {FALSE: builder.constant(0)}
        for node in cone:
            if node not in place:
                op, a, b = self._gates[node]
                if op == gates.AND:
                    op = _AND[a & 1, b & 1]
                place[node] = builder.gate(op, place[a >> 1], place[b >> 1])
        nodes = [place[wire >> 1] for wire in outputs]
        listed = zip(outputs, nodes, strict=True)
        return builder.build([builder.inverted(n) if wire & 1 else n for wire, n in listed]), inputs

    def _and(self, a: Wire, b: Wire) -> Wire:
        a, b = min(a, b), max(a, b)
        if a == FALSE or a == b ^ 1:
            return FALSE
        if a == FALSE ^ 1 or a == b:
            return b
        return self._node(gates.AND, a, b)

    def _xor(self, a: Wire, b: Wire) -> Wire:
        inverted = (a ^ b) & 1
        a, b = sorted((a & ~1, b & ~1))
        if a == b:
            return inverted
        if a == FALSE:
            return b ^ inverted
        return self._node(gates.XOR, a, b) ^ inverted

    def _node(self, op: int, a: Wire, b: Wire) -> Wire:
        key = (op, a, b)
        if key not in self._nodes:
            self._nodes[key] = len(self._gates)
            self._gates.append(key)
        return 2 * self._nodes[key]


_AND = {
    (0, 0): gates.AND,
    (0, 1): gates.A_AND_NOT_B,
    (1, 0): gates.NOT_A_AND_B,
    (1, 1): gates.NOR,
}
"""The AND of two wires by which of them are inverted."""
