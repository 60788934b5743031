"""Figures are those of scikit-learn, and what cannot be said is left out."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.calibration import calibration_curve

from lilogic.errors import DataError
from lilogic.report.evaluation import figures
from lilogic.report.models.evaluation import Evaluation, Roc

Classified = tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]


@st.composite
def classified(draw: st.DrawFn, most: int = 6) -> Classified:
    """Integer scores with many ties, and labels, of which some classes may have none."""
    samples, classes = draw(st.integers(1, 40)), draw(st.integers(1, most))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    reach = draw(st.sampled_from([0, 1, 3, 30]))
    scores = generator.integers(-reach, reach + 1, (samples, classes)).astype(np.int32)
    labels = generator.integers(0, draw(st.integers(1, classes)), samples)
    if draw(st.booleans()):
        scores[np.arange(samples), labels] += draw(st.sampled_from([1, 5, 100]))
    return scores, labels


def evaluation(scores: Any, labels: Any, temperature: float | None = None) -> Evaluation:
    scores = np.array(scores, np.int32)
    names = [f"class {number}" for number in range(scores.shape[1])]
    return figures.evaluate(scores, np.array(labels, np.int64), names, temperature)


@given(classified())
def test_what_comes_of_the_confusion_is_what_scikit_learn_says(drawn: Classified) -> None:
    scores, labels = drawn
    found, predicted = evaluation(scores, labels), scores.argmax(1)
    every = range(scores.shape[1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a single class, or classes that only answers have
        confusion = metrics.confusion_matrix(labels, predicted, labels=every)
        balanced = metrics.balanced_accuracy_score(labels, predicted)
    np.testing.assert_array_equal(found.confusion, confusion)
    assert found.accuracy == metrics.accuracy_score(labels, predicted)
    assert found.balanced_accuracy == pytest.approx(balanced)
    expected = metrics.precision_recall_fscore_support(
        labels, predicted, labels=every, zero_division=np.nan
    )
    for field, values in zip(("precision", "recall", "f1", "support"), expected, strict=True):
        got = [getattr(each, field) for each in found.classes]
        np.testing.assert_allclose(np.array(got, float), values, err_msg=field)


@given(classified(most=2))
def test_the_roc_is_what_scikit_learn_says(drawn: Classified) -> None:
    scores, labels = drawn
    found = evaluation(scores, labels)
    assert (found.roc is None) == (scores.shape[1] < 2 or len({*labels.tolist()}) < 2)
    if found.roc is not None:
        difference = scores[:, 1].astype(float) - scores[:, 0]
        assert found.roc.auc == pytest.approx(metrics.roc_auc_score(labels, difference))
        curve = metrics.roc_curve(labels, difference, drop_intermediate=False)
        np.testing.assert_allclose(found.roc.false_positive_rate, curve[0])
        np.testing.assert_allclose(found.roc.true_positive_rate, curve[1])


@given(classified(), st.floats(0.1, 50))
def test_calibration_is_what_scikit_learn_says(drawn: Classified, temperature: float) -> None:
    scores, labels = drawn
    made = evaluation(scores, labels, temperature).calibration
    assert made is not None
    probabilities = figures.probabilities(scores, temperature)
    np.testing.assert_allclose(probabilities.sum(1), 1)
    # scikit-learn takes two classes or more, and clips probabilities that are near 0.
    if scores.shape[1] > 1 and probabilities[np.arange(len(labels)), labels].min() > 1e-12:
        loss = metrics.log_loss(labels, probabilities, labels=range(scores.shape[1]))
        assert made.log_loss == pytest.approx(loss)
    right, confidence = scores.argmax(1) == labels, probabilities.max(1)
    accuracy, mean = calibration_curve(right, confidence.clip(max=1), n_bins=15)
    np.testing.assert_allclose([each.accuracy for each in made.bins], accuracy)
    np.testing.assert_allclose([each.confidence for each in made.bins], mean)
    assert sum(each.samples for each in made.bins) == len(labels)
    weights = [each.samples / len(labels) for each in made.bins]
    assert made.expected_error == pytest.approx(np.dot(weights, abs(accuracy - mean)))


@given(st.integers(1, 2000), st.data())
def test_the_interval_ends_where_the_accuracy_is_1_96_deviations_away(
    samples: int, data: st.DataObject
) -> None:
    right = data.draw(st.integers(0, samples))
    found, fraction = figures.wilson(right, samples), right / samples
    assert 0 <= found.low <= fraction <= found.high <= 1
    for end in (found.low, found.high):
        if 0 < end < 1:
            deviation = (end * (1 - end) / samples) ** 0.5
            assert abs(fraction - end) / deviation == pytest.approx(1.959964, abs=1e-5)


def test_the_interval_is_that_of_the_books() -> None:
    # Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I.
    for right, samples, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        found = figures.wilson(right, samples)
        assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_the_first_of_equal_scores_is_the_answer_and_ties_are_counted() -> None:
    found = evaluation([[3, 3, 1], [2, 5, 5], [1, 1, 1], [0, 0, 9]], [0, 2, 1, 2])
    assert found.ties == 3
    assert found.confusion == ((1, 0, 0), (1, 0, 0), (0, 1, 1))


def test_a_perfect_classifier_has_no_warnings() -> None:
    found = evaluation([[9, 0], [0, 9], [9, 0]], [0, 1, 0], 1.0)
    assert (found.accuracy, found.balanced_accuracy, found.largest_class) == (1, 1, 2 / 3)
    assert found.interval.high == 1
    assert found.roc == Roc(
        positive="class 1",
        auc=1,
        false_positive_rate=(0, 0, 1),
        true_positive_rate=(0, 1, 1),
    )
    assert found.warnings == ()


def test_a_classifier_that_is_always_wrong_is_warned_of() -> None:
    found = evaluation([[0, 9], [9, 0], [0, 9]], [0, 1, 0], 1.0)
    assert (found.accuracy, found.balanced_accuracy, found.interval.low) == (0, 0, 0)
    assert found.roc is not None
    assert found.roc.auc == 0
    missed, worse = found.warnings
    assert missed.startswith("no test sample of classes 'class 0', 'class 1' is recognized")
    assert worse == (
        "an accuracy of 0.00% is no better than always answering 'class 0', which gives 66.67%"
    )


def test_always_answering_the_largest_class_is_warned_of() -> None:
    found = evaluation([[9, 0]] * 9 + [[9, 0]], [0] * 9 + [1])
    assert (found.accuracy, found.balanced_accuracy) == (0.9, 0.5)
    assert found.classes[1].precision is None
    assert found.classes[1].f1 == 0
    assert [line.split("'")[1] for line in found.warnings] == ["class 1", "class 0"]


def test_classes_without_samples_are_warned_of_and_have_no_recall() -> None:
    found = evaluation(np.eye(7, dtype=int)[:2], [0, 1])
    assert found.classes[6].to_json() == {"name": "class 6", "support": 0, "predicted": 0}
    assert found.balanced_accuracy == 1
    (line,) = found.warnings
    assert line.startswith("no test samples of classes 'class 2', ")
    assert "'class 5', … (5 in all), " in line


def test_one_class_says_nothing_of_how_well_it_is_told() -> None:
    found = evaluation([[4], [5]], [0, 0], 2.0)
    assert (found.accuracy, found.ties, found.roc, found.warnings) == (1, 0, None, ())
    assert found.calibration is not None
    assert (found.calibration.log_loss, found.calibration.expected_error) == (0, 0)


def test_an_unknown_temperature_leaves_calibration_out() -> None:
    assert evaluation([[4, 0]], [0]).calibration is None


def test_scores_at_the_end_of_their_range_do_not_overflow() -> None:
    low, high = np.iinfo(np.int32).min + 1, np.iinfo(np.int32).max
    found = evaluation([[low, high], [high, low], [high, high - 1]], [1, 0, 1], 0.5)
    assert found.roc is not None
    assert found.roc.auc == 1
    assert found.calibration is not None
    assert np.isfinite(found.calibration.log_loss)


def test_figures_take_samples() -> None:
    with pytest.raises(DataError, match="there are no samples"):
        evaluation(np.empty((0, 2)), [])
