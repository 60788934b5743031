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
    """Nodes of up to six inputs that the gates make up; see ``GateGraph.cones``.

    Attributes:
        count: Number of nodes that heads depend on.
        depth: Nodes on the longest path.
        inputs: Number of nodes that read 1, 2, … 6 wires.
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
    """The gates of a network.

    Attributes:
        trained: Number of gates as trained, before simplification.
        count: Number of gates in the graph.
        simplified: Number of gates after simplification; absent if unknown.
        depth: Gates on the longest path.
        nodes: Nodes that the gates make up; absent if each gate is a node.
        ops: Number of gates of each function, by name.
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
    """A network and its origin.

    Attributes:
        name: Name of the network.
        version: Version of lilogic.
        dataset: Data set that it was trained on.
        accuracy: Accuracies that it records, as fractions, by split and kind, such as
            ``test_frozen``.
        gates: Its gates.
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
        bits: Number of input bits.
        shape: Shape of a raw sample, if the network has an encoder.
        dtype: Type of a raw sample, if the network has an encoder.
    """

    bits: int
    shape: list[int] | None = None
    dtype: str | None = None


class Classes(Report):
    """The classes of a network.

    Attributes:
        count: Number of classes.
        names: Names of the classes, if recorded.
        counted: Number of nodes that each class counts.
        offset: Offset of each class's score.
    """

    count: int
    names: list[str] | None = None
    counted: list[int]
    offset: list[int]


class ModelSummary(GraphReport):
    """A network as ``Model.summary`` describes it.

    Attributes:
        input: What it reads.
        classes: Its classes.
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
