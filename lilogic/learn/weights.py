"""What training samples weigh in the loss."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lilogic.data.datasets import Dataset
from lilogic.learn.recipe import TrainRecipe


def of_samples(
    data: Dataset, chosen: npt.NDArray[np.int64], settings: TrainRecipe
) -> npt.NDArray[np.float32] | None:
    """float32 [chosen] of the training samples that train, 1 on average; None where all are 1.

    Balanced classes have equal sums of weights: without weights of the data set's own, a sample
    weighs what it does in scikit-learn, samples / (classes · samples of its class).
    """
    if data.weights is None and settings.class_weight == "none":
        return None
    found = np.ones(len(chosen)) if data.weights is None else data.weights[chosen]
    if settings.class_weight == "balanced":
        labels = data.y_train[chosen]
        sums = np.bincount(labels, found)
        found = found / np.where(sums > 0, sums, 1)[labels]
    mean = found.mean()
    return (found / (mean if mean > 0 else 1)).astype(np.float32)
