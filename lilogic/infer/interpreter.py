"""The machine that runs a ``program.Code``: numba functions on rows of 512 samples.

One compiled interpreter runs every program. Samples come in as squares of 64 times 512 bits, which
are transposed, so that a row holds one bit of 512 samples; results go out the same way.
"""

from __future__ import annotations

import numpy as np

from lilogic.infer.layouts import WORD
from lilogic.infer.program import (
    BLOCK,
    COUNT_GATES_OPERANDS,
    COUNT_OPERANDS,
    GATE_OPERANDS,
    Kind,
)
from lilogic.infer.simd import LANES, exceeds, filled, load, store
from lilogic.jit import njit

# Indices are unsigned, as others would be checked for being negative.
_GATE = np.uint64(GATE_OPERANDS)
_COUNT = np.uint64(COUNT_OPERANDS)
_COUNT_GATES = np.uint64(COUNT_GATES_OPERANDS)
_FIRST, _SECOND, _THIRD, _FOURTH = np.uint64(0), np.uint64(1), np.uint64(2), np.uint64(3)
_IN_PLACE = np.arange(0, BLOCK, LANES, dtype=np.uint32)


@njit(cache=True, nogil=True)
def run_bits(code, samples, index, scores):  # type: ignore[no-untyped-def]
    """Run the code on packed bits."""
    memory, squares = _memory(code.n_rows), _squares(max(1, len(code.words)))
    for start in range(0, len(samples), BLOCK):
        block = slice(start, start + BLOCK)
        _take(samples[block], code.words, squares)
        _run_block(code, squares, index[block], scores[block], memory)


@njit(cache=True, nogil=True)
def run_raw(code, comparisons, samples, index, scores):  # type: ignore[no-untyped-def]
    """Run the code on raw samples."""
    memory, squares = _memory(code.n_rows), _squares(max(1, len(code.words)))
    first, thresholds = comparisons.first[code.words], comparisons.thresholds[code.words]
    for start in range(0, len(samples), BLOCK):
        block = slice(start, start + BLOCK)
        _compare(samples[block], first, thresholds, squares)
        _run_block(code, squares, index[block], scores[block], memory)


