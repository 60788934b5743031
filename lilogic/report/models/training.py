"""What is known of networks that were just trained: ``summary.json``, and of several together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lilogic.data.settings import SplitRecord
from lilogic.graph.metadata import Training
from lilogic.report.models.base import Report, Shown
from lilogic.report.models.cost import CostEstimate
from lilogic.report.models.evaluation import Interval
from lilogic.report.models.gates import FanOut, Layer
from lilogic.report.models.graph import GraphReport

if TYPE_CHECKING:
    from lilogic.report.pages import Section


class TrainingSummary(GraphReport, Shown):
    """A network as training left it.

    Attributes:
        training: How it was trained.
        gap: Accuracy that freezing cost, as a fraction, by split; negative if it helped.
        inputs: How often input bits are read.
        layers: The layers, first to last.
        balanced_accuracy: Frozen balanced accuracy on the test split: the mean recall of its
            classes.
        test_interval: 95 % confidence interval of the frozen accuracy on the test split.
        warnings: One line for each layer that collapsed, and for what the test accuracy hides.
        split: How the samples were split; absent in runs of versions that did not record it.
        budget: What the circuit may take; absent without a budget.
        cost: Estimated size of the frozen network on the budget's target.
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

    def tables(self) -> Iterable[Section]:
        """What training ended with."""
        from lilogic.report import pages, tables

        yield pages.summary(self.name, tables.training_rows(self))


class Spread(Report):
    """Values of several networks.

    Attributes:
        mean: Mean of the values.
        deviation: Sample standard deviation of the values.
    """

    mean: float
    deviation: float


class Replicate(Report):
    """One of several networks of a recipe.

    Attributes:
        accuracy: Accuracies as fractions: ``test_frozen``, ``test_soft``, ``validation_frozen`` and
            ``validation_soft``.
        gates: Number of gates after simplification.
        training: How it was trained.
    """

    accuracy: dict[str, float]
    gates: int
    training: Training


class Replicates(Report):
    """Several networks of a recipe.

    Attributes:
        name: Name of the recipe.
        version: Version of lilogic.
        dataset: Data set that the networks were trained on.
        accuracy: Accuracies over the networks, by split and kind.
        gates: Gates over the networks.
    """

    name: str
    version: str
    dataset: str | None = None
    accuracy: dict[str, Spread]
    gates: Spread


class Fold(Replicate):
    """One network of a cross-validation, whose test split is its fold.

    Attributes:
        samples: Number of samples in its fold, which it was not trained on.
    """

    samples: int


class CrossValidation(Replicates):
    """The networks of a recipe, each trained on all folds but the one that it is tested on.

    Attributes:
        folds: The networks, first fold to last.
    """

    folds: tuple[Fold, ...]


class SeededNetwork(Replicate):
    """The network of one seed.

    Attributes:
        seed: Seed of its training.
    """

    seed: int


class SeedsReport(Replicates):
    """The networks of a recipe for several seeds.

    Attributes:
        networks: The networks, first seed to last.
    """

    networks: tuple[SeededNetwork, ...]
