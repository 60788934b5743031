"""The programs in Triton. Each writes what no other writes, so results never differ.

Rows lie behind each other, a value for each sample of the batch. Node ``n`` of a layer has the
wires ``n``, ``nodes + n`` and so on, and the weights of filter ``n // places``. Sums are of the
weights' dtype; rows may be of a shorter one.
"""

# Triton does not know starred tuples.
# ruff: noqa: RUF005
# What Triton compiles has no type hints of Python's but for constants.
# mypy: disable-error-code="assignment, no-untyped-def, no-untyped-call, untyped-decorator, misc"

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


@triton.jit
def _polynomial(at, is_node, wires, INPUTS: tl.constexpr, WIRE: tl.constexpr):
    """What nodes make of their wires, [nodes, samples]; or its derivative by one of them.

    The coefficients begin at ``at``, and are folded wire by wire.
    """
    folds = ()
    for entry in tl.static_range(2 ** (INPUTS - 1)):
        value = tl.load(at + 2 * entry + 1, is_node, other=0)[:, None]
        if WIRE != 0:
            value = tl.load(at + 2 * entry, is_node, other=0)[:, None] + wires[0] * value
        folds = folds + (value,)
    for wire in tl.static_range(1, INPUTS):
        above = ()
        for entry in tl.static_range(2 ** (INPUTS - 1 - wire)):
            value = folds[2 * entry + 1]
            if wire != WIRE:
                value = folds[2 * entry] + wires[wire] * value
            above = above + (value,)
        folds = above
    return folds[0]


@_compiled
def forward(
    x, rows, weights, coefficients, wires, y, nodes, places, candidates, batch,
    INPUTS: tl.constexpr, IS_SHARED: tl.constexpr, NODES: tl.constexpr, SAMPLES: tl.constexpr,
):  # fmt: skip
    """The wires and the outputs of a block of nodes for a block of samples."""
    node = tl.program_id(0) * NODES + tl.arange(0, NODES)
    sample = tl.program_id(1) * SAMPLES + tl.arange(0, SAMPLES)
    is_node = node < nodes
    one = node // places
    place = node.to(tl.int64)[:, None] * batch + sample[None, :]
    mask = is_node[:, None] & (sample < batch)[None, :]
    mixed = ()
    for wire in tl.static_range(INPUTS):
        of_weights = weights + (wire * (nodes // places) + one) * candidates
        of_rows = rows + (node if IS_SHARED else wire * nodes + node) * candidates
        sums = tl.zeros((NODES, SAMPLES), weights.dtype.element_ty)
        for k in range(candidates):
            weight = tl.load(of_weights + k, is_node, other=0)[:, None]
            row = tl.load(of_rows + k, is_node, other=-1)
            sums += weight * _values(x, row, batch, sample).to(sums.dtype)
        tl.store(wires + wire * nodes.to(tl.int64) * batch + place, sums, mask)
        mixed = mixed + (sums,)
    of = coefficients + one * 2**INPUTS
    tl.store(y + place, _polynomial(of, is_node, mixed, INPUTS, -1), mask)


@_compiled
def backward_nodes(
    wires, coefficients, d_y, d_wires, d_coefficients, nodes, places, batch,
    INPUTS: tl.constexpr, NODES: tl.constexpr, SAMPLES: tl.constexpr,
):  # fmt: skip
    """The gradients of wires, and of coefficients for each node and block of samples.

    ``d_coefficients`` is float [blocks of samples, nodes, 2^wires].
    """
    node = tl.program_id(0) * NODES + tl.arange(0, NODES)
    sample = tl.program_id(1) * SAMPLES + tl.arange(0, SAMPLES)
    is_node = node < nodes
    place = node.to(tl.int64)[:, None] * batch + sample[None, :]
    mask = is_node[:, None] & (sample < batch)[None, :]
    of = coefficients + (node // places) * 2**INPUTS
    d = tl.load(d_y + place, mask, other=0).to(d_coefficients.dtype.element_ty)
    mixed = ()
    for wire in tl.static_range(INPUTS):
        at = wire * nodes.to(tl.int64) * batch + place
        mixed = mixed + (tl.load(wires + at, mask, other=0).to(d.dtype),)
    for wire in tl.static_range(INPUTS):
        at = wire * nodes.to(tl.int64) * batch + place
        tl.store(d_wires + at, d * _polynomial(of, is_node, mixed, INPUTS, wire), mask)
    into = d_coefficients + (tl.program_id(1) * nodes.to(tl.int64) + node) * 2**INPUTS
    # With each wire, products of the gradient and sets of wires become twice as many.
    products = (d,)
    tl.store(into, tl.sum(d, 1), is_node)
    for wire in tl.static_range(INPUTS):
        for entry in tl.static_range(2**wire):
            product = products[entry] * mixed[wire]
            tl.store(into + 2**wire + entry, tl.sum(product, 1), is_node)
            products = products + (product,)


@_compiled
def backward_weights(
    x, rows, d_wires, d_weights, filters, places, candidates, step, batch,
    INPUTS: tl.constexpr, IS_SHARED: tl.constexpr, CANDIDATES: tl.constexpr, SAMPLES: tl.constexpr,
):  # fmt: skip
    """The gradients of some weights of a filter's wire, over ``step`` of its places."""
    one, part = tl.program_id(0), tl.program_id(1)
    k = tl.program_id(2) * CANDIDATES + tl.arange(0, CANDIDATES)
    sums = tl.zeros((CANDIDATES, SAMPLES), d_weights.dtype.element_ty)
    of_rows = one % filters if IS_SHARED else one
    for place in range(part * step, tl.minimum((part + 1) * step, places)):
        at = rows + (of_rows * places + place) * candidates
        row = tl.load(at + k, k < candidates, other=-1)
        at = d_wires + (one * places + place).to(tl.int64) * batch
        for first in range(0, batch, SAMPLES):
            sample = first + tl.arange(0, SAMPLES)
            value = _values(x, row, batch, sample).to(sums.dtype)
            d = tl.load(at + sample, sample < batch, other=0).to(sums.dtype)
            sums += value * d[None, :]
    into = (part * INPUTS * filters + one) * candidates + k
    tl.store(d_weights + into, tl.sum(sums, 1), k < candidates)


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
        sums += weight[:, None] * d.to(sums.dtype)
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
