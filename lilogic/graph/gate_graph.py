"""GateGraph: the frozen network, and the waist of the hourglass.

Everything that learns makes GateGraphs; everything that infers, simplifies, proves or builds
hardware reads them. This module needs numpy only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from operator import index
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.data.encoder import Encoder
from lilogic.errors import LilogicError
from lilogic.graph.gates import READS_A, READS_B

Int32 = npt.NDArray[np.int32]

MAX_NODES = 2**31 - 1


@dataclass(frozen=True, eq=False)
class GateGraph:
    """A topologically ordered graph of two-input gates with one popcount head per class.

    Node ids ``0 .. n_inputs-1`` are input bits; gate ``g`` is node ``n_inputs + g``. Arrays are
    validated and made read-only when the graph is built.

    Attributes:
        n_inputs: number of input bits.
        op: uint8 [gates], each gate's function 0..15 (see ``lilogic.graph.gates``).
        a: int32 [gates], node id of each gate's first input, smaller than the gate's own id.
        b: int32 [gates], node id of each gate's second input, smaller than the gate's own id.
        head_nodes: int32 [counted], the nodes that the heads count, class after class. A node
            may appear several times and then counts as often.
        head_ptr: int32 [classes + 1], class ``c`` counts ``head_nodes[head_ptr[c]:head_ptr[c+1]]``.
        offset: int32 [classes], added to each class's count.
        encoder: how raw data becomes the input bits, or None where the inputs are bits already.
        metadata: JSON values about the graph's origin (name, data set, accuracies, recipe).

    Raises:
        LilogicError: naming the field, the position and the bound that is broken.
    """

    n_inputs: int
    op: npt.NDArray[np.uint8]
    a: Int32
    b: Int32
    head_nodes: Int32
    head_ptr: Int32
    offset: Int32
    encoder: Encoder | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _own_number(self)
        _own_arrays(self)
        object.__setattr__(self, "metadata", dict(self.metadata))
        _check_widths(self)
        _check_gates(self)
        _check_heads(self)

    @property
    def n_gates(self) -> int:
        """Number of gates."""
        return len(self.op)

    @property
    def n_nodes(self) -> int:
        """Number of input bits and gates."""
        return self.n_inputs + self.n_gates

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.offset)

    @property
    def heads(self) -> list[Int32]:
        """For each class, int32 node ids that it counts."""
        return np.split(self.head_nodes, self.head_ptr[1:-1])

    @cached_property
    def levels(self) -> Int32:
        """int32 [nodes]: 0 for input bits, else 1 + the largest level among the wires it reads.

        A wire that the gate's function ignores does not count; a constant has level 1.
        """
        levels = [0] * self.n_nodes
        reads_a, reads_b = READS_A.tolist(), READS_B.tolist()
        gates = zip(self.op.tolist(), self.a.tolist(), self.b.tolist(), strict=True)
        for node, (op, a, b) in enumerate(gates, self.n_inputs):
            level_a = levels[a] if reads_a[op] else 0
            level_b = levels[b] if reads_b[op] else 0
            levels[node] = 1 + max(level_a, level_b)
        return _read_only(np.array(levels, dtype=np.int32))

    @property
    def depth(self) -> int:
        """The largest level among the nodes that heads count, in gates."""
        return int(self.levels[self.head_nodes].max(initial=0))

    @cached_property
    def alive(self) -> npt.NDArray[np.bool_]:
        """bool [nodes]: whether a head depends on the node."""
        alive = np.zeros(self.n_nodes, dtype=bool)
        alive[self.head_nodes] = True
        marks = alive.tolist()
        ops, a, b = self.op.tolist(), self.a.tolist(), self.b.tolist()
        reads_a, reads_b = READS_A.tolist(), READS_B.tolist()
        for gate in range(self.n_gates - 1, -1, -1):
            if marks[self.n_inputs + gate]:
                if reads_a[ops[gate]]:
                    marks[a[gate]] = True
                if reads_b[ops[gate]]:
                    marks[b[gate]] = True
        return _read_only(np.array(marks, dtype=bool))

    def score_bounds(self) -> tuple[Int32, Int32]:
        """int32 [classes] lowest and highest score that each class could have."""
        return self.offset, (self.offset + np.diff(self.head_ptr)).astype(np.int32)

    def with_metadata(self, **entries: Any) -> GateGraph:
        """The same graph with these metadata entries added or replaced."""
        return replace(self, metadata={**self.metadata, **entries})

    @classmethod
    def build(
        cls,
        n_inputs: int,
        gates: Sequence[tuple[int, int, int]],
        heads: Sequence[Sequence[int]],
        offset: Sequence[int] | None = None,
        encoder: Encoder | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> GateGraph:
        """A graph from plain lists: gates as ``(op, a, b)`` and one list of node ids per class."""
        columns: npt.NDArray[Any] = np.array(gates, dtype=np.int64).reshape(-1, 3).T
        counted: npt.NDArray[Any] = np.array([*chain(*heads)], dtype=np.int64)
        pointers: npt.NDArray[Any] = np.cumsum([0, *map(len, heads)])
        offsets: npt.NDArray[Any] = np.array([0] * len(heads) if offset is None else offset)
        return cls(
            n_inputs,
            columns[0],
            columns[1],
            columns[2],
            counted,
            pointers,
            offsets,
            encoder,
            metadata or {},
        )


_DTYPES: dict[str, type[np.generic]] = {
    "op": np.uint8,
    "a": np.int32,
    "b": np.int32,
    "head_nodes": np.int32,
    "head_ptr": np.int32,
    "offset": np.int32,
}


def _read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    array.setflags(write=False)
    return array


def _own_number(graph: GateGraph) -> None:
    try:
        object.__setattr__(graph, "n_inputs", index(graph.n_inputs))
    except TypeError as error:
        raise LilogicError(f"n_inputs is {graph.n_inputs!r}, but must be an integer") from error


def _own_arrays(graph: GateGraph) -> None:
    """Replace each array by a private read-only copy of its exact dtype, refusing lossy casts."""
    for name, dtype in _DTYPES.items():
        given = np.asarray(getattr(graph, name))
        if given.ndim != 1:
            raise LilogicError(f"{name} has {given.ndim} dimensions, but must have 1")
        if given.dtype.kind not in "buif":
            raise LilogicError(f"{name} holds {given.dtype.name}, but must hold 32-bit integers")
        with np.errstate(invalid="ignore"):
            array = given.astype(dtype)
        wrong = np.flatnonzero(array != given)
        if wrong.size:
            raise LilogicError(
                f"{name}[{wrong[0]}] is {given[wrong[0]]}, which is not a {np.dtype(dtype).name}"
            )
        object.__setattr__(graph, name, _read_only(array))


def _check_widths(graph: GateGraph) -> None:
    if graph.n_inputs < 1:
        raise LilogicError(f"n_inputs is {graph.n_inputs}, but a graph needs at least 1 input bit")
    if graph.n_inputs + len(graph.op) > MAX_NODES:
        raise LilogicError(f"the graph has more than {MAX_NODES} nodes")
    for name in ("a", "b"):
        if len(getattr(graph, name)) != len(graph.op):
            raise LilogicError(
                f"{name} has {len(getattr(graph, name))} entries, but op has {len(graph.op)}"
            )
    if len(graph.offset) < 1:
        raise LilogicError("offset is empty, but a graph needs at least 1 class")
    if len(graph.head_ptr) != len(graph.offset) + 1:
        raise LilogicError(
            f"head_ptr has {len(graph.head_ptr)} entries, "
            f"but {len(graph.offset)} classes need {len(graph.offset) + 1}"
        )
    if graph.encoder is not None and graph.encoder.n_bits != graph.n_inputs:
        raise LilogicError(
            f"encoder makes {graph.encoder.n_bits} bits, but n_inputs is {graph.n_inputs}"
        )


def _check_gates(graph: GateGraph) -> None:
    wrong = np.flatnonzero(graph.op > 15)
    if wrong.size:
        gate = wrong[0]
        raise LilogicError(f"gate {gate} has op {graph.op[gate]}, but ops are 0 to 15")
    own = graph.n_inputs + np.arange(len(graph.op))
    for wires in (graph.a, graph.b):
        wrong = np.flatnonzero((wires < 0) | (wires >= own))
        if wrong.size:
            gate = wrong[0]
            nodes = graph.n_inputs + len(graph.op)
            if 0 <= wires[gate] < nodes:
                raise LilogicError(
                    f"gate {gate} (node {own[gate]}) reads wire {wires[gate]}, "
                    "which is not made before it"
                )
            raise LilogicError(f"gate {gate} reads wire {wires[gate]}, but only {nodes} exist")


def _check_heads(graph: GateGraph) -> None:
    pointers, counted = graph.head_ptr, len(graph.head_nodes)
    falls = np.flatnonzero(np.diff(pointers.astype(np.int64)) < 0) + 1
    ends = [position for position, end in ((0, 0), (-1, counted)) if pointers[position] != end]
    misplaced = [*ends, *falls.tolist()]
    if misplaced:
        position = misplaced[0] % len(pointers)
        raise LilogicError(
            f"head_ptr[{position}] is {pointers[position]}, "
            f"but head_ptr must rise from 0 to {counted}, the length of head_nodes"
        )
    nodes = graph.n_inputs + len(graph.op)
    wrong = np.flatnonzero((graph.head_nodes < 0) | (graph.head_nodes >= nodes))
    if wrong.size:
        position = wrong[0]
        class_ = int(np.searchsorted(pointers, position, side="right")) - 1
        raise LilogicError(
            f"the head of class {class_} counts node {graph.head_nodes[position]}, "
            f"but only {nodes} exist"
        )
    highest = graph.offset.astype(np.int64) + np.diff(pointers)
    wrong = np.flatnonzero((highest > MAX_NODES) | (graph.offset < -MAX_NODES))
    if wrong.size:
        raise LilogicError(
            f"offset[{wrong[0]}] is {graph.offset[wrong[0]]}, "
            f"but scores must stay within -{MAX_NODES} to {MAX_NODES}"
        )
