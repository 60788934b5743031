"""lilogic: learn classifiers made of two-input logic gates, and prove their hardware."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lilogic.api import Model, load
    from lilogic.version import __version__

__all__ = ["Model", "__version__", "load"]


def __getattr__(name: str) -> Any:
    """What is public, on first use, so that the command line's help needs no numpy."""
    if name == "__version__":
        from lilogic.version import __version__

        return __version__
    if name in __all__:
        from lilogic import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
