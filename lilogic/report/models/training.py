"""What is known of a network that was just trained: ``summary.json``."""

from __future__ import annotations

from typing import Any

from pydantic import (
    BaseModel,
    ConfigDict,
    NonNegativeInt,
    SerializerFunctionWrapHandler,
    model_serializer,
)


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FanOut(_Model):
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


class Layer(_Model):
    """The gates of one layer: how many, how many of them do not compute anything, who reads them.

    Attributes:
        gates: number of gates.
        constants: how many are FALSE or TRUE.
        pass_through: how many are A, B or the complement of one.
        fan_out: how often they are read.
    """

    gates: NonNegativeInt
    constants: NonNegativeInt
    pass_through: NonNegativeInt
    fan_out: FanOut


class Level(_Model):
    """The gates of one level.

    Attributes:
        gates: number of gates.
        ops: how many there are of each function, by its name in ``gates.GATES``.
        fan_out: how often they are read.
    """

    gates: NonNegativeInt
    ops: dict[str, NonNegativeInt]
    fan_out: FanOut


class GateCounts(_Model):
    """The gates of a graph.

    Attributes:
        trained: number of gates before passes.
        compiled: number of gates of the graph as it is.
        depth: levels of gates.
        ops: how many there are of each function, by its name in ``gates.GATES``.
    """

    trained: NonNegativeInt
    compiled: NonNegativeInt
    depth: NonNegativeInt
    ops: dict[str, NonNegativeInt]


class Training(_Model):
    """How a training went.

    Attributes:
        members: networks trained for an ensemble; None, and left out of JSON, without one.
        epochs: how many, of an ensemble's members the most.
        seconds: how long all of them took.
        device: where tensors were, as torch calls it.
        threads: of the processor.
    """

    members: NonNegativeInt | None = None
    epochs: NonNegativeInt
    seconds: float
    device: str
    threads: NonNegativeInt

    @model_serializer(mode="wrap")
    def _without_none(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {key: value for key, value in serialize(self).items() if value is not None}


class TrainingSummary(_Model):
    """What is known of a network that was just trained. Accuracies are fractions.

    Attributes:
        name: the recipe's name.
        version: of lilogic.
        dataset: what it was trained on.
        accuracy: by split and network, such as ``test_frozen``.
        gates: of the network as it was trained.
        training: how that went.
        gap: by split, how much accuracy freezing cost; negative where it helped.
        gates_after_passes: how many gates passes leave.
        inputs: how often input bits are read.
        layers: first to last.
        warnings: a line for each layer that collapsed.
    """

    name: str
    version: str
    dataset: str | None
    accuracy: dict[str, float]
    gates: GateCounts
    training: Training
    gap: dict[str, float]
    gates_after_passes: NonNegativeInt
    inputs: FanOut
    layers: tuple[Layer, ...]
    warnings: tuple[str, ...]
