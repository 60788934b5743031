"""GateGraph: the frozen network, and the waist of the hourglass.

Everything that learns makes GateGraphs; everything that infers, simplifies, proves or builds
hardware reads them. This module needs numpy, and numba only for large graphs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.data.encoder import Encoder
from lilogic.errors import GraphError
from lilogic.graph.circuit import (
    MAX_NODES,
    Gates,
    Int32,
    Row,
    columns,
    numbers,
    own_array,
    read_only,
)
from lilogic.graph.cones import Cones
from lilogic.graph.gates import READS_A, READS_B
from lilogic.jit import loop


@dataclass(frozen=True, eq=False, kw_only=True)
class GateGraph(Gates):
    """A frozen classifier: two-input gates, one head per class, and an optional encoder.

    Node ids ``0 … n_inputs-1`` are input bits; gate ``g`` is node ``n_inputs + g``. The score of a
    class is its offset plus the number of nodes it counts that are 1. Arrays are validated and made
    read-only when the graph is built.

    Attributes:
        n_inputs: Number of input bits.
        op: uint8 [gates], the function of each gate, 0 to 15.
        a: int32 [gates], node id of each gate's first input, smaller than the gate's own id.
        b: int32 [gates], node id of each gate's second input, smaller than the gate's own id.
        roots: int32 [roots], ascending node ids of gates in which nodes of several gates end;
            hardware places registers by them. Empty if each gate is a node. They have no effect on
            scores.
        head_nodes: int32 [counted], the nodes that heads count, class after class. A node that
            appears several times counts as often.
        head_ptr: int32 [classes + 1]; class ``c`` counts ``head_nodes[head_ptr[c]:head_ptr[c+1]]``.
        offset: int32 [classes], added to each class's count.
        encoder: Makes the input bits from raw samples; None if inputs are bits.
        metadata: JSON values about the origin: name, data set, accuracies, recipe.

    Raises:
        GraphError: A field is invalid. The message names the field, the position and the bound.
    """

    head_nodes: Int32
    head_ptr: Int32
    offset: Int32
    encoder: Encoder | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("head_nodes", "head_ptr", "offset"):
            own_array(self, name, np.int32)
        _check_types(self)
        object.__setattr__(self, "metadata", dict(self.metadata))
        _check_widths(self)
        _check_heads(self)

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.offset)

    @property
    def heads(self) -> list[Int32]:
        """The node ids that each class counts, int32 [counted] per class."""
        return np.split(self.head_nodes, self.head_ptr[1:-1])

    @property
    def depth(self) -> int:
        """Gates on the longest path from an input bit to a head."""
        return int(self.levels[self.head_nodes].max(initial=0))

    @cached_property
    def cones(self) -> Cones:
        """The gates as lookup tables of up to six inputs."""
        return Cones.of(self, self.head_nodes)

    @cached_property
    def alive(self) -> npt.NDArray[np.bool_]:
        """bool [nodes]: whether a head depends on the node."""
        alive = np.zeros(self.n_nodes, dtype=bool)
        alive[self.head_nodes] = True
        _mark_alive(READS_A[self.op], self.a, READS_B[self.op], self.b, alive)
        return read_only(alive)

    def score_bounds(self) -> tuple[Int32, Int32]:
        """Return the lowest and the highest possible score of each class, int32 [classes] each."""
        return self.offset, (self.offset + np.diff(self.head_ptr)).astype(np.int32)

    def with_metadata(self, **entries: Any) -> GateGraph:
        """Return the same graph with these metadata entries added or replaced."""
        return replace(self, metadata={**self.metadata, **entries})

    @classmethod
    def build(
        cls,
        n_inputs: int,
        gates: Sequence[Row],
        heads: Sequence[Sequence[int]],
        offset: Sequence[int] | None = None,
        encoder: Encoder | None = None,
        metadata: Mapping[str, Any] | None = None,
        roots: Sequence[int] = (),
    ) -> GateGraph:
        """Build a graph from plain lists.

        Args:
            n_inputs: Number of input bits.
            gates: Gates as ``(op, a, b)``.
            heads: For each class, the node ids that it counts.
            offset: Offset of each class. Default: 0.
            encoder: Makes the input bits from raw samples.
            metadata: JSON values about the origin.
            roots: Node ids of roots, ascending.

        Raises:
            GraphError: As for the class, or the lists do not have this form.
        """
        try:
            counted = [[*head] for head in heads]
        except TypeError as error:
            raise GraphError("heads must be a list of node ids for each class") from error
        return cls(
            n_inputs=n_inputs,
            **columns(gates),
            roots=numbers("roots", [*roots]),
            head_nodes=numbers("heads", [*chain(*counted)]),
            head_ptr=np.cumsum([0, *map(len, counted)]),
            offset=[0] * len(counted) if offset is None else offset,  # type: ignore[arg-type]
            encoder=encoder,
            metadata={} if metadata is None else metadata,
        )


@loop
def _mark_alive(
    reads_a: npt.NDArray[np.bool_],
    a: Int32,
    reads_b: npt.NDArray[np.bool_],
    b: Int32,
    alive: npt.NDArray[np.bool_],
) -> None:
    """Mark what the marked nodes depend on; gates are the last nodes."""
    n_inputs = len(alive) - len(a)
    for gate in range(len(a) - 1, -1, -1):
        if alive[n_inputs + gate]:
            if reads_a[gate]:
                alive[a[gate]] = True
            if reads_b[gate]:
                alive[b[gate]] = True


def _check_types(graph: GateGraph) -> None:
    if not isinstance(graph.encoder, Encoder | None):
        raise GraphError(f"encoder is {graph.encoder!r}, but must be an Encoder or None")
    if not isinstance(graph.metadata, Mapping):
        raise GraphError(f"metadata is {graph.metadata!r}, but must be a mapping")


def _check_widths(graph: GateGraph) -> None:
    if len(graph.offset) < 1:
        raise GraphError("offset is empty, but a graph needs at least 1 class")
    if len(graph.head_ptr) != len(graph.offset) + 1:
        raise GraphError(
            f"head_ptr has {len(graph.head_ptr)} entries, "
            f"but {len(graph.offset)} classes need {len(graph.offset) + 1}"
        )
    if graph.encoder is not None and graph.encoder.n_bits != graph.n_inputs:
        raise GraphError(
            f"encoder makes {graph.encoder.n_bits} bits, but n_inputs is {graph.n_inputs}"
        )


def _check_heads(graph: GateGraph) -> None:
    pointers, counted = graph.head_ptr, len(graph.head_nodes)
    falls = np.flatnonzero(np.diff(pointers.astype(np.int64)) < 0) + 1
    ends = [position for position, end in ((0, 0), (-1, counted)) if pointers[position] != end]
    misplaced = [*ends, *falls.tolist()]
    if misplaced:
        position = misplaced[0] % len(pointers)
        raise GraphError(
            f"head_ptr[{position}] is {pointers[position]}, "
            f"but head_ptr must rise from 0 to {counted}, the length of head_nodes"
        )
    nodes = graph.n_nodes
    wrong = np.flatnonzero((graph.head_nodes < 0) | (graph.head_nodes >= nodes))
    if wrong.size:
        position = wrong[0]
        class_ = int(np.searchsorted(pointers, position, side="right")) - 1
        raise GraphError(
            f"the head of class {class_} counts node {graph.head_nodes[position]}, "
            f"but only {nodes} exist"
        )
    highest = graph.offset.astype(np.int64) + np.diff(pointers)
    wrong = np.flatnonzero((highest > MAX_NODES) | (graph.offset < -MAX_NODES))
    if wrong.size:
        raise GraphError(
            f"offset[{wrong[0]}] is {graph.offset[wrong[0]]}, "
            f"but scores must stay within -{MAX_NODES} to {MAX_NODES}"
        )
