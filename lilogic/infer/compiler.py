"""A graph as a program: comparisons, gates, popcounts and argmax become runs of instructions.

Nothing is computed sample by sample but the comparisons of an encoder, the transposition of what
comes in and the class that comes out. ``golden`` defines what the results must be.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from lilogic.data.capabilities import BITSLICED, required
from lilogic.data.encoder import Encoder
from lilogic.graph import GateGraph, gates, passes
from lilogic.graph.gates import READS_A, READS_B
from lilogic.infer.allocation import NO_PLACE, share_rows
from lilogic.infer.builder import Builder, Pair
from lilogic.infer.layouts import WORD
from lilogic.infer.program import RUN, Code, Comparisons, Program
from lilogic.infer.simd import LANES

T = TypeVar("T")

_ALWAYS_0, _ALWAYS_1 = -1, -2
"""In place of a compared bit: constants."""


def compile_bits(graph: GateGraph) -> Program:
    """The program that reads the graph's input bits, packed as ``layouts.pack_bits`` does."""
    graph = passes.simplify(graph)
    width = -(-graph.n_inputs // WORD)
    code = _code(Builder(width), graph, range(graph.n_inputs))
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


def _comparisons(encoder: Encoder, used: npt.NDArray[np.bool_]) -> tuple[Comparisons, list[int]]:
    """Comparisons for the bits that are used, and which of their bits is each encoder bit.

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
            thresholds.append(np.full(WORD, info.max, dtype=encoder.input_dtype))
        word = words[chunk, plane]
        place = feature - first[word]
        thresholds[word][place] = threshold
        for bit in same:
            bits[bit] = word * WORD + place
    nothing = np.full(WORD, info.max, dtype=encoder.input_dtype)
    return Comparisons(np.array(first or [0]), np.stack(thresholds or [nothing])), bits


def _code(builder: Builder, graph: GateGraph, bits: Sequence[int]) -> Code:
    """The code of a simplified graph, whose input bits are in the rows ``bits``."""
    lowest = int(graph.offset.min())
    totals = _totals(builder, graph, bits, graph.offset.astype(np.int64) - lowest)
    size = max(1, *map(len, totals))
    scores = [[*total, *[builder.zero] * (size - len(total))] for total in totals]
    index = _argmax(builder, scores)
    runs = np.array(builder.runs, dtype=RUN)
    operands = np.array(builder.operands, dtype=np.int64)
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
    builder: Builder, graph: GateGraph, bits: Sequence[int], offset: npt.NDArray[Any]
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
    builder: Builder, column: list[int], only_counted: dict[int, list[Pair]], offset: int
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
