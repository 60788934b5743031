"""Circuits of two-input gates: the arrays that hold gates, a builder, and the walk over nodes.

A ``Circuit`` is gates with outputs and nothing else; a ``GateGraph`` is the same gates with what
makes them a classifier. This module needs numpy, and numba only for large graphs.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import index
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from lilogic.errors import GraphError
from lilogic.graph import gates
from lilogic.graph.gates import READS_A, READS_B
from lilogic.jit import loop

Int32 = npt.NDArray[np.int32]

Row = tuple[int, int, int]
"""A gate as ``(op, a, b)``."""

MAX_NODES = 2**31 - 1


@dataclass(frozen=True, eq=False, kw_only=True)
class Gates:
    """Two-input gates in topological order, which is what circuits and gate graphs share.

    Node ids ``0 .. n_inputs-1`` are input bits; gate ``g`` is node ``n_inputs + g``. Arrays are
    validated and made read-only when the object is built.

    Attributes:
        n_inputs: number of input bits.
        op: uint8 [gates], each gate's function 0..15 (see ``lilogic.graph.gates``).
        a: int32 [gates], node id of each gate's first input, smaller than the gate's own id.
        b: int32 [gates], node id of each gate's second input, smaller than the gate's own id.
        roots: int32 [roots], gates that hardware had better see as lookup tables of all that stands
            between them and other roots, ascending; empty where every gate is one. They change
            nothing of what is computed; see ``lilogic.graph.cones``.

    Raises:
        GraphError: naming the field, the position and the bound that is broken.
    """

    n_inputs: int
    op: npt.NDArray[np.uint8]
    a: Int32
    b: Int32
    roots: Int32 = field(default_factory=lambda: np.empty(0, dtype=np.int32))

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "n_inputs", index(self.n_inputs))
        except TypeError as error:
            raise GraphError(f"n_inputs is {self.n_inputs!r}, but must be an integer") from error
        own_array(self, "op", np.uint8)
        own_array(self, "a", np.int32)
        own_array(self, "b", np.int32)
        own_array(self, "roots", np.int32)
        _check_gates(self)
        _check_roots(self)

    @property
    def n_gates(self) -> int:
        """Number of gates."""
        return len(self.op)

    @property
    def n_nodes(self) -> int:
        """Number of input bits and gates."""
        return self.n_inputs + self.n_gates

    def rows(self) -> Iterator[Row]:
        """Iterate over the gates as Python integers ``(op, a, b)``."""
        return zip(self.op.tolist(), self.a.tolist(), self.b.tolist(), strict=True)

    @cached_property
    def levels(self) -> Int32:
        """int32 [nodes]: the level of each node.

        Input bits have level 0, gates 1 + the highest level among the wires that they read. A wire
        that the gate's function ignores does not count; a constant has level 1.
        """
        levels = np.zeros(self.n_nodes, dtype=np.int32)
        _fill_levels(READS_A[self.op], self.a, READS_B[self.op], self.b, levels)
        return read_only(levels)


@dataclass(frozen=True, eq=False, kw_only=True)
class Circuit(Gates):
    """Two-input gates with outputs.

    Nodes are numbered, and arrays validated, as in ``GateGraph``.

    Attributes:
        n_inputs: Number of input bits.
        op: uint8 [gates], the function of each gate, 0 to 15.
        a: int32 [gates], node id of each gate's first input, smaller than the gate's own id.
        b: int32 [gates], node id of each gate's second input, smaller than the gate's own id.
        roots: int32 [roots], as in ``GateGraph``.
        outputs: int32 [outputs], node ids of the outputs; a node may appear several times.

    Raises:
        GraphError: A field is invalid. The message names the field, the position and the bound.
    """

    outputs: Int32

    def __post_init__(self) -> None:
        super().__post_init__()
        own_array(self, "outputs", np.int32)
        wrong = np.flatnonzero((self.outputs < 0) | (self.outputs >= self.n_nodes))
        if wrong.size:
            raise GraphError(
                f"outputs[{wrong[0]}] is node {self.outputs[wrong[0]]}, "
                f"but only {self.n_nodes} exist"
            )


@loop
def _fill_levels(
    reads_a: npt.NDArray[np.bool_],
    a: Int32,
    reads_b: npt.NDArray[np.bool_],
    b: Int32,
    levels: Int32,
) -> None:
    """Set the gates' levels, which are the last."""
    n_inputs = len(levels) - len(a)
    for gate in range(len(a)):
        level_a = levels[a[gate]] if reads_a[gate] else 0
        level_b = levels[b[gate]] if reads_b[gate] else 0
        levels[n_inputs + gate] = 1 + max(level_a, level_b)


