"""torchlogix' networks (arXiv 2510.15655, 2602.03527).

Dense layers are ``N.weight`` and ``N.connections…``. A state dict of these alone says all there is
to know; for anything else its user describes the architecture.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.errors import FormatError
from lilogic.formats.imported import MAX_LUT_INPUTS
from lilogic.formats.importers.layers import Layer
from lilogic.formats.importers.state_dict.tensors import (
    Tensors,
    likeliest,
    modules,
    shaped,
    wire_numbers,
)

_UNTOLD = (".thresholds", ".raw_diffs", ".connections._indices_L0")
"""Ends of tensors' names in layers of which a state dict does not tell everything."""


def layers_of(state: Tensors) -> list[Layer]:
    """Dense layers in order of their numbers."""
    for name in sorted(state):
        if name.endswith(_UNTOLD):
            raise FormatError(
                f"{name} belongs to a layer whose padding, pooling or scale a state dict does not "
                "record; describe the network",
                option="architecture",
            )
    made = []
    for prefix, members in modules(state):
        if "weight" not in members:
            raise FormatError(f"{prefix}{members[0]} is not a torchlogix layer of dense gates")
        made.append(dense(state, prefix))
    return made


def dense(state: Tensors, prefix: str, parametrization: str | None = None) -> Layer:
    """The dense layer whose tensors' names begin with ``prefix``.

    ``connections.indices`` is [n, luts], or [candidates, n, luts] with weights for each.

    Raises:
        FormatError: names the tensor that is missing or of another shape.
    """
    wires = wire_numbers(state, f"{prefix}connections.indices")
    if f"{prefix}connections.weights" in state:
        logits = state[f"{prefix}connections.weights"]
        wires = likeliest(logits, shaped(f"{prefix}connections", wires, logits.shape))
    if wires.ndim != 2 or not wires.size:
        raise FormatError(f"{prefix}connections.indices does not belong to a dense layer")
    inputs, luts = wires.shape
    exported = f"{prefix}_export_lut_ids"
    if exported in state:
        numbers = shaped(exported, wire_numbers(state, exported), (luts,))
        return Layer(numbered(exported, numbers, inputs), wires.T)
    return Layer(weighed(state, f"{prefix}weight", (luts,), inputs, parametrization), wires.T)


def numbered(name: str, numbers: npt.NDArray[np.int64], inputs: int) -> npt.NDArray[np.bool_]:
    """bool [..., 2**inputs] of numbers, of which the highest bit is the output for address 0.

    Raises:
        FormatError: lookup tables too wide to be numbered.
    """
    if inputs > 4:
        raise FormatError(f"{name}: numbered lookup tables have at most 4 inputs, not {inputs}")
    bits = numbers[..., None] >> np.arange((1 << inputs) - 1, -1, -1) & 1
    return bits.astype(bool)


def weighed(
    state: Tensors, name: str, luts: tuple[int, ...], inputs: int, parametrization: str | None
) -> npt.NDArray[np.bool_]:
    """bool [*luts, 2**inputs] of the weights of that name.

    Weights are of each of the sixteen gates ("raw"), of each product of inputs that are -1 for true
    and 1 for false ("warp"), or of each address ("light"); the first can be told by their number.

    Raises:
        FormatError: none such, or it cannot be told what they mean.
    """
    if name not in state:
        raise FormatError(f"tensor {name} is missing")
    weights = state[name]
    if parametrization is None and (inputs != 2 or weights.shape != (*luts, 16)):
        raise FormatError(
            f"{name} does not say whether it is 'warp' or 'light'; switch the model to export mode "
            "before saving its state dict, or describe the network",
            option="architecture",
        )
    kind = parametrization or "raw"
    entries = 16 if kind == "raw" else 1 << min(inputs, MAX_LUT_INPUTS)
    if (
        weights.shape != (*luts, entries)
        or weights.dtype.kind != "f"
        or (kind == "raw" and inputs != 2)
    ):
        raise FormatError(
            f"tensor {name} has shape {weights.shape}, which {kind} weights of {_times(luts)} "
            f"lookup tables of {inputs} inputs do not have"
        )
    if not np.isfinite(weights).all():
        raise FormatError(f"tensor {name} has values that are not finite")
    if kind == "raw":
        return numbered(name, weights.argmax(axis=-1), inputs)
    if kind == "light":
        positive: npt.NDArray[np.bool_] = weights > 0
        return positive
    return _sums(weights) < 0


def _times(sizes: tuple[int, ...]) -> str:
    return "×".join(map(str, sizes))


def _sums(weights: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Sums [..., entries] for each address, rounded as the package adds: one after another."""
    addresses = np.arange(weights.shape[-1])
    sums = np.zeros(weights.shape, dtype=weights.dtype)
    for product in addresses:
        negative = np.bitwise_count(addresses & product) % 2 == 1
        sums += np.where(negative, -1, 1).astype(weights.dtype) * weights[..., product, None]
    return sums
