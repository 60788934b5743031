"""How good a classifier is, by the answers that it gives to samples whose classes are known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pydantic import NonNegativeInt, PositiveInt

from lilogic.report.models.base import Report, Shown

if TYPE_CHECKING:
    from lilogic.report.drawing import Picture
    from lilogic.report.pages import Section


class Interval(Report):
    """The 95 % confidence interval of an accuracy.

    It is Wilson's interval (E. B. Wilson, Probable inference, the law of succession, and
    statistical inference, Journal of the American Statistical Association 22, 1927), which holds
    for few samples and for accuracies near 0 and 1, too.

    Attributes:
        low: Lower end, as a fraction.
        high: Upper end, as a fraction.
    """

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:.2%} to {self.high:.2%}"


class ClassFigures(Report):
    """How well one class is told from the others.

    Attributes:
        name: Name of the class.
        support: Number of samples of the class.
        predicted: Number of samples that are classified as this class.
        precision: Fraction of ``predicted`` that belongs to the class; absent if that is 0.
        recall: Fraction of ``support`` that is classified as this class; absent if that is 0.
        f1: Harmonic mean of precision and recall; absent if both counts are 0.
    """

    name: str
    support: NonNegativeInt
    predicted: NonNegativeInt
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None


class Roc(Report):
    """The receiver operating characteristic of two classes, by the difference of their scores.

    Attributes:
        positive: The class to detect: the second one.
        auc: Area under the curve: the fraction of pairs, one sample of each class, in which the
            sample of the positive class has the larger difference; equal ones count half.
        false_positive_rate: Fractions from 0 to 1, one for each difference that occurs.
        true_positive_rate: Fractions for the same points.
    """

    positive: str
    auc: float
    false_positive_rate: tuple[float, ...]
    true_positive_rate: tuple[float, ...]


class ReliabilityBin(Report):
    """Samples whose confidence, the probability of the predicted class, lies in ``(low, high]``.

    Attributes:
        low: Lower end.
        high: Upper end.
        samples: Number of samples.
        confidence: Mean confidence of the samples.
        accuracy: Fraction of the samples that is classified correctly.
    """

    low: float
    high: float
    samples: PositiveInt
    confidence: float
    accuracy: float


class Calibration(Report):
    """How far probabilities made of scores, softmax(scores / temperature), can be trusted.

    Attributes:
        temperature: Temperature: that of training, times the number of networks and views that are
            counted together.
        log_loss: Mean of -log(probability of the true class).
        expected_error: Expected calibration error: mean over all samples of the difference between
            confidence and accuracy in the sample's bin (Guo et al., On calibration of modern neural
            networks, 2017).
        bins: Bins of equal width, lowest first, without empty ones.
    """

    temperature: float
    log_loss: float
    expected_error: float
    bins: tuple[ReliabilityBin, ...]


class Evaluation(Shown):
    """How good a classifier is; shows itself as tables in a notebook or with rich.

    Attributes:
        samples: Number of samples classified.
        accuracy: Fraction of the samples that is classified correctly.
        interval: Confidence interval of the accuracy.
        balanced_accuracy: Mean recall of the classes that have samples.
        largest_class: Fraction of the samples in the most frequent class: the accuracy of always
            answering with it.
        ties: Number of samples for which several classes have the highest score. The first of them
            is the answer, in software and in hardware.
        classes: Figures of each class.
        confusion: Number of samples of each class (rows) that is classified as each class
            (columns).
        roc: ROC curve, if there are two classes and both have samples.
        calibration: Calibration, if the temperature is known.
        warnings: What looks wrong, one line each.
    """

    samples: PositiveInt
    accuracy: float
    interval: Interval
    balanced_accuracy: float
    largest_class: float
    ties: NonNegativeInt
    classes: tuple[ClassFigures, ...]
    confusion: tuple[tuple[NonNegativeInt, ...], ...]
    roc: Roc | None = None
    calibration: Calibration | None = None
    warnings: tuple[str, ...] = ()

    def tables(self) -> Iterable[Section]:
        """The figures, as tables."""
        from lilogic.report.evaluation import sections

        return sections.of_figures(self)

    def draw(self) -> Picture:
        """Confusions, calibration and, of two classes, the ROC.

        Raises:
            MissingExtraError: Matplotlib is not installed.
        """
        from lilogic.report.drawing import Picture
        from lilogic.report.evaluation import plots

        return Picture(plots.svg(self))


class EvaluationReport(Report):
    """A network on a data set.

    Attributes:
        model: Name of the network.
        version: Version of lilogic.
        gates: Number of gates.
        dataset: Name of the data set.
        is_trained_data: Whether it is exactly the data that the network was trained on.
        test_samples: Number of samples in the test split.
        test_frozen: Accuracy on the test split, as a fraction.
        train_frozen: Accuracy on the training split, validation included, as a fraction; absent if
            not asked for.
        recorded: Accuracies that the network records.
        test: All figures of the test split.
    """

    model: str
    version: str
    gates: int
    dataset: str
    is_trained_data: bool
    test_samples: int
    test_frozen: float
    train_frozen: float | None = None
    recorded: dict[str, float]
    test: Evaluation
