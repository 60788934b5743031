"""Training as library calls: one network, or several, one after another here or at once on Ray.

Each is a run in a folder of its own, so one that was killed goes on where it was, and one that is
finished is not trained again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lilogic import tasks
from lilogic.api import Model
from lilogic.errors import LilogicError
from lilogic.extras import needs
from lilogic.files import claimed
from lilogic.report import steps
from lilogic.tasks import Workers

if TYPE_CHECKING:
    from lilogic.data.datasets import Dataset
    from lilogic.graph import GateGraph
    from lilogic.learn.recipe import Recipe
    from lilogic.report.models.training import TrainingSummary


@dataclass(frozen=True)
class Run:
    """A finished training.

    Attributes:
        folder: The run folder, with the network, the recipe, metrics and curves.
        model: The frozen network.
        summary: The gates layer by layer, the accuracy that freezing cost, and warnings.
    """

    folder: Path
    model: Model
    summary: TrainingSummary


def train(
    source: Any,
    folder: str | Path | None = None,
    *,
    changes: Mapping[str, Any] | None = None,
    device: str = "cpu",
    threads: int | None = None,
    tensorboard: bool = False,
    trackers: Sequence[str] = (),
    jobs: int | None = 1,
    address: str | None = None,
    progress: bool = True,
) -> Run:
    """Train a network, or resume the interrupted run in the folder.

    Args:
        source: A recipe, its name or its ``.toml`` file; a data set, its name or its file; or data:
            a data frame, samples and labels ``(x, y)``, a PyTorch data set, or a pair of these for
            training and testing. For data and data sets, a recipe is made.
        folder: The run folder. Default: ``runs/NAME``.
        changes: Settings that replace those of the recipe, such as ``{"train.epochs": 10}``.
        device: ``cpu``, or ``cuda`` for a GPU that PyTorch finds.
        threads: Number of threads. Default: all cores, or one for small networks.
        tensorboard: Whether to add ``tensorboard`` to the trackers.
        trackers: What to log each epoch to: ``tensorboard``, ``mlflow``, ``wandb``.
        jobs: Members of an ensemble to train at once, on Ray; None for one per core.
        address: Address of the Ray cluster. Default: processes on this machine.
        progress: Whether to show progress on standard error.

    Raises:
        RecipeError: The recipe is impossible, or the folder holds another run.
        DataError: The data set is missing or damaged.
        MissingExtraError: PyTorch, or a tracker, is not installed.
    """
    recipe, data = recipe_of(source, changes)
    run = Path("runs") / recipe.name if folder is None else Path(folder)
    asked = Training(recipe, data, run, device, tracked(tensorboard, trackers), progress)
    return asked.run_on(workers(jobs, address, threads, device))


def recipe_of(
    source: Any, changes: Mapping[str, Any] | Sequence[str] | None
) -> tuple[Recipe, Dataset]:
    """The recipe and the data set that ``train`` takes ``source`` for.

    Raises:
        RecipeError: an impossible recipe.
        DataError: the data set is missing or damaged.
    """
    from lilogic.learn import defaults

    return defaults.load(source, changes)


def tracked(tensorboard: bool, trackers: Sequence[str]) -> tuple[str, ...]:
    """The trackers, TensorBoard among them where it is asked for."""
    return (*trackers, *["tensorboard"] * tensorboard)


def workers(jobs: int | None, address: str | None, threads: int | None, device: str) -> Workers:
    """Who trains: so many networks at once, on Ray where they are several or there is an address.

    Raises:
        LilogicError: fewer than one at once.
    """
    return Workers(jobs, address, threads, gpu=device.startswith("cuda"))


def check_mapping(target: str) -> None:
    """Refuse what Yosys cannot map to here, before networks are trained for that.

    Raises:
        LilogicError: the target has no LUTs.
        MissingExtraError: Amaranth or Yosys is not installed.
    """
    from lilogic.cost import targets

    if targets.find(target).lut is None:
        fitting = [each.name for each in targets.TARGETS.values() if each.lut is not None]
        raise LilogicError(
            f"networks are mapped to LUTs: choose a target of {', '.join(fitting)}", option="target"
        )
    with needs("hdl", "amaranth"):
        from lilogic.hdl.fpga import tools
        from lilogic.hdl.synthesis import cost  # noqa: F401
    tools.command("yosys")


@dataclass(frozen=True)
class Training:
    """One training that is to be done.

    Attributes:
        recipe: what is trained.
        data: its data set.
        folder: its run folder.
        device: as for ``train``.
        trackers: as for ``train``.
        progress: whether it shows its progress on standard error.
        mapped: a target of LUTs to which Yosys maps the network, which records what it takes.
    """

    recipe: Recipe
    data: Dataset
    folder: Path
    device: str = "cpu"
    trackers: Sequence[str] = ()
    progress: bool = False
    mapped: str | None = None

    def run(self, threads: int | None) -> Run:
        """Train, or go on; errors as ``train``."""
        with needs("train", "torch"):
            from lilogic.learn import trainer
        from lilogic.learn.callbacks import Callback, Callbacks, trackers
        from lilogic.learn.callbacks.curves import Curves
        from lilogic.learn.kernels import memory
        from lilogic.learn.planning import budget
        from lilogic.learn.run import RunFolder
        from lilogic.learn.world import is_leader
        from lilogic.report import training

        recipe = self.fitted().recipe
        memory.keep_freed()
        run = RunFolder(self.folder)
        callbacks: list[Callback] = []
        with ExitStack() as contexts:
            if is_leader():
                contexts.enter_context(claimed(self.folder))
                if self.progress:
                    from lilogic.learn.callbacks.progress import TrainingProgress

                    title = f"training {recipe.name}"
                    callbacks.append(contexts.enter_context(TrainingProgress(title)))
                callbacks.append(contexts.enter_context(Curves(run)))
                callbacks += trackers.opened(self.trackers, run, contexts)
            told = Callbacks(callbacks)
            graph = trainer.train(recipe, self.data, self.folder, told, self.device, threads)
            summary = training.summarize(recipe.name, graph, self.data)
            cost = budget.of_network(graph, recipe)
            summary = summary.model_copy(update={"budget": recipe.budget.amount, "cost": cost})
            if is_leader():
                run.write_summary(summary)
        if self.mapped is not None:
            graph = self._mapped(graph, self.mapped, threads)
        return Run(self.folder, Model(graph, recipe.name), summary)

    def _mapped(self, graph: GateGraph, target: str, threads: int | None) -> GateGraph:
        """The network of the run, which records what it takes on a target, as its file does."""
        from lilogic.graph import lgn
        from lilogic.hdl.synthesis import area, cost
        from lilogic.learn.run import RunFolder

        known = graph.metadata.get("cost", {})
        if target in known:
            return graph
        with claimed(self.folder), steps.shown(self.progress)(f"mapping to {target}") as tell:
            found = cost.measure(graph, target, area.TARGETS[target], tell, threads)
        mapped = graph.with_metadata(cost={**known, target: found.model_dump(mode="json")})
        lgn.write(mapped, RunFolder(self.folder).model)
        return mapped

    def run_on(self, by: Workers) -> Run:
        """Train; an ensemble's members on Ray where several are trained at once."""
        if self.recipe.ensemble.members > 1 and not by.are_here:
            from lilogic.learn.world import check_alone

            check_alone()
            fitted = self.fitted()
            with claimed(self.folder):
                fitted._run_members(by)
                return replace(fitted, progress=False).run(by.threads)
        return self.run(by.threads)

    def fitted(self) -> Training:
        """The same of a recipe that meets its budget, if it has one."""
        from lilogic.learn.planning import budget
        from lilogic.learn.world import is_leader
        from lilogic.report import console

        tell = console.say if self.progress and is_leader() else None
        return replace(self, recipe=budget.within(self.recipe, self.data, tell))

    def _run_members(self, by: Workers) -> None:
        """Train the members of an ensemble, so that its own training finds them finished."""
        from lilogic.learn.run import RunFolder
        from lilogic.learn.trainer import member_recipe
        from lilogic.report import console

        run, count = RunFolder(self.folder), self.recipe.ensemble.members
        if run.has_finished(self.recipe):
            return
        run.claim(self.recipe)
        members = [
            replace(
                self,
                recipe=member_recipe(self.recipe, number),
                folder=run.member(number).path,
                progress=False,
                mapped=None,
            )
            for number in range(1, count + 1)
        ]
        for number, trained in run_all(members, by):
            if self.progress:
                right = trained.summary.accuracy["validation_frozen"]
                console.say(
                    f"{self.recipe.name}: member {number + 1} of {count}: "
                    f"validation accuracy {right:.2%} frozen"
                )


def run_all(trainings: Iterable[Training], by: Workers) -> Iterator[tuple[int, Run]]:
    """Run all trainings; yields the number of each, from 0, and its run, as they are done.

    Raises:
        LilogicError: what a training raises, and ``tasks.pool``.
    """
    from lilogic.data.datasets import Dataset

    folders = []

    def asked() -> Iterator[Training]:
        for training in trainings:
            folders.append(training.folder)
            # Other processes may stand elsewhere.
            yield replace(training, folder=training.folder.absolute())

    with tasks.pool(by, Dataset) as each:
        for number, run in each(Training.run, asked()):
            yield number, replace(run, folder=folders[number])
