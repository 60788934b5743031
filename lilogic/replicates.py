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
    """The networks of a cross-validation; each is tested on samples that it was not trained on.

    Attributes:
        folder: Folder with the run folders and ``folds.json``.
        runs: The runs, first fold to last.
        summary: Accuracies of each network, with mean and standard deviation.
    """

    folder: Path
    runs: tuple[Run, ...]
    summary: CrossValidation


@dataclass(frozen=True)
class Seeded:
    """The networks of one recipe for several seeds.

    Attributes:
        folder: Folder with the run folders and ``seeds.json``.
        runs: The runs, first seed to last.
        summary: Accuracies of each network, with mean and standard deviation.
    """

    folder: Path
    runs: tuple[Run, ...]
    summary: SeedsReport

    @property
    def best(self) -> Run:
        """The best run on the validation split; the first of several."""
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
    """Train a network for each fold of a data set, or resume an interrupted cross-validation.

    Each network is tested on its own fold and trained on the others. Folds are made of all samples;
    if the data set has a test split, they are made of the training samples, and the test split is
    not read.

    Args:
        source: As for ``train``.
        folder: Where to write. Default: ``runs/NAME-folds``.
        folds: Number of folds, at least 2.
        changes: Settings that replace those of the recipe.
        device: As for ``train``.
        threads: Number of threads for each network that is trained at once.
        tensorboard: As for ``train``.
        trackers: As for ``train``.
        jobs: Networks to train at once, on Ray; None for one per core.
        address: Address of the Ray cluster. Default: processes on this machine.
        progress: Whether to show progress on standard error.

    Raises:
        RecipeError: The recipe is impossible, or the folder holds something else.
        DataError: The data set is missing or damaged, or too small for the number of folds.
        MissingExtraError: PyTorch, or a tracker, is not installed.
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
    """Train a network for each of several seeds, or resume where that was interrupted.

    Args:
        source: As for ``train``.
        folder: Where to write. Default: ``runs/NAME-seeds``.
        seeds: Number of seeds: ``train.seed`` of the recipe and those that follow it.
        changes: Settings that replace those of the recipe.
        device: As for ``train``.
        threads: Number of threads for each network that is trained at once.
        trackers: As for ``train``.
        jobs: As for ``cross_validate``.
        address: As for ``cross_validate``.
        progress: Whether to show progress on standard error.

    Raises:
        RecipeError: The recipe is impossible, or the folder holds something else.
        DataError: The data set is missing or damaged.
        MissingExtraError: PyTorch, or a tracker, is not installed.
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
