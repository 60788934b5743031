"""The definition of a soft layer, in plain torch; any device, any float dtype."""

from __future__ import annotations

import torch

from lilogic.learn.kernels import arguments
from lilogic.learn.kernels.wiring import Wiring


def layer(
    x: torch.Tensor,
    wiring: Wiring | None,
    weights: torch.Tensor,
    coefficients: torch.Tensor,
    wire_gradient: torch.Tensor | None,
) -> torch.Tensor:
    """Outputs of a layer of soft gates on softly chosen wires (LILogicNet, arXiv 2511.12340).

    A wire carries the weighted mean of its candidate rows; a gate makes
    ``c0 + c1·a + c2·b + c3·a·b`` of its two wires.

    Args:
        x: float [inputs, batch], values in [0, 1]; or bool, where all are bits.
        wiring: the candidates, or None if every wire may read every row.
        weights: float [2, gates, K] (K = inputs without wiring), each wire's weights, sum 1.
        coefficients: float [gates, 4], each gate's c0 to c3.
        wire_gradient: float [2, gates, batch] that the backward pass fills with the gradient of
            the loss with respect to the wires, or None.

    Tensors have one dtype (but for bits), are on one device, and may lie in memory in any way.

    Returns:
        float [gates, batch].

    Raises:
        DataError: arguments of other shapes or dtypes, or on several devices.
    """
    arguments.check(x, wiring, weights, coefficients, wire_gradient)
    x = x.to(weights.dtype)
    if wiring is None:
        wires = weights @ x
    else:
        x = torch.cat([x[: wiring.n_data].detach(), x[wiring.n_data :]])
        wires = torch.einsum("sgk,sgkn->sgn", weights, x[wiring.candidates])
    if wire_gradient is not None:
        wires.register_hook(wire_gradient.copy_)  # type: ignore[no-untyped-call]
    a, b = wires
    c0, c1, c2, c3 = coefficients.T[:, :, None]
    y: torch.Tensor = c0 + c1 * a + c2 * b + c3 * a * b
    return y
