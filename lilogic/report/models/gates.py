"""What the gates of a graph are, and how often they are read."""

from __future__ import annotations

from pydantic import NonNegativeInt

from lilogic.report.models.base import Report


class FanOut(Report):
    """How many wires and heads read each of some nodes: the most, the mean, and by how many none.

    A wire that its gate's function ignores does not read.

    Attributes:
        max: reads of the node that is read most.
        mean: reads of a node.
        unread: how many of the nodes nothing reads.
    """

    max: NonNegativeInt
    mean: float
    unread: NonNegativeInt


class Layer(Report):
    """The gates of one layer: how many, how many of them do not compute anything, who reads them.

    Attributes:
        gates: number of gates.
        constants: how many are FALSE or TRUE.
        pass_through: how many are A, B or the complement of one.
        fan_out: how often they are read.
        filters: of a convolution, how many filters share these gates.
        places: rows and columns in which each filter stands.
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
        gates: number of gates.
        nodes: how many nodes of up to six inputs these stand for; None where each gate is a node.
        ops: how many there are of each function, by its name in ``gates.GATES``.
        fan_out: how often they are read.
    """

    gates: NonNegativeInt
    nodes: NonNegativeInt | None = None
    ops: dict[str, NonNegativeInt]
    fan_out: FanOut
