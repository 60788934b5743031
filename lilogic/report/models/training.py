"""What is known of a network that was just trained: ``summary.json``."""

from __future__ import annotations

from lilogic.graph.metadata import Training
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
    budget: int | None = None
    cost: CostEstimate | None = None
