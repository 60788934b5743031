"""What is known of a network that comes along."""

from __future__ import annotations

import statistics

from lilogic.graph.header import Header
from lilogic.graph.metadata import MappedCost, Training
from lilogic.report.models.base import Report


class SeedStatistics(Report):
    """Frozen test accuracies of a recipe's seeds, as fractions; the deviation is the sample's."""

    seeds: list[int]
    test_frozen: list[float]
    mean: float
    deviation: float


class ZooGates(Report):
    """Gates of a network of the zoo: as trained, and what simplification leaves."""

    trained: int
    simplified: int


class ZooEntry(Report):
    """A network of the zoo.

    Attributes:
        name: what it is called.
        description: a line about it.
        dataset: what it was trained on.
        gates: its gates.
        accuracy: fractions of the splits that it gets right, as recorded.
        seeds: accuracies of several seeds; None where none are recorded.
        training: how it was trained.
        cost: what it takes in hardware, by target, where that is recorded.
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
