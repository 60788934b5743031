"""Sharing of memory among the rows of a program, as registers are allocated."""

from __future__ import annotations

import numpy as np

from lilogic.infer.program import OPERANDS
from lilogic.infer.simd import LANES
from lilogic.jit import njit

NO_PLACE = np.uint32(2**32 - 1)
"""The place of inputs that nobody reads."""

_OPERANDS = np.array(OPERANDS)
_NEVER, _FREED = -1, -2


@njit(cache=True)
def share_rows(runs, operands, n_rows, zero, kept):  # type: ignore[no-untyped-def]
    """Give every row a place: one that is read for the last time is free for what comes after.

    A step may write what it reads, as it reads first.

    Args:
        runs: ``program.RUN`` [runs], on rows that each are written once.
        operands: int64 [n].
        n_rows: how many rows there are.
        zero: the row that holds 0; those before it are inputs.
        kept: int64 [n]: rows that are read when all runs are done.

    Returns:
        uint32 [n_rows], the word of memory where each row begins, or ``NO_PLACE``; and how many
        rows of memory that takes.
    """
    last = _last_reads(runs, operands, n_rows, kept)
    place = np.full(n_rows, NO_PLACE, dtype=np.uint32)
    free = np.empty(n_rows, dtype=np.uint32)
    n_free, used = 0, 0
    for row in range(zero + 1):
        if last[row] != _NEVER:
            place[row] = used
            used += 1
    for run in runs:
        begin, end = np.int64(run.begin), np.int64(run.end)
        size = _OPERANDS[run.kind]
        # A count reads what its sums start from before its first step.
        n_free = _release(np.int64(run.ones_before), begin, last, place, free, n_free)
        n_free = _release(np.int64(run.twos_before), begin, last, place, free, n_free)
        for step in range(begin, end, size):
            for operand in operands[step : step + size - 1]:
                n_free = _release(operand, step, last, place, free, n_free)
            written = operands[step + size - 1]
            n_free, used = _occupy(written, last, place, free, n_free, used)
        if np.int64(run.ones) != zero:
            n_free, used = _occupy(np.int64(run.ones), last, place, free, n_free, used)
            n_free, used = _occupy(np.int64(run.twos), last, place, free, n_free, used)
    for row in range(n_rows):
        if place[row] != NO_PLACE:
            place[row] *= LANES
    return place, used


@njit(cache=True)
def _last_reads(runs, operands, n_rows, kept):  # type: ignore[no-untyped-def]
    """int64 [n_rows]: the step that reads each row last, by where its operands begin."""
    last = np.full(n_rows, _NEVER, dtype=np.int64)
    for run in runs:
        begin, size = np.int64(run.begin), _OPERANDS[run.kind]
        last[np.int64(run.ones_before)] = begin
        last[np.int64(run.twos_before)] = begin
        for step in range(begin, np.int64(run.end), size):
            for operand in operands[step : step + size - 1]:
                last[operand] = step
    last[kept] = len(operands)
    return last


@njit(cache=True)
def _release(row, step, last, place, free, n_free):  # type: ignore[no-untyped-def]
    """The place of a row that the step reads last is free; returns how many are."""
    if last[row] == step:
        last[row] = _FREED
        free[n_free] = place[row]
        n_free += 1
    return n_free


@njit(cache=True)
def _occupy(row, last, place, free, n_free, used):  # type: ignore[no-untyped-def]
    """A place for a row that is written; returns how many are free, and how many there are."""
    if n_free:
        n_free -= 1
        place[row] = free[n_free]
    else:
        place[row] = used
        used += 1
    if last[row] == _NEVER:
        free[n_free] = place[row]
        n_free += 1
    return n_free, used
