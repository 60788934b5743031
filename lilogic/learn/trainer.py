"""Training networks from recipes, in run folders that survive a kill at any instant.

All randomness of an epoch comes from (seed, epoch), so a run that was killed and resumed ends with
the same graph as one that was not.

The members of an ensemble are runs of their own, in folders inside the run folder.

Several processes may train one network together, see ``world``: the first one writes the run
folder, which all must see.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numba
import numpy as np
import torch

from lilogic import cores, learn
from lilogic.data import labels
from lilogic.data.datasets import Dataset
from lilogic.errors import ToolError
from lilogic.graph import GateGraph
from lilogic.graph.comparators import in_gates
from lilogic.graph.metadata import TrainedLayer
from lilogic.infer import golden
from lilogic.learn import ensemble, schedule, splitting, world
from lilogic.learn.callbacks import Callback
from lilogic.learn.learner import Learner
from lilogic.learn.metrics import Scores, share_right
from lilogic.learn.narrowing import narrowed
from lilogic.learn.recipe import EnsembleRecipe, Recipe
from lilogic.learn.run import RunFolder
from lilogic.learn.world import World
from lilogic.version import __version__

_DEVICES = ("cpu", "cuda")

_MOST_THREADS: int = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
_PARALLEL_WORK = 2**24
_SEEDS = 2**63


def train(
    recipe: Recipe,
    data: Dataset,
    run: Path,
    callback: Callback | None = None,
    device: str = "cpu",
    threads: int | None = None,
) -> GateGraph:
    """Train, or go on training, in the folder ``run``, and return the frozen graph.

    The test split is read once, after the last epoch, and its accuracies are in the graph's
    metadata. A finished run is returned as it is, or goes on where the recipe asks for more epochs.

    Raises:
        RecipeError: an impossible recipe, or a run folder of another one.
        DataError: all samples are of one class; or a run folder of other data.
        FormatError: files of the run folder are damaged.
        ToolError: the device cannot be used.
        LilogicError: more threads than there can be.
    """
    labels.check_several(data.y_train, data.class_names, data.name)
    folder, callback = RunFolder(run), callback or Callback()
    if folder.has_finished(recipe):
        return _finished(folder, data, callback)
    place = _device(device)
    threads = _threads(recipe, threads)
    numba.set_num_threads(threads)
    # numba computes all but dense layers; beside it, threads of torch that spin cost more than
    # they give.
    is_alone = recipe.net.candidates == "all"
    torch.set_num_threads(1 if learn.TORCH_SPINS and not is_alone else threads)
    together = World.joined(place)
    if recipe.ensemble != EnsembleRecipe():
        return _train_ensemble(recipe, data, folder, callback, place, together, threads)
    return _train_network(Learner(recipe, data, place, together), folder, callback, threads)


def _finished(run: RunFolder, data: Dataset, callback: Callback) -> GateGraph:
    """The graph of a run that was finished before; an ensemble's members tell for themselves."""
    graph = run.graph(data)
    if run.metrics.exists():
        callback.finished(graph.metadata["training"]["epochs"])
    return graph


def _train_network(learner: Learner, run: RunFolder, callback: Callback, threads: int) -> GateGraph:
    """Train what ``learner`` learns, from where the run was killed, and freeze it."""
    settings, is_leader = learner.recipe.train, learner.world.is_leader
    # Until all have seen what the folder holds.
    learner.world.wait()
    if is_leader:
        run.claim(learner.recipe)
    history = run.history(learner.load(run))
    if not schedule.is_finished(settings, history):
        callback.prepare(threads)
        learner.warm_up()
    callback.start(settings, len(history), learner.steps)
    while not schedule.is_finished(settings, history):
        history.append(learner.run_epoch(len(history), callback.step))
        if is_leader:
            run.write_history(history)
            learner.save(len(history), run)
        callback.epoch(history[-1])
    graph = _described(
        learner.net.freeze(learner.encoder),
        learner.net.described(),
        learner.recipe,
        learner.data,
        learner.final_scores(history[-1]),
        {
            "epochs": len(history),
            "seconds": round(sum(epoch.seconds for epoch in history), 1),
            "device": str(learner.device),
            "threads": threads,
            **_processes(learner.world),
        },
    )
    if is_leader:
        run.write_graph(graph)
    learner.world.wait()
    return graph


