"""lilogic: learn classifiers made of two-input logic gates, and prove their hardware."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lilogic.api import Model, freeze, load
    from lilogic.build import Build
    from lilogic.cross_validation import CrossValidated, cross_validate
    from lilogic.estimator import LogicClassifier
    from lilogic.flow import Run, train
    from lilogic.hdl.options import CompileOptions, InputKind
    from lilogic.learn.annealing import Annealing
    from lilogic.learn.net.logic_net import LogicNet
    from lilogic.learn.net.sharpness import HARD, Sharpness
    from lilogic.learn.recipe import TrainRecipe
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
    "Sharpness",
    "TrainRecipe",
    "__version__",
    "cross_validate",
    "freeze",
    "load",
    "train",
]

_HOMES = {
    "HARD": "learn.net.sharpness",
    "Annealing": "learn.annealing",
    "Build": "build",
    "CompileOptions": "hdl.options",
    "CrossValidated": "cross_validation",
    "InputKind": "hdl.options",
    "LogicClassifier": "estimator",
    "LogicNet": "learn.net.logic_net",
    "Model": "api",
    "Run": "flow",
    "Sharpness": "learn.net.sharpness",
    "TrainRecipe": "learn.recipe",
    "__version__": "version",
    "cross_validate": "cross_validation",
    "freeze": "api",
    "load": "api",
    "train": "flow",
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
