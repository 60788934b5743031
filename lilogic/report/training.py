"""The summary of a training, from its graph and the test split; of several folds, or seeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean, stdev
from typing import Any

from lilogic.data.datasets import Dataset
from lilogic.graph import GateGraph, passes
from lilogic.graph.metadata import Metadata
from lilogic.infer import golden
from lilogic.report import statistics
from lilogic.report.evaluation import figures
from lilogic.report.models.evaluation import Evaluation
from lilogic.report.models.graph import GraphReport
from lilogic.report.models.training import (
    CrossValidation,
    Fold,
    SeededNetwork,
    SeedsReport,
    Spread,
    TrainingSummary,
)


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
    begins_passing = _begins_passing(metadata.recipe.get("net", {}))
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
        split=metadata.split,
    )


def _begins_passing(net: Mapping[str, Any]) -> bool:
    """Whether the gates of a recipe's network, or of one of its layers, begin as pass-through."""
    layers = [layer for layer in net.get("layers", []) if isinstance(layer, Mapping)]
    return any(settings.get("initial") == "pass-through" for settings in (net, *layers))


def cross_validation(summaries: Sequence[TrainingSummary]) -> CrossValidation:
    """What the summaries of all folds' networks, two or more, come to."""
    return CrossValidation(
        **_common(summaries, ("test_frozen", "test_soft")),
        folds=tuple(
            Fold(**_network(each), samples=0 if each.split is None else each.split.samples["test"])
            for each in summaries
        ),
    )


def seeds(numbers: Sequence[int], summaries: Sequence[TrainingSummary]) -> SeedsReport:
    """What the summaries of networks of several seeds, one or more, come to."""
    return SeedsReport(
        **_common(summaries, summaries[0].accuracy),
        networks=tuple(
            SeededNetwork(**_network(each), seed=seed)
            for seed, each in zip(numbers, summaries, strict=True)
        ),
    )


def _common(summaries: Sequence[TrainingSummary], splits: Iterable[str]) -> dict[str, Any]:
    """What ``Replicates`` say of all networks, with the accuracies of these splits."""
    first = summaries[0]
    return {
        "name": first.name,
        "version": first.version,
        "dataset": first.dataset,
        "accuracy": {
            split: spread([each.accuracy[split] for each in summaries]) for split in splits
        },
        "gates": spread([each.gates.simplified or 0 for each in summaries]),
    }


def _network(summary: TrainingSummary) -> dict[str, Any]:
    """What a ``Replicate`` says of its network."""
    return {
        "accuracy": summary.accuracy,
        "gates": summary.gates.simplified or 0,
        "training": summary.training,
    }


def seed_rows(found: SeedsReport) -> list[tuple[str, str]]:
    """A table of what the networks of all seeds get right, and how much that varies."""
    rows = [
        (
            f"seed {each.seed}",
            f"validation {each.accuracy['validation_frozen']:.2%}, "
            f"test {each.accuracy['test_frozen']:.2%} frozen; {each.gates:,} gates",
        )
        for each in found.networks
    ]
    means = [
        (f"{kind} accuracy ({split})", _percent(found.accuracy[f"{split}_{kind}"]))
        for split in ("validation", "test")
        for kind in ("soft", "frozen")
    ]
    return [*rows, *means, ("gates simplified", _gates(found.gates))]


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
        (f"{kind} accuracy (test)", _percent(found.accuracy[f"test_{kind}"]))
        for kind in ("soft", "frozen")
    ]
    return [*rows, *means, ("gates simplified", _gates(found.gates))]


def _percent(of: Spread) -> str:
    return f"{100 * of.mean:.2f} ± {100 * of.deviation:.2f} %"


def _gates(of: Spread) -> str:
    return f"{of.mean:,.0f} ± {of.deviation:,.0f}"


def spread(values: Sequence[float]) -> Spread:
    """The mean and the deviation of one or more values; of one, that is 0."""
    return Spread(mean=fmean(values), deviation=stdev(values) if len(values) > 1 else 0.0)


def _evaluation(graph: GateGraph, data: Dataset) -> Evaluation:
    """The figures of the test split, of a graph with an encoder."""
    assert graph.encoder is not None
    scores = golden.scores(graph, graph.encoder.encode(data.x_test))
    return figures.evaluate(scores, data.y_test, data.class_names)
