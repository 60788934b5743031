"""Circuits of whole arrays of gates, for networks in which many gates are made alike."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lilogic.errors import GraphError
from lilogic.graph import Circuit, gates
from lilogic.graph.circuit import MAX_NODES, Int32

Nodes = npt.NDArray[np.int64]
"""Node ids, numbered as in ``lilogic.graph.circuit.Gates``, in an array of any shape."""

_FEW = 5
"""Tables of so many inputs fit, with the number of their lookup table, into 64 bits."""

_BOTH = 255
"""Instead of a gate: both halves of a table, of which the highest input selects one."""


class ArrayBuilder:
    """A circuit under construction, to which arrays of gates are added at once.

    Where it has lookup tables of more than two inputs, it gets roots: what tables make, and what
    else is said to be one.
    """

    def __init__(self, n_inputs: int) -> None:
        self.n_inputs = n_inputs
        self._n_nodes = n_inputs
        self._gates: list[tuple[npt.NDArray[np.uint8], Int32, Int32]] = []
        self._constants: dict[int, int] = {}
        self._roots: list[Nodes] = [np.empty(0, dtype=np.int64)]
        self._has_tables = False

    def gates(self, op: npt.ArrayLike, a: npt.ArrayLike, b: npt.ArrayLike) -> Nodes:
        """New gates' nodes, of the shape that the three arrays are broadcast to.

        Raises:
            GraphError: more nodes than a circuit may have.
        """
        op, a, b = np.broadcast_arrays(op, a, b)
        start, self._n_nodes = self._n_nodes, self._n_nodes + op.size
        if self._n_nodes > MAX_NODES:
            raise GraphError(f"the network has more than {MAX_NODES} nodes")
        self._gates.append(
            (op.astype(np.uint8).ravel(), a.astype(np.int32).ravel(), b.astype(np.int32).ravel())
        )
        return np.arange(start, self._n_nodes).reshape(op.shape)

    def constant(self, value: int) -> int:
        """The node that is always ``value``."""
        if value not in self._constants:
            op = gates.TRUE if value else gates.FALSE
            self._constants[value] = int(self.gates(op, 0, 0))
        return self._constants[value]

    def luts(self, table: npt.NDArray[np.bool_], wires: Nodes) -> Nodes:
        """Nodes [luts, places] of lookup tables, each with the same table at several places.

        A table of two inputs becomes one gate, whatever is in it; others are expanded (Shannon).

        Args:
            table: bool [luts, 2**n]; the output for address ``i`` is ``table[:, i]``.
            wires: [luts, n, places], the nodes of the address's bits, **highest** first.
        """
        if wires.shape[1] == 2:
            nodes = self._pairs(table, wires[:, 0], wires[:, 1])
        else:
            nodes = self._expanded(np.arange(len(table)), table, wires)
            self._has_tables |= wires.shape[1] > 2
        self.mark_roots(nodes)
        return nodes

    def mark_roots(self, nodes: Nodes) -> None:
        """Say that these nodes, of any shape, are roots, as far as they are gates."""
        self._roots.append(nodes[nodes >= self.n_inputs])

    def _pairs(self, table: npt.NDArray[np.bool_], a: Nodes, b: Nodes) -> Nodes:
        return self.gates((table @ np.array([8, 4, 2, 1]))[:, None], a, b)

    def _expanded(
        self, lut: npt.NDArray[np.int64], table: npt.NDArray[np.bool_], wires: Nodes
    ) -> Nodes:
        """Nodes [rows, places] of parts of lookup tables: ``table[row]`` is a part of ``lut[row]``.

        A part reads the last wires of its lookup table, as many as its size asks for. Equal parts
        of one lookup table are made once.
        """
        width = table.shape[1].bit_length() - 1
        if width > _FEW or not len(table):
            return self._distinct(lut, table, wires)
        bits = np.int64(1) << np.arange(1 << width, dtype=np.int64)
        keys = (lut << (1 << width)) + table @ bits
        _, first, back = np.unique(keys, return_index=True, return_inverse=True)
        return self._distinct(lut[first], table[first], wires)[back]

    def _distinct(
        self, lut: npt.NDArray[np.int64], table: npt.NDArray[np.bool_], wires: Nodes
    ) -> Nodes:
        width = table.shape[1].bit_length() - 1
        nodes = np.empty((len(table), wires.shape[2]), dtype=np.int64)
        ones = table.sum(axis=1)
        for value, all_alike in ((0, ones == 0), (1, ones == 1 << width)):
            if all_alike.any():
                nodes[all_alike] = self.constant(value)
        rows = np.flatnonzero((ones > 0) & (ones < 1 << width))
        lut, table = lut[rows], table[rows]
        select = wires[lut, wires.shape[1] - width]
        if width == 1:
            passes = table[:, 1]
            nodes[rows[passes]] = select[passes]
            nodes[rows[~passes]] = self.gates(gates.NOT_A, select[~passes], select[~passes])
        elif width == 2:
            nodes[rows] = self._pairs(table, select, wires[lut, -1])
        elif len(rows):
            nodes[rows] = self._selected(lut, table, select, wires)
        return nodes

    def _selected(
        self,
        lut: npt.NDArray[np.int64],
        table: npt.NDArray[np.bool_],
        select: Nodes,
        wires: Nodes,
    ) -> Nodes:
        """Nodes of parts that are no constants: the half of a table that ``select`` chooses."""
        low, high = np.split(table, 2, axis=1)
        # Where one half says it all, or is constant, one gate does; else it takes both halves.
        op = np.full(len(table), _BOTH, dtype=np.uint8)
        for function, case in (
            (gates.NOT_A_AND_B, ~high.any(axis=1)),
            (gates.OR, high.all(axis=1)),
            (gates.AND, ~low.any(axis=1)),
            (gates.NOT_A_OR_B, low.all(axis=1)),
            (gates.XOR, (low != high).all(axis=1)),
            (gates.B, (low == high).all(axis=1)),
        ):
            op[case] = function
        both: npt.NDArray[np.bool_] = op == _BOTH
        high_only = (op == gates.AND) | (op == gates.NOT_A_OR_B)
        parts = [np.where(high_only[:, None], high, low), high[both]]
        halves = self._expanded(np.concatenate([lut, lut[both]]), np.concatenate(parts), wires)
        nodes, if_one = halves[: len(table)], halves[len(table) :]
        kept = self.gates(gates.AND, select[both], if_one)
        other = self.gates(gates.NOT_A_AND_B, select[both], nodes[both])
        nodes[both] = self.gates(gates.OR, kept, other)
        one = ~both & (op != gates.B)
        nodes[one] = self.gates(op[one, None], select[one], nodes[one])
        return nodes

    def build(self, outputs: Nodes) -> Circuit:
        """The circuit of all gates so far, with these nodes [outputs] as outputs.

        Raises:
            GraphError: there are no inputs, or nodes that do not exist.
        """
        op, a, b = zip(*self._gates, strict=True) if self._gates else ((), (), ())
        return Circuit(
            n_inputs=self.n_inputs,
            op=np.concatenate([np.empty(0, dtype=np.uint8), *op]),
            a=np.concatenate([np.empty(0, dtype=np.int32), *a]),
            b=np.concatenate([np.empty(0, dtype=np.int32), *b]),
            roots=np.unique(np.concatenate(self._roots if self._has_tables else self._roots[:1])),
            outputs=outputs.astype(np.int32),
        )
