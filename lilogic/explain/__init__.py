"""What the classes of a network depend on: importance of conditions and features, its formula."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.data import labels
from lilogic.data.preprocessing import as_array
from lilogic.errors import DataError, GraphError
from lilogic.explain import importance
from lilogic.explain.changes import Baseline
from lilogic.explain.conditions import Conditions
from lilogic.explain.importance import Influence
from lilogic.explain.words import formula
from lilogic.graph import GateGraph, passes
from lilogic.infer import golden
from lilogic.report.models.explanation import (
    AccuracyLost,
    Basis,
    Condition,
    Explanation,
    Feature,
    Formula,
)
from lilogic.report.steps import Step, silent
from lilogic.version import __version__


@dataclass(frozen=True, eq=False)
class Evidence:
    """Samples that importance is measured on.

    Attributes:
        x: [samples, …] raw samples, or input bits where the network has no encoder.
        y: int64 [samples] labels, or None.
        dataset: where they come from, if that has a name.
    """

    x: npt.NDArray[Any]
    y: npt.NDArray[Any] | None = None
    dataset: str | None = None


def explain(
    graph: GateGraph,
    name: str,
    class_names: Sequence[str],
    evidence: Evidence | None,
    *,
    samples: int = 1000,
    repeats: int = 5,
    seed: int = 0,
    only: int | None = None,
    step: Step = silent,
) -> Explanation:
    """Measure what the classes of ``graph`` depend on, and write it in words if it is small.

    Args:
        graph: the network.
        name: what it is called.
        class_names: likewise, its classes.
        evidence: samples to measure on; None for random bits.
        samples: how many to take, at most; which ones is drawn.
        repeats: how often each feature is shuffled.
        seed: of what is drawn.
        only: the class that the formula is of; None for all.
        step: is told what is done.

    Raises:
        DataError: samples or labels that do not fit the network, or none.
    """
    if samples < 1 or repeats < 1:
        raise DataError("importance needs at least one sample and one repetition")
    conditions, simple = Conditions.of(graph), passes.simplify(graph)
    try:
        features, bits, truth = _drawn(graph, conditions, evidence, samples, seed)
    except DataError as error:
        if evidence is None or not evidence.dataset:
            raise
        raise error.at(evidence.dataset) from error
    baseline = Baseline(simple, bits)
    with step(f"{name}: importance on {len(bits):,} samples") as tell:
        influence = Influence.measure(baseline, tell)
        lost = None
        if truth is not None:
            lost = importance.permutation(
                baseline, conditions, features, truth, repeats, seed, tell
            )
    accuracy = None
    if truth is not None:
        accuracy = float((golden.classify(baseline.scores.T) == truth).mean())
    written, too_large = _formula(simple, class_names, only)
    return Explanation(
        name=name,
        version=__version__,
        classes=[*class_names],
        basis=Basis(
            dataset=None if evidence is None else evidence.dataset,
            is_random=evidence is None,
            samples=len(bits),
            seed=seed,
            accuracy=accuracy,
        ),
        image=_image(conditions),
        features=_features(conditions, influence, lost),
        conditions=_conditions(simple, conditions, influence),
        formula=written,
        too_large=too_large,
    )


def _drawn(
    graph: GateGraph, conditions: Conditions, evidence: Evidence | None, samples: int, seed: int
) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_], npt.NDArray[np.int64] | None]:
    """Features (or bits), bits and labels of some samples."""
    if evidence is None:
        bits = importance.random_bits(conditions, samples, seed)
        return bits, bits, None
    x = as_array(evidence.x)
    if not x.size:
        raise DataError("there are no samples")
    chosen = np.random.default_rng(seed).permutation(len(x))[:samples]
    if graph.encoder is None:
        features = bits = golden.checked(graph, x[chosen])
    else:
        features = graph.encoder.features(x[chosen])
        bits = graph.encoder.bits(features)
    if evidence.y is None:
        return features, bits, None
    truth = labels.numbers(evidence.y, len(x))
    labels.check_below(truth, graph.n_classes)
    return features, bits, truth[chosen]


def _formula(
    graph: GateGraph, class_names: Sequence[str], only: int | None
) -> tuple[Formula | None, str | None]:
    """The formula, or why there is none."""
    try:
        return formula(graph, class_names, only), None
    except GraphError as error:
        return None, str(error)


def _image(conditions: Conditions) -> tuple[int, int] | None:
    if not conditions.is_image or conditions.encoder is None:
        return None
    height, width = conditions.encoder.feature_shape[:2]
    return height, width


def _features(
    conditions: Conditions, influence: Influence, lost: npt.NDArray[np.float64] | None
) -> list[Feature]:
    summed = influence.by_column(conditions)
    return [
        Feature(
            name=name,
            **_at(summed, column),
            accuracy_lost=None if lost is None else _spread(lost[column]),
        )
        for column, name in enumerate(conditions.column_names)
    ]


def _conditions(graph: GateGraph, conditions: Conditions, influence: Influence) -> list[Condition]:
    return [
        Condition(
            bit=bit,
            text=conditions.text(bit),
            threshold=conditions.threshold(bit),
            **_at(influence, bit),
        )
        for bit in np.flatnonzero(graph.alive[: graph.n_inputs]).tolist()
    ]


def _at(influence: Influence, place: int) -> dict[str, Any]:
    return {
        "decides": float(influence.decides[place]),
        "change": influence.change[place].tolist(),
        "effect": influence.effect[place].tolist(),
    }


def _spread(lost: npt.NDArray[np.float64]) -> AccuracyLost:
    deviation = float(lost.std(ddof=1)) if len(lost) > 1 else None
    return AccuracyLost(mean=float(lost.mean()), deviation=deviation, repeats=len(lost))
