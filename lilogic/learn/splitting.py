"""Which training samples validate, and what is recorded of a split."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lilogic.data.datasets import Dataset
from lilogic.data.settings import SplitRecord
from lilogic.data.splits import samples_hash, stratified
from lilogic.errors import DataError, RecipeError
from lilogic.learn.recipe import Recipe

_SEED = 0


def split(data: Dataset, validation: float) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """int64 indices of the training samples that train and of those that validate.

    The same for every seed of the recipe, so that runs can be compared. Where the data do not say
    which ones validate, they are drawn: of rows of features the same share of every class, of
    images any. Groups stay together.

    Raises:
        RecipeError: one side has no samples.
        DataError: too few samples or groups to draw from.
    """
    if data.held is not None:
        return np.flatnonzero(~data.held), np.flatnonzero(data.held)
    if data.groups is not None or data.x_train.ndim == 2:
        try:
            return stratified(data.y_train, validation, _SEED, data.groups)
        except DataError as error:
            raise error.at(f"{data.name}: for validation") from error
    order = np.random.default_rng(_SEED).permutation(len(data.x_train))
    held = round(len(order) * validation)
    if not 0 < held < len(order):
        raise RecipeError(
            f"train.validation = {validation} leaves no samples on one side of {len(order)}"
        )
    return np.sort(order[held:]), np.sort(order[:held])


def record(data: Dataset, recipe: Recipe) -> SplitRecord:
    """What is recorded of how the samples of a training were split."""
    chosen, held = split(data, recipe.train.validation)
    sides = {
        "train": (data.x_train[chosen], data.y_train[chosen]),
        "validation": (data.x_train[held], data.y_train[held]),
        "test": (data.x_test, data.y_test),
    }
    asked = recipe.data
    return SplitRecord(
        test=asked.test if data.drawn and asked.fold is None else None,
        fold=asked.fold if data.drawn else None,
        seed=asked.seed if data.drawn else None,
        validation=recipe.train.validation if data.held is None else None,
        column=asked.split,
        group=asked.group,
        samples={side: len(y) for side, (_, y) in sides.items()},
        hashes={side: samples_hash(x, y) for side, (x, y) in sides.items()},
    )
