"""How good a classifier is, by the answers that it gives to samples whose classes are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import NonNegativeInt, PositiveInt

from lilogic.report.models.base import Report

if TYPE_CHECKING:
    from rich.console import Group


class Interval(Report):
    """Where the accuracy on all samples of this kind lies, with 95 % confidence, as fractions.

    It is Wilson's interval (E. B. Wilson, Probable inference, the law of succession, and
    statistical inference, Journal of the American Statistical Association 22, 1927), which holds
    for few samples, and for accuracies near 0 and 1, too.
    """

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:.2%} to {self.high:.2%}"


class ClassFigures(Report):
    """How well one class is told from the others.

    Attributes:
        name: what it is called.
        support: samples of the class.
        predicted: samples that are answered with it.
        precision: fraction of ``predicted`` that are of the class; None where there are none.
        recall: fraction of ``support`` that is answered with it; None where there are none.
        f1: harmonic mean of the two; None where ``support`` and ``predicted`` are both 0.
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
        positive: the class that is looked for, which is the second one.
        auc: area under the curve: how often a sample of that class has the greater difference,
            of pairs with one of each class; equal ones count half.
        false_positive_rate: from (0, 0) to (1, 1), a point for each difference that occurs.
        true_positive_rate: of the same points.
    """

    positive: str
    auc: float
    false_positive_rate: tuple[float, ...]
    true_positive_rate: tuple[float, ...]


class ReliabilityBin(Report):
    """Samples whose confidence, the probability of the answer, lies in ``(low, high]``.

    Attributes:
        low: the lower end.
        high: the upper end.
        samples: how many there are.
        confidence: their mean confidence.
        accuracy: the fraction of them that is right.
    """

    low: float
    high: float
    samples: PositiveInt
    confidence: float
    accuracy: float


class Calibration(Report):
    """What probabilities are worth that are made of scores: softmax(scores / temperature).

    Attributes:
        temperature: as in training; see ``Metadata.temperature``.
        log_loss: mean of -log(probability of the sample's class).
        expected_error: expected calibration error: mean over all samples of the difference
            between confidence and accuracy in the sample's bin (Guo et al., On calibration of
            modern neural networks, 2017).
        bins: of equal width, lowest first; those without samples are left out.
    """

    temperature: float
    log_loss: float
    expected_error: float
    bins: tuple[ReliabilityBin, ...]


class Evaluation(Report):
    """How good a classifier is; shows itself as tables in a notebook or with rich.

    Attributes:
        samples: how many were classified.
        accuracy: fraction of them that is right.
        interval: what that says of samples that were not seen.
        balanced_accuracy: mean recall of the classes that have samples.
        largest_class: fraction of the samples that are of the most frequent class, which is the
            accuracy of always answering that.
        ties: samples for which several classes have the highest score, of which the first is
            answered, in software and in hardware.
        classes: figures of each class.
        confusion: how many samples of each class (rows) are answered with each class (columns).
        roc: of two classes that both have samples; else None.
        calibration: None where the temperature is not known.
        warnings: a line for each thing that is wrong.
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

    def __rich__(self) -> Group:
        """What rich prints."""
        from rich.console import Group

        from lilogic.report import console
        from lilogic.report.evaluation import sections

        return Group(*map(console.table, sections.of_figures(self)))

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from lilogic.report.evaluation import sections

        return sections.html_tables(sections.of_figures(self))


class EvaluationReport(Report):
    """A network on a data set, as ``lilogic eval`` prints it.

    Attributes:
        model: what the network is called.
        version: of lilogic that says so.
        gates: how many it has.
        dataset: what the data set is called.
        is_trained_data: whether it is the very data that the network was trained on.
        test_samples: samples of the test split.
        test_frozen: fraction of them that is right.
        train_frozen: the same of the training split, validation included; None where not asked for.
        recorded: accuracies that the network records.
        test: all figures of the test split.
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
