"""What a sweep of a recipe's settings found: ``sweep.json``."""

from __future__ import annotations

from typing import Any

from lilogic.report.models.base import Report
from lilogic.report.models.training import Spread


class TrialNetwork(Report):
    """A network of a trial.

    Attributes:
        seed: of its training.
        folder: its run folder, in that of the sweep.
        validation: fraction of the validation split that it gets right, frozen.
        gates: how many simplification leaves.
        cost: what it takes on the sweep's target, if there is one.
        seconds: of training.
    """

    seed: int
    folder: str
    validation: float
    gates: int
    cost: float | None = None
    seconds: float | None = None


class Trial(Report):
    """A setting that a sweep tried.

    Attributes:
        number: of the trial, from 1.
        setting: its values, by key of the recipe.
        networks: one for each seed; none where the setting is impossible.
        validation: their accuracies on the validation split, as fractions.
        gates: their mean.
        cost: their mean.
        error: why it could not be trained.
        on_front: whether no other trial is better in one of accuracy and cost, or gates where
            there is no target, without being worse in the other.
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
    """All trials of a sweep, and which one is best on the validation split.

    Attributes:
        name: the sweep's.
        version: of lilogic that says so.
        recipe: the base's name.
        dataset: what the networks were trained on.
        sampler: what chose the settings.
        target: what costs are for.
        unit: what they count.
        mapped: whether Yosys mapped the networks; else costs are estimates.
        trials: first to last.
        best: the number of the best one.
        network: the run folder of its network, of several the best on the validation split.
        test: fraction of the test split that this network gets right, and it alone was asked;
            None where the data have no test split.
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
