"""Trackers of experiments that people use: which there are, and what they are told."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from importlib import import_module
from typing import TYPE_CHECKING, Any

from lilogic.errors import LilogicError
from lilogic.learn import keys
from lilogic.learn.callbacks import Callback
from lilogic.learn.metrics import Epoch
from lilogic.learn.recipe import TrainRecipe
from lilogic.learn.run import RunFolder

if TYPE_CHECKING:
    from typing import Self

TRACKERS = {"tensorboard": "TensorBoard", "mlflow": "MLflow", "wandb": "WeightsAndBiases"}
"""The class of each, in a module of its name."""

_TAGS = {
    "train": "accuracy/training soft",
    "validation_soft": "accuracy/validation soft",
    "validation_frozen": "accuracy/validation frozen",
    "sharpen_connections": "sharpness/connections",
    "sharpen_gates": "sharpness/gates",
}


class Tracker(Callback):
    """Tells a tracker of each epoch, those of earlier epochs too, in a context of its own.

    An ensemble's members are runs of their own.
    """

    def __init__(self, run: RunFolder) -> None:
        self.run = run

    def begin(self, done: int) -> None:
        """Begin a run, or go on with it, of which so many epochs are done."""

    def end(self, is_whole: bool) -> None:
        """End a run, if one has begun; not whole where it was interrupted."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.end(kind is None)

    def member(self, number: int, members: int, run: RunFolder) -> None:
        """See ``Callback``."""
        self.end(True)
        self.run = run

    def finished(self, epochs: int) -> None:
        """See ``Callback``."""
        self.begin(epochs)

    def start(self, settings: TrainRecipe, done: int, steps: int) -> None:
        """See ``Callback``."""
        self.begin(done)


def opened(names: Sequence[str], run: RunFolder, contexts: ExitStack) -> Iterator[Callback]:
    """The trackers of these names, which end with the contexts.

    Raises:
        LilogicError: there is no such tracker.
        MissingExtraError: its package is missing.
    """
    for name in dict.fromkeys(names):
        if name not in TRACKERS:
            raise LilogicError(f"tracker {name!r} is not one of {', '.join(TRACKERS)}")
        module = import_module(f"lilogic.learn.callbacks.{name}")
        yield contexts.enter_context(getattr(module, TRACKERS[name])(run))


def scalars(result: Epoch) -> dict[str, float]:
    """What is known after an epoch, as trackers call it."""
    return {
        _TAGS.get(name, name): value
        for name, value in asdict(result).items()
        if name != "epoch" and value is not None
    }


def settings(run: RunFolder) -> dict[str, Any]:
    """The recipe of a run, by key."""
    return keys.flat(json.loads(run.recipe.read_text("utf-8")))


def outcome(run: RunFolder) -> dict[str, float]:
    """The accuracies and the size of a run that is finished, else nothing."""
    if not run.summary.exists():
        return {}
    summary = json.loads(run.summary.read_text("utf-8"))
    found = {f"final/{name}": value for name, value in summary["accuracy"].items()}
    return found | {"final/gates": summary["gates"]["simplified"]}
