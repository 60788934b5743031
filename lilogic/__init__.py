"""lilogic: learn classifiers made of two-input logic gates, and prove their hardware."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lilogic.api import Model, load
    from lilogic.build import Build
    from lilogic.cross_validation import CrossValidated, cross_validate
    from lilogic.flow import Run, train
    from lilogic.hdl.options import CompileOptions, InputKind
    from lilogic.version import __version__

__all__ = [
    "Build",
    "CompileOptions",
    "CrossValidated",
    "InputKind",
    "Model",
    "Run",
    "__version__",
    "cross_validate",
    "load",
    "train",
]

_HOMES = {
    "Build": "build",
    "CompileOptions": "hdl.options",
    "CrossValidated": "cross_validation",
    "InputKind": "hdl.options",
    "Model": "api",
    "Run": "flow",
    "__version__": "version",
    "cross_validate": "cross_validation",
    "load": "api",
    "train": "flow",
}


def __getattr__(name: str) -> Any:
    """What is public, on first use, so that the command line's help needs no numpy."""
    if name in _HOMES:
        return getattr(import_module(f"lilogic.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
