"""Sweeps as a library call: many settings of a recipe are tried, and the best network is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lilogic import tasks, training
from lilogic.api import Model
from lilogic.errors import FormatError, RecipeError
from lilogic.replicates import with_seed
from lilogic.training import Training

if TYPE_CHECKING:
    from lilogic.data.datasets import Dataset
    from lilogic.learn.sweep.samplers import Outcome, Setting
    from lilogic.learn.sweep.space import Space
    from lilogic.report.models.sweep import SweepReport, Trial, TrialNetwork
    from lilogic.tasks import Each


@dataclass(frozen=True)
class Sweep:
    """A finished sweep.

    Attributes:
        folder: Folder with the trials' run folders and results, and the best network.
        model: The best network on the validation split.
        summary: All trials.
    """

    folder: Path
    model: Model
    summary: SweepReport


def sweep(
    space: str | Path | Mapping[str, Any],
    folder: str | Path | None = None,
    *,
    device: str = "cpu",
    threads: int | None = None,
    trackers: Sequence[str] = (),
    jobs: int | None = None,
    address: str | None = None,
    progress: bool = True,
) -> Sweep:
    """Search the settings of a recipe, or resume an interrupted sweep.

    Only the best network on the validation split sees the test split, once, at the end.

    Args:
        space: A TOML file that describes the sweep, or its content.
        folder: Where to write. Default: ``runs/NAME``.
        device: As for ``train``; each network has a GPU to itself.
        threads: Number of threads for each network that is trained at once. Default: its share of
            the cores.
        trackers: As for ``train``.
        jobs: Networks to train at once; more than one needs Ray. Default: one per core.
        address: Address of the Ray cluster. Default: processes on this machine.
        progress: Whether to show progress on standard error.

    Raises:
        RecipeError: The sweep is impossible, none of its settings can be trained, or the folder
            holds another sweep.
        DataError: The data set is missing or damaged.
        MissingExtraError: PyTorch, Ray, Optuna, or Yosys to map with, is not installed.
        ToolError: Yosys failed, or the Ray cluster cannot be reached.
    """
    from lilogic.data.datasets import Dataset
    from lilogic.files import claimed, write_json, write_text
    from lilogic.graph import lgn
    from lilogic.learn.sweep import folder as folders
    from lilogic.learn.sweep import samplers
    from lilogic.learn.sweep import space as spaces
    from lilogic.learn.world import check_alone
    from lilogic.report import sweep as reports
    from lilogic.zoo.models import MODEL

    check_alone()
    given = space if isinstance(space, str | Path) else spaces.parse(space, "space")
    asked = given if isinstance(given, spaces.Space) else spaces.read(Path(given))
    recipe, data = training.recipe_of(asked.recipe, asked.set)
    place = Path("runs") / asked.name if folder is None else Path(folder)
    by = training.workers(jobs, address, threads, device)
    mapped = asked.target if asked.mapped else None
    if mapped is not None:
        training.check_mapping(mapped)
    with claimed(place):
        with tasks.pool(by, Dataset) as each:
            shows = progress and by.are_here
            base = Training(
                recipe,
                _without_test(data),
                place.absolute(),
                device,
                trackers,
                shows,
                mapped,
            )
            claim = partial(folders.claim, place, asked, recipe, data)
            work = _Sweeping(asked, base, each, progress, claim)
            samplers.run(asked, work.train)
        trials = reports.with_front(work.trials)
        if not any(trial.networks for trial in trials):
            raise RecipeError(f"{asked.name}: no setting can be trained: {trials[0].error}")
        best = reports.best(trials)
        network = reports.best_network(best)
        graph = _tested(place, place / network.folder, data)
        test = graph.metadata["accuracy"].get("test_frozen")
        found = work.report(trials, best.number, network.folder, test)
        lgn.write(graph, place / MODEL)
        write_json(place / "sweep.json", found.to_json())
        write_text(place / "sweep.csv", reports.as_csv(found))
        reports.draw(found, place / "sweep.png")
    return Sweep(place, Model(graph, asked.name), found)


class _Sweeping:
    """Trains what a sampler asks for, and keeps what is known of each trial in a file."""

    def __init__(
        self,
        space: Space,
        base: Training,
        each: Each,
        progress: bool,
        claim: Callable[[], None],
    ) -> None:
        self.space, self.base, self.each, self.progress = space, base, each, progress
        self.claim = claim
        self.trials: list[Trial] = []

    def train(self, settings: Sequence[Setting]) -> list[Outcome]:
        """Train all networks of some settings; what each setting gave, in order.

        Raises:
            RecipeError: none of the first settings makes a recipe; then the folder stays as it was.
        """
        first = len(self.trials) + 1
        planned = [self._attempts(number, each) for number, each in enumerate(settings, first)]
        if not self.trials:
            errors = [each for each in planned if isinstance(each, str)]
            if len(errors) == len(planned):
                raise RecipeError(errors[0])
            self.claim()
        trials = [self._known(number, each) for number, each in enumerate(settings, first)]
        asked: list[tuple[int, _Attempt]] = []
        for place, of_setting in enumerate(planned):
            if trials[place] is not None:
                continue
            if isinstance(of_setting, str):
                trials[place] = self._kept(_trial(first + place, settings[place], [of_setting]))
            else:
                asked += [(place, attempt) for attempt in of_setting]
        tried: dict[int, dict[int, TrialNetwork | str]] = {}
        attempts = [attempt for _, attempt in asked]
        for done, result in self.each(_Attempt.run, attempts) if attempts else ():
            place, attempt = asked[done]
            results = tried.setdefault(place, {})
            results[attempt.seed] = result
            if len(results) == self.space.seeds:
                ordered = [results[seed] for seed in sorted(results)]
                trials[place] = self._kept(_trial(first + place, settings[place], ordered))
        known = [trial for trial in trials if trial is not None]
        self.trials += known
        return [_outcome(trial, self.space) for trial in known]

    def report(
        self, trials: Sequence[Trial], best: int, network: str, test: float | None
    ) -> SweepReport:
        """All that is known in the end."""
        from lilogic.cost import targets
        from lilogic.report.models.sweep import SweepReport
        from lilogic.version import __version__

        target = self.space.target
        return SweepReport(
            name=self.space.name,
            version=__version__,
            recipe=self.base.recipe.name,
            dataset=self.base.recipe.dataset,
            sampler=self.space.sampler,
            target=target,
            unit=None if target is None else targets.find(target).unit,
            mapped=self.space.mapped,
            trials=tuple(trials),
            best=best,
            network=network,
            test=test,
        )

    def _attempts(self, number: int, setting: Setting) -> list[_Attempt] | str:
        """A training for each seed of a setting, or why it makes no recipe."""
        from lilogic.learn import recipe as recipes

        try:
            values = recipes.changed(self.base.recipe.model_dump(), setting)
            recipe = recipes.parse(values, f"{self.space.name}: trial {number}")
        except RecipeError as error:
            return str(error)
        name = f"trial-{number:03}"
        return [
            _Attempt(
                replace(
                    self.base,
                    recipe=with_seed(recipe, seed),
                    folder=self.base.folder / folder,
                ),
                folder,
                seed,
                self.space.target,
            )
            for seed in range(recipe.train.seed, recipe.train.seed + self.space.seeds)
            for folder in [f"{name}/seed-{seed}" if self.space.seeds > 1 else name]
        ]

    def _file(self, number: int) -> Path:
        return self.base.folder / f"trial-{number:03}.json"

    def _known(self, number: int, setting: Setting) -> Trial | None:
        """A trial that was finished before.

        Raises:
            FormatError: its file is damaged.
            RecipeError: it was of another setting.
        """
        from lilogic.report.models.sweep import Trial
        from lilogic.validation import one_line

        path = self._file(number)
        if not path.exists():
            return None
        with one_line(FormatError, str(path)):
            trial = Trial.model_validate_json(path.read_bytes())
        if trial.setting != json.loads(json.dumps(setting)):
            raise RecipeError(f"{path}: belongs to a different setting than this trial; remove it")
        return trial

    def _kept(self, trial: Trial) -> Trial:
        """The trial, once its file is written and people are told."""
        from lilogic.files import write_json

        write_json(self._file(trial.number), trial.to_json())
        self._say(trial)
        return trial

    def _say(self, trial: Trial) -> None:
        if not self.progress:
            return
        from lilogic.cost import targets
        from lilogic.report import console
        from lilogic.report import sweep as reports

        news = f"failed: {trial.error}"
        if trial.networks:
            news = f"validation {reports.accuracy_text(trial)}, {trial.gates:,.0f} gates"
            if self.space.target is not None:
                news += f", {trial.cost:,.0f} {targets.find(self.space.target).unit}"
        setting = ", ".join(
            f"{key} = {reports.text(value)}" for key, value in trial.setting.items()
        )
        console.say(
            f"{self.space.name}: trial {trial.number} of {self.space.count}: {news} ({setting})"
        )


@dataclass(frozen=True)
class _Attempt:
    """A network of a trial that is to be trained, and measured."""

    training: Training
    folder: str
    seed: int
    target: str | None

    def run(self, threads: int | None) -> TrialNetwork | str:
        """What came of it, or why it is impossible."""
        from lilogic.report.models.sweep import TrialNetwork

        try:
            run = self.training.run(threads)
        except RecipeError as error:
            return str(error)
        return TrialNetwork(
            seed=self.seed,
            folder=self.folder,
            validation=run.summary.accuracy["validation_frozen"],
            gates=run.summary.gates.simplified or 0,
            cost=self._cost(run.model),
            seconds=run.summary.training.seconds,
        )

    def _cost(self, model: Model) -> float | None:
        if self.target is None:
            return None
        if self.training.mapped is not None:
            return model.metadata.cost[self.target].total
        from lilogic.cost import targets
        from lilogic.cost.estimate import estimate

        return estimate(model.graph, model.name, targets.find(self.target)).total


def _trial(number: int, setting: Setting, results: Sequence[TrialNetwork | str]) -> Trial:
    """A trial of a network for each seed; it failed if one of them did."""
    from lilogic.report import sweep as reports

    networks = [each for each in results if not isinstance(each, str)]
    errors = [each for each in results if isinstance(each, str)]
    if errors:
        return reports.trial(number, setting, error=errors[0])
    return reports.trial(number, setting, networks)


def _outcome(trial: Trial, space: Space) -> Outcome:
    if trial.validation is None:
        return None
    return (
        (trial.validation.mean,)
        if space.target is None
        else (trial.validation.mean, trial.cost or 0.0)
    )


def _without_test(data: Dataset) -> Dataset:
    return replace(data, x_test=data.x_test[:0], y_test=data.y_test[:0])


def _tested(folder: Path, run: Path, data: Dataset) -> Any:
    """The graph that a run ended with, and what it gets right of the test split.

    Where the sweep has said so of this graph before, the test split is not read again.
    """
    from lilogic.graph import lgn
    from lilogic.infer import golden
    from lilogic.learn import splitting
    from lilogic.learn.recipe import parse
    from lilogic.zoo.models import MODEL

    graph = lgn.read(run / MODEL)
    if (folder / MODEL).exists():
        before = lgn.read(folder / MODEL)
        if all(
            before.metadata.get(name) == graph.metadata.get(name) for name in ("recipe", "training")
        ):
            return before
    accuracy = dict(graph.metadata["accuracy"])
    if len(data.y_test):
        accuracy["test_frozen"] = golden.accuracy(graph, data.x_test, data.y_test)
    recipe = parse(dict(graph.metadata["recipe"]), str(run))
    return graph.with_metadata(
        dataset_hashes=data.hashes(),
        split=splitting.record(data, recipe).model_dump(mode="json", exclude_none=True),
        accuracy=accuracy,
    )
