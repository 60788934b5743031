"""Running a program on samples, with threads that share blocks of 512."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic import cores
from lilogic.data.preprocessing import as_array
from lilogic.errors import DataError
from lilogic.infer.interpreter import run_bits, run_raw
from lilogic.infer.layouts import WORD
from lilogic.infer.program import BLOCK, Program


def scores(
    program: Program, samples: npt.NDArray[Any], threads: int | None = None
) -> npt.NDArray[np.int32]:
    """int32 [samples, classes].

    Args:
        program: what to run.
        samples: uint64 [samples, words] as ``layouts.pack_bits`` gives them, or features
            [samples, n_features] of the encoder's dtype.
        threads: default: one for each core that can be used.

    Raises:
        DataError: samples of another width or dtype.
        LilogicError: less than one thread.
    """
    samples = _checked(program, samples)
    result = np.empty((len(samples), program.n_classes), dtype=np.int32)
    _run(program, samples, threads, np.empty(0, dtype=np.int64), result)
    return result


def classify(
    program: Program, samples: npt.NDArray[Any], threads: int | None = None
) -> npt.NDArray[np.int64]:
    """int64 [samples]: the class of each sample; arguments and errors as ``scores``."""
    samples = _checked(program, samples)
    index = np.empty(len(samples), dtype=np.int64)
    _run(program, samples, threads, index, np.empty((0, program.n_classes), dtype=np.int32))
    return index


def _run(
    program: Program,
    samples: npt.NDArray[Any],
    threads: int | None,
    index: npt.NDArray[np.int64],
    result: npt.NDArray[np.int32],
) -> None:
    """Fill classes and scores; those that nobody asked for are empty."""
    blocks = -(-len(samples) // BLOCK)
    workers = max(1, min(cores.threads(threads), blocks))
    ends = [blocks * part // workers * BLOCK for part in range(workers + 1)]

    def work(start: int, end: int) -> None:
        part = slice(start, end)
        results = index[part], result[part]
        if program.comparisons is None:
            run_bits(program.code, samples[part], *results)
        else:
            run_raw(program.code, program.comparisons, samples[part], *results)

    if workers == 1:
        work(0, len(samples))
        return
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, ends[:-1], ends[1:]))


def _checked(program: Program, samples: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The same samples, contiguous, and raw ones at least 64 features wide."""
    samples = as_array(samples)
    if samples.ndim != 2 or samples.shape[1] != program.width or samples.dtype != program.dtype:
        raise DataError(
            f"samples are {samples.dtype} of shape {samples.shape}, "
            f"but the program reads {program.dtype} (samples, {program.width})"
        )
    if program.comparisons is not None and program.width < WORD:
        samples = np.pad(samples, ((0, 0), (0, WORD - program.width)))
    return np.ascontiguousarray(samples)
