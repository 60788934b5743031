"""The soft layer with its gradients, of gates and of lookup tables."""

from __future__ import annotations

from typing import Any

import torch
from torch.autograd.function import once_differentiable

from lilogic.learn.kernels.cpu import dense, tables
from lilogic.learn.kernels.cpu.dense import ONE_CALL, PARTS, arrays
from lilogic.learn.kernels.wiring import Wiring


class Layer(torch.autograd.Function):
    """``reference.layer`` of candidates, whose arguments were checked."""

    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        wiring: Wiring,
        weights: torch.Tensor,
        coefficients: torch.Tensor,
        wire_gradient: torch.Tensor | None,
    ) -> torch.Tensor:
        """Float [nodes, batch]."""
        inputs, nodes, batch = len(weights), len(coefficients), x.shape[1]
        x, weights, coefficients = x.contiguous(), weights.contiguous(), coefficients.contiguous()
        y = weights.new_empty(nodes, batch)
        # For gates, bits are few and small, so mixing them again is cheaper than to keep and read
        # the wires.
        is_kept = inputs > 2 or x.dtype != torch.bool
        wires = weights.new_empty(inputs * (nodes if is_kept else PARTS), batch)
        flat = weights.view(inputs * nodes, -1)
        compute = dense.forward if inputs == 2 else tables.forward
        with ONE_CALL:
            compute(wiring.rows, *arrays(x, flat, coefficients, wires, y))
        ctx.wiring, ctx.wire_gradient = wiring, wire_gradient
        ctx.save_for_backward(x, weights, coefficients, wires if is_kept else None)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """The gradients of x, weights and coefficients."""
        x, weights, coefficients, wires = ctx.saved_tensors
        wiring, wire_gradient = ctx.wiring, ctx.wire_gradient
        inputs, nodes, batch = len(weights), len(coefficients), x.shape[1]
        n_data = wiring.n_data if ctx.needs_input_grad[0] else wiring.n_inputs
        is_mixed_again = wires is None
        if is_mixed_again:
            wires = weights.new_empty(inputs * PARTS, batch)
        is_kept = inputs > 2 or wire_gradient is not None or n_data < wiring.n_inputs
        d_wires = weights.new_empty(inputs * (nodes if is_kept else PARTS), batch)
        d_weights, d_coefficients = torch.empty_like(weights), torch.empty_like(coefficients)
        flat, d_flat = (tensor.view(inputs * nodes, -1) for tensor in (weights, d_weights))
        sent = coefficients, wires, grads[0].contiguous(), d_wires, d_flat, d_coefficients
        with ONE_CALL:
            if inputs == 2:
                dense.backward(wiring.rows, n_data, is_mixed_again, *arrays(x, flat, *sent))
            else:
                tables.backward(wiring.rows, n_data, *arrays(x, *sent))
        d_x = None
        if ctx.needs_input_grad[0]:
            d_x = torch.empty_like(x)
            with ONE_CALL:
                dense.backward_inputs(
                    *wiring.readers, n_data, *arrays(x, flat, d_wires, d_x, d_flat)
                )
        if wire_gradient is not None:
            wire_gradient.copy_(d_wires.view_as(wire_gradient))
        return d_x, None, d_weights, d_coefficients, None
