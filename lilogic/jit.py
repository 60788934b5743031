"""What numba compiles is kept for the next process where there is a folder to keep it in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba


def njit(*, cache: bool = False, **options: Any) -> Callable[[Callable[..., Any]], Any]:
    """``numba.njit``; ``cache`` is for folders that can be written, and no error elsewhere.

    Numba keeps what it compiled beside the source or in the user's cache, and refuses to compile
    where it can write to neither.
    """

    def compiled(function: Callable[..., Any]) -> Any:
        try:
            return numba.njit(cache=cache, **options)(function)
        except RuntimeError:
            return numba.njit(**options)(function)

    return compiled