def _check_gates(circuit: Gates) -> None:
    n_inputs, n_nodes = circuit.n_inputs, circuit.n_nodes
    if n_inputs < 1:
        raise GraphError(f"n_inputs is {n_inputs}, but a graph needs at least 1 input bit")
    if n_nodes > MAX_NODES:
        raise GraphError(f"the graph has more than {MAX_NODES} nodes")
    for name in ("a", "b"):
        entries = len(getattr(circuit, name))
        if entries != circuit.n_gates:
            raise GraphError(f"{name} has {entries} entries, but op has {circuit.n_gates}")
    wrong = np.flatnonzero(circuit.op > 15)
    if wrong.size:
        gate = wrong[0]
        raise GraphError(f"gate {gate} has op {circuit.op[gate]}, but ops are 0 to 15")
    own = n_inputs + np.arange(circuit.n_gates)
    for wires in (circuit.a, circuit.b):
        wrong = np.flatnonzero((wires < 0) | (wires >= own))
        if wrong.size:
            gate = wrong[0]
            if 0 <= wires[gate] < n_nodes:
                raise GraphError(
                    f"gate {gate} (node {own[gate]}) reads wire {wires[gate]}, which does not "
                    "come before it"
                )
            raise GraphError(f"gate {gate} reads wire {wires[gate]}, but only {n_nodes} exist")


def _check_roots(circuit: Gates) -> None:
    roots, first = circuit.roots, circuit.n_inputs
    below = np.concatenate([[first - 1], roots[:-1]])
    for place in np.flatnonzero((roots <= below) | (roots >= circuit.n_nodes)).tolist():
        problem = f"only {circuit.n_nodes} nodes exist"
        if roots[place] < circuit.n_nodes:
            problem = f"roots are gates, of which the first is node {first}, in ascending order"
        raise GraphError(f"roots[{place}] is {roots[place]}, but {problem}")


def own_array(owner: Gates, name: str, dtype: type[np.generic]) -> None:
    """Replace a field by a private read-only copy of its exact dtype.

    Raises:
        GraphError: it is no vector of numbers, or has one that ``dtype`` does not.
    """
    given = numbers(name, getattr(owner, name))
    if given.ndim != 1:
        raise GraphError(f"{name} has {given.ndim} dimensions, but must have 1")
    with np.errstate(invalid="ignore"):
        array = given.astype(dtype)
    wrong = np.flatnonzero(array != given)
    if wrong.size:
        raise GraphError(
            f"{name}[{wrong[0]}] is {given[wrong[0]]}, which is not a {np.dtype(dtype).name}"
        )
    object.__setattr__(owner, name, read_only(array))


