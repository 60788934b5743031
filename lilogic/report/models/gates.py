"""What the gates of a graph are, and how often they are read."""

from __future__ import annotations

from pydantic import NonNegativeInt

from lilogic.report.models.base import Report


class FanOut(Report):
    """How often nodes are read by gates and heads.

    A gate does not read a wire that its function ignores.

    Attributes:
        max: Reads of the node that is read most often.
        mean: Mean number of reads of a node.
        unread: Number of nodes that nothing reads.
    """

    max: NonNegativeInt
    mean: float
    unread: NonNegativeInt


class Layer(Report):
    """The gates of one layer.

    Attributes:
        gates: Number of gates.
        filters: Number of filters that share these gates, for a convolution.
        places: Rows and columns of positions of each filter, for a convolution.
        constants: Number of gates that are FALSE or TRUE.
        pass_through: Number of gates that are A, B or the complement of one.
        fan_out: How often the gates are read.
    """

    gates: NonNegativeInt
    filters: NonNegativeInt | None = None
    places: tuple[NonNegativeInt, NonNegativeInt] | None = None
    constants: NonNegativeInt
    pass_through: NonNegativeInt
    fan_out: FanOut


class Level(Report):
    """The gates of one level.

    Attributes:
        gates: Number of gates.
        nodes: Number of nodes of up to six inputs that the gates make up; absent if each gate is a
            node.
        ops: Number of gates of each function, by name.
        fan_out: How often the gates are read.
    """

    gates: NonNegativeInt
    nodes: NonNegativeInt | None = None
    ops: dict[str, NonNegativeInt]
    fan_out: FanOut
