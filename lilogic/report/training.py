"""The summary of a training, from the graph that it ended with; of several folds."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, stdev

from lilogic.graph import GateGraph, passes
from lilogic.graph.metadata import Metadata
from lilogic.report import statistics
from lilogic.report.models.graph import GraphReport
from lilogic.report.models.training import CrossValidation, Fold, Spread, TrainingSummary


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
        split=metadata.split,
    )


def cross_validation(summaries: Sequence[TrainingSummary]) -> CrossValidation:
    """What the summaries of all folds' networks, two or more, come to."""
    folds = tuple(
        Fold(
            samples=0 if each.split is None else each.split.samples["test"],
            accuracy=each.accuracy,
            gates=each.gates.simplified or 0,
            training=each.training,
        )
        for each in summaries
    )
    first = summaries[0]
    return CrossValidation(
        name=first.name,
        version=first.version,
        dataset=first.dataset,
        folds=folds,
        accuracy={
            split: _spread([fold.accuracy[split] for fold in folds])
            for split in ("test_frozen", "test_soft")
        },
        gates=_spread([fold.gates for fold in folds]),
    )


def fold_rows(found: CrossValidation) -> list[tuple[str, str]]:
    """A table of what the networks of all folds get right, and how much that varies."""
    rows = [
        (
            f"fold {number}",
            f"{fold.accuracy['test_frozen']:.2%} frozen, {fold.accuracy['test_soft']:.2%} soft, "
            f"of {fold.samples:,} samples; {fold.gates:,} gates",
        )
        for number, fold in enumerate(found.folds, 1)
    ]
    means = [
        (f"{kind} accuracy (test)", f"{100 * spread.mean:.2f} ± {100 * spread.deviation:.2f} %")
        for kind in ("soft", "frozen")
        for spread in [found.accuracy[f"test_{kind}"]]
    ]
    gates = f"{found.gates.mean:,.0f} ± {found.gates.deviation:,.0f}"
    return [*rows, *means, ("gates after passes", gates)]


def _spread(values: Sequence[float]) -> Spread:
    return Spread(mean=fmean(values), deviation=stdev(values))
