"""The summary of a training, from the graph that it ended with."""

from __future__ import annotations

from lilogic.graph import GateGraph, passes
from lilogic.graph.metadata import Metadata
from lilogic.report import statistics
from lilogic.report.models.graph import GraphReport
from lilogic.report.models.training import TrainingSummary


def summarize(name: str, graph: GateGraph) -> TrainingSummary:
    """What is known of a network that was just trained.

    Args:
        name: what to call it.
        graph: as ``trainer.train`` returns it, not simplified.

    Raises:
        GraphError: the layers in its metadata do not add up to the graph's gates.
    """
    metadata = Metadata.of(graph)
    layers = statistics.layers(graph, metadata.layers)
    begins_passing = metadata.recipe.get("net", {}).get("initial") == "pass-through"
    described = GraphReport.of(name, graph, passes.simplify(graph).n_gates)
    return TrainingSummary(
        **described.model_dump(),
        training=metadata.training,
        gap=statistics.gap(graph),
        inputs=statistics.spread(statistics.fan_out(graph)[: graph.n_inputs]),
        layers=tuple(layers),
        warnings=tuple(statistics.warnings(layers, begins_passing)),
    )
