"""What a network will take, estimated without synthesis: see ``lilogic.cost``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lilogic.graph.metadata import MappedCost
from lilogic.report.models.base import Report, Shown

if TYPE_CHECKING:
    from lilogic.report.pages import Section


class CostError(Report):
    """How far estimates are from Yosys, on networks that the cost model was not fitted to.

    Attributes:
        median: Median of the absolute errors, as a fraction of Yosys' counts.
        worst: Largest of these errors.
        networks: Number of networks compared.
    """

    median: float
    worst: float
    networks: int


class CostEstimate(Shown):
    """Estimated size of a classifier on a target: combinational, before placement.

    Attributes:
        name: Name of the network or recipe.
        target: The target.
        unit: What is counted, such as ``LUT6``.
        parts: Counts of encoder, gates, heads and argmax; their sum is the total.
        total: Count of the whole classifier.
        bits_in: Count without the encoder, for hardware that reads encoded bits.
        error: Error of such estimates.
        drawn: Whether the estimate is for a recipe, for which a random network was drawn.
    """

    name: str
    target: str
    unit: str
    parts: dict[str, int]
    total: int
    bits_in: int
    error: CostError
    drawn: bool

    def tables(self) -> Iterable[Section]:
        """What each part takes."""
        from lilogic.report import pages, tables

        title = f"{self.name} on {self.target}"
        yield pages.summary(title, tables.cost_rows(self))


class FrontierPoint(Report):
    """One network of a frontier.

    Attributes:
        budget: What the network was allowed to take.
        seed: Seed of its training.
        folder: Its run folder.
        layers: Nodes of each layer.
        cost: Estimated size of the trained network.
        mapped: What Yosys mapped it to, if that was asked for.
        accuracy: Accuracies as fractions, by split and kind, such as ``test_frozen``.
        chosen: Whether it is the best seed of its budget on the validation split.
    """

    budget: int
    seed: int
    folder: str
    layers: tuple[int, ...]
    cost: CostEstimate
    mapped: MappedCost | None = None
    accuracy: dict[str, float]
    chosen: bool

    @property
    def total(self) -> float:
        """Size of the whole classifier: as mapped, or else as estimated."""
        return (self.mapped or self.cost).total


class FrontierReport(Shown):
    """Accuracy against size: a network for each budget and seed.

    Attributes:
        name: Name of the recipe that was scaled.
        dataset: Data set that the networks were trained on.
        target: The target.
        unit: What is counted, such as ``LUT6``.
        points: The networks, by rising budget.
    """

    name: str
    dataset: str
    target: str
    unit: str
    points: tuple[FrontierPoint, ...]

    def tables(self) -> Iterable[Section]:
        """A line for each network."""
        from lilogic.report import pages, tables

        title = f"{self.name} on {self.target}"
        yield pages.summary(title, tables.frontier_rows(self))
