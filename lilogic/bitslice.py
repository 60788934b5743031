"""Fast inference: a graph as a program for a machine whose words hold one bit of many samples.

Encoder, gates, popcounts and argmax all become instructions on rows of words, so that nothing is
computed sample by sample but the transposition of what comes in and the class that comes out. One
interpreter runs every program; nothing is compiled for a graph. ``lilogic.inference`` defines
what the results must be.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from lilogic import gates, passes
from lilogic.encoder import Encoder
from lilogic.errors import LilogicError
from lilogic.gates import READS_A, READS_B
from lilogic.graph import GateGraph

Words = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.uint64]

BLOCK = 2048
"""Samples that go through a program at once: rows of 32 words, so that a program of ten thousand
rows fits a second-level cache and an instruction costs little more than its vector operations."""

_WORD = 64
_ROW = BLOCK // _WORD
_ADD = 16
"""The instruction beside the sixteen gates: a full adder of three rows, which writes two."""

_NONE = np.uint64(2**64 - 1)


@dataclass(frozen=True)
class Program:
    """Instructions over rows, for ``samples`` that are given as words of packed bits.

    Attributes:
        width: bits of one sample, those of the raw features or the input bits.
        classes: number of classes.
        lowest: what is added to every score.
        code: uint64 [instructions, 6]: operation (a gate's number, or a full adder), the rows that
            it reads (three) and writes (two); a gate uses two and one of them.
        inputs: uint64 [width rounded up to words], the row of each input bit; all ones where no
            instruction reads it.
        zero: the row that holds 0.
        one: the row that holds 1.
        index: uint64 [bits], rows of the class's number, lowest bit first.
        scores: uint64 [classes, bits], rows of the scores, lowest bit first.
        rows: how many rows there are.
    """

    width: int
    classes: int
    lowest: int
    code: Rows
    inputs: Rows
    zero: int
    one: int
    index: Rows
    scores: Rows
    rows: int


def compile_bits(graph: GateGraph) -> Program:
    """The program that reads the graph's input bits."""
    graph = passes.simplify(graph)
    builder = _Builder(graph.n_inputs)
    return _heads(builder, graph, _gates(builder, graph, range(graph.n_inputs)))


def compile_raw(graph: GateGraph) -> Program:
    """The program that reads raw features and encodes them.

    Raises:
        LilogicError: the graph has no encoder, or one that compares with a quantile of the sample,
            for which a sample must be sorted.
    """
    if graph.encoder is None:
        raise LilogicError("the graph has no encoder, so it reads bits, not raw samples")
    if graph.encoder.rank is not None:
        raise LilogicError("the encoder compares with a quantile of each sample: encode it first")
    graph = passes.simplify(graph)
    assert graph.encoder is not None
    dtype = np.dtype(graph.encoder.input_dtype)
    builder = _Builder(graph.encoder.n_features * 8 * dtype.itemsize)
    bits = _encoder(builder, graph.encoder, graph.alive[: graph.n_inputs])
    return _heads(builder, graph, _gates(builder, graph, bits))


def packed(bits: npt.NDArray[Any]) -> Words:
    """uint64 [samples, ceil(width / 64)] of bool [samples, width]; bit i is bit ``i % 64``."""
    return as_words(np.packbits(np.asarray(bits, dtype=bool), axis=1, bitorder="little"))


def as_words(rows: npt.NDArray[Any]) -> Words:
    """uint64 [samples, words] of rows [samples, width]: their bytes, zeros to the end of a word."""
    data = np.ascontiguousarray(rows.astype(rows.dtype.newbyteorder("<"), copy=False))
    data = data.view(np.uint8).reshape(len(rows), rows.shape[1] * rows.dtype.itemsize)
    missing = -data.shape[1] % 8
    if missing:
        data = np.pad(data, ((0, 0), (0, missing)))
    words: Words = data.view("<u8").astype(np.uint64, copy=False)
    return words


def classify(program: Program, samples: Words, threads: int | None = None) -> npt.NDArray[np.int64]:
    """int64 [samples]: the class of each of samples, uint64 [samples, words].

    Args:
        program: what to run.
        samples: as ``packed`` or ``as_words`` gives them.
        threads: default: one for each core.

    Raises:
        LilogicError: samples of another width.
    """
    index = np.empty(len(samples), dtype=np.int64)
    _run(program, samples, threads, index, np.empty((0, program.classes), dtype=np.int32))
    return index


def scores(program: Program, samples: Words, threads: int | None = None) -> npt.NDArray[np.int32]:
    """int32 [samples, classes]; arguments and errors as ``classify``."""
    result = np.empty((len(samples), program.classes), dtype=np.int32)
    _run(program, samples, threads, np.empty(0, dtype=np.int64), result)
    return result


def _run(
    program: Program,
    samples: Words,
    threads: int | None,
    index: npt.NDArray[np.int64],
    result: npt.NDArray[np.int32],
) -> None:
    words = -(-program.width // _WORD)
    if samples.ndim != 2 or samples.shape[1] != words or samples.dtype != np.uint64:
        raise LilogicError(
            f"samples are {samples.dtype} of shape {samples.shape}, "
            f"but the program reads uint64 (samples, {words})"
        )
    samples = np.ascontiguousarray(samples)
    blocks = -(-len(samples) // BLOCK)
    workers = max(1, min(threads or _cores(), blocks))
    ends = [blocks * part // workers for part in range(workers + 1)]
    work = partial(
        _blocks,
        program.code,
        program.inputs,
        program.zero,
        program.one,
        program.index,
        program.scores,
        program.rows,
        program.lowest,
        samples,
        index,
        result,
    )
    if workers == 1:
        work(0, blocks)
        return
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, ends[:-1], ends[1:]))


def _cores() -> int:
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Builder:
    """Instructions whose rows are all different; ``finish`` lets them share."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.code: list[tuple[int, int, int, int, int, int]] = []
        self.rows = width + 3
        self.zero, self.one, self._unused = width, width + 1, width + 2

    def gate(self, op: int, a: int, b: int) -> int:
        self.rows += 1
        self.code.append((op, a, b, self.zero, self.rows - 1, self._unused))
        return self.rows - 1

    def add(self, a: int, b: int, c: int) -> tuple[int, int]:
        """Sum and carry."""
        self.rows += 2
        self.code.append((_ADD, a, b, c, self.rows - 2, self.rows - 1))
        return self.rows - 2, self.rows - 1

    def select(self, condition: int, if_true: int, if_false: int) -> int:
        differ = self.gate(gates.XOR, if_true, if_false)
        return self.gate(gates.XOR, self.gate(gates.AND, condition, differ), if_false)


def _encoder(builder: _Builder, encoder: Encoder, used: npt.NDArray[np.bool_]) -> list[int]:
    """The rows of the encoder's bits; the others' are 0."""
    info = np.iinfo(encoder.input_dtype)
    rows = [builder.zero] * encoder.n_bits
    pairs = zip(encoder.feature.tolist(), encoder.threshold.tolist(), strict=True)
    for bit, (feature, threshold) in enumerate(pairs):
        if not used[bit]:
            continue
        if not info.min <= threshold < info.max:
            rows[bit] = builder.one if threshold < info.min else builder.zero
            continue
        planes = list(range(feature * info.bits, (feature + 1) * info.bits))
        if info.min < 0:
            # With its sign bit flipped, two's complement is in the order of unsigned numbers.
            planes[-1] = builder.gate(gates.NOT_A, planes[-1], planes[-1])
        rows[bit] = _exceeds(builder, planes, threshold - int(info.min))
    return rows


def _exceeds(builder: _Builder, value: Sequence[int], threshold: int) -> int:
    """Whether an unsigned value is greater than a constant; the constant's low ones don't matter.

    Above the lowest 0 bit of the constant, each bit decides or leaves it to the bits below.
    """
    lowest = (~threshold & (threshold + 1)).bit_length() - 1
    exceeds = value[lowest]
    for position in range(lowest + 1, len(value)):
        op = gates.AND if threshold >> position & 1 else gates.OR
        exceeds = builder.gate(op, value[position], exceeds)
    return exceeds


def _gates(builder: _Builder, graph: GateGraph, bits: Iterable[int]) -> list[int]:
    """The rows of all nodes, gates of one level and function side by side."""
    alive = graph.alive[graph.n_inputs :]
    order = np.lexsort((graph.op, graph.levels[graph.n_inputs :]))
    rows = [*bits, *[builder.zero] * graph.n_gates]
    op, a, b = graph.op.tolist(), graph.a.tolist(), graph.b.tolist()
    for gate in order[alive[order]].tolist():
        kind = op[gate]
        # Where a gate ignores a wire, that may be any row that exists.
        first = rows[a[gate]] if READS_A[kind] else rows[b[gate]] if READS_B[kind] else builder.zero
        second = rows[b[gate]] if READS_B[kind] else first
        rows[graph.n_inputs + gate] = builder.gate(kind, first, second)
    return rows


def _heads(builder: _Builder, graph: GateGraph, rows: Sequence[int]) -> Program:
    """Popcounts and argmax, after the rows of all nodes are known."""
    lowest = int(graph.offset.min())
    totals = [
        _popcount(builder, [rows[node] for node in head.tolist()], int(offset) - lowest)
        for head, offset in zip(graph.heads, graph.offset, strict=True)
    ]
    width = max(1, *map(len, totals))
    scores = [[*total, *[builder.zero] * (width - len(total))] for total in totals]
    index_width = max(1, (len(scores) - 1).bit_length())
    best, index = scores[0], [builder.zero] * index_width
    for class_, score in enumerate(scores[1:], 1):
        better = _greater(builder, score, best)
        best = [builder.select(better, new, old) for new, old in zip(score, best, strict=True)]
        index = [
            builder.gate(gates.OR if class_ >> bit & 1 else gates.NOT_A_AND_B, better, old)
            for bit, old in enumerate(index)
        ]
    return _finish(builder, graph.n_classes, lowest, index, scores)


def _popcount(builder: _Builder, counted: Sequence[int], offset: int) -> list[int]:
    """Rows of how many of the counted rows are 1, plus a constant, lowest bit first."""
    column = list(counted)
    total = []
    while column or offset:
        if offset & 1:
            column.append(builder.one)
        carries = []
        # The sum just made is taken up at once, while it is in the nearest cache.
        while len(column) > 1:
            third = column.pop(-3) if len(column) > 2 else builder.zero
            sum_, carry = builder.add(column.pop(), column.pop(), third)
            column.append(sum_)
            carries.append(carry)
        total.append(column[0] if column else builder.zero)
        column, offset = carries, offset >> 1
    return total


def _greater(builder: _Builder, left: Sequence[int], right: Sequence[int]) -> int:
    """Whether unsigned left exceeds right: the carry of left + ¬right."""
    carry = builder.zero
    for a, b in zip(left, right, strict=True):
        _, carry = builder.add(a, builder.gate(gates.NOT_A, b, b), carry)
    return carry


def _finish(
    builder: _Builder,
    classes: int,
    lowest: int,
    index: Sequence[int],
    scores: Sequence[Sequence[int]],
) -> Program:
    """Let rows share memory: one that is read for the last time is free for what comes after."""
    code = np.array(builder.code, dtype=np.int64).reshape(-1, 6)
    last = np.full(builder.rows, -1, dtype=np.int64)
    np.maximum.at(last, code[:, 1:4], np.arange(len(code))[:, None])
    kept = np.array(
        [*index, *(row for score in scores for row in score), builder.zero, builder.one]
    )
    last[kept] = len(code)
    inputs = np.flatnonzero(last[: builder.width] >= 0)
    fixed = [*inputs.tolist(), builder.zero, builder.one, builder.width + 2]
    place = np.zeros(builder.rows, dtype=np.int64)
    place[fixed] = np.arange(len(fixed))
    rows = _share(code, last, place, len(fixed), builder.width + 2)
    code[:, 1:] = place[code[:, 1:]]
    read = np.full(-(-builder.width // _WORD) * _WORD, _NONE, dtype=np.uint64)
    read[inputs] = place[inputs].astype(np.uint64)
    return Program(
        width=builder.width,
        classes=classes,
        lowest=lowest,
        code=code.astype(np.uint64),
        inputs=read,
        zero=int(place[builder.zero]),
        one=int(place[builder.one]),
        index=place[list(index)].astype(np.uint64),
        scores=place[np.array(scores)].astype(np.uint64),
        rows=rows,
    )


@njit(cache=True)
def _share(code, last, place, used, unused):  # type: ignore[no-untyped-def]
    """Give every written row a place; returns how many there are.

    An instruction never writes what it reads, so that its loop is one for vectors.
    """
    free = np.empty(len(place), dtype=np.int64)
    n_free = 0
    for i in range(len(code)):
        for k in range(4, 6):
            if code[i, k] == unused:
                continue
            if n_free:
                n_free -= 1
                place[code[i, k]] = free[n_free]
            else:
                place[code[i, k]] = used
                used += 1
        for k in range(1, 6):
            row = code[i, k]
            if row != unused and last[row] == (i if k < 4 else -1):
                # One instruction may read a row twice.
                last[row] = -2
                free[n_free] = place[row]
                n_free += 1
    return used


@njit(cache=True, nogil=True)
def _blocks(  # type: ignore[no-untyped-def]
    code, inputs, zero, one, index_rows, score_rows, rows, lowest, samples, index, result,
    first, end,
):  # fmt: skip
    """Run the program on blocks ``first`` to ``end`` of the samples."""
    row = np.uint64(_ROW)
    memory = np.zeros(rows * _ROW, dtype=np.uint64)
    memory[one * _ROW : (one + 1) * _ROW] = ~np.uint64(0)
    square = np.empty(_WORD * _ROW, dtype=np.uint64)
    for block in range(first, end):
        start = block * BLOCK
        count = min(BLOCK, len(samples) - start)
        for word in range(samples.shape[1]):
            _gather(samples[start : start + count, word], square, row)
            _transpose(square, row)
            _place(square, inputs[word * _WORD : (word + 1) * _WORD], memory, row)
        _execute(code, memory, row)
        if len(index):
            _read(memory, index_rows, 0, index[start : start + count])
        for class_ in range(result.shape[1]):
            if len(result):
                _read(memory, score_rows[class_], lowest, result[start : start + count, class_])


# Indices are unsigned, which saves numba a test for each, and a row's length is no constant, or
# the compiler would unroll loops over it and forget vectors.


@njit(cache=True, nogil=True)
def _gather(words, square, row):  # type: ignore[no-untyped-def]
    """Sample ``64 c + r`` to row r, column c; zeros where there are no more samples."""
    for r in range(np.uint64(_WORD)):
        for c in range(row):
            sample = c * np.uint64(_WORD) + r
            square[r * row + c] = words[sample] if sample < len(words) else np.uint64(0)


@njit(cache=True, nogil=True)
def _transpose(square, row):  # type: ignore[no-untyped-def]
    """Rows of 64-bit words: each column is a square of bits, which is mirrored in its diagonal.

    Ever smaller blocks off the diagonal change places (H. S. Warren, "Hacker's Delight", 7-3).
    """
    one = np.uint64(1)
    for power in range(6):
        width = np.uint64(32 >> power)
        mask = ~np.uint64(0) // ((one << width) + one)
        for top in range(np.uint64(0), np.uint64(_WORD), width + width):
            upper, lower = top * row, (top + width) * row
            for i in range(width * row):
                x, y = square[upper + i], square[lower + i]
                swap = ((x >> width) ^ y) & mask
                square[upper + i] = x ^ (swap << width)
                square[lower + i] = y ^ swap


@njit(cache=True, nogil=True)
def _place(square, places, memory, row):  # type: ignore[no-untyped-def]
    """Copy the rows that have a place in memory there."""
    for r in range(np.uint64(_WORD)):
        if places[r] != _NONE:
            to = places[r] * row
            for c in range(row):
                memory[to + c] = square[r * row + c]


@njit(cache=True, nogil=True)
def _execute(code, memory, row):  # type: ignore[no-untyped-def]
    """Run the instructions."""
    for i in range(len(code)):
        op = code[i, 0]
        a, b, c = code[i, 1] * row, code[i, 2] * row, code[i, 3] * row
        to, carry = code[i, 4] * row, code[i, 5] * row
        if op == _ADD:
            for w in range(row):
                x, y, z = memory[a + w], memory[b + w], memory[c + w]
                memory[to + w] = x ^ y ^ z
                memory[carry + w] = (x & y) | (z & (x | y))
        elif op == gates.XOR:
            for w in range(row):
                memory[to + w] = memory[a + w] ^ memory[b + w]
        elif op == gates.XNOR:
            for w in range(row):
                memory[to + w] = ~(memory[a + w] ^ memory[b + w])
        elif op == gates.AND:
            for w in range(row):
                memory[to + w] = memory[a + w] & memory[b + w]
        elif op == gates.NAND:
            for w in range(row):
                memory[to + w] = ~(memory[a + w] & memory[b + w])
        elif op == gates.OR:
            for w in range(row):
                memory[to + w] = memory[a + w] | memory[b + w]
        elif op == gates.NOR:
            for w in range(row):
                memory[to + w] = ~(memory[a + w] | memory[b + w])
        elif op == gates.A_AND_NOT_B:
            for w in range(row):
                memory[to + w] = memory[a + w] & ~memory[b + w]
        elif op == gates.NOT_A_AND_B:
            for w in range(row):
                memory[to + w] = ~memory[a + w] & memory[b + w]
        elif op == gates.A_OR_NOT_B:
            for w in range(row):
                memory[to + w] = memory[a + w] | ~memory[b + w]
        elif op == gates.NOT_A_OR_B:
            for w in range(row):
                memory[to + w] = ~memory[a + w] | memory[b + w]
        elif op == gates.A:
            for w in range(row):
                memory[to + w] = memory[a + w]
        elif op == gates.NOT_A:
            for w in range(row):
                memory[to + w] = ~memory[a + w]
        elif op == gates.B:
            for w in range(row):
                memory[to + w] = memory[b + w]
        elif op == gates.NOT_B:
            for w in range(row):
                memory[to + w] = ~memory[b + w]
        else:
            value = ~np.uint64(0) if op == gates.TRUE else np.uint64(0)
            for w in range(row):
                memory[to + w] = value


@njit(cache=True, nogil=True)
def _read(memory, rows, lowest, numbers):  # type: ignore[no-untyped-def]
    """Numbers whose bits stand in rows, plus the lowest."""
    for w in range(-(-len(numbers) // _WORD)):
        end = min(len(numbers), (w + 1) * _WORD)
        for plane in range(len(rows)):
            word = memory[rows[plane] * np.uint64(_ROW) + np.uint64(w)]
            for sample in range(w * _WORD, end):
                bit = np.int64(word & np.uint64(1)) << plane
                numbers[sample] = bit + (lowest if plane == 0 else numbers[sample])
                word >>= np.uint64(1)
