"""What is known of a network that comes along."""

from __future__ import annotations

import statistics

from lilogic.graph.header import Header
from lilogic.graph.metadata import MappedCost, Training
from lilogic.report.models.base import Report


class SeedStatistics(Report):
    """Frozen test accuracies of several seeds of a recipe.

    Attributes:
        seeds: The seeds.
        test_frozen: Accuracy of each seed, as a fraction.
        mean: Mean of the accuracies.
        deviation: Sample standard deviation of the accuracies.
    """

    seeds: list[int]
    test_frozen: list[float]
    mean: float
    deviation: float


class ZooGates(Report):
    """Gates of a network of the zoo.

    Attributes:
        trained: Number of gates as trained.
        simplified: Number of gates after simplification.
    """

    trained: int
    simplified: int


class ZooEntry(Report):
    """A network of the zoo.

    Attributes:
        name: Name of the network.
        description: One line about it.
        dataset: Data set that it was trained on.
        gates: Its gates.
        accuracy: Accuracies that it records, as fractions, by split and kind, such as
            ``test_frozen``.
        seeds: Accuracies of several seeds, if recorded.
        training: How it was trained.
        cost: Size in hardware, by target, if recorded.
    """

    name: str
    description: str
    dataset: str | None = None
    gates: ZooGates
    accuracy: dict[str, float]
    seeds: SeedStatistics | None = None
    training: Training
    cost: dict[str, MappedCost]

    @classmethod
    def of(cls, name: str, header: Header, simplified: int) -> ZooEntry:
        """The entry of a file, of whose gates simplification leaves so many."""
        metadata = header.metadata
        seeds = None
        if metadata.seeds is not None:
            found = metadata.seeds.test_frozen
            seeds = SeedStatistics(
                seeds=metadata.seeds.seeds,
                test_frozen=found,
                mean=statistics.mean(found),
                deviation=statistics.stdev(found) if len(found) > 1 else 0.0,
            )
        return cls(
            name=name,
            description=metadata.description or metadata.recipe.get("description", ""),
            dataset=metadata.dataset,
            gates=ZooGates(trained=metadata.trained_gates or header.n_gates, simplified=simplified),
            accuracy=metadata.accuracy,
            seeds=seeds,
            training=metadata.training,
            cost=metadata.cost,
        )
