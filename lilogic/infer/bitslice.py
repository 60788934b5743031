"""Fast inference: a graph as a program for a machine whose words hold one bit of many samples.

Gates, popcounts and argmax all become instructions on rows of 512 samples, so that nothing is
computed sample by sample but the comparisons of an encoder, the transposition of what comes in and
the class that comes out. ``interpreter`` runs every program; nothing is compiled for a
graph. ``golden`` defines what the results must be.

A branch for each gate would cost more than the gate, so instructions come in runs of one kind. Most
gates of a trained network are only counted: a run computes them and counts them at once, with the
sum in registers, and writes only carries (carry-save addition; Harley and Seal's population count,
H. S. Warren, "Hacker's Delight", 5-1).
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from numba import njit

from lilogic.data.capabilities import BITSLICED, required
from lilogic.data.encoder import Encoder
from lilogic.errors import LilogicError
from lilogic.graph import GateGraph, gates, passes
from lilogic.graph.gates import READS_A, READS_B, TRUTH
from lilogic.infer.interpreter import (
    BLOCK,
    COUNT,
    COUNT_LINEAR,
    COUNT_PRODUCT,
    LINEAR,
    OPERANDS,
    PRODUCT,
    WORD,
    run_bits,
    run_raw,
)
from lilogic.infer.simd import LANES

Words = npt.NDArray[np.uint64]

_NONE = np.uint32(2**32 - 1)
_NO_MASKS = 0, 0, 0
_FREED = -2


@dataclass(frozen=True, eq=False)
class Program:
    """Runs of instructions on rows, and where samples go in and results come out.

    Attributes:
        width: what ``samples`` must be wide: words of packed bits, or features.
        classes: number of classes.
        lowest: what is added to every score.
        runs: uint64 [runs, 10]: kind, begin and end in ``operands``, masks i, j and k of all ones
            or zeros, the rows that a count's sum of ones starts from and is left in, and those of
            its sum of twos.
        operands: uint32 [n]: rows, so many for each step of a run as its kind has. Rows are
            given by the word where they begin.
        words: int64 [used words]: which words of a sample's input bits are read.
        inputs: uint32 [used words, 64]: the rows of their bits; those that nobody reads share one.
        zero: the row that holds 0.
        index: uint32 [bits], rows of the class's number, lowest bit first.
        scores: uint32 [classes, bits], rows of the scores, lowest bit first.
        rows: how many rows there are.
        features: int64 [words], for raw samples: each word's first feature, of 64.
        thresholds: [words, 64] of the features' dtype; bit i of a word of input bits tells whether
            its feature i exceeds this. Has no words where samples are packed bits.
    """

    width: int
    classes: int
    lowest: int
    runs: Words
    operands: npt.NDArray[np.uint32]
    words: npt.NDArray[np.int64]
    inputs: npt.NDArray[np.uint32]
    zero: int
    index: npt.NDArray[np.uint32]
    scores: npt.NDArray[np.uint32]
    rows: int
    features: npt.NDArray[np.int64]
    thresholds: npt.NDArray[Any]


def compile_bits(graph: GateGraph) -> Program:
    """The program that reads the graph's input bits."""
    graph = passes.simplify(graph)
    words = -(-graph.n_inputs // WORD)
    builder = _Builder(words)
    nothing = np.empty(0, dtype=np.int64), np.empty((0, WORD), dtype=np.uint8)
    return _program(builder, graph, range(graph.n_inputs), words, *nothing)


def compile_raw(graph: GateGraph) -> Program:
    """The program that reads raw features and encodes them.

    Raises:
        GraphError: the graph has no encoder, or one that compares more than a feature with a
            constant: a quantile of the sample, or differences.
    """
    required(BITSLICED, graph.encoder)
    graph = passes.simplify(graph)
    assert graph.encoder is not None
    features, thresholds, bits = _comparisons(graph.encoder, graph.alive[: graph.n_inputs])
    builder = _Builder(len(features))
    rows = [
        builder.zero if bit == _ALWAYS_0 else builder.one if bit == _ALWAYS_1 else bit
        for bit in bits
    ]
    return _program(builder, graph, rows, graph.encoder.n_features, features, thresholds)


def packed(bits: npt.NDArray[Any]) -> Words:
    """uint64 [samples, ceil(width / 64)] of bool [samples, width]; bit i is bit ``i % 64``."""
    data = np.packbits(np.asarray(bits, dtype=bool), axis=1, bitorder="little")
    data = np.pad(data, ((0, 0), (0, -data.shape[1] % 8)))
    words: Words = np.ascontiguousarray(data).view("<u8").astype(np.uint64, copy=False)
    return words


def classify(
    program: Program, samples: npt.NDArray[Any], threads: int | None = None
) -> npt.NDArray[np.int64]:
    """int64 [samples]: the class of each sample.

    Args:
        program: what to run.
        samples: uint64 [samples, words] as ``packed`` gives them, or features [samples, n_features]
            of the encoder's dtype.
        threads: default: one for each core.

    Raises:
        LilogicError: samples of another width or dtype.
    """
    index = np.empty(len(samples), dtype=np.int64)
    _run(program, samples, threads, index, np.empty((0, program.classes), dtype=np.int32))
    return index


def scores(
    program: Program, samples: npt.NDArray[Any], threads: int | None = None
) -> npt.NDArray[np.int32]:
    """int32 [samples, classes]; arguments and errors as ``classify``."""
    result = np.empty((len(samples), program.classes), dtype=np.int32)
    _run(program, samples, threads, np.empty(0, dtype=np.int64), result)
    return result


def _run(
    program: Program,
    samples: npt.NDArray[Any],
    threads: int | None,
    index: npt.NDArray[np.int64],
    result: npt.NDArray[np.int32],
) -> None:
    is_raw = len(program.thresholds) > 0
    dtype = program.thresholds.dtype if is_raw else np.dtype(np.uint64)
    if samples.ndim != 2 or samples.shape[1] != program.width or samples.dtype != dtype:
        raise LilogicError(
            f"samples are {samples.dtype} of shape {samples.shape}, "
            f"but the program reads {dtype} (samples, {program.width})"
        )
    if is_raw and program.width < WORD:
        samples = np.pad(samples, ((0, 0), (0, WORD - program.width)))
    samples = np.ascontiguousarray(samples)
    code = (
        program.runs,
        program.operands,
        program.words,
        program.inputs,
        program.zero,
        program.rows,
        program.index,
        program.scores,
        program.lowest,
    )
    blocks = -(-len(samples) // BLOCK)
    workers = max(1, min(threads or _cores(), blocks))
    ends = [blocks * part // workers * BLOCK for part in range(workers + 1)]

    def work(start: int, end: int) -> None:
        part = slice(start, end)
        if is_raw:
            encoder = program.features, program.thresholds
            run_raw(code, *encoder, samples[part], index[part], result[part])
        else:
            run_bits(code, samples[part], index[part], result[part])

    if workers == 1:
        work(0, len(samples))
        return
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, ends[:-1], ends[1:]))


def _cores() -> int:
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_ALWAYS_0, _ALWAYS_1 = -1, -2


def _comparisons(
    encoder: Encoder, used: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[Any], list[int]]:
    """``Program.features``, ``Program.thresholds`` and which of their bits is each encoder bit.

    Each 64 features have as many words as the one of them with the most thresholds in use.
    """
    info = np.iinfo(encoder.input_dtype)
    bits = [_ALWAYS_0] * encoder.n_bits
    found: dict[tuple[int, int], list[int]] = defaultdict(list)
    for bit in np.flatnonzero(used).tolist():
        threshold = int(encoder.threshold[bit])
        if info.min <= threshold < info.max:
            found[int(encoder.feature[bit]), threshold].append(bit)
        elif threshold < info.min:
            bits[bit] = _ALWAYS_1
    features: list[int] = []
    thresholds: list[npt.NDArray[Any]] = []
    planes: dict[int, int] = defaultdict(int)
    words: dict[tuple[int, int], int] = {}
    for (feature, threshold), same in sorted(found.items()):
        chunk, plane = feature // WORD, planes[feature]
        planes[feature] += 1
        if (chunk, plane) not in words:
            words[chunk, plane] = len(features)
            # The last word ends with the last feature, as nothing may be read behind it.
            features.append(max(0, min(chunk * WORD, encoder.n_features - WORD)))
            thresholds.append(np.full(WORD, info.max, dtype=encoder.input_dtype))
        word = words[chunk, plane]
        place = feature - features[word]
        thresholds[word][place] = threshold
        for bit in same:
            bits[bit] = word * WORD + place
    nothing = np.full(WORD, info.max, dtype=encoder.input_dtype)
    return np.array(features or [0]), np.stack(thresholds or [nothing]), bits


Pair = tuple[int, int]
T = TypeVar("T")
Masks = tuple[int, int, int]


def _linear(op: int) -> bool:
    """Whether a gate is a constant, a wire, its complement, XOR or XNOR."""
    return int(TRUTH[op].sum()) % 2 == 0


def _masks(op: int) -> Masks:
    """What a run of gates of that function has as i, j and k, 0 or -1; see the kinds of runs.

    A product has one input for which it is unlike all others.
    """
    truth = TRUTH[op].tolist()
    if _linear(op):
        return 0, 0, -truth[0]
    k = int(sum(truth) == 3)
    odd = truth.index(1 - k)
    return (odd >> 1) - 1, (odd & 1) - 1, -k


class _Builder:
    """Runs whose rows are all different; ``_program`` lets them share memory."""

    def __init__(self, words: int) -> None:
        self.zero = words * WORD
        self.rows = self.zero + 1
        self.runs: list[tuple[int, ...]] = []
        self.operands: list[int] = []
        self._one: int | None = None

    @property
    def one(self) -> int:
        """The row that holds 1."""
        if self._one is None:
            self._one = self.gate(gates.TRUE, self.zero, self.zero)
        return self._one

    def gate(self, op: int, a: int, b: int) -> int:
        """The row of a gate; gates of one function on end make one run."""
        begin, row = len(self.operands), self._new()
        self.operands += *self._read(op, (a, b)), row
        run = (LINEAR if _linear(op) else PRODUCT, *_masks(op), *[self.zero] * 4)
        if self.runs and self.runs[-1] == (run[0], *self.runs[-1][1:3], *run[1:]):
            begin = self.runs.pop()[1]
        self.runs.append((run[0], begin, len(self.operands), *run[1:]))
        return row

    def count(self, sums: Pair, fours: Sequence[Sequence[int]]) -> tuple[Pair, list[int]]:
        """Sums of ones and of twos with four rows a time added, and the carries."""
        begin = len(self.operands)
        carries = []
        for rows in fours:
            carries.append(self._new())
            self.operands += *rows, carries[-1]
        return self._sums(COUNT, begin, _NO_MASKS, sums), carries

    def count_gates(
        self, op: int, sums: Pair, fours: Sequence[Sequence[Pair]]
    ) -> tuple[Pair, list[int]]:
        """The same with four gates of one function a time."""
        begin = len(self.operands)
        carries = []
        for wires in fours:
            carries.append(self._new())
            self.operands += *chain(*(self._read(op, wire) for wire in wires)), carries[-1]
        kind = COUNT_LINEAR if _linear(op) else COUNT_PRODUCT
        return self._sums(kind, begin, _masks(op), sums), carries

    def _read(self, op: int, wire: Pair) -> Pair:
        """What a gate reads in place of wires that its function ignores."""
        a, b = wire
        return a if READS_A[op] else self.zero, b if READS_B[op] else self.zero

    def _new(self) -> int:
        self.rows += 1
        return self.rows - 1

    def _sums(self, kind: int, begin: int, masks: Masks, first: Pair) -> Pair:
        ones, twos = self._new(), self._new()
        end = len(self.operands)
        self.runs.append((kind, begin, end, *masks, first[0], ones, first[1], twos))
        return ones, twos


def _program(
    builder: _Builder,
    graph: GateGraph,
    bits: Sequence[int],
    width: int,
    features: npt.NDArray[np.int64],
    thresholds: npt.NDArray[Any],
) -> Program:
    """The program of a simplified graph, whose input bits are in the rows ``bits``."""
    lowest = int(graph.offset.min())
    totals = _totals(builder, graph, bits, graph.offset.astype(np.int64) - lowest)
    size = max(1, *map(len, totals))
    scores = [[*total, *[builder.zero] * (size - len(total))] for total in totals]
    index = _argmax(builder, scores)
    runs = np.array(builder.runs, dtype=np.int64).reshape(-1, 10)
    operands = np.array(builder.operands, dtype=np.int64)
    kept = np.array([*index, *(row for score in scores for row in score), builder.zero])
    place, rows = _share(runs, operands, np.array(OPERANDS), builder.rows, builder.zero, kept)
    runs[:, 6:] = place[runs[:, 6:]]
    inputs = place[: builder.zero].reshape(-1, WORD)
    words = np.flatnonzero((inputs != _NONE).any(axis=1))
    return Program(
        width=width,
        classes=graph.n_classes,
        lowest=lowest,
        runs=runs.view(np.uint64),
        operands=place[operands],
        words=words,
        inputs=np.where(inputs == _NONE, np.uint32(rows * LANES), inputs)[words],
        zero=int(place[builder.zero]),
        index=place[index],
        scores=place[np.array(scores)],
        rows=rows + 1,
        features=features,
        thresholds=thresholds,
    )


def _totals(
    builder: _Builder, graph: GateGraph, bits: Sequence[int], offset: npt.NDArray[Any]
) -> list[list[int]]:
    """For each class, rows of its count plus its offset, lowest bit first."""
    op, levels = graph.op.tolist(), graph.levels[graph.n_inputs :]
    wires = list(zip(graph.a.tolist(), graph.b.tolist(), strict=True))
    counted = np.bincount(graph.head_nodes, minlength=graph.n_nodes)
    reads = np.concatenate([graph.a[READS_A[graph.op]], graph.b[READS_B[graph.op]]])
    is_read = np.bincount(reads, minlength=graph.n_nodes) > 0
    # A gate that is counted once and not read is computed where it is counted.
    has_row = ((counted > 1) | is_read)[graph.n_inputs :]
    rows = [*bits, *[builder.zero] * graph.n_gates]

    def read(gate: int) -> Pair:
        a, b = wires[gate]
        return rows[a], rows[b]

    groups: dict[tuple[int, int], list[int]] = defaultdict(list)
    for gate in np.flatnonzero(has_row).tolist():
        groups[int(levels[gate]), op[gate]].append(gate)
    for (_, function), members in sorted(groups.items()):
        for gate in members:
            rows[graph.n_inputs + gate] = builder.gate(function, *read(gate))
    totals = []
    for head, first in zip(graph.heads, offset.tolist(), strict=True):
        column: list[int] = []
        only_counted: dict[int, list[Pair]] = defaultdict(list)
        for node in head.tolist():
            gate = node - graph.n_inputs
            if gate < 0 or has_row[gate]:
                column.append(rows[node])
            else:
                only_counted[op[gate]].append(read(gate))
        totals.append(_popcount(builder, column, only_counted, first))
    return totals


def _popcount(
    builder: _Builder, column: list[int], only_counted: dict[int, list[Pair]], offset: int
) -> list[int]:
    """Rows of how many rows and gates are 1, plus a constant, lowest bit first.

    ``column`` holds rows; ``only_counted`` has, for each function, what gates of it read.
    """
    largest = offset + len(column) + sum(map(len, only_counted.values()))
    bits = max(1, largest.bit_length())
    # A step counts onto two bits, and carries into the next.
    sums = [builder.zero] * (bits + 1)
    columns: list[list[int]] = [column, *([] for _ in range(bits + 1))]
    for op, wires in sorted(only_counted.items()):
        while len(wires) % 4:
            column.append(builder.gate(op, *wires.pop()))
        if wires:
            sums[:2], carries = builder.count_gates(op, (sums[0], sums[1]), _fours(wires))
            columns[2] += carries
    for bit in range(bits):
        column = columns[bit]
        if offset >> bit & 1:
            column.append(builder.one)
        if sums[bit] == builder.zero and column:
            sums[bit] = column.pop()
        if column:
            column += [builder.zero] * (-len(column) % 4)
            pair = sums[bit], sums[bit + 1]
            sums[bit : bit + 2], carries = builder.count(pair, _fours(column))
            columns[bit + 2] += carries
    return sums[:bits]


def _fours(items: Sequence[T]) -> list[Sequence[T]]:
    return [items[i : i + 4] for i in range(0, len(items), 4)]


def _argmax(builder: _Builder, scores: Sequence[Sequence[int]]) -> list[int]:
    """Rows of the first class with the highest score, lowest bit first."""
    best = scores[0]
    index = [builder.zero] * max(1, (len(scores) - 1).bit_length())
    for class_, score in enumerate(scores[1:], 1):
        better = _greater(builder, score, best)
        differ = [builder.gate(gates.XOR, *pair) for pair in zip(score, best, strict=True)]
        change = [builder.gate(gates.AND, better, row) for row in differ]
        best = [builder.gate(gates.XOR, *pair) for pair in zip(change, best, strict=True)]
        index = [
            builder.gate(gates.OR if class_ >> bit & 1 else gates.NOT_A_AND_B, better, old)
            for bit, old in enumerate(index)
        ]
    return index


def _greater(builder: _Builder, left: Sequence[int], right: Sequence[int]) -> int:
    """Whether unsigned left exceeds right.

    From the lowest bit on, where bits differ, left exceeds if it has the 1:
    ``exceeds = (a > b) | (a == b) & exceeds``, in NANDs.
    """
    pairs = list(zip(left, right, strict=True))
    not_above = [builder.gate(gates.NOT_A_OR_B, *pair) for pair in pairs]
    equal = [builder.gate(gates.XNOR, *pair) for pair in pairs]
    exceeds = builder.zero
    for above, same in zip(not_above, equal, strict=True):
        exceeds = builder.gate(gates.NAND, above, builder.gate(gates.NAND, same, exceeds))
    return exceeds


@njit(cache=True)
def _share(runs, operands, strides, rows, inputs, kept):  # type: ignore[no-untyped-def]
    """Give every row a place: one that is read for the last time is free for what comes after.

    A step may write what it reads, as it reads first. Returns each row's place, in words, and how
    many rows there are. Inputs that nobody reads have no place.
    """
    last = np.full(rows, -1, dtype=np.int64)
    for run in runs:
        stride = strides[run[0]]
        for first in (run[6], run[8]):
            last[first] = max(last[first], run[1])
        for step in range(run[1], run[2], stride):
            for k in range(stride - 1):
                last[operands[step + k]] = step
    last[kept] = len(operands)
    place = np.full(rows, _NONE, dtype=np.uint32)
    free = np.empty(rows, dtype=np.uint32)
    n_free, used = 0, 0
    for row in range(inputs + 1):
        if last[row] >= 0:
            place[row] = used
            used += 1
    for run in runs:
        stride = strides[run[0]]
        for step in range(run[1], run[2], stride):
            # What a count starts from is read before its first step; sums are written at its end.
            begins, ends = step == run[1], step + stride == run[2]
            for k in range(-2 if begins else 0, stride - 1):
                row = operands[step + k] if k >= 0 else run[10 + 2 * k]
                if last[row] == step:
                    last[row] = _FREED
                    free[n_free] = place[row]
                    n_free += 1
            for row in (operands[step + stride - 1], run[7], run[9]):
                if row == inputs or (row in (run[7], run[9]) and not ends):
                    continue
                if n_free:
                    n_free -= 1
                    place[row] = free[n_free]
                else:
                    place[row] = used
                    used += 1
                if last[row] < 0:
                    free[n_free] = place[row]
                    n_free += 1
    for row in range(rows):
        if place[row] != _NONE:
            place[row] *= LANES
    return place, used
