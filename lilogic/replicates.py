"""Networks of one recipe, trained of several folds or seeds: how good, and how much that varies."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lilogic.errors import LilogicWarning, RecipeError
from lilogic.tasks import Workers
from lilogic.training import Run, Training, recipe_of, run_all, tracked, workers

if TYPE_CHECKING:
    from lilogic.data.datasets import Dataset
    from lilogic.learn.recipe import Recipe
    from lilogic.report.models.training import CrossValidation, SeedsReport

FOLDS = 5
SEEDS = 3


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


@dataclass(frozen=True)
class Seeded:
    """Networks of one recipe that differ in their seed.

    Attributes:
        folder: holds their run folders and ``seeds.json``.
        runs: the trainings, first seed to last.
        summary: the accuracies of each, their mean and deviation.
    """

    folder: Path
    runs: tuple[Run, ...]
    summary: SeedsReport

    @property
    def best(self) -> Run:
        """The run that is best on the validation split; of equals the first."""
        return max(self.runs, key=lambda run: run.summary.accuracy["validation_frozen"])


def cross_validate(
    source: str | Path | Recipe | Dataset,
    folder: str | Path | None = None,
    *,
    folds: int = FOLDS,
    changes: Mapping[str, Any] | Sequence[str] | None = None,
    device: str = "cpu",
    threads: int | None = None,
    tensorboard: bool = False,
    trackers: Sequence[str] = (),
    jobs: int | None = 1,
    address: str | None = None,
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
        threads: as for ``train``; of each network that is trained at once.
        tensorboard: as for ``train``.
        trackers: as for ``train``.
        jobs: how many networks are trained at once, on Ray; None for one a core.
        address: of the Ray cluster that trains them; default: processes of this machine.
        progress: whether to show progress on standard error.

    Raises:
        RecipeError: an impossible recipe, or a folder that holds something else.
        DataError: the data set is missing or damaged, or has too few samples for so many folds.
        MissingExtraError: PyTorch, or what else is asked for, is not installed.
    """
    from lilogic.files import write_json
    from lilogic.report import training

    by = workers(jobs, address, threads, device)
    tracks = tracked(tensorboard, trackers)
    recipe, data = _fold(source, changes, 1, folds)
    place = Path("runs") / f"{recipe.name}-folds" if folder is None else Path(folder)

    def all_folds() -> Iterator[Training]:
        for number in range(1, folds + 1):
            of_fold = data
            if number > 1:
                # What is odd of the data has been said.
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", LilogicWarning)
                    _, of_fold = _fold(source, changes, number, folds)
            asked = recipe.data.model_copy(update={"fold": (number, folds)})
            fold = recipe.model_copy(update={"data": asked})
            shows = progress and by.are_here
            yield Training(fold, of_fold, place / f"fold-{number}", device, tracks, shows)

    with _holding(place, "fold"):
        runs = _trained(all_folds(), by, recipe.name, "fold {} of {}", folds, progress)
        summary = training.cross_validation([run.summary for run in runs])
        write_json(place / "folds.json", summary.to_json())
    return CrossValidated(place, runs, summary)


def train_seeds(
    source: str | Path | Recipe | Dataset,
    folder: str | Path | None = None,
    *,
    seeds: int = SEEDS,
    changes: Mapping[str, Any] | Sequence[str] | None = None,
    device: str = "cpu",
    threads: int | None = None,
    trackers: Sequence[str] = (),
    jobs: int | None = 1,
    address: str | None = None,
    progress: bool = True,
) -> Seeded:
    """Train a network for each of several seeds, or go on where that was interrupted.

    Args:
        source: what ``train`` takes.
        folder: where to; default: ``runs/NAME-seeds``.
        seeds: how many; the recipe's ``train.seed`` and those that follow it.
        changes: settings that replace the recipe's.
        device: as for ``train``.
        threads: as for ``train``; of each network that is trained at once.
        trackers: as for ``train``.
        jobs: as for ``cross_validate``.
        address: as for ``cross_validate``.
        progress: whether to show progress on standard error.

    Raises:
        RecipeError: an impossible recipe, or a folder that holds something else.
        DataError: the data set is missing or damaged.
        MissingExtraError: PyTorch, or what else is asked for, is not installed.
    """
    from lilogic.files import write_json
    from lilogic.report import training

    by = workers(jobs, address, threads, device)
    recipe, data = recipe_of(source, changes)
    place = Path("runs") / f"{recipe.name}-seeds" if folder is None else Path(folder)
    numbers = range(recipe.train.seed, recipe.train.seed + seeds)
    asked = (
        Training(
            with_seed(recipe, seed),
            data,
            place / f"seed-{seed}",
            device,
            trackers,
            progress and by.are_here,
        )
        for seed in numbers
    )
    with _holding(place, "seed"):
        runs = _trained(asked, by, recipe.name, "network {} of {}", seeds, progress)
        summary = training.seeds([*numbers], [run.summary for run in runs])
        write_json(place / "seeds.json", summary.to_json())
    return Seeded(place, runs, summary)


def with_seed(recipe: Recipe, seed: int) -> Recipe:
    """The recipe with another seed of its training."""
    return recipe.model_copy(update={"train": recipe.train.model_copy(update={"seed": seed})})


def _trained(
    trainings: Iterable[Training], by: Workers, name: str, which: str, count: int, progress: bool
) -> tuple[Run, ...]:
    """The runs of all trainings, in order; says how good each is."""
    from lilogic.report import console

    runs: dict[int, Run] = {}
    for number, run in run_all(trainings, by):
        runs[number] = run
        if progress:
            right = run.summary.accuracy
            console.say(
                f"{name}: {which.format(number + 1, count)}: test accuracy "
                f"{right['test_frozen']:.2%} frozen, {right['test_soft']:.2%} soft"
            )
    return tuple(runs[number] for number in sorted(runs))


def _fold(
    source: str | Path | Recipe | Dataset,
    changes: Mapping[str, Any] | Sequence[str] | None,
    number: int,
    folds: int,
) -> tuple[Recipe, Dataset]:
    """The recipe and the data set for one fold."""
    if changes is None or isinstance(changes, Mapping):
        return recipe_of(source, {**(changes or {}), "data.fold": [number, folds]})
    return recipe_of(source, [*changes, f"data.fold=[{number}, {folds}]"])


@contextmanager
def _holding(folder: Path, kind: str) -> Iterator[None]:
    """Hold a folder of nothing else than folds, or seeds, and what was made of them.

    Raises:
        RecipeError: names what else it holds.
        LilogicError: it is in use.
    """
    from lilogic.files import claimed
    from lilogic.learn.world import check_alone

    check_alone()
    entries = sorted(folder.iterdir()) if folder.is_dir() else []
    for entry in entries:
        if not re.fullmatch(rf"\..*|{kind}-\d+|{kind}s\.json", entry.name):
            raise RecipeError(
                f"{folder}: contains {entry.name}, which does not belong to {kind}s; choose an "
                "empty folder",
                option="folder",
            )
    with claimed(folder):
        yield
