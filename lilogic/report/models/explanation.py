"""What the classes of a network depend on, and its formula in words."""

from __future__ import annotations

from pydantic import NonNegativeInt

from lilogic.report.models.base import Report


class Named(Report):
    """A part of a formula that is written once.

    Attributes:
        name: what it is called where it is used.
        text: when it holds.
    """

    name: str
    text: str


class Term(Report):
    """What adds to a score while a condition holds.

    Attributes:
        weight: how much it adds.
        text: the condition.
    """

    weight: int
    text: str


class ClassScore(Report):
    """A class's score: the offset and what each term adds.

    Attributes:
        name: what the class is called.
        offset: what the score starts from.
        terms: what may add to it.
    """

    name: str
    offset: int
    terms: list[Term]


class Formula(Report):
    """A network in words; its class is the first with the highest score.

    Attributes:
        parts: what is written once, each of conditions and of those before it.
        scores: of the classes, or of the one that was asked for.
    """

    parts: list[Named]
    scores: list[ClassScore]


class Basis(Report):
    """What importance was measured on.

    Attributes:
        dataset: whose samples these are; None for random bits, or samples of no known name.
        is_random: whether they are random bits, as there are no samples.
        samples: how many.
        seed: of what is random: the choice of samples, or bits, and shuffling.
        accuracy: the fraction of the samples that the network gets right; None without labels.
    """

    dataset: str | None = None
    is_random: bool
    samples: int
    seed: NonNegativeInt
    accuracy: float | None = None


class AccuracyLost(Report):
    """What accuracy loses, as a fraction, if a feature's values are shuffled among samples.

    Attributes:
        mean: over the repetitions; negative where accuracy grows.
        deviation: likewise; None of one repetition.
        repeats: how many repetitions.
    """

    mean: float
    deviation: float | None = None
    repeats: int


class Importance(Report):
    """What it does to flip an input bit alone, on average over samples; of several, the sum.

    Attributes:
        decides: the share of samples whose class becomes another.
        change: for each class, by how much its score changes, as an absolute value.
        effect: for each class, its score with the bit 1 minus its score with the bit 0.
    """

    decides: float
    change: list[float]
    effect: list[float]


class Condition(Importance):
    """An input bit that classes depend on.

    Attributes:
        bit: its number.
        text: when it is 1.
        threshold: what its feature exceeds then, in the units of samples; None without encoder.
    """

    bit: int
    text: str
    threshold: float | None = None


class Feature(Importance):
    """All conditions on a column of a table, on a pixel, or on a bit that is not encoded.

    Attributes:
        name: what it is called.
        accuracy_lost: if it is shuffled; None without labels.
    """

    name: str
    accuracy_lost: AccuracyLost | None = None


class Explanation(Report):
    """What the classes of a network depend on.

    Attributes:
        name: of the network.
        version: of lilogic that says so.
        classes: what they are called.
        basis: what importance was measured on.
        image: rows and columns, where features are the pixels of an image, row after row.
        features: all features, in their order.
        conditions: those that classes depend on, in the order of bits.
        formula: the network in words; None where that is too large.
        too_large: in this case, how large it is.
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
