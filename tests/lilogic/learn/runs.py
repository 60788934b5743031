"""Small runs to train, watch, kill and compare."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open

from lilogic.data.datasets import Dataset
from lilogic.graph import GateGraph, lgn
from lilogic.learn import trainer
from lilogic.learn.callbacks import Callback
from lilogic.learn.metrics import Epoch
from lilogic.learn.recipe import Recipe, TrainRecipe, parse
from lilogic.learn.run import RunFolder

STEPS = 9  # per epoch: 153 of 180 samples train, in batches of 16


def dataset(**replaced: Any) -> Dataset:
    """Images of 4x5 pixels that are brighter on the left (0) or on the right (1)."""
    random = np.random.default_rng(3)
    labels = random.integers(0, 2, 240)
    images = random.integers(0, 160, (240, 4, 5))
    images[labels == 0, :, :2] += 90
    images[labels == 1, :, 3:] += 90
    images = images.astype(np.uint8)
    splits = {
        "x_train": images[:180],
        "y_train": labels[:180],
        "x_test": images[180:],
        "y_test": labels[180:],
    }
    named: dict[str, Any] = {"name": "sides", "n_classes": 2, "class_names": ("left", "right")}
    return Dataset(**(named | splits | replaced))


def recipe(**train: Any) -> Recipe:
    """A recipe that uses everything: regrowing, pruning, annealing, augmentation, extra epochs."""
    net = train.pop("net", {"layers": [24, 12], "candidates": 4, "tau": 2.0})
    ensemble, encoder = train.pop("ensemble", {}), train.pop("encoder", {"bits": 2})
    settings = {
        "epochs": 3,
        "batch": 16,
        "validation": 0.15,
        "grow_every": 2,
        "narrow": [[0.5, 2], [0.9, 1]],
        "max_gap": 0.0,
        "max_extra_epochs": 1,
    }
    data = {
        "name": "sides",
        "dataset": "sides",
        "encoder": encoder,
        "net": net,
        "ensemble": ensemble,
        "augment": {"shift": 1},
        "train": settings | train,
    }
    return parse(data, "test")


def train(run: Path, callback: Callback | None = None, **settings: Any) -> GateGraph:
    return trainer.train(recipe(**settings), dataset(), run, callback, threads=1)


def frozen(run: Path) -> GateGraph:
    """The graph that a run ended with."""
    return lgn.read(RunFolder(run).model)


def files(run: Path) -> set[str]:
    """The names of what a run folder holds."""
    return {entry.name for entry in run.iterdir()}


FINISHED = {"recipe.json", "metrics.jsonl", "checkpoint.safetensors", "model.lgn"}
"""What a finished run's folder holds."""


def content(graph: GateGraph) -> dict[str, Any]:
    """All of a graph but how long its training took."""
    arrays = ("op", "a", "b", "head_nodes", "head_ptr", "offset")
    metadata = json.loads(json.dumps(dict(graph.metadata)))
    del metadata["training"]["seconds"]
    assert graph.encoder is not None
    return {name: getattr(graph, name).tobytes() for name in arrays} | {
        "encoder": (graph.encoder.feature.tobytes(), graph.encoder.threshold.tobytes()),
        "metadata": metadata,
    }


def metrics(run: Path) -> list[dict[str, Any]]:
    """The lines of ``metrics.jsonl`` without the times."""
    lines = [json.loads(line) for line in RunFolder(run).metrics.read_text().splitlines()]
    for line in lines:
        assert line.pop("seconds") >= 0
    return lines


def checkpoint(run: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    with safe_open(RunFolder(run).checkpoint, framework="pt") as file:
        return file.metadata(), {
            name: file.get_tensor(name).numpy().tobytes()
            for name in file.keys()  # noqa: SIM118
        }


def assert_same_run(found: Path, expected: Path) -> None:
    assert content(frozen(found)) == content(frozen(expected))
    assert metrics(found) == metrics(expected)
    assert checkpoint(found) == checkpoint(expected)


class Recorder(Callback):
    """Counts what it is told."""

    def __init__(self) -> None:
        self.threads = 0
        self.starts: list[tuple[int, int, int]] = []
        self.steps = 0
        self.epochs: list[Epoch] = []

    def prepare(self, threads: int) -> None:
        self.threads = threads

    def start(self, settings: TrainRecipe, done: int, steps: int) -> None:
        self.starts.append((settings.epochs, done, steps))

    def step(self) -> None:
        self.steps += 1

    def epoch(self, result: Epoch) -> None:
        self.epochs.append(result)


class Killed(BaseException):
    """Ends a run at some instant, as Ctrl-C does."""


class Killer(Callback):
    """Raises after so many steps, or at the end of so many epochs."""

    def __init__(self, step: int | None = None, epoch: int | None = None) -> None:
        self.left = {"step": step, "epoch": epoch}

    def _count(self, kind: str) -> None:
        left = self.left[kind]
        if left is not None:
            self.left[kind] = left - 1
            if left == 1:
                raise Killed

    def step(self) -> None:
        self._count("step")

    def epoch(self, result: Epoch) -> None:
        self._count("epoch")
