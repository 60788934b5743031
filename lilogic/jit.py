"""What numba compiles is kept for the next process where there is a folder to keep it in."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any, TypeVar

import numpy as np

Function = TypeVar("Function", bound=Callable[..., Any])

COMPILED_FROM = 2**17
"""Elements of the longest array from which on a ``loop`` is compiled."""

_parts: list[Callable[..., Any]] = []


def njit(*, cache: bool = False, **options: Any) -> Callable[[Callable[..., Any]], Any]:
    """``numba.njit``; ``cache`` keeps what it compiles (``compiled``), where it can.

    Numba itself refuses to compile where it can keep nothing.
    """
    import numba

    from lilogic import compiled

    def decorate(function: Callable[..., Any]) -> Any:
        try:
            with compiled.kept():
                return numba.njit(cache=cache, **options)(function)
        except RuntimeError:
            return numba.njit(**options)(function)

    return decorate


def loop(function: Function) -> Function:
    """A function that loops over arrays: compiled from the first large ones on, before in Python.

    To load numba and what it kept takes as long as Python takes for some ten thousand elements,
    and to compile as long as for some hundred thousand. So the function must do the same in both,
    with integers that fit into 64 bits. What it calls is a ``part`` of the same folder, where
    ``compiled`` looks for changes.

    Its parameters are contiguous arrays, named tuples of such, and numbers. Where it runs as
    Python, arrays are memoryviews, whose elements are Python's own numbers.
    """

    @cache
    def compiled() -> Any:
        from numba.extending import register_jitable

        while _parts:
            register_jitable(_parts.pop())
        return njit(cache=True)(function)

    @wraps(function)
    def run(*arguments: Any) -> Any:
        is_compiled = compiled.cache_info().currsize
        if is_compiled or _longest(arguments) >= COMPILED_FROM:
            return compiled()(*arguments)
        return function(*map(_viewed, arguments))

    return run  # type: ignore[return-value]


def part(function: Function) -> Function:
    """A function that loops call; it is compiled with them."""
    _parts.append(function)
    return function


def _longest(argument: Any) -> int:
    if isinstance(argument, tuple):
        return max(map(_longest, argument), default=0)
    return len(argument) if isinstance(argument, np.ndarray) else 0


def _viewed(argument: Any) -> Any:
    if isinstance(argument, tuple):
        return type(argument)(*map(_viewed, argument))
    return argument.data if isinstance(argument, np.ndarray) else argument
