"""The definition of a soft layer, in plain torch; any device, any float dtype."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from lilogic.graph.gates import TRUTH
from lilogic.learn.kernels import arguments
from lilogic.learn.kernels.wiring import Wiring
from lilogic.learn.windows import Windows


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


class Tables(NamedTuple):
    """Hard nodes of any number of inputs that read rows.

    Attributes:
        entries: bool [nodes, 2^wires]; wire i is 1 where bit i of an entry's place is.
        rows: int64 [wires, nodes], the row that each wire reads, or -1 for none, which is 0.
    """

    entries: torch.Tensor
    rows: torch.Tensor

    def to(self, device: torch.device) -> Tables:
        """The same tables on a device."""
        return Tables(*(tensor.to(device) for tensor in self))


def layer(
    x: torch.Tensor,
    wiring: Wiring | None,
    weights: torch.Tensor,
    coefficients: torch.Tensor,
    wire_gradient: torch.Tensor | None,
) -> torch.Tensor:
    """Outputs of a layer of soft nodes on softly chosen wires (LILogicNet, arXiv 2511.12340).

    A wire carries the weighted mean of its candidate rows. A node is the polynomial
    ``Σ_S c_S Π_{i ∈ S} w_i`` of its wires, 2 to 6, over all sets S of them; with two of them, a
    gate, it makes ``c0 + c1·a + c2·b + c3·a·b``.

    Args:
        x: float [inputs, batch], values in [0, 1]; or bool, where all are bits.
        wiring: the candidates, or None if every wire may read every row.
        weights: float [wires, nodes, K] (K = inputs without wiring), each wire's weights, sum 1.
        coefficients: float [nodes, 2^wires], each node's c_S; wire i is in S where bit i of its
            place is set.
        wire_gradient: float [wires, nodes, batch] that the backward pass fills with the gradient
            of the loss with respect to the wires, or None.

    Tensors have one dtype (but for bits), are on one device, and may lie in memory in any way.

    Returns:
        float [nodes, batch].

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
    return _nodes(wires, coefficients[..., None])


def convolution(
    x: torch.Tensor,
    windows: Windows,
    candidates: torch.Tensor | None,
    weights: torch.Tensor,
    coefficients: torch.Tensor,
) -> torch.Tensor:
    """Outputs of soft nodes on softly chosen wires that are shared over the places of windows.

    Args:
        x: float [inputs, batch], values in [0, 1]; or bool, where all are bits.
        windows: where filters stand and which rows they see there.
        candidates: int64 [wires, filters, K], positions in its window that each wire of each
            filter may read; None for all of them, in order.
        weights: float [wires, filters, K], as in ``layer``.
        coefficients: float [filters, 2^wires], as in ``layer``.

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
    rows = torch.where(rows < 0, len(x), rows).expand(len(weights), *rows.shape)
    if candidates is not None:
        rows = rows.gather(2, candidates[..., None].expand(-1, -1, -1, rows.shape[-1]))
    wires = torch.einsum("sfk,sfkpn->sfpn", weights, padded[rows])
    return _nodes(wires, coefficients[..., None, None]).flatten(0, 1)


def gates(x: torch.Tensor, chosen: Gates) -> torch.Tensor:
    """Outputs of hard gates: bool [gates, batch] of bits x, bool [rows, batch]."""
    a, b = x[chosen.a].long(), x[chosen.b].long()
    truth = torch.from_numpy(TRUTH).to(x.device)[chosen.op.long()]
    return truth.gather(1, 2 * a + b).bool()


def tables(x: torch.Tensor, chosen: Tables) -> torch.Tensor:
    """Outputs of hard tables: bool [nodes, batch] of bits x, bool [rows, batch]."""
    # One more row stands for where there is none.
    padded = torch.nn.functional.pad(x, (0, 0, 0, 1))
    entry = torch.zeros(len(chosen.entries), x.shape[1], dtype=torch.int64, device=x.device)
    for wire, rows in enumerate(chosen.rows):
        entry += padded[rows].long() << wire
    return chosen.entries.gather(1, entry)


def _nodes(wires: torch.Tensor, coefficients: torch.Tensor) -> torch.Tensor:
    """What nodes make of their wires, [wires, nodes, …, batch]: float [nodes, …, batch]."""
    values = coefficients.movedim(1, 0)
    for wire in wires:
        values = values[0::2] + wire * values[1::2]
    return values[0]
