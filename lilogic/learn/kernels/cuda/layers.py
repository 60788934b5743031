"""Layers made of the programs, with their gradients."""

from __future__ import annotations

from typing import Any

import torch
import triton
from torch.autograd.function import once_differentiable

from lilogic.learn.kernels.cuda import programs
from lilogic.learn.kernels.cuda.reads import Reads
from lilogic.learn.kernels.reference import Gates

_ELEMENTS = 1024
"""Values that a program holds at once of each thing: a few for each of its threads."""

_MOST_SAMPLES = 256
_CANDIDATES = _READERS = 8

_PARTS = 2048
"""So many programs, at least, compute the gradients of weights where there are places for it."""


def soft(
    x: torch.Tensor,
    reads: Reads,
    weights: torch.Tensor,
    coefficients: torch.Tensor,
    wire_gradient: torch.Tensor | None,
) -> torch.Tensor:
    """Float [nodes, batch]: what nodes make of their wires; see ``reference.layer``.

    ``weights`` is float [wires, filters, K] and ``coefficients`` float [filters, 2^wires]. Where
    ``torch.autocast`` is enabled, wires, outputs and the wires' gradients are of its dtype; sums
    are of the weights'.
    """
    y: torch.Tensor = _Layer.apply(  # type: ignore[no-untyped-call]
        x, reads, weights, coefficients, wire_gradient
    )
    return y


def hard(x: torch.Tensor, chosen: Gates) -> torch.Tensor:
    """See ``reference.gates``."""
    x = x.contiguous()
    nodes, batch = len(chosen.op), x.shape[1]
    y = torch.empty(nodes, batch, dtype=torch.bool, device=x.device)
    grid, sizes = _blocks(nodes, batch)
    programs.hard[grid](_bytes(x), *chosen, _bytes(y), nodes, batch, **sizes)
    return y


class _Layer(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        reads: Reads,
        weights: torch.Tensor,
        coefficients: torch.Tensor,
        wire_gradient: torch.Tensor | None,
    ) -> torch.Tensor:
        x, weights, coefficients = x.contiguous(), weights.contiguous(), coefficients.contiguous()
        nodes, candidates, batch = reads.n_nodes, reads.rows.shape[2], x.shape[1]
        inputs = len(weights)
        kept = _kept(weights)
        wires = weights.new_empty(inputs * nodes, batch, dtype=kept)
        y = weights.new_empty(nodes, batch, dtype=kept)
        grid, sizes = _blocks(nodes, batch, inputs)
        programs.forward[grid](
            _bytes(x), reads.rows, weights, coefficients, wires, y, nodes, reads.places,
            candidates, batch, INPUTS=inputs, IS_SHARED=reads.is_shared, **sizes,
        )  # fmt: skip
        ctx.reads, ctx.wire_gradient = reads, wire_gradient
        ctx.save_for_backward(x, weights, coefficients, wires)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        x, weights, coefficients, wires = ctx.saved_tensors
        reads: Reads = ctx.reads
        nodes, candidates, batch = reads.n_nodes, reads.rows.shape[2], x.shape[1]
        (filters, entries), places, inputs = coefficients.shape, reads.places, len(weights)
        d_y, d_wires = grads[0].contiguous(), torch.empty_like(wires)
        grid, sizes = _blocks(nodes, batch, inputs)
        d_coefficients = weights.new_empty(grid[1], filters, places, entries)
        programs.backward_nodes[grid](
            wires, coefficients, d_y, d_wires, d_coefficients, nodes, places, batch,
            INPUTS=inputs, **sizes,
        )  # fmt: skip
        step = triton.cdiv(places, triton.cdiv(_PARTS, inputs * filters))
        parts = triton.cdiv(places, step)
        d_weights = weights.new_empty(parts, *weights.shape)
        blocks = triton.cdiv(candidates, _CANDIDATES)
        programs.backward_weights[inputs * filters, parts, blocks](
            _bytes(x), reads.rows, d_wires, d_weights, filters, places, candidates, step, batch,
            INPUTS=inputs, IS_SHARED=reads.is_shared, CANDIDATES=_CANDIDATES,
            SAMPLES=sizes["SAMPLES"],
        )  # fmt: skip
        d_x = _inputs(reads, weights, d_wires) if ctx.needs_input_grad[0] else None
        if ctx.wire_gradient is not None:
            ctx.wire_gradient.copy_(d_wires.view_as(ctx.wire_gradient))
        return d_x, None, d_weights.sum(0), d_coefficients.sum((0, 2)), None


def _inputs(reads: Reads, weights: torch.Tensor, d_wires: torch.Tensor) -> torch.Tensor:
    """Float [inputs, batch]: the gradients to rows."""
    slots, parts, cut, behind = reads.readers
    batch, candidates = d_wires.shape[1], reads.rows.shape[2]
    d_x = weights.new_empty(reads.n_inputs + behind, batch)
    d_x[: reads.n_data] = 0
    samples = _samples(batch)
    sizes = {"READERS": _READERS, "SAMPLES": samples}
    blocks = triton.cdiv(batch, samples)
    if count := parts.shape[1]:
        programs.backward_inputs[count, blocks](
            slots, parts, count, weights, d_wires, d_x, reads.places, candidates, batch, **sizes
        )
    if count := cut.shape[1]:
        programs.sum_parts[count, blocks](cut, count, d_x, batch, **sizes)
    return d_x[: reads.n_inputs]


def _kept(weights: torch.Tensor) -> torch.dtype:
    """The dtype of rows."""
    kind = weights.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else weights.dtype


def _samples(batch: int) -> int:
    """How many samples a program computes at once."""
    power: int = triton.next_power_of_2(max(batch, 1))
    return min(_MOST_SAMPLES, power)


def _blocks(nodes: int, batch: int, wires: int = 2) -> tuple[tuple[int, int], dict[str, int]]:
    """How many programs there are, and how much each of them does.

    What is held at once of a node doubles with each wire.
    """
    samples = _samples(batch)
    width = max(1, _ELEMENTS // samples >> wires - 2)
    grid = triton.cdiv(nodes, width), triton.cdiv(batch, samples)
    return grid, {"NODES": width, "SAMPLES": samples}


def _bytes(x: torch.Tensor) -> torch.Tensor:
    """The same memory as programs read it."""
    return x.view(torch.uint8) if x.dtype == torch.bool else x
