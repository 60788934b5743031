"""Layered networks, in which every gate or lookup table reads the layer before."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.data.fitting import above_quantile
from lilogic.errors import FormatError
from lilogic.formats.imported import Imported, check_inputs
from lilogic.formats.importers.arrays import ArrayBuilder

CLASSES = 10
"""Classes of a network that records no number of them."""

AUTHORS_QUANTILE = 0.75
"""The published LILogicNet networks read whether a pixel exceeds this quantile of its image."""


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer of lookup tables, which two-input gates are too.

    Attributes:
        table: bool [luts, 2**n]; the output for address ``i`` is ``table[:, i]``.
        wires: integers [luts, n], which outputs of the layer before (of the input bits, for the
            first) make the address, **highest** bit first, so that (a, b) is a gate's.
        reads: how many outputs the layer before has, where that is known.
    """

    table: npt.NDArray[np.bool_]
    wires: npt.NDArray[Any]
    reads: int | None = None

    @property
    def width(self) -> int:
        """Number of lookup tables."""
        return len(self.table)


def from_ops(op: npt.NDArray[Any], a: npt.NDArray[Any], b: npt.NDArray[Any]) -> Layer:
    """A layer of two-input gates, numbered as in ``lilogic.graph.gates``."""
    wrong = np.flatnonzero((op < 0) | (op > 15))
    if wrong.size:
        raise FormatError(f"gate {wrong[0]} has op {op[wrong[0]]}, but ops are 0 to 15")
    table = op[:, None].astype(np.int64) >> np.arange(3, -1, -1) & 1
    return Layer(table.astype(bool), np.stack([a, b], axis=1))


def imported(
    layers: Sequence[Layer], *, authors_encoder: bool = False, n_inputs: int | None = None
) -> Imported:
    """The network of these layers, whose outputs are those of the last one.

    Args:
        layers: first to last.
        authors_encoder: whether the network reads square images as the LILogicNet authors' do; of
            the smallest size that has enough pixels, where the number of input bits is not known.
        n_inputs: number of input bits where it is recorded; else what the first layer says, or as
            many as it reads.

    Raises:
        FormatError: names the layer that reads what does not exist.
    """
    if not layers:
        raise FormatError("it has no layers")
    recorded = n_inputs or layers[0].reads
    count = check_inputs(recorded or 1 + int(layers[0].wires.max(initial=0)))
    side = math.isqrt(count - 1) + 1
    encoder = None
    if authors_encoder and (recorded is None or recorded == side * side):
        encoder = above_quantile((side, side), "uint8", AUTHORS_QUANTILE)
        count = encoder.n_bits
    _check_wires(layers, count)
    builder = ArrayBuilder(count)
    nodes = np.arange(count)
    for layer in layers:
        nodes = builder.luts(layer.table, nodes[layer.wires][..., None])[:, 0]
    return Imported(
        circuit=builder.build(nodes),
        classes=CLASSES,
        encoder=encoder,
        grows=recorded is None,
    )


def _check_wires(layers: Sequence[Layer], n_inputs: int) -> None:
    before = n_inputs
    for number, layer in enumerate(layers):
        if layer.reads not in (None, before):
            raise FormatError(
                f"layer {number} reads {layer.reads} values, but there are {before} before it; "
                "connections that skip layers are not supported"
            )
        wrong = np.argwhere((layer.wires < 0) | (layer.wires >= before))
        if wrong.size:
            gate, wire = wrong[0]
            raise FormatError(
                f"gate {gate} of layer {number} reads wire {layer.wires[gate, wire]}, "
                f"but only {before} exist"
            )
        before = layer.width
