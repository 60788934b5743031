"""What a network will take, estimated without synthesis: see ``lilogic.cost``."""

from __future__ import annotations

from lilogic.report.models.base import Report


class CostError(Report):
    """How far estimates were from what Yosys made of networks that the model was not fitted to.

    Attributes:
        median: of the absolute errors, as a fraction of what Yosys counted.
        worst: of these.
        networks: how many were compared.
    """

    median: float
    worst: float
    networks: int


class CostEstimate(Report):
    """What a classifier takes on a target: combinational, before placement.

    Attributes:
        name: of the network or recipe.
        target: what it is for.
        unit: what is counted.
        parts: of encoder, gates, heads and argmax; they add up to the total.
        total: of them all.
        bits_in: without the encoder, whose LUTs take in gates where that saves some.
        error: of such totals.
        drawn: whether it is of a recipe, for which a network was drawn.
    """

    name: str
    target: str
    unit: str
    parts: dict[str, int]
    total: int
    bits_in: int
    error: CostError
    drawn: bool


class FrontierPoint(Report):
    """A network of a sweep of budgets.

    Attributes:
        budget: what it was allowed to take.
        seed: of its training.
        folder: its run folder.
        layers: nodes of each layer.
        cost: what it takes, as estimated of what was trained.
        accuracy: fractions of the splits that it gets right.
        chosen: whether it is the seed of its budget that is best on the validation split.
    """

    budget: int
    seed: int
    folder: str
    layers: tuple[int, ...]
    cost: CostEstimate
    accuracy: dict[str, float]
    chosen: bool


class FrontierReport(Report):
    """Accuracy against cost.

    Attributes:
        name: of the recipe that was scaled.
        dataset: what the networks were trained on.
        target: what they are for.
        unit: what is counted.
        points: budgets in rising order, and the seeds of each.
    """

    name: str
    dataset: str
    target: str
    unit: str
    points: tuple[FrontierPoint, ...]
