"""What the classes of a network depend on, and its formula in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pydantic import NonNegativeInt

from lilogic.report.models.base import Report, Shown

if TYPE_CHECKING:
    from lilogic.report.drawing import Picture
    from lilogic.report.pages import Section


class Named(Report):
    """A part of a formula that is written once.

    Attributes:
        name: Its name in the rest of the formula.
        text: The condition that it stands for.
    """

    name: str
    text: str


class Term(Report):
    """A condition that changes a score.

    Attributes:
        weight: What is added to the score if the condition holds.
        text: The condition.
    """

    weight: int
    text: str


class ClassScore(Report):
    """The score of a class: an offset, and what each term adds.

    Attributes:
        name: Name of the class.
        offset: Where the score starts.
        terms: The terms.
    """

    name: str
    offset: int
    terms: list[Term]


class Formula(Report):
    """A network in words; the predicted class is the first with the highest score.

    Attributes:
        parts: Parts that are written once, made of conditions and of earlier parts.
        scores: Scores of all classes, or of the one that was asked for.
    """

    parts: list[Named]
    scores: list[ClassScore]

    def __str__(self) -> str:
        """The formula, a term a line."""
        from lilogic.report import explanation

        return "\n".join(explanation.formula_lines(self))


class Basis(Report):
    """The samples that importance was measured on.

    Attributes:
        dataset: Name of the data set; absent if unknown, or for random bits.
        is_random: Whether random bits stand in for samples.
        samples: Number of samples.
        seed: Seed of the choice of samples, random bits and shuffling.
        accuracy: Fraction of the samples that is classified correctly; absent without labels.
    """

    dataset: str | None = None
    is_random: bool
    samples: int
    seed: NonNegativeInt
    accuracy: float | None = None


class AccuracyLost(Report):
    """Loss of accuracy, as a fraction, if the values of a feature are shuffled among the samples.

    Attributes:
        mean: Mean over the repetitions; negative if accuracy rises.
        deviation: Standard deviation over the repetitions; absent for one repetition.
        repeats: Number of repetitions.
    """

    mean: float
    deviation: float | None = None
    repeats: int


class Importance(Report):
    """The effect of flipping one input bit, mean over samples; for several bits, the sum.

    Attributes:
        decides: Fraction of the samples whose class changes.
        change: For each class, the mean absolute change of its score.
        effect: For each class, its score with the bit at 1 minus its score with the bit at 0.
    """

    decides: float
    change: list[float]
    effect: list[float]


class Condition(Importance):
    """An input bit that classes depend on.

    Attributes:
        bit: Number of the bit, from 0.
        text: The condition under which it is 1.
        threshold: The threshold that its feature must exceed, in units of the samples; absent
            without an encoder.
    """

    bit: int
    text: str
    threshold: float | None = None


class Feature(Importance):
    """All conditions on a column of a table, a pixel, or a bit that is not encoded.

    Attributes:
        name: Name of the feature.
        accuracy_lost: Loss of accuracy if the feature is shuffled; absent without labels.
    """

    name: str
    accuracy_lost: AccuracyLost | None = None


class Explanation(Shown):
    """What the classes of a network depend on.

    Attributes:
        name: Name of the network.
        version: Version of lilogic.
        classes: Names of the classes.
        basis: The samples that importance was measured on.
        image: Rows and columns, if the features are the pixels of an image, row by row.
        features: All features, in order.
        conditions: The input bits that classes depend on, in order.
        formula: The network in words; absent if it is too large.
        too_large: How large the formula would be, if it is too large.
    """

    name: str
    version: str
    classes: list[str]
    basis: Basis
    image: tuple[int, int] | None = None
    features: list[Feature]
    conditions: list[Condition]
    formula: Formula | None = None
    too_large: str | None = None

    def tables(self) -> Iterable[Section]:
        """The features that matter most and, for each class, the conditions."""
        from lilogic.report import explanation

        return explanation.sections(self)

    def draw(self, class_name: str | None = None) -> Picture:
        """A heat map of an image's pixels for each class; else bars of features.

        Args:
            class_name: the class to show alone; default: all.

        Raises:
            DataError: there is no such class.
            MissingExtraError: Matplotlib is not installed.
        """
        from lilogic.report import explanation

        return explanation.picture(self, class_name)
