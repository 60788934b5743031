"""The summary of a training, from the graph that it ended with and the test split."""

from __future__ import annotations

from lilogic.data.datasets import Dataset
from lilogic.graph import GateGraph, passes
from lilogic.graph.metadata import Metadata
from lilogic.infer import golden
from lilogic.report import statistics
from lilogic.report.evaluation import figures
from lilogic.report.models.evaluation import Evaluation
from lilogic.report.models.graph import GraphReport
from lilogic.report.models.training import TrainingSummary


def summarize(name: str, graph: GateGraph, data: Dataset | None = None) -> TrainingSummary:
    """What is known of a network that was just trained.

    Args:
        name: what to call it.
        graph: as ``trainer.train`` returns it, not simplified.
        data: whose test split says how good it is; without, or where that is empty, that is left
            out.

    Raises:
        GraphError: the layers in its metadata do not add up to the graph's gates.
    """
    metadata = Metadata.of(graph)
    layers = statistics.layers(graph, metadata.layers)
    begins_passing = metadata.recipe.get("net", {}).get("initial") == "pass-through"
    described = GraphReport.of(name, graph, passes.simplify(graph).n_gates)
    test = None if data is None or not len(data.x_test) else _evaluation(graph, data)
    return TrainingSummary(
        **described.model_dump(),
        training=metadata.training,
        gap=statistics.gap(graph),
        inputs=statistics.spread(statistics.fan_out(graph)[: graph.n_inputs]),
        layers=tuple(layers),
        balanced_accuracy=None if test is None else test.balanced_accuracy,
        test_interval=None if test is None else test.interval,
        warnings=(
            *statistics.warnings(layers, begins_passing),
            *(() if test is None else test.warnings),
        ),
    )


def _evaluation(graph: GateGraph, data: Dataset) -> Evaluation:
    """The figures of the test split, of a graph with an encoder."""
    assert graph.encoder is not None
    scores = golden.scores(graph, graph.encoder.encode(data.x_test))
    return figures.evaluate(scores, data.y_test, data.class_names)