@njit(cache=True, nogil=True)
def _memory(rows):  # type: ignore[no-untyped-def]
    """Zeros for so many rows; no row is in two lines of the cache."""
    memory = np.zeros((rows + 1) * LANES, dtype=np.uint64)
    begin = -(memory.ctypes.data // 8) % LANES
    return memory[begin : begin + rows * LANES]


@njit(cache=True, nogil=True)
def _squares(count):  # type: ignore[no-untyped-def]
    """Memory [count, 65 rows]: so many squares of 64 rows.

    One row more apart, as a cache keeps few lines whose addresses differ by 4,096.
    """
    stride = (WORD + 1) * LANES
    return _memory(count * (WORD + 1)).reshape(count, stride)


@njit(cache=True, nogil=True)
def _run_block(code, squares, index, scores, memory):  # type: ignore[no-untyped-def]
    """Run the program on one block, of whose words of input bits there is a square each."""
    # Out of the loops, as references to an array are counted.
    input_rows, score_rows = code.input_rows, code.score_rows
    store(memory, np.uint64(code.zero), filled(np.uint64(0)))
    for word in range(len(input_rows)):
        _transpose(squares[word], memory, input_rows[word])
    _execute(code.runs, code.operands, memory)
    if len(index):
        _read(memory, code.class_rows, squares[0], 0, index)
    for class_ in range(len(score_rows) if len(scores) else 0):
        _read(memory, score_rows[class_], squares[0], code.lowest, scores[:, class_])


@njit(cache=True, nogil=True)
def _take(samples, words, squares):  # type: ignore[no-untyped-def]
    """Words of at most 512 samples to their squares; behind the last sample comes the last again.

    Row r of a square has a word of each of the samples r, r + 64, r + 128 and so on.
    """
    last, width, stride = len(samples) - 1, np.uint64(samples.shape[1]), np.uint64(squares.shape[1])
    read, write = samples.ravel(), squares.ravel()
    for row in range(WORD):
        for k in range(len(words)):
            word, place = np.uint64(words[k]), np.uint64(k) * stride + np.uint64(row * LANES)
            for group in range(LANES):
                sample = np.uint64(min(group * WORD + row, last))
                write[place + np.uint64(group)] = read[sample * width + word]


@njit(cache=True, nogil=True)
def _compare(samples, first, thresholds, squares):  # type: ignore[no-untyped-def]
    """The same with words of input bits of raw samples, and without the last sample again."""
    values, limits = samples.ravel(), thresholds.ravel()
    for sample in range(len(samples)):
        begin = sample * samples.shape[1]
        place = sample % WORD * LANES + sample // WORD
        for word in range(len(first)):
            squares[word, place] = exceeds(
                values, np.uint64(begin + first[word]), limits, np.uint64(word * WORD)
            )


@njit(cache=True, nogil=True)
def _transpose(square, memory, rows):  # type: ignore[no-untyped-def]
    """64 rows: each column of words is a square of bits, which is mirrored in its diagonal.

    The result goes to ``rows`` of the memory. Ever smaller blocks off the diagonal change places
    (H. S. Warren, "Hacker's Delight", 7-3).
    """
    _mirror(square, np.uint64(32), square, _IN_PLACE)
    _mirror(square, np.uint64(8), square, _IN_PLACE)
    _mirror(square, np.uint64(2), memory, rows)


@njit(cache=True, nogil=True)
def _mirror(square, width, memory, rows):  # type: ignore[no-untyped-def]
    """Exchange blocks of ``width`` and then of half of it, on four rows in registers."""
    half = width // np.uint64(2)
    for four in range(np.uint64(WORD // 4)):
        # Rows of which neither half's nor width's bit is set in the number.
        first = four // half * half * np.uint64(3) + four
        second, third, fourth = first + half, first + width, first + width + half
        p, q = _row(square, _IN_PLACE, first), _row(square, _IN_PLACE, second)
        r, s = _row(square, _IN_PLACE, third), _row(square, _IN_PLACE, fourth)
        p, r = _exchange(p, r, width)
        q, s = _exchange(q, s, width)
        p, q = _exchange(p, q, half)
        r, s = _exchange(r, s, half)
        store(memory, _at(rows, first), p)
        store(memory, _at(rows, second), q)
        store(memory, _at(rows, third), r)
        store(memory, _at(rows, fourth), s)


@njit(cache=True, nogil=True)
def _exchange(upper, lower, width):  # type: ignore[no-untyped-def]
    """Each second ``width`` bits of the upper row change places with those before, of the lower."""
    mask = filled(~np.uint64(0) // ((np.uint64(1) << width) + np.uint64(1)))
    swap = ((upper >> filled(width)) ^ lower) & mask
    return upper ^ (swap << filled(width)), lower ^ swap


@njit(cache=True, nogil=True)
def _execute(runs, operands, memory):  # type: ignore[no-untyped-def]
    """Run the instructions."""
    # By index, which costs less a run than an iterator.
    for at in range(len(runs)):
        run = runs[at]
        kind, begin, end = np.int64(run.kind), run.begin, run.end
        flip_a, flip_b, flip = filled(run.flip_a), filled(run.flip_b), filled(run.flip)
        if kind == Kind.LINEAR:
            for step in range(begin, end, _GATE):
                _write(memory, operands, step, _GATE, _linear(memory, operands, step, _FIRST, flip))
        elif kind == Kind.PRODUCT:
            for step in range(begin, end, _GATE):
                gate = _product(memory, operands, step, _FIRST, flip_a, flip_b, flip)
                _write(memory, operands, step, _GATE, gate)
        else:
            ones, twos = load(memory, run.ones_before), load(memory, run.twos_before)
            if kind == Kind.COUNT:
                for step in range(begin, end, _COUNT):
                    a = _operand(memory, operands, step, _FIRST)
                    b = _operand(memory, operands, step, _SECOND)
                    c = _operand(memory, operands, step, _THIRD)
                    d = _operand(memory, operands, step, _FOURTH)
                    ones, twos, carry = _count(ones, twos, a, b, c, d)
                    _write(memory, operands, step, _COUNT, carry)
            elif kind == Kind.COUNT_LINEAR:
                for step in range(begin, end, _COUNT_GATES):
                    a = _linear(memory, operands, step, _FIRST, flip)
                    b = _linear(memory, operands, step, _SECOND, flip)
                    c = _linear(memory, operands, step, _THIRD, flip)
                    d = _linear(memory, operands, step, _FOURTH, flip)
                    ones, twos, carry = _count(ones, twos, a, b, c, d)
                    _write(memory, operands, step, _COUNT_GATES, carry)
            else:
                for step in range(begin, end, _COUNT_GATES):
                    a = _product(memory, operands, step, _FIRST, flip_a, flip_b, flip)
                    b = _product(memory, operands, step, _SECOND, flip_a, flip_b, flip)
                    c = _product(memory, operands, step, _THIRD, flip_a, flip_b, flip)
                    d = _product(memory, operands, step, _FOURTH, flip_a, flip_b, flip)
                    ones, twos, carry = _count(ones, twos, a, b, c, d)
                    _write(memory, operands, step, _COUNT_GATES, carry)
            store(memory, run.ones, ones)
            store(memory, run.twos, twos)


@njit(cache=True, nogil=True)
def _count(ones, twos, a, b, c, d):  # type: ignore[no-untyped-def]
    """Four rows added to a sum of ones and one of twos, and the carry, which counts four."""
    ones, first = _add(ones, a, b)
    ones, second = _add(ones, c, d)
    twos, carry = _add(twos, first, second)
    return ones, twos, carry


@njit(cache=True, nogil=True)
def _add(a, b, c):  # type: ignore[no-untyped-def]
    """A full adder: sum and carry."""
    odd = a ^ b
    return odd ^ c, (a & b) | (odd & c)


@njit(cache=True, nogil=True)
def _linear(memory, operands, step, nth, flip):  # type: ignore[no-untyped-def]
    """The nth gate of a step."""
    first = step + np.uint64(2) * nth
    a, b = _row(memory, operands, first), _row(memory, operands, first + np.uint64(1))
    return a ^ b ^ flip


@njit(cache=True, nogil=True)
def _product(memory, operands, step, nth, flip_a, flip_b, flip):  # type: ignore[no-untyped-def]
    """The nth gate of a step."""
    first = step + np.uint64(2) * nth
    a, b = _row(memory, operands, first), _row(memory, operands, first + np.uint64(1))
    return ((a ^ flip_a) & (b ^ flip_b)) ^ flip


@njit(cache=True, nogil=True)
def _operand(memory, operands, step, nth):  # type: ignore[no-untyped-def]
    """The nth row that a step reads."""
    return _row(memory, operands, step + nth)


@njit(cache=True, nogil=True)
def _write(memory, operands, step, size, row):  # type: ignore[no-untyped-def]
    """What a step of ``size`` operands writes, to the last of them."""
    store(memory, _at(operands, step + size - np.uint64(1)), row)


@njit(cache=True, nogil=True)
def _at(places, k):  # type: ignore[no-untyped-def]
    return np.uint64(places[k])


@njit(cache=True, nogil=True)
def _row(memory, places, k):  # type: ignore[no-untyped-def]
    return load(memory, _at(places, k))


@njit(cache=True, nogil=True)
def _read(memory, rows, square, lowest, numbers):  # type: ignore[no-untyped-def]
    """Numbers whose bits stand in rows, plus the lowest."""
    square[:] = 0
    for bit in range(len(rows)):
        store(square, np.uint64(bit * LANES), load(memory, np.uint64(rows[bit])))
    _transpose(square, square, _IN_PLACE)
    for start in range(0, len(numbers), WORD):
        part = numbers[start : start + WORD]
        for sample in range(len(part)):
            part[sample] = lowest + np.int64(square[sample * LANES + start // WORD])
