"""Named tensors of a state dict, checked as they are looked up."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.errors import FormatError

Tensors = Mapping[str, npt.NDArray[Any]]


def modules(state: Tensors) -> list[tuple[str, list[str]]]:
    """Prefixes of numbered modules with the names of their tensors, in order of number.

    Raises:
        FormatError: tensors of something else, or two lists of modules.
    """
    found: dict[tuple[str, int], list[str]] = {}
    for name in state:
        match = re.fullmatch(r"((?:.*?\.)??)(\d{1,6})\.(.+)", name)
        if match is None:
            raise FormatError(f"tensor {name} does not belong to a numbered layer")
        found.setdefault((match[1], int(match[2])), []).append(match[3])
    if len({group for group, _ in found}) > 1:
        raise FormatError("its layers are numbered in more than one list")
    return [(f"{group}{number}.", found[group, number]) for group, number in sorted(found)]


def matrix(
    state: Tensors, name: str, rows: int | None = None, columns: int | None = None
) -> npt.NDArray[Any]:
    """The matrix of numbers of that name, of so many rows and columns.

    Raises:
        FormatError: there is none, or not of that shape, or not all of it is finite.
    """
    if name not in state:
        raise FormatError(f"tensor {name} is missing")
    found = state[name]
    if found.ndim != 2 or not found.size or found.dtype.kind not in "iuf":
        raise FormatError(f"tensor {name} is not a matrix of numbers")
    if rows not in (None, found.shape[0]) or columns not in (None, found.shape[1]):
        raise FormatError(f"tensor {name} has shape {found.shape}, not 16 numbers a gate")
    if not np.isfinite(found).all():
        raise FormatError(f"tensor {name} has values that are not finite")
    return found


def wire_numbers(state: Tensors, name: str) -> npt.NDArray[Any]:
    """int64 of any shape: the tensor of that name, which says what wires are read.

    Raises:
        FormatError: there is none, or it holds no integers.
    """
    if name not in state:
        raise FormatError(f"tensor {name} is missing")
    if state[name].dtype.kind not in "iu":
        raise FormatError(f"tensor {name} does not hold integers")
    return state[name].astype(np.int64)


def likeliest(logits: npt.NDArray[Any], candidates: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Of candidates [k, …], those with the highest logits [k, …]; the first of equal ones."""
    best = logits.argmax(axis=0)[None]
    chosen: npt.NDArray[Any] = np.take_along_axis(candidates, best, axis=0)[0]
    return chosen


def shaped(name: str, array: npt.NDArray[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """``array``, as pairs where a row of as many values is wanted as pairs.

    Raises:
        FormatError: it has another shape.
    """
    if array.ndim == 1 and array.size == np.prod(shape):
        return array.reshape(shape)
    if array.shape != shape:
        raise FormatError(f"{name} has shape {array.shape}, but {shape} is needed")
    return array
