"""How much classes depend on each condition, and accuracy on each column.

Influence is the Boolean functions' own notion: the probability that a function changes if one bit
is flipped (Ben-Or and Linial, "Collective coin flipping", 1989; O'Donnell, "Analysis of Boolean
Functions", 2014, section 2.2), here over the samples instead of all inputs. Permutation importance
is Breiman's ("Random Forests", Machine Learning 45, 2001).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lilogic.data.encoder import Encoder
from lilogic.explain.changes import Baseline
from lilogic.explain.conditions import Conditions
from lilogic.infer import golden

Tell = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Influence:
    """What it does to flip each input bit alone, on average over samples.

    Bits that no class depends on have zeros.

    Attributes:
        decides: float64 [bits], the share of samples whose class becomes another.
        change: float64 [bits, classes], by how much each class's score changes, as an absolute
            value.
        effect: float64 [bits, classes], the score with the bit 1 minus the score with the bit 0.
    """

    decides: npt.NDArray[np.float64]
    change: npt.NDArray[np.float64]
    effect: npt.NDArray[np.float64]

    @classmethod
    def measure(cls, baseline: Baseline, tell: Tell) -> Influence:
        """Flip each bit that matters, one after the other; ``tell`` takes news of how many are."""
        graph, scores = baseline.graph, baseline.scores
        classes = golden.classify(scores.T)
        decides = np.zeros(graph.n_inputs)
        change, effect = np.zeros((2, graph.n_inputs, graph.n_classes))
        used = np.flatnonzero(graph.alive[: graph.n_inputs]).tolist()
        for done, bit in enumerate(used):
            if done % _NEWS_EVERY == 0:
                tell(f"{done:,} of {len(used):,} conditions")
            flipped = baseline.flipped(bit)
            decides[bit] = (golden.classify((scores + flipped).T) != classes).mean()
            change[bit] = np.abs(flipped).mean(axis=1)
            effect[bit] = np.where(baseline.bits[:, bit], -flipped, flipped).mean(axis=1)
        return cls(decides, change, effect)

    def by_column(self, conditions: Conditions) -> Influence:
        """The sums over the bits that look at each column; a bit that looks at two counts half."""
        columns = conditions.columns[conditions.reads]

        def summed(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
            total = np.zeros((len(conditions.column_names), *values.shape[1:]))
            for side in columns.T:
                np.add.at(total, side, values / 2)
            return total

        return Influence(summed(self.decides), summed(self.change), summed(self.effect))


_NEWS_EVERY = 64
"""Conditions, or columns, between two news."""


def permutation(
    baseline: Baseline,
    conditions: Conditions,
    features: npt.NDArray[np.generic],
    labels: npt.NDArray[np.int64],
    repeats: int,
    seed: int,
    tell: Tell,
) -> npt.NDArray[np.float64]:
    """float64 [columns, repeats]: what accuracy loses if a column's values are shuffled.

    The features of one column move together. Columns that no class depends on have zeros.

    Args:
        baseline: of the samples that ``features`` are of.
        conditions: of the baseline's graph.
        features: [samples, features], of the encoder or, without one, the bits.
        labels: int64 [samples].
        repeats: how often each column is shuffled.
        seed: of the shuffling.
        tell: takes news of how many columns are done.
    """
    scores, graph = baseline.scores, baseline.graph
    generator = np.random.default_rng(seed)
    right = (golden.classify(scores.T) == labels).mean()
    lost = np.zeros((len(conditions.column_names), repeats))
    used = np.flatnonzero(graph.alive[: graph.n_inputs])
    for done, (column, bits) in enumerate(_bits_by_column(conditions, used)):
        if done % _NEWS_EVERY == 0:
            tell(f"{done:,} of {len(lost):,} features shuffled")
        for repeat in range(repeats):
            order = generator.permutation(len(labels))
            shuffled = _shuffled(baseline, conditions, features, column, bits, order)
            predicted = golden.classify((scores + baseline.change(bits, shuffled)).T)
            lost[column, repeat] = right - (predicted == labels).mean()
    return lost


def _bits_by_column(
    conditions: Conditions, used: npt.NDArray[np.int64]
) -> Iterator[tuple[int, npt.NDArray[np.int64]]]:
    """The columns that used bits look at, and these bits."""
    columns = conditions.columns[conditions.reads[used]]
    everything = conditions.encoder is not None and conditions.encoder.rank is not None
    for column in np.unique(columns).tolist():
        # All thresholds are relative to a quantile, which any feature may move.
        yield column, used if everything else used[(columns == column).any(axis=1)]


def _shuffled(
    baseline: Baseline,
    conditions: Conditions,
    features: npt.NDArray[np.generic],
    column: int,
    bits: npt.NDArray[np.int64],
    order: npt.NDArray[np.int64],
) -> npt.NDArray[np.bool_]:
    """bool [samples, k]: ``bits``, all that look at a column, if its values are in ``order``."""
    encoder = conditions.encoder
    is_alone = (conditions.columns[conditions.reads[bits]] == column).all()
    if encoder is None or (is_alone and encoder.rank is None):
        moved: npt.NDArray[np.bool_] = baseline.bits[np.ix_(order, bits)]
        return moved
    mixed = features.copy()
    mine = conditions.columns == column
    mixed[:, mine] = features[np.ix_(order, mine)]
    return _only(encoder, bits).bits(mixed)


def _only(encoder: Encoder, bits: npt.NDArray[np.int64]) -> Encoder:
    """The encoder of some of its bits."""
    return Encoder(
        preprocessing=encoder.preprocessing,
        feature=encoder.feature[bits],
        threshold=encoder.threshold[bits],
        minus=encoder.minus[bits],
        rank=encoder.rank,
    )


def random_bits(conditions: Conditions, samples: int, seed: int) -> npt.NDArray[np.bool_]:
    """bool [samples, bits]: random ones; whoever exceeds a threshold exceeds all lower ones.

    For each value that is compared, how many of its different thresholds it exceeds is drawn, any
    number as likely. Bits that no encoder makes are fair coins.
    """
    generator = np.random.default_rng(seed)
    if conditions.encoder is None:
        return generator.random((samples, conditions.n_inputs)) < 0.5
    measures, thresholds = conditions.measures, conditions.thresholds
    bits = np.empty((samples, conditions.n_inputs), dtype=bool)
    order = np.argsort(measures, kind="stable")
    for mine in np.split(order, np.flatnonzero(np.diff(measures[order])) + 1):
        distinct, rank = np.unique(thresholds[mine], return_inverse=True)
        exceeded = generator.integers(0, len(distinct), (samples, 1), endpoint=True)
        bits[:, mine] = rank.reshape(-1) < exceeded
    return bits
