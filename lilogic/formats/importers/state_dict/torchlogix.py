"""torchlogix' networks (arXiv 2510.15655): ``N.weight`` and ``N.connections…``."""

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


def layers_of(state: Tensors) -> list[Layer]:
    """``connections.indices`` is [n, luts], or [candidates, n, luts] with weights for each."""
    made = []
    for prefix, members in modules(state):
        if "weight" not in members:
            raise FormatError(f"{prefix}{members[0]} is no torchlogix layer of dense gates")
        wires = wire_numbers(state, f"{prefix}connections.indices")
        if "connections.weights" in members:
            logits = state[f"{prefix}connections.weights"]
            wires = likeliest(logits, shaped(f"{prefix}connections", wires, logits.shape))
        if wires.ndim != 2 or not wires.size:
            raise FormatError(f"{prefix}connections.indices is of no dense layer")
        inputs, luts = wires.shape
        made.append(Layer(_tables(state, prefix, inputs, luts), wires.T))
    return made


def _tables(state: Tensors, prefix: str, inputs: int, luts: int) -> npt.NDArray[Any]:
    """bool [luts, 2**inputs]: a function's number has the output for address 0 as highest bit."""
    size = 1 << min(inputs, MAX_LUT_INPUTS)
    exported = f"{prefix}_export_lut_ids"
    if exported in state:
        numbers = shaped(exported, wire_numbers(state, exported), (luts,))
        if inputs > 4:
            raise FormatError(f"{exported}: lookup tables of {inputs} inputs have no numbers")
    elif inputs == 2 and state[f"{prefix}weight"].shape == (luts, 16):
        numbers = state[f"{prefix}weight"].argmax(axis=1)
    else:
        raise FormatError(
            f"{prefix}weight does not say whether it is 'warp' or 'light'; "
            "switch the model to export mode before saving its state dict"
        )
    return (numbers[:, None] >> np.arange(size - 1, -1, -1) & 1).astype(bool)
