"""A graph as a program: comparisons, gates, popcounts and argmax become runs of instructions.

Nothing is computed sample by sample but the comparisons of an encoder, the transposition of what
comes in and the class that comes out. ``golden`` defines what the results must be.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.data.capabilities import BITSLICED, required
from lilogic.data.encoder import Encoder
from lilogic.graph import GateGraph, gates, passes
from lilogic.graph.gates import READS_A, READS_B
from lilogic.infer.allocation import NO_PLACE, share_rows
from lilogic.infer.builder import Builder, Rows
from lilogic.infer.layouts import WORD
from lilogic.infer.program import Code, Comparisons, Program
from lilogic.infer.simd import LANES

_ALWAYS_0, _ALWAYS_1 = -1, -2
"""In place of a compared bit: constants."""


def compile_bits(graph: GateGraph) -> Program:
    """The program that reads the graph's input bits, packed as ``layouts.pack_bits`` does."""
    graph = passes.simplify(graph)
    width = -(-graph.n_inputs // WORD)
    code = _code(Builder(width), graph, np.arange(graph.n_inputs))
    return Program(code=code, comparisons=None, width=width)


def compile_raw(graph: GateGraph) -> Program:
    """The program that reads raw features and encodes them.

    Raises:
        GraphError: the graph has no encoder, or one that compares more than a feature with a
            constant: a quantile of the sample, or differences.
    """
    required(BITSLICED, graph.encoder)
    graph = passes.simplify(graph)
    assert graph.encoder is not None
    comparisons, bits = _comparisons(graph.encoder, graph.alive[: graph.n_inputs])
    builder = Builder(len(comparisons.first))
    rows = [
        builder.zero if bit == _ALWAYS_0 else builder.one if bit == _ALWAYS_1 else bit
        for bit in bits
    ]
    code = _code(builder, graph, rows)
    return Program(code=code, comparisons=comparisons, width=graph.encoder.n_features)


def has_row(graph: GateGraph) -> npt.NDArray[np.bool_]:
    """bool [nodes]: which nodes are stored, each in a row of its own.

    Input bits are; a gate that is counted once and not read is computed where it is counted.
    """
    op = graph.op
    counted = np.bincount(graph.head_nodes, minlength=graph.n_nodes)
    reads = np.concatenate([graph.a[READS_A[op]], graph.b[READS_B[op]]])
    stored = (counted > 1) | (np.bincount(reads, minlength=graph.n_nodes) > 0)
    stored[: graph.n_inputs] = True
    return stored


def _comparisons(encoder: Encoder, used: npt.NDArray[np.bool_]) -> tuple[Comparisons, list[int]]:
    """Comparisons for the bits that are used, and which of their bits is each encoder bit.

    Each 64 features have as many words as the one of them with the most thresholds in use.
    """
    info = np.iinfo(encoder.feature_dtype)
    bits = [_ALWAYS_0] * encoder.n_bits
    found: dict[tuple[int, int], list[int]] = defaultdict(list)
    for bit in np.flatnonzero(used).tolist():
        threshold = int(encoder.threshold[bit])
        if info.min <= threshold < info.max:
            found[int(encoder.feature[bit]), threshold].append(bit)
        elif threshold < info.min:
            bits[bit] = _ALWAYS_1
    first: list[int] = []
    thresholds: list[npt.NDArray[Any]] = []
    planes: dict[int, int] = defaultdict(int)
    words: dict[tuple[int, int], int] = {}
    for (feature, threshold), same in sorted(found.items()):
        chunk, plane = feature // WORD, planes[feature]
        planes[feature] += 1
        if (chunk, plane) not in words:
            words[chunk, plane] = len(first)
            # The last word ends with the last feature, as nothing may be read behind it.
            first.append(max(0, min(chunk * WORD, encoder.n_features - WORD)))
            thresholds.append(np.full(WORD, info.max, dtype=encoder.feature_dtype))
        word = words[chunk, plane]
        place = feature - first[word]
        thresholds[word][place] = threshold
        for bit in same:
            bits[bit] = word * WORD + place
    nothing = np.full(WORD, info.max, dtype=encoder.feature_dtype)
    return Comparisons(np.array(first or [0]), np.stack(thresholds or [nothing])), bits


def _code(builder: Builder, graph: GateGraph, bits: npt.ArrayLike) -> Code:
    """The code of a simplified graph, whose input bits are in the rows ``bits``."""
    lowest = int(graph.offset.min())
    totals = _totals(builder, graph, bits, graph.offset.astype(np.int64) - lowest)
    size = max(1, *map(len, totals))
    scores = [[*total, *[builder.zero] * (size - len(total))] for total in totals]
    index = _argmax(builder, scores)
    runs, operands = builder.runs, builder.operands
    kept = np.array([*index, *(row for score in scores for row in score), builder.zero])
    place, rows = share_rows(runs, operands, builder.n_rows, builder.zero, kept)
    for field in ("ones_before", "ones", "twos_before", "twos"):
        runs[field] = place[runs[field]]
    inputs = place[: builder.zero].reshape(-1, WORD)
    words = np.flatnonzero((inputs != NO_PLACE).any(axis=1))
    # Bits that nobody reads go to one row more.
    return Code(
        runs=runs,
        operands=place[operands],
        words=words,
        input_rows=np.where(inputs == NO_PLACE, np.uint32(rows * LANES), inputs)[words],
        zero=int(place[builder.zero]),
        n_rows=rows + 1,
        class_rows=place[index],
        score_rows=place[np.array(scores)],
        lowest=lowest,
    )


def _totals(
    builder: Builder, graph: GateGraph, bits: npt.ArrayLike, offset: npt.NDArray[Any]
) -> list[list[int]]:
    """For each class, rows of its count plus its offset, lowest bit first."""
    op, levels = graph.op, graph.levels[graph.n_inputs :]
    stored = has_row(graph)
    rows = np.full(graph.n_nodes, builder.zero)
    rows[: graph.n_inputs] = bits
    for members in _alike(np.flatnonzero(stored[graph.n_inputs :]), op, levels):
        a, b = rows[graph.a[members]], rows[graph.b[members]]
        rows[graph.n_inputs + members] = builder.gates(int(op[members[0]]), a, b)
    totals = []
    for head, first in zip(graph.heads, offset.tolist(), strict=True):
        only_counted = head[~stored[head]] - graph.n_inputs
        groups = {
            int(op[members[0]]): (rows[graph.a[members]], rows[graph.b[members]])
            for members in _alike(only_counted, op)
        }
        totals.append(_popcount(builder, rows[head[stored[head]]], groups, first))
    return totals


def _alike(gates: npt.NDArray[Any], *keys: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
    """The gates in groups of which all keys [all gates] are alike, ordered by the last key first.

    Inside a group, they stay in their order.
    """
    order = gates[np.lexsort([key[gates] for key in keys])]
    differs = np.any([np.diff(key[order]) != 0 for key in keys], axis=0)
    return np.split(order, np.flatnonzero(differs) + 1) if len(order) else []


def _popcount(
    builder: Builder, column: Rows, only_counted: dict[int, tuple[Rows, Rows]], offset: int
) -> list[int]:
    """Rows of how many rows and gates are 1, plus a constant, lowest bit first.

    ``column`` holds rows; ``only_counted`` has, for each function, what gates of it read.
    """
    largest = offset + len(column) + sum(len(a) for a, _ in only_counted.values())
    bits = max(1, largest.bit_length())
    # A step counts onto two bits, and carries into the next.
    sums = [builder.zero] * (bits + 1)
    columns: list[list[npt.ArrayLike]] = [[column[:0]] for _ in range(bits + 2)]
    columns[0] = [column]
    for op, (a, b) in only_counted.items():
        fours = len(a) // 4 * 4
        if fours < len(a):
            columns[0].append(builder.gates(op, a[fours:][::-1], b[fours:][::-1]))
        if fours:
            pair = sums[0], sums[1]
            sums[:2], carries = builder.count_gates(op, pair, a[:fours], b[:fours])
            columns[2].append(carries)
    for bit in range(bits):
        if offset >> bit & 1:
            columns[bit].append([builder.one])
        column = np.concatenate(columns[bit])
        if sums[bit] == builder.zero and len(column):
            sums[bit], column = int(column[-1]), column[:-1]
        if len(column):
            column = np.pad(column, (0, -len(column) % 4), constant_values=builder.zero)
            sums[bit : bit + 2], carries = builder.count((sums[bit], sums[bit + 1]), column)
            columns[bit + 2].append(carries)
    return sums[:bits]


def _argmax(builder: Builder, scores: Sequence[Sequence[int]]) -> list[int]:
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


def _greater(builder: Builder, left: Sequence[int], right: Sequence[int]) -> int:
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