def read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The same array, which can no longer be written to."""
    array.setflags(write=False)
    return array


def numbers(name: str, values: Any) -> npt.NDArray[Any]:
    """``values``, whatever was given, as an array of numbers.

    Raises:
        GraphError: there are others, or rows of different lengths.
    """
    try:
        array = np.asarray(values)
    except (TypeError, ValueError, RuntimeError) as error:
        reason = str(error).partition(". ")[0]
        raise GraphError(f"{name} cannot be made an array of integers: {reason}") from error
    if array.dtype.kind not in "buif":
        held = array.dtype.name if array.ndim else type(values).__name__
        raise GraphError(f"{name} holds {held}, but must hold 32-bit integers")
    return array


def columns(rows: Sequence[Row]) -> dict[str, Any]:
    """[gates] arrays ``op``, ``a`` and ``b`` of gates listed as ``(op, a, b)``.

    Raises:
        GraphError: they are not three numbers each.
    """
    table = numbers("gates", rows)
    if table.shape != (0,) and (table.ndim != 2 or table.shape[1] != 3):
        raise GraphError(f"gates have shape {table.shape}, but must be a list of (op, a, b)")
    op, a, b = table.reshape(-1, 3).T
    return {"op": op, "a": a, "b": b}


class Builder:
    """A circuit under construction, node by node.

    Args:
        n_inputs: Number of input bits.
    """

    def __init__(self, n_inputs: int) -> None:
        self.n_inputs = n_inputs
        self._rows: list[Row] = []
        self._constants: dict[int, int] = {}

    def gate(self, op: int, a: int, b: int) -> int:
        """Add a gate and return its node.

        Args:
            op: Its function, 0 to 15.
            a: Node of its first input.
            b: Node of its second input.
        """
        self._rows.append((op, a, b))
        return self.n_inputs + len(self._rows) - 1

    def inverted(self, node: int) -> int:
        """Add an inverter and return its node."""
        return self.gate(gates.NOT_A, node, node)

    def constant(self, value: int) -> int:
        """Return the node of a constant, 0 or 1."""
        if value not in self._constants:
            self._constants[value] = self.gate(gates.TRUE if value else gates.FALSE, 0, 0)
        return self._constants[value]

    def select(self, condition: int, if_one: int, if_zero: int) -> int:
        """Return a node that is ``if_one`` where ``condition`` is 1, else ``if_zero``."""
        kept = self.gate(gates.AND, condition, if_one)
        return self.gate(gates.OR, kept, self.gate(gates.NOT_A_AND_B, condition, if_zero))

    def lut(self, table: int, inputs: Sequence[int]) -> int:
        """Add a lookup table as two-input gates, by Shannon expansion, and return its node.

        Args:
            table: Truth table: bit ``i`` is the output for address ``i``.
            inputs: Nodes of the address bits, lowest first.
        """
        known: dict[tuple[int, int], int] = {}

        def expand(table: int, width: int) -> int:
            if (table, width) not in known:
                known[table, width] = build(table, width)
            return known[table, width]

        def build(table: int, width: int) -> int:
            all_ones = (1 << (1 << width)) - 1
            if table in (0, all_ones):
                return self.constant(table & 1)
            if width == 1:
                return inputs[0] if table == 2 else self.inverted(inputs[0])
            if width == 2:
                # Wire a is the address's higher bit.
                op = gates.from_truth(*(table >> address & 1 for address in range(4)))
                return self.gate(op, inputs[1], inputs[0])
            half = 1 << (width - 1)
            low, high = table & ((1 << half) - 1), table >> half
            select, ones = inputs[width - 1], (1 << half) - 1
            if low == high:
                return expand(low, width - 1)
            if low ^ high == ones:
                return self.gate(gates.XOR, select, expand(low, width - 1))
            if low in (0, ones):
                op = gates.NOT_A_OR_B if low else gates.AND
                return self.gate(op, select, expand(high, width - 1))
            if high in (0, ones):
                op = gates.OR if high else gates.NOT_A_AND_B
                return self.gate(op, select, expand(low, width - 1))
            kept = self.gate(gates.AND, select, expand(high, width - 1))
            other = self.gate(gates.NOT_A_AND_B, select, expand(low, width - 1))
            return self.gate(gates.OR, kept, other)

        return expand(table, len(inputs))

    def build(self, outputs: Sequence[int], roots: Iterable[int] = ()) -> Circuit:
        """Return the circuit of all gates so far.

        Args:
            outputs: Nodes of the outputs.
            roots: Nodes of roots, in any order; those that are not gates are left out.

        Raises:
            GraphError: There are no inputs, or a node does not exist.
        """
        listed: npt.NDArray[Any] = np.array(outputs, dtype=np.int64)
        found: Any = sorted({root for root in roots if root >= self.n_inputs})
        return Circuit(n_inputs=self.n_inputs, outputs=listed, roots=found, **columns(self._rows))


Node = TypeVar("Node", bound=Hashable)


class LoopError(GraphError):
    """A node depends on itself; ``node`` is one such."""

    def __init__(self, node: Any) -> None:
        super().__init__(f"{node} depends on itself")
        self.node = node


def topological(
    wanted: Iterable[Node], sources: Callable[[Node], Sequence[Node]]
) -> Iterator[Node]:
    """What ``wanted`` depend on, and they themselves: each once, after all that it reads.

    The walk is depth first: all that the first of ``wanted`` depends on comes before the rest, and
    likewise for the sources of a node.

    Args:
        wanted: nodes to begin with.
        sources: the nodes that a node reads, of those that are to be walked.

    Raises:
        LoopError: a node depends on itself.
    """
    done: set[Node] = set()
    entered: set[Node] = set()
    stack = [*wanted][::-1]
    while stack:
        node = stack[-1]
        waiting = [] if node in done else [n for n in sources(node) if n not in done]
        if waiting and node in entered:
            raise LoopError(node)
        if waiting:
            entered.add(node)
            stack += waiting[::-1]
            continue
        stack.pop()
        if node not in done:
            done.add(node)
            yield node
