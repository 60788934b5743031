"""Training a LogicNet from a recipe, in a run folder that survives a kill at any instant.

A run folder holds ``recipe.json`` (what was asked), ``metrics.jsonl`` (one line per epoch),
``checkpoint.safetensors`` (the state after the last finished epoch) and, at the end,
``model.lgn``. All randomness of an epoch comes from (seed, epoch), so a run that was killed and
resumed ends with the same graph as one that was not.

The members of an ensemble are runs of their own, in folders inside the run folder.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numba
import numpy as np
import torch

from lilogic.data.datasets import Dataset
from lilogic.errors import LilogicError
from lilogic.files import write_json, write_text
from lilogic.graph import GateGraph, lgn
from lilogic.infer import golden
from lilogic.learn import ensemble, schedule
from lilogic.learn.callbacks import Callback
from lilogic.learn.learner import Epoch, Learner, Scores, other_data, share_right, split
from lilogic.learn.recipe import EnsembleRecipe, Recipe, parse
from lilogic.version import __version__
from lilogic.zoo.models import MODEL

RECIPE = "recipe.json"
METRICS = "metrics.jsonl"
CHECKPOINT = "checkpoint.safetensors"

_CORES: int = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
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
    metadata. A finished run is returned as it is.

    Raises:
        LilogicError: an impossible recipe, a run folder of another recipe, or unusable files.
    """
    if (run / MODEL).exists() and _same_recipe(recipe, run):
        graph = lgn.read(run / MODEL)
        if graph.metadata.get("dataset_hashes") != data.hashes():
            raise other_data(run, data)
        if callback and (run / METRICS).exists():
            callback.finished(graph.metadata["training"]["epochs"])
        return graph
    torch_device = _device(device)
    threads = min(threads or _threads(recipe), _CORES)
    numba.set_num_threads(threads)
    torch.set_num_threads(threads)
    callback = callback or Callback()
    if recipe.ensemble != EnsembleRecipe():
        return _train_members(recipe, data, run, callback, torch_device, threads)
    learner = Learner(recipe, data, torch_device)
    _claim(recipe, run)
    path = run / CHECKPOINT
    first = learner.load(path) if path.exists() else 0
    history = read_history(run, first)
    callback.start(recipe.train.epochs, first, learner.steps)
    while not schedule.is_finished(recipe.train, history):
        history.append(learner.run_epoch(len(history), callback.step))
        lines = [json.dumps(asdict(entry)) for entry in history]
        write_text(run / METRICS, "\n".join(lines) + "\n")
        learner.save(len(history), run / CHECKPOINT)
        callback.epoch(history[-1])
    graph = _described(
        learner.net.freeze(learner.encoder),
        recipe,
        data,
        learner.final_scores(history[-1]),
        {
            "epochs": len(history),
            "seconds": round(sum(entry.seconds for entry in history), 1),
            "device": str(torch_device),
            "threads": threads,
        },
    )
    lgn.write(graph, run / MODEL)
    return graph


def _train_members(
    recipe: Recipe,
    data: Dataset,
    run: Path,
    callback: Callback,
    device: torch.device,
    threads: int,
) -> GateGraph:
    """Train the members of an ensemble one after another, and merge what they froze to."""
    _claim(recipe, run)
    count = recipe.ensemble.members
    trained, graphs, scores = [], [], []
    for number in range(1, count + 1):
        member, folder = _member(recipe, number - 1), run / f"member-{number}"
        callback.member(number, count, folder)
        learner = Learner(member, data, device)
        looks = ensemble.looks(learner.encoder.feature_shape, recipe.ensemble)
        bits = [ensemble.bits_seen(learner.encoder, look) for look in looks]
        graph = train(member, data, folder, callback, str(device), threads)
        trained.append(graph.metadata["training"])
        graphs += [ensemble.looking(graph, seen) for seen in bits]
        (*_, last) = read_history(folder, learner.load(folder / CHECKPOINT))
        scores += [learner.final_scores(last, look) for look in looks]
    validation, test = (np.sum(parts, axis=0) for parts in zip(*scores, strict=True))
    graph = _described(
        ensemble.merged(graphs, recipe.net.layers),
        recipe,
        data,
        (validation, test),
        {
            "members": count,
            "epochs": max(one["epochs"] for one in trained),
            "seconds": round(sum(one["seconds"] for one in trained), 1),
            "device": str(device),
            "threads": threads,
        },
    )
    lgn.write(graph, run / MODEL)
    return graph


