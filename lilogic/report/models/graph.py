"""What is known of a network: its origin, its gates, its inputs and classes."""

from __future__ import annotations

import statistics

from lilogic.graph import GateGraph, passes
from lilogic.graph.metadata import Metadata, Training
from lilogic.report.models.base import Report
from lilogic.report.statistics import by_function
from lilogic.version import __version__


class GateCounts(Report):
    """Gates of a graph.

    Attributes:
        trained: how many were trained, which is before simplification.
        count: how many the graph has.
        simplified: how many simplification leaves; None where that is not known.
        depth: the longest path, in gates.
        ops: how many there are of each function, by its name in ``gates.GATES``.
    """

    trained: int
    count: int
    simplified: int | None = None
    depth: int
    ops: dict[str, int]

    @classmethod
    def of(cls, graph: GateGraph, simplified: int | None = None) -> GateCounts:
        """The counts of ``graph``; ``simplified`` where they are not in its metadata."""
        metadata = Metadata.of(graph)
        return cls(
            trained=graph.n_gates if metadata.trained_gates is None else metadata.trained_gates,
            count=graph.n_gates,
            simplified=simplified or metadata.gates_after_passes,
            depth=graph.depth,
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


class SeedStatistics(Report):
    """Frozen test accuracies of a recipe's seeds, as fractions; the deviation is the sample's."""

    seeds: list[int]
    test_frozen: list[float]
    mean: float
    deviation: float


class ZooGates(Report):
    """Gates of a network of the zoo: as trained, and what simplification leaves."""

    trained: int
    simplified: int


class ZooEntry(Report):
    """A network of the zoo.

    Attributes:
        name: what it is called.
        description: a line about it.
        dataset: what it was trained on.
        gates: its gates.
        accuracy: fractions of the splits that it gets right, as recorded.
        seeds: accuracies of several seeds; None where none are recorded.
        training: how it was trained.
    """

    name: str
    description: str
    dataset: str | None = None
    gates: ZooGates
    accuracy: dict[str, float]
    seeds: SeedStatistics | None = None
    training: Training

    @classmethod
    def of(cls, name: str, graph: GateGraph) -> ZooEntry:
        """The entry of ``graph``; it is simplified where it does not record what that leaves."""
        metadata = Metadata.of(graph)
        seeds = None
        if metadata.seeds is not None:
            found = metadata.seeds.test_frozen
            seeds = SeedStatistics(
                seeds=metadata.seeds.seeds,
                test_frozen=found,
                mean=statistics.mean(found),
                deviation=statistics.stdev(found) if len(found) > 1 else 0.0,
            )
        return cls(
            name=name,
            description=metadata.description or metadata.recipe.get("description", ""),
            dataset=metadata.dataset,
            gates=ZooGates(
                trained=metadata.trained_gates or graph.n_gates,
                simplified=metadata.gates_after_passes or passes.simplify(graph).n_gates,
            ),
            accuracy=metadata.accuracy,
            seeds=seeds,
            training=metadata.training,
        )
