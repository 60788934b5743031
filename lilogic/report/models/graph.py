"""What is known of a network: its origin, its gates, its inputs and classes."""

from __future__ import annotations

import numpy as np
from pydantic import NonNegativeInt

from lilogic.graph import GateGraph
from lilogic.graph.cones import MOST_LEAVES
from lilogic.graph.metadata import Metadata
from lilogic.report.models.base import Report
from lilogic.report.statistics import by_function
from lilogic.version import __version__


class NodeCounts(Report):
    """Nodes of up to six inputs that gates stand for; see ``GateGraph.cones``.

    Attributes:
        count: how many heads depend on.
        depth: the longest path, in nodes.
        inputs: how many of them read 1, 2, … 6 wires.
    """

    count: NonNegativeInt
    depth: NonNegativeInt
    inputs: list[NonNegativeInt]

    @classmethod
    def of(cls, graph: GateGraph) -> NodeCounts | None:
        """The counts of ``graph``; None where each gate is a node."""
        if not len(graph.roots):
            return None
        cones = graph.cones
        inputs = np.bincount((cones.root_leaves >= 0).sum(1), minlength=MOST_LEAVES + 1)
        return cls(
            count=len(cones.roots),
            depth=int(cones.level[graph.head_nodes].max(initial=0)),
            inputs=inputs[1:].tolist(),
        )


class GateCounts(Report):
    """Gates of a graph.

    Attributes:
        trained: how many were trained, which is before simplification.
        count: how many the graph has.
        simplified: how many simplification leaves; None where that is not known.
        depth: the longest path, in gates.
        nodes: what the gates stand for; None where each gate is a node.
        ops: how many there are of each function, by its name in ``gates.GATES``.
    """

    trained: int
    count: int
    simplified: int | None = None
    depth: int
    nodes: NodeCounts | None = None
    ops: dict[str, int]

    @classmethod
    def of(cls, graph: GateGraph, simplified: int | None = None) -> GateCounts:
        """The counts of ``graph``; ``simplified`` where they are not in its metadata."""
        metadata = Metadata.of(graph)
        return cls(
            trained=graph.n_gates if metadata.trained_gates is None else metadata.trained_gates,
            count=graph.n_gates,
            simplified=metadata.gates_after_passes if simplified is None else simplified,
            depth=graph.depth,
            nodes=NodeCounts.of(graph),
            ops=by_function(graph.op),
        )


class GraphReport(Report):
    """A network and where it comes from.

    Attributes:
        name: what it is called.
        version: of lilogic that says so.
        dataset: what it was trained on.
        accuracy: fractions of the splits that it gets right, as recorded.
        gates: its gates.
    """

    name: str
    version: str
    dataset: str | None = None
    accuracy: dict[str, float]
    gates: GateCounts

    @classmethod
    def of(cls, name: str, graph: GateGraph, simplified: int | None = None) -> GraphReport:
        """The report of ``graph``; see ``GateCounts``."""
        return cls.model_validate(_described(name, graph, simplified))


def _described(name: str, graph: GateGraph, simplified: int | None) -> dict[str, object]:
    metadata = Metadata.of(graph)
    return {
        "name": name,
        "version": __version__,
        "dataset": metadata.dataset,
        "accuracy": metadata.accuracy,
        "gates": GateCounts.of(graph, simplified),
    }


class Input(Report):
    """What a network reads.

    Attributes:
        bits: how many bits its gates may read.
        shape: of a raw sample, where there is an encoder.
        dtype: of a raw sample, where there is an encoder.
    """

    bits: int
    shape: list[int] | None = None
    dtype: str | None = None


class Classes(Report):
    """What a network tells apart.

    Attributes:
        count: how many classes.
        names: what they are called, where that is recorded.
        counted: for each class, how many nodes it counts.
        offset: for each class, what its score starts from.
    """

    count: int
    names: list[str] | None = None
    counted: list[int]
    offset: list[int]


class ModelSummary(GraphReport):
    """A network as ``Model.summary`` gives it.

    Attributes:
        input: what it reads.
        classes: what it tells apart.
    """

    input: Input
    classes: Classes

    @classmethod
    def of(cls, name: str, graph: GateGraph, simplified: int | None = None) -> ModelSummary:
        """The summary of ``graph``; see ``GateCounts``."""
        encoder = graph.encoder
        read = Input(bits=graph.n_inputs)
        if encoder is not None:
            read = Input(
                bits=graph.n_inputs, shape=[*encoder.input_shape], dtype=encoder.input_dtype
            )
        classes = Classes(
            count=graph.n_classes,
            names=Metadata.of(graph).class_names or None,
            counted=[len(head) for head in graph.heads],
            offset=graph.offset.tolist(),
        )
        described = _described(name, graph, simplified)
        return cls.model_validate(described | {"input": read, "classes": classes})