def _member(recipe: Recipe, number: int) -> Recipe:
    """The recipe of an ensemble's member; no two of all seeds' ensembles share one."""
    count = recipe.ensemble.members
    return recipe.model_copy(
        update={
            "ensemble": EnsembleRecipe(),
            "train": recipe.train.model_copy(
                update={"seed": (recipe.train.seed * count + number) % _SEEDS}
            ),
        }
    )


def _described(
    graph: GateGraph,
    recipe: Recipe,
    data: Dataset,
    soft: tuple[Scores, Scores],
    training: dict[str, Any],
) -> GateGraph:
    """The graph with its origin and accuracies in the metadata; ``soft`` as ``final_scores``."""
    held = split(data, recipe.train.validation)[1]
    held_x, held_y = data.x_train[held], data.y_train[held]
    return graph.with_metadata(
        name=recipe.name,
        version=__version__,
        dataset=recipe.dataset,
        dataset_hashes=data.hashes(),
        class_names=list(data.class_names),
        recipe=recipe.model_dump(),
        accuracy={
            "validation_soft": share_right(soft[0], held_y),
            "validation_frozen": golden.accuracy(graph, held_x, held_y),
            "test_soft": share_right(soft[1], data.y_test),
            "test_frozen": golden.accuracy(graph, data.x_test, data.y_test),
        },
        training=training,
    )


def _threads(recipe: Recipe) -> int:
    """All cores, but one where a step is so short that waiting for each other costs more."""
    net = recipe.net
    if net.candidates == "all":
        return _CORES
    work = 2 * sum(net.layers) * net.candidates * recipe.train.batch
    return _CORES if work >= _PARALLEL_WORK else 1


def _device(name: str) -> torch.device:
    """The device called ``name``, which must exist."""
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise LilogicError(
            f"device {name!r} cannot be used: {str(error).splitlines()[0]}"
        ) from error
    return device


def _claim(recipe: Recipe, run: Path) -> None:
    """Make the folder one of the recipe's runs, unless it holds something else."""
    if (run / RECIPE).exists():
        if not _same_recipe(recipe, run):
            raise LilogicError(
                f"{run}: holds a run of another recipe; choose another folder with -o or remove it"
            )
    else:
        if run.is_dir() and any(not path.name.startswith(".") for path in run.iterdir()):
            raise LilogicError(f"{run}: holds other files than a run's; choose an empty folder")
        write_json(run / RECIPE, recipe.model_dump())


def _same_recipe(recipe: Recipe, run: Path) -> bool:
    try:
        return parse(json.loads((run / RECIPE).read_text("utf-8")), str(run / RECIPE)) == recipe
    except (OSError, ValueError) as error:
        raise LilogicError(f"{run / RECIPE}: cannot be read ({error})") from error


def read_history(run: Path, epochs: int) -> list[Epoch]:
    """The metrics of the first epochs; what was written after the checkpoint will be done again.

    Raises:
        LilogicError: the metrics are unreadable or fewer.
    """
    if not epochs:
        return []
    path = run / METRICS
    try:
        lines = path.read_text("utf-8").splitlines()[:epochs]
        history = [Epoch(**json.loads(line)) for line in lines]
    except (OSError, ValueError, TypeError) as error:
        raise LilogicError(f"{path}: cannot be read ({error})") from error
    if len(history) != epochs:
        raise LilogicError(f"{path}: has {len(history)} epochs, but the checkpoint has {epochs}")
    return history
