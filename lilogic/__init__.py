"""lilogic: learn classifiers made of two-input logic gates, and prove their hardware."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lilogic.api import Model, freeze, load
    from lilogic.build import Build
    from lilogic.estimator import LogicClassifier
    from lilogic.hdl.options import CompileOptions, InputKind
    from lilogic.learn.annealing import Annealing
    from lilogic.learn.net.logic_net import LogicNet
    from lilogic.learn.net.sharpness import HARD, Sharpness
    from lilogic.learn.recipe import TrainRecipe
    from lilogic.planning import estimate, frontier
    from lilogic.replicates import CrossValidated, Seeded, cross_validate, train_seeds
    from lilogic.sweeps import Sweep, sweep
    from lilogic.training import Run, train
    from lilogic.version import __version__

__all__ = [
    "HARD",
    "Annealing",
    "Build",
    "CompileOptions",
    "CrossValidated",
    "InputKind",
    "LogicClassifier",
    "LogicNet",
    "Model",
    "Run",
    "Seeded",
    "Sharpness",
    "Sweep",
    "TrainRecipe",
    "__version__",
    "cross_validate",
    "estimate",
    "freeze",
    "frontier",
    "load",
    "sweep",
    "train",
    "train_seeds",
]

_HOMES = {
    "HARD": "learn.net.sharpness",
    "Annealing": "learn.annealing",
    "Build": "build",
    "CompileOptions": "hdl.options",
    "CrossValidated": "replicates",
    "InputKind": "hdl.options",
    "LogicClassifier": "estimator",
    "LogicNet": "learn.net.logic_net",
    "Model": "api",
    "Run": "training",
    "Seeded": "replicates",
    "Sharpness": "learn.net.sharpness",
    "Sweep": "sweeps",
    "TrainRecipe": "learn.recipe",
    "__version__": "version",
    "cross_validate": "replicates",
    "estimate": "planning",
    "freeze": "api",
    "frontier": "planning",
    "load": "api",
    "sweep": "sweeps",
    "train": "training",
    "train_seeds": "replicates",
}

_NEED_TORCH = {"Annealing", "LogicNet"}


def __getattr__(name: str) -> Any:
    """What is public, on first use, so that the command line's help needs no numpy."""
    if name in _NEED_TORCH:
        from lilogic.extras import needs

        with needs("train", "torch"):
            return getattr(import_module(f"lilogic.{_HOMES[name]}"), name)
    if name in _HOMES:
        return getattr(import_module(f"lilogic.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
