"""The figures of an evaluation, exact, from integer scores and labels."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.errors import DataError
from lilogic.report.models.evaluation import (
    Calibration,
    ClassFigures,
    Evaluation,
    Interval,
    ReliabilityBin,
    Roc,
)

_BINS = 15
"""Of a reliability diagram, as by Guo et al."""

_NAMED = 4
"""How many classes a warning names."""

Labels = npt.NDArray[np.int64]
Scores = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]


def evaluate(
    scores: Scores, labels: Labels, names: Sequence[str], temperature: float | None = None
) -> Evaluation:
    """How good the answers are that scores give.

    Args:
        scores: int32 [samples, classes].
        labels: int64 [samples]: the classes that are right, below the number of classes.
        names: what each class is called.
        temperature: what scores are divided by to make probabilities of them, if that is known.

    Raises:
        DataError: there are no samples.
    """
    samples, classes = scores.shape
    if not samples:
        raise DataError("there are no samples")
    predicted = scores.argmax(1)
    confusion = np.bincount(labels * classes + predicted, minlength=classes**2)
    confusion = confusion.reshape(classes, classes)
    figures = tuple(map(_of_class, names, confusion, confusion.T, confusion.diagonal()))
    recalls = [each.recall for each in figures if each.recall is not None]
    right = int(confusion.trace())
    accuracy, largest = right / samples, int(confusion.sum(1).max()) / samples
    highest = scores == scores.max(1, keepdims=True)
    return Evaluation(
        samples=samples,
        accuracy=accuracy,
        interval=wilson(right, samples),
        balanced_accuracy=sum(recalls) / len(recalls),
        largest_class=largest,
        ties=int((highest.sum(1) > 1).sum()),
        classes=figures,
        confusion=tuple(map(tuple, confusion.tolist())),
        roc=_roc(scores, labels, names),
        calibration=None if temperature is None else _calibration(scores, labels, temperature),
        warnings=tuple(_warnings(figures, accuracy, largest)),
    )


def wilson(right: int, samples: int, confidence: float = 0.95) -> Interval:
    """Wilson's interval of a fraction, of which ``right`` of some ``samples`` were seen."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    fraction, square = right / samples, z * z / samples
    middle = fraction + square / 2
    half = math.sqrt(square * (fraction * (1 - fraction) + square / 4))
    return Interval(
        low=0.0 if right == 0 else (middle - half) / (1 + square),
        high=1.0 if right == samples else (middle + half) / (1 + square),
    )


def probabilities(scores: npt.NDArray[Any], temperature: float) -> Floats:
    """float64 [samples, classes]: softmax of scores over ``temperature``."""
    logarithms = _log_probabilities(scores, temperature)
    exponentials: Floats = np.exp(logarithms)
    return exponentials


def _log_probabilities(scores: npt.NDArray[Any], temperature: float) -> Floats:
    logits = scores / temperature
    logits -= logits.max(1, keepdims=True)
    logarithms: Floats = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    return logarithms


def _of_class(
    name: str, row: npt.NDArray[np.int64], column: npt.NDArray[np.int64], right: np.int64
) -> ClassFigures:
    """The figures of a class, of its row and column of the confusion matrix."""
    support, predicted, hits = int(row.sum()), int(column.sum()), int(right)
    return ClassFigures(
        name=name,
        support=support,
        predicted=predicted,
        precision=hits / predicted if predicted else None,
        recall=hits / support if support else None,
        f1=2 * hits / (support + predicted) if support + predicted else None,
    )


def _roc(scores: Scores, labels: Labels, names: Sequence[str]) -> Roc | None:
    """The curve of two classes; None of more or fewer, or where one has no samples."""
    if scores.shape[1] != 2 or len(np.unique(labels)) < 2:
        return None
    difference = scores[:, 1].astype(np.int64) - scores[:, 0]
    values, place = np.unique(-difference, return_inverse=True)
    positive, negative = (
        np.concatenate([[0], np.bincount(place[labels == label], minlength=len(values)).cumsum()])
        for label in (1, 0)
    )
    # Trapezoids, in whole numbers: what is equal counts half.
    area = int((np.diff(negative) * (positive[1:] + positive[:-1])).sum())
    return Roc(
        positive=names[1],
        auc=area / (2 * int(positive[-1]) * int(negative[-1])),
        false_positive_rate=tuple((negative / negative[-1]).tolist()),
        true_positive_rate=tuple((positive / positive[-1]).tolist()),
    )


def _calibration(scores: Scores, labels: Labels, temperature: float) -> Calibration:
    logarithms = _log_probabilities(scores, temperature)
    confidence = np.exp(logarithms.max(1))
    is_right = scores.argmax(1) == labels
    edges = np.linspace(0, 1, _BINS + 1)
    place = np.searchsorted(edges[1:-1], confidence)
    bins = tuple(
        ReliabilityBin(
            low=edges[number],
            high=edges[number + 1],
            samples=int(here.sum()),
            confidence=float(confidence[here].mean()),
            accuracy=float(is_right[here].mean()),
        )
        for number in range(_BINS)
        if (here := place == number).any()
    )
    errors = (each.samples * abs(each.confidence - each.accuracy) for each in bins)
    return Calibration(
        temperature=temperature,
        log_loss=float(-logarithms[np.arange(len(labels)), labels].mean()),
        expected_error=sum(errors) / len(labels),
        bins=bins,
    )


def _warnings(figures: Sequence[ClassFigures], accuracy: float, largest: float) -> Iterator[str]:
    """A line for each thing that an accuracy alone would hide."""
    unseen = [each.name for each in figures if not each.support]
    missed = [each.name for each in figures if each.recall == 0]
    if unseen:
        yield f"no test samples of {_listed(unseen)}, so their recall is unknown"
    if missed:
        yield (
            f"no test sample of {_listed(missed)} is recognized (recall 0); try more training "
            "samples, or train.class_weight = 'balanced'"
        )
    if accuracy <= largest < 1:
        name = max(figures, key=lambda each: each.support).name
        yield (
            f"an accuracy of {accuracy:.2%} is no better than always answering {name!r}, "
            f"which gives {largest:.2%}"
        )


def _listed(names: Sequence[str]) -> str:
    """The first of some classes, and how many they are."""
    if len(names) == 1:
        return f"class {names[0]!r}"
    more = f", … ({len(names):,} in all)" if len(names) > _NAMED else ""
    return f"classes {', '.join(map(repr, names[:_NAMED]))}{more}"
