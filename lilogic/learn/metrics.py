"""What is measured while a network is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.learn.net.sharpness import Sharpness

Scores = npt.NDArray[np.float32]
"""float32 [samples, classes]."""


@dataclass(frozen=True)
class Epoch:
    """What is known after an epoch, as in a line of ``metrics.jsonl``.

    Attributes:
        epoch: its number, from 0.
        loss: mean cross-entropy of the training samples, as they were augmented.
        train: soft accuracy on them, a fraction as are the other accuracies.
        validation_soft: accuracy of the soft network on the validation split.
        validation_frozen: accuracy of the frozen one.
        sharpen_connections: sharpness of wires after the epoch.
        sharpen_gates: sharpness of gates.
        learning_rate: of its last step.
        seconds: how long it took.
        gates: how many simplification leaves of the frozen network, which is what is compiled;
            None in runs of versions that did not say.
    """

    epoch: int
    loss: float
    train: float
    validation_soft: float
    validation_frozen: float
    sharpen_connections: float
    sharpen_gates: float
    learning_rate: float
    seconds: float
    gates: int | None = None

    @property
    def sharpness(self) -> Sharpness:
        """Sharpness after the epoch."""
        return Sharpness(self.sharpen_connections, self.sharpen_gates)

    @property
    def gap(self) -> float:
        """How much accuracy the validation split would lose by freezing now."""
        return self.validation_soft - self.validation_frozen


def share_right(scores: npt.NDArray[Any], labels: npt.NDArray[np.int64]) -> float:
    """Fraction of samples whose label has the first highest score."""
    return float((scores.argmax(1) == labels).mean())
