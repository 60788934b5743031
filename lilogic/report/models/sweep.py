"""What a sweep of a recipe's settings found: ``sweep.json``."""

from __future__ import annotations

from typing import Any

from lilogic.report.models.base import Report
from lilogic.report.models.training import Spread


class TrialNetwork(Report):
    """A network of a trial.

    Attributes:
        seed: Seed of its training.
        folder: Its run folder, relative to that of the sweep.
        validation: Frozen accuracy on the validation split, as a fraction.
        gates: Number of gates after simplification.
        cost: Size on the target of the sweep, if it has one.
        seconds: Time of training, in seconds.
    """

    seed: int
    folder: str
    validation: float
    gates: int
    cost: float | None = None
    seconds: float | None = None


class Trial(Report):
    """One setting of a sweep.

    Attributes:
        number: Number of the trial, from 1.
        setting: The values, by key of the recipe.
        networks: One network for each seed; empty if the setting is impossible.
        validation: Accuracy on the validation split, as a fraction.
        gates: Mean number of gates.
        cost: Mean size on the target.
        error: Why the setting could not be trained.
        on_front: Whether no other trial is better in accuracy or size without being worse in the
            other. Without a target, size is the number of gates.
    """

    number: int
    setting: dict[str, Any]
    networks: tuple[TrialNetwork, ...] = ()
    validation: Spread | None = None
    gates: float | None = None
    cost: float | None = None
    error: str | None = None
    on_front: bool = False

    @property
    def size(self) -> float:
        """What is weighed against accuracy: the cost, or else the gates."""
        return (self.gates or 0.0) if self.cost is None else self.cost


class SweepReport(Report):
    """All trials of a sweep, and the best one on the validation split.

    Attributes:
        name: Name of the sweep.
        version: Version of lilogic.
        recipe: Name of the base recipe.
        dataset: Data set that the networks were trained on.
        sampler: What chose the settings.
        target: The target of costs.
        unit: What costs count, such as ``LUT6``.
        mapped: Whether Yosys mapped the networks; otherwise costs are estimates.
        trials: The trials, in order.
        best: Number of the best trial.
        network: Run folder of its network; of several, the best on the validation split.
        test: Accuracy of this network on the test split, as a fraction; absent if the data set has
            no test split. No other network sees the test split.
    """

    name: str
    version: str
    recipe: str
    dataset: str
    sampler: str
    target: str | None = None
    unit: str | None = None
    mapped: bool = False
    trials: tuple[Trial, ...]
    best: int
    network: str
    test: float | None = None

    @property
    def winner(self) -> Trial:
        """The best trial."""
        return self.trials[self.best - 1]
