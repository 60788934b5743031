"""lilogic: learn classifiers made of two-input logic gates, and prove their hardware."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lilogic.api import Model, load

__all__ = ["Model", "load"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """``Model`` and ``load`` on first use, so that the command line's help needs no numpy."""
    if name in __all__:
        from lilogic import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
