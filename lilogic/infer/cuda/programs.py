"""The programs in Triton. They know no graph: gates are what they read from memory.

Memory holds rows, each of as many words as there are blocks of 32 samples; bit ``s`` of word ``w``
is of sample ``32 w + s``. Programs of one launch write apart from each other and read nothing that
another one writes, so they need no barriers, and results never differ.
"""

# What Triton compiles has no type hints of Python's but for constants.
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, misc"

from __future__ import annotations

import triton
import triton.language as tl

SAMPLES = tl.constexpr(32)
"""Samples in a word."""

MOST = tl.constexpr(63)
"""Bits that six planes of a sum can count."""

# What differs from graph to graph or from batch to batch is not worth another compilation.
_compiled = triton.jit(do_not_specialize=["words", "samples", "count", "classes"])


@triton.jit
def _packed(bits):
    """int32 [rows, words] of int32 [rows, words, samples] that are 0 or 1."""
    return tl.sum(bits << tl.arange(0, SAMPLES)[None, None, :], 2)


@triton.jit
def _made(code, a, b, gate, is_gate, memory, words, column):
    """int32 [gates, words]: what gates make of their rows."""
    of = tl.load(code + gate, is_gate, other=0)[:, None]
    left = tl.load(a + gate, is_gate, other=0).to(tl.int64)[:, None] * words + column[None, :]
    right = tl.load(b + gate, is_gate, other=0).to(tl.int64)[:, None] * words + column[None, :]
    mask = is_gate[:, None] & (column < words)[None, :]
    x, y = tl.load(memory + left, mask, other=0), tl.load(memory + right, mask, other=0)
    # Masks of all ones or zeros.
    n0, n1, n2, n3 = -(of & 1), -(of >> 1 & 1), -(of >> 2 & 1), -(of >> 3 & 1)
    return n0 ^ (n1 & x) ^ (n2 & y) ^ (n3 & x & y)


@_compiled
def compare(
    features, feature, minus, threshold, shift, memory, count, words, samples,
    HAS_MINUS: tl.constexpr, HAS_SHIFT: tl.constexpr, ROWS: tl.constexpr, WORDS: tl.constexpr,
):  # fmt: skip
    """Input bits of features [features, samples]: ``x[feature] - x[minus] > threshold + shift``.

    ``minus`` is negative for none; ``shift`` has a value for each sample.
    """
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    column = tl.program_id(1) * WORDS + tl.arange(0, WORDS)
    sample = (column[:, None] * SAMPLES + tl.arange(0, SAMPLES)[None, :])[None, :, :]
    is_row = row < count
    limit = tl.load(threshold + row, is_row, other=0)[:, None, None]
    mask = is_row[:, None, None] & (sample < samples)
    at = tl.load(feature + row, is_row, other=0).to(tl.int64)[:, None, None] * samples
    value = tl.load(features + at + sample, mask, other=0).to(limit.dtype)
    if HAS_MINUS:
        other = tl.load(minus + row, is_row, other=-1)[:, None, None]
        at = other.to(tl.int64) * samples
        value -= tl.load(features + at + sample, mask & (other >= 0), other=0).to(limit.dtype)
    if HAS_SHIFT:
        value -= tl.load(shift + sample, sample < samples, other=0).to(limit.dtype)
    bits = _packed(((value > limit) & mask).to(tl.int32))
    place = row.to(tl.int64)[:, None] * words + column[None, :]
    tl.store(memory + place, bits, is_row[:, None] & (column < words)[None, :])


@_compiled
def take(
    packed, bit, memory, count, words, samples, ROWS: tl.constexpr, WORDS: tl.constexpr
):  # fmt: skip
    """Input bits of packed ones, int32 [words of a sample, samples]."""
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    column = tl.program_id(1) * WORDS + tl.arange(0, WORDS)
    sample = (column[:, None] * SAMPLES + tl.arange(0, SAMPLES)[None, :])[None, :, :]
    is_row = row < count
    which = tl.load(bit + row, is_row, other=0)[:, None, None]
    mask = is_row[:, None, None] & (sample < samples)
    at = (which // 32).to(tl.int64) * samples + sample
    bits = _packed(tl.load(packed + at, mask, other=0) >> (which % 32) & 1)
    place = row.to(tl.int64)[:, None] * words + column[None, :]
    tl.store(memory + place, bits, is_row[:, None] & (column < words)[None, :])


@_compiled
def gates(code, a, b, rows, memory, count, words, GATES: tl.constexpr, WORDS: tl.constexpr):
    """A level."""
    gate = tl.program_id(0) * GATES + tl.arange(0, GATES)
    column = tl.program_id(1) * WORDS + tl.arange(0, WORDS)
    is_gate = gate < count
    made = _made(code, a, b, gate, is_gate, memory, words, column)
    place = tl.load(rows + gate, is_gate, other=0).to(tl.int64)[:, None] * words + column[None, :]
    tl.store(memory + place, made, is_gate[:, None] & (column < words)[None, :])


@triton.jit
def _half(sums, carry):
    """A half adder of words."""
    return sums ^ carry, sums & carry


@triton.jit
def _digits(plane, place: tl.constexpr):
    """int32 [sums, words, samples]: a plane of sums, times 2^place."""
    return (plane[:, :, None] >> tl.arange(0, SAMPLES)[None, None, :] & 1) << place


@_compiled
def scores(
    code, a, b, pointers, offset, memory, made, words, samples,
    SUMS: tl.constexpr, WORDS: tl.constexpr,
):  # fmt: skip
    """The scores of one class, to its row of int32 [classes, samples].

    Each of several sums counts a share of the class's gates, 63 at most, in six planes of words;
    then what they hold of each sample is added up.
    """
    class_ = tl.program_id(0)
    column = tl.program_id(1) * WORDS + tl.arange(0, WORDS)
    begin, end = tl.load(pointers + class_), tl.load(pointers + class_ + 1)
    total = tl.zeros((WORDS, SAMPLES), tl.int32) + tl.load(offset + class_)
    for first in range(begin, end, SUMS * MOST):
        p0 = tl.zeros((SUMS, WORDS), tl.int32)
        p1, p2, p3, p4, p5 = p0, p0, p0, p0, p0
        last = tl.minimum(first + SUMS * MOST, end)
        for at in range(first, last, SUMS):
            gate = at + tl.arange(0, SUMS)
            carry = _made(code, a, b, gate, gate < last, memory, words, column)
            p0, carry = _half(p0, carry)
            p1, carry = _half(p1, carry)
            p2, carry = _half(p2, carry)
            p3, carry = _half(p3, carry)
            p4, carry = _half(p4, carry)
            p5 = p5 ^ carry
        low = _digits(p0, 0) + _digits(p1, 1) + _digits(p2, 2)
        total += tl.sum(low + _digits(p3, 3) + _digits(p4, 4) + _digits(p5, 5), 0)
    sample = column[:, None] * SAMPLES + tl.arange(0, SAMPLES)[None, :]
    tl.store(made + class_.to(tl.int64) * samples + sample, total, sample < samples)


@_compiled
def classify(scores, made, classes, samples, BLOCK: tl.constexpr):
    """int32 [samples]: the first class with the highest of scores, int32 [classes, samples]."""
    sample = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = sample < samples
    best = tl.load(scores + sample, mask, other=0)
    index = tl.zeros((BLOCK,), tl.int32)
    for class_ in range(1, classes):
        score = tl.load(scores + class_ * samples.to(tl.int64) + sample, mask, other=0)
        index = tl.where(score > best, class_, index)
        best = tl.maximum(score, best)
    tl.store(made + sample, index, mask)
