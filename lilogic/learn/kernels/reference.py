"""The definition of a soft layer, in plain torch; any device, any float dtype."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from lilogic.graph.gates import TRUTH
from lilogic.learn.kernels import arguments
from lilogic.learn.kernels.windows import Windows
from lilogic.learn.kernels.wiring import Wiring


class Gates(NamedTuple):
    """Hard gates that read rows.

    Attributes:
        op: uint8 [gates].
        a: int64 [gates], the row that wire a reads.
        b: int64 [gates].
    """

    op: torch.Tensor
    a: torch.Tensor
    b: torch.Tensor

    @classmethod
    def of(cls, op: npt.ArrayLike, a: npt.ArrayLike, b: npt.ArrayLike) -> Gates:
        """Gates of arrays."""
        rows = (torch.from_numpy(np.asarray(wire, np.int64)) for wire in (a, b))
        return cls(torch.from_numpy(np.asarray(op, np.uint8)), *rows)

    def to(self, device: torch.device) -> Gates:
        """The same gates on a device."""
        return Gates(*(tensor.to(device) for tensor in self))


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
    return _gates(a, b, coefficients)


def convolution(
    x: torch.Tensor,
    windows: Windows,
    candidates: torch.Tensor | None,
    weights: torch.Tensor,
    coefficients: torch.Tensor,
) -> torch.Tensor:
    """Outputs of soft gates on softly chosen wires that are shared over the places of windows.

    Args:
        x: float [inputs, batch], values in [0, 1]; or bool, where all are bits.
        windows: where filters stand and which rows they see there.
        candidates: int64 [2, filters, K], positions in its window that wire a (0) and wire b (1)
            of each filter may read; None for all of them, in order.
        weights: float [2, filters, K], as in ``layer``.
        coefficients: float [filters, 4], as in ``layer``.

    Returns:
        float [filters · places, batch]: all places of the first filter, row by row, and so on.

    Raises:
        DataError: arguments of other shapes or dtypes, or on several devices.
    """
    arguments.check_convolution(x, windows, candidates, weights, coefficients)
    filters = weights.shape[1]
    # One more row stands for where there is none.
    padded = torch.nn.functional.pad(x.to(weights.dtype), (0, 0, 0, 1))
    rows = torch.from_numpy(windows.rows[windows.sets(filters)]).to(x.device)
    rows = torch.where(rows < 0, len(x), rows).expand(2, *rows.shape)
    if candidates is not None:
        rows = rows.gather(2, candidates[..., None].expand(-1, -1, -1, rows.shape[-1]))
    wires = torch.einsum("sfk,sfkpn->sfpn", weights, padded[rows])
    a, b = wires
    return _gates(a, b, coefficients[:, :, None]).flatten(0, 1)


def gates(x: torch.Tensor, chosen: Gates) -> torch.Tensor:
    """Outputs of hard gates: bool [gates, batch] of bits x, bool [rows, batch]."""
    a, b = x[chosen.a].long(), x[chosen.b].long()
    truth = torch.from_numpy(TRUTH).to(x.device)[chosen.op.long()]
    return truth.gather(1, 2 * a + b).bool()


def _gates(a: torch.Tensor, b: torch.Tensor, coefficients: torch.Tensor) -> torch.Tensor:
    """What gates make of their wires, float [gates, …, batch]."""
    c0, c1, c2, c3 = (coefficients[:, i, ..., None] for i in range(4))
    return c0 + c1 * a + c2 * b + c3 * a * b
