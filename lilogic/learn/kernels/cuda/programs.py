"""The programs in Triton. Each writes what no other writes, so results never differ.

Rows lie behind each other, a value for each sample of the batch. Node ``n`` of a layer has the
wires ``n`` and ``nodes + n``, and the weights of filter ``n // places``.
"""

# What Triton compiles has no type hints of Python's but for constants.
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, misc"

from __future__ import annotations

import triton
import triton.language as tl

# Sizes change during a training, and only that rows begin at multiples of 16 is worth another
# compilation.
_compiled = triton.jit(
    do_not_specialize=["nodes", "places", "candidates", "filters", "step", "count"]
)


@triton.jit
def _values(x, row, batch, sample):
    """[rows, samples] of rows, and 0 where there is none."""
    is_read = (row >= 0)[:, None] & (sample < batch)[None, :]
    return tl.load(x + row.to(tl.int64)[:, None] * batch + sample[None, :], is_read, other=0)


@_compiled
def forward(
    x, rows, weights, coefficients, wires, y, nodes, places, candidates, batch,
    IS_SHARED: tl.constexpr, NODES: tl.constexpr, SAMPLES: tl.constexpr,
):  # fmt: skip
    """The wires and the outputs of a block of nodes for a block of samples."""
    node = tl.program_id(0) * NODES + tl.arange(0, NODES)
    sample = tl.program_id(1) * SAMPLES + tl.arange(0, SAMPLES)
    is_node = node < nodes
    one = node // places
    second = (nodes // places) * candidates
    a = tl.zeros((NODES, SAMPLES), weights.dtype.element_ty)
    b = tl.zeros((NODES, SAMPLES), weights.dtype.element_ty)
    for k in range(candidates):
        weight_a = tl.load(weights + one * candidates + k, is_node, other=0)[:, None]
        weight_b = tl.load(weights + second + one * candidates + k, is_node, other=0)[:, None]
        row = tl.load(rows + node * candidates + k, is_node, other=-1)
        value = _values(x, row, batch, sample).to(a.dtype)
        a += weight_a * value
        if not IS_SHARED:
            row = tl.load(rows + (nodes + node) * candidates + k, is_node, other=-1)
            value = _values(x, row, batch, sample).to(a.dtype)
        b += weight_b * value
    c0 = tl.load(coefficients + 4 * one, is_node, other=0)[:, None]
    c1 = tl.load(coefficients + 4 * one + 1, is_node, other=0)[:, None]
    c2 = tl.load(coefficients + 4 * one + 2, is_node, other=0)[:, None]
    c3 = tl.load(coefficients + 4 * one + 3, is_node, other=0)[:, None]
    place = node.to(tl.int64)[:, None] * batch + sample[None, :]
    mask = is_node[:, None] & (sample < batch)[None, :]
    tl.store(wires + place, a, mask)
    tl.store(wires + nodes.to(tl.int64) * batch + place, b, mask)
    tl.store(y + place, c0 + c1 * a + (c2 + c3 * a) * b, mask)


@_compiled
def backward_gates(
    wires, coefficients, d_y, d_wires, d_coefficients, nodes, places, batch,
    NODES: tl.constexpr, SAMPLES: tl.constexpr,
):  # fmt: skip
    """The gradients of wires, and those of coefficients for each node, float [nodes, 4]."""
    node = tl.program_id(0) * NODES + tl.arange(0, NODES)
    is_node = node < nodes
    one = node // places
    c1 = tl.load(coefficients + 4 * one + 1, is_node, other=0)[:, None]
    c2 = tl.load(coefficients + 4 * one + 2, is_node, other=0)[:, None]
    c3 = tl.load(coefficients + 4 * one + 3, is_node, other=0)[:, None]
    s0 = tl.zeros((NODES, SAMPLES), wires.dtype.element_ty)
    s1, s2, s3 = s0, s0, s0
    second = nodes.to(tl.int64) * batch
    for first in range(0, batch, SAMPLES):
        sample = first + tl.arange(0, SAMPLES)
        place = node.to(tl.int64)[:, None] * batch + sample[None, :]
        mask = is_node[:, None] & (sample < batch)[None, :]
        a = tl.load(wires + place, mask, other=0)
        b = tl.load(wires + second + place, mask, other=0)
        d = tl.load(d_y + place, mask, other=0)
        s0 += d
        s1 += d * a
        s2 += d * b
        s3 += d * a * b
        tl.store(d_wires + place, d * (c1 + c3 * b), mask)
        tl.store(d_wires + second + place, d * (c2 + c3 * a), mask)
    tl.store(d_coefficients + 4 * node, tl.sum(s0, 1), is_node)
    tl.store(d_coefficients + 4 * node + 1, tl.sum(s1, 1), is_node)
    tl.store(d_coefficients + 4 * node + 2, tl.sum(s2, 1), is_node)
    tl.store(d_coefficients + 4 * node + 3, tl.sum(s3, 1), is_node)


@_compiled
def backward_weights(
    x, rows, d_wires, d_weights, filters, places, candidates, step, batch,
    IS_SHARED: tl.constexpr, CANDIDATES: tl.constexpr, SAMPLES: tl.constexpr,
):  # fmt: skip
    """The gradients of some weights of a filter, over ``step`` of its places."""
    one, part = tl.program_id(0), tl.program_id(1)
    k = tl.program_id(2) * CANDIDATES + tl.arange(0, CANDIDATES)
    sums_a = tl.zeros((CANDIDATES, SAMPLES), d_wires.dtype.element_ty)
    sums_b = tl.zeros((CANDIDATES, SAMPLES), d_wires.dtype.element_ty)
    nodes = filters * places
    for place in range(part * step, tl.minimum((part + 1) * step, places)):
        node = one * places + place
        row_a = tl.load(rows + node * candidates + k, k < candidates, other=-1)
        row_b = row_a
        if not IS_SHARED:
            row_b = tl.load(rows + (nodes + node) * candidates + k, k < candidates, other=-1)
        at_a = d_wires + node.to(tl.int64) * batch
        at_b = at_a + nodes.to(tl.int64) * batch
        for first in range(0, batch, SAMPLES):
            sample = first + tl.arange(0, SAMPLES)
            value = _values(x, row_a, batch, sample).to(sums_a.dtype)
            sums_a += value * tl.load(at_a + sample, sample < batch, other=0)[None, :]
            if not IS_SHARED:
                value = _values(x, row_b, batch, sample).to(sums_a.dtype)
            sums_b += value * tl.load(at_b + sample, sample < batch, other=0)[None, :]
    into = (part * 2 * filters + one) * candidates + k
    tl.store(d_weights + into, tl.sum(sums_a, 1), k < candidates)
    tl.store(d_weights + filters * candidates + into, tl.sum(sums_b, 1), k < candidates)


@_compiled
def backward_inputs(
    slots, parts, count, weights, d_wires, d_x, places, candidates, batch,
    READERS: tl.constexpr, SAMPLES: tl.constexpr,
):  # fmt: skip
    """The gradient to one row, of a part of what reads it."""
    part = tl.program_id(0)
    sample = tl.program_id(1) * SAMPLES + tl.arange(0, SAMPLES)
    sums = tl.zeros((READERS, SAMPLES), weights.dtype.element_ty)
    end = tl.load(parts + count + part)
    for first in range(tl.load(parts + part), end, READERS):
        reader = first + tl.arange(0, READERS)
        slot = tl.load(slots + reader, reader < end, other=0)
        wire = slot // candidates
        at = (wire // places) * candidates + slot % candidates
        weight = tl.load(weights + at, reader < end, other=0)
        mask = (reader < end)[:, None] & (sample < batch)[None, :]
        d = tl.load(d_wires + wire.to(tl.int64)[:, None] * batch + sample[None, :], mask, other=0)
        sums += weight[:, None] * d
    row = tl.load(parts + 2 * count + part).to(tl.int64)
    tl.store(d_x + row * batch + sample, tl.sum(sums, 0), sample < batch)


@_compiled
def sum_parts(cut, count, d_x, batch, READERS: tl.constexpr, SAMPLES: tl.constexpr):
    """The gradient to one row that is cut."""
    one = tl.program_id(0)
    sample = tl.program_id(1) * SAMPLES + tl.arange(0, SAMPLES)
    sums = tl.zeros((READERS, SAMPLES), d_x.dtype.element_ty)
    end = tl.load(cut + 2 * count + one)
    for first in range(tl.load(cut + count + one), end, READERS):
        row = (first + tl.arange(0, READERS)).to(tl.int64)
        mask = (row < end)[:, None] & (sample < batch)[None, :]
        sums += tl.load(d_x + row[:, None] * batch + sample[None, :], mask, other=0)
    row = tl.load(cut + one).to(tl.int64)
    tl.store(d_x + row * batch + sample, tl.sum(sums, 0), sample < batch)


@_compiled
def hard(x, op, a, b, y, nodes, batch, NODES: tl.constexpr, SAMPLES: tl.constexpr):
    """The outputs of a block of hard gates, bits as bytes."""
    node = tl.program_id(0) * NODES + tl.arange(0, NODES)
    sample = tl.program_id(1) * SAMPLES + tl.arange(0, SAMPLES)
    is_node = node < nodes
    mask = is_node[:, None] & (sample < batch)[None, :]
    function = tl.load(op + node, is_node, other=0).to(tl.int32)
    left, right = tl.load(a + node, is_node, other=0), tl.load(b + node, is_node, other=0)
    is_a = tl.load(x + left.to(tl.int64)[:, None] * batch + sample[None, :], mask, other=0)
    is_b = tl.load(x + right.to(tl.int64)[:, None] * batch + sample[None, :], mask, other=0)
    # The truth table from its last row, the lowest bit.
    made = (function[:, None] >> (3 - 2 * is_a.to(tl.int32) - is_b.to(tl.int32))) & 1
    tl.store(y + node.to(tl.int64)[:, None] * batch + sample[None, :], made.to(tl.uint8), mask)
