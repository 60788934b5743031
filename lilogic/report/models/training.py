"""What is known of networks that were just trained: ``summary.json``, and of several together."""

from __future__ import annotations

from lilogic.data.settings import SplitRecord
from lilogic.graph.metadata import Training
from lilogic.report.models.base import Report
from lilogic.report.models.cost import CostEstimate
from lilogic.report.models.evaluation import Interval
from lilogic.report.models.gates import FanOut, Layer
from lilogic.report.models.graph import GraphReport


class TrainingSummary(GraphReport):
    """A network that was just trained; its gates are those that were trained.

    Attributes:
        training: how that went.
        gap: by split, how much accuracy freezing cost, as a fraction; negative where it helped.
        inputs: how often input bits are read.
        layers: first to last.
        balanced_accuracy: of the frozen network on the test split: mean recall of its classes.
        test_interval: 95 % interval of the frozen network's accuracy on the test split.
        warnings: a line for each layer that collapsed, and for what the accuracy on the test split
            hides; see ``Evaluation.warnings``.
        split: how the samples were split; None in runs of versions that did not say.
        budget: what it may take; None where nothing was asked.
        cost: what it takes on the budget's target, as estimated of the frozen network.
    """

    training: Training
    gap: dict[str, float]
    inputs: FanOut
    layers: tuple[Layer, ...]
    balanced_accuracy: float | None = None
    test_interval: Interval | None = None
    warnings: tuple[str, ...]
    split: SplitRecord | None = None
    budget: int | None = None
    cost: CostEstimate | None = None


class Spread(Report):
    """Values of several networks: their mean and the sample's standard deviation."""

    mean: float
    deviation: float


class Fold(Report):
    """A network of cross-validation and how it does on its fold, which it was not trained on.

    Attributes:
        samples: how many the fold has.
        accuracy: fractions that the network gets right: ``test_frozen`` and ``test_soft`` of its
            fold, ``validation_frozen`` and ``validation_soft``.
        gates: how many simplification leaves.
        training: how it was trained.
    """

    samples: int
    accuracy: dict[str, float]
    gates: int
    training: Training


class CrossValidation(Report):
    """A recipe's networks, each trained on all folds but the one that it is tested on.

    Attributes:
        name: the recipe's.
        version: of lilogic that says so.
        dataset: what they were trained on.
        folds: first to last.
        accuracy: over the folds, by ``test_frozen`` and ``test_soft``.
        gates: over the folds.
    """

    name: str
    version: str
    dataset: str | None = None
    folds: tuple[Fold, ...]
    accuracy: dict[str, Spread]
    gates: Spread


class SeededNetwork(Report):
    """A network of one of several seeds.

    Attributes:
        seed: of its training.
        accuracy: as in ``Fold``, of the test split.
        gates: how many simplification leaves.
        training: how it was trained.
    """

    seed: int
    accuracy: dict[str, float]
    gates: int
    training: Training


class SeedsReport(Report):
    """A recipe's networks that differ in their seed: ``seeds.json``.

    Attributes:
        name: the recipe's.
        version: of lilogic that says so.
        dataset: what they were trained on.
        networks: first seed to last.
        accuracy: over the seeds, by split and kind, as in a network's.
        gates: over the seeds.
    """

    name: str
    version: str
    dataset: str | None = None
    networks: tuple[SeededNetwork, ...]
    accuracy: dict[str, Spread]
    gates: Spread
