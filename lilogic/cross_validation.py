"""Cross-validation as a library call: how good a recipe's networks are, how much that varies."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lilogic import flow
from lilogic.errors import LilogicWarning, RecipeError
from lilogic.flow import Run

if TYPE_CHECKING:
    from lilogic.data.datasets import Dataset
    from lilogic.learn.recipe import Recipe
    from lilogic.report.models.training import CrossValidation

FOLDS = 5


@dataclass(frozen=True)
class CrossValidated:
    """Networks of all folds; each is tested on samples that it was not trained on.

    Attributes:
        folder: holds their run folders and ``folds.json``.
        runs: the trainings, first fold to last.
        summary: the accuracies of each, their mean and deviation.
    """

    folder: Path
    runs: tuple[Run, ...]
    summary: CrossValidation


def cross_validate(
    source: str | Path | Recipe | Dataset,
    folder: str | Path | None = None,
    *,
    folds: int = FOLDS,
    changes: Mapping[str, Any] | Sequence[str] | None = None,
    device: str = "cpu",
    threads: int | None = None,
    tensorboard: bool = False,
    progress: bool = True,
) -> CrossValidated:
    """Train a network for each fold of a data set, or go on where that was interrupted.

    Each fold tests the network that the others train. Folds are of all samples, of a data set with
    a test split of its own of the training samples only: then that split is not read.

    Args:
        source: what ``train`` takes.
        folder: where to; default: ``runs/NAME-folds``.
        folds: how many, at least 2.
        changes: settings that replace the recipe's.
        device: as for ``train``.
        threads: as for ``train``.
        tensorboard: as for ``train``.
        progress: whether to show progress on standard error.

    Raises:
        RecipeError: an impossible recipe, or a folder that holds something else.
        DataError: the data set is missing or damaged, or has too few samples for so many folds.
        MissingExtraError: PyTorch is not installed.
    """
    from lilogic.files import claimed, write_json
    from lilogic.report import console, training

    recipe, data = _fold(source, changes, 1, folds)
    place = Path("runs") / f"{recipe.name}-folds" if folder is None else Path(folder)
    _check_free(place)
    runs = []
    with claimed(place):
        for number in range(1, folds + 1):
            if number > 1:
                # What is odd of the data has been said.
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", LilogicWarning)
                    _, data = _fold(source, changes, number, folds)
            asked = recipe.data.model_copy(update={"fold": (number, folds)})
            run = flow.train_recipe(
                recipe.model_copy(update={"data": asked}),
                data,
                place / f"fold-{number}",
                device=device,
                threads=threads,
                tensorboard=tensorboard,
                progress=progress,
            )
            runs.append(run)
            if progress:
                right = run.summary.accuracy
                console.say(
                    f"{recipe.name}: fold {number} of {folds}: test accuracy "
                    f"{right['test_frozen']:.2%} frozen, {right['test_soft']:.2%} soft"
                )
        summary = training.cross_validation([run.summary for run in runs])
        write_json(place / "folds.json", summary.to_json())
    return CrossValidated(place, tuple(runs), summary)


def _fold(
    source: str | Path | Recipe | Dataset,
    changes: Mapping[str, Any] | Sequence[str] | None,
    number: int,
    folds: int,
) -> tuple[Recipe, Dataset]:
    """The recipe and the data set for one fold."""
    if changes is None or isinstance(changes, Mapping):
        return flow.recipe_of(source, {**(changes or {}), "data.fold": [number, folds]})
    return flow.recipe_of(source, [*changes, f"data.fold=[{number}, {folds}]"])


def _check_free(folder: Path) -> None:
    """Whether a folder holds nothing else than folds.

    Raises:
        RecipeError: names what it holds.
    """
    if not folder.is_dir():
        return
    for entry in sorted(folder.iterdir()):
        if not re.fullmatch(r"\..*|fold-\d+|folds\.json", entry.name):
            raise RecipeError(
                f"{folder}: holds other files than folds, such as {entry.name}; "
                "choose an empty folder",
                option="folder",
            )