def _train_ensemble(
    recipe: Recipe,
    data: Dataset,
    run: RunFolder,
    callback: Callback,
    device: torch.device,
    together: World,
    threads: int,
) -> GateGraph:
    """Train the members of an ensemble one after another, and merge what they froze to."""
    if together.is_leader:
        run.claim(recipe)
    count = recipe.ensemble.members
    trained, graphs, scores = [], [], []
    for number in range(1, count + 1):
        member = run.member(number)
        callback.member(number, count, member)
        learner = Learner(member_recipe(recipe, number), data, device, together)
        views = ensemble.views(learner.encoder.feature_shape, recipe.ensemble)
        if member.has_finished(learner.recipe):
            of_member = _finished(member, data, callback)
        else:
            of_member = _train_network(learner, member, callback, threads)
        trained.append(of_member.metadata["training"])
        last = member.history(learner.load(member))[-1]
        # Members differ in what their own graphs encode; they share what they were trained with.
        graph = learner.net.freeze(learner.encoder)
        encoder, bits = ensemble.seen_by(learner.encoder, views)
        graphs += [ensemble.with_view(graph, encoder, seen) for seen in bits]
        scores += [learner.final_scores(last, view) for view in views]
    validation, test = (np.sum(parts, axis=0) for parts in zip(*scores, strict=True))
    widths = [layer.gates for layer in learner.net.described()]
    graph = _described(
        ensemble.merged(graphs, widths),
        learner.net.described(count * recipe.ensemble.views),
        recipe,
        data,
        (validation, test),
        {
            "members": count,
            "epochs": max(one["epochs"] for one in trained),
            "seconds": round(sum(one["seconds"] for one in trained), 1),
            "device": str(device),
            "threads": threads,
            **_processes(together),
        },
    )
    if together.is_leader:
        run.write_graph(graph)
    return graph


def _processes(together: World) -> dict[str, int]:
    """What is recorded of processes that trained together."""
    return {"processes": together.size} if together.size > 1 else {}


def member_recipe(recipe: Recipe, number: int) -> Recipe:
    """The recipe of a member, counted from 1; no two of all seeds' ensembles share one."""
    seed = recipe.train.seed * recipe.ensemble.members + number - 1
    return recipe.model_copy(
        update={
            "ensemble": EnsembleRecipe(),
            "train": recipe.train.model_copy(update={"seed": seed % _SEEDS}),
        }
    )


def _described(
    graph: GateGraph,
    layers: list[TrainedLayer],
    recipe: Recipe,
    data: Dataset,
    soft: tuple[Scores, Scores],
    training: dict[str, Any],
) -> GateGraph:
    """The graph with its origin and accuracies in the metadata; ``soft`` as ``final_scores``."""
    chosen, held = splitting.split(data, recipe.train.validation)
    if recipe.encoder.width is None:
        graph = narrowed(graph, data.x_train[chosen])
    held_x, held_y = data.x_train[held], data.y_train[held]
    look = data.look()
    described = graph.with_metadata(
        name=recipe.name,
        version=__version__,
        dataset=recipe.dataset,
        dataset_hashes=data.hashes(),
        split=splitting.record(data, recipe).model_dump(mode="json", exclude_none=True),
        class_names=list(data.class_names),
        look=None if look is None else look.model_dump(mode="json"),
        table=None if data.schema is None else data.schema.model_dump(mode="json"),
        feature_names=list(data.feature_names),
        recipe=recipe.model_dump(),
        layers=[layer.model_dump(exclude_none=True) for layer in layers],
        accuracy={
            f"{split}_{kind}": accuracy
            for split, x, y, scores in (
                ("validation", held_x, held_y, soft[0]),
                ("test", data.x_test, data.y_test, soft[1]),
            )
            if len(y)
            for kind, accuracy in (
                ("soft", share_right(scores, y)),
                ("frozen", golden.accuracy(graph, x, y)),
            )
        },
        training=training,
    )
    return in_gates(described)


def _device(name: str) -> torch.device:
    """The device called ``name``, which must exist; of GPUs, this process's own."""
    try:
        device = torch.device(name)
        if device.type == "cuda" and device.index is None and world.is_launched():
            device = torch.device("cuda", world.gpu())
        if device.type not in _DEVICES:
            raise RuntimeError(f"it is not one of {', '.join(_DEVICES)}")
        torch.empty(0, device=device)
        if device.index is not None:
            torch.cuda.set_device(device)  # where Triton computes, too
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise ToolError(f"device {name!r} cannot be used: {reason}") from error
    return device


def _threads(recipe: Recipe, asked: int | None) -> int:
    """All usable cores, but one where a step is so short that waiting for each other costs more.

    Processes that train together share the cores, and the steps.
    """
    processes = world.neighbours()
    net = recipe.net
    dense = [layer for layer in net.layers if isinstance(layer, int)]
    if asked is None and net.candidates != "all" and len(dense) == len(net.layers):
        work = 2 * sum(dense) * net.candidates * recipe.train.batch
        asked = None if work >= _PARALLEL_WORK * processes else 1
    if asked is None and processes > 1:
        asked = max(1, cores.usable() // processes)
    return cores.threads(asked, _MOST_THREADS)
