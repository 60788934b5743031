"""Differentiable Weightless Networks (arXiv 2410.11112): ``N.luts`` and ``N.mapping…``."""

from __future__ import annotations

from lilogic.errors import FormatError
from lilogic.formats.imported import MAX_LUT_INPUTS
from lilogic.formats.importers.layers import Layer
from lilogic.formats.importers.state_dict.tensors import (
    Tensors,
    matrix,
    modules,
    shaped,
    wire_numbers,
)


def layers_of(state: Tensors) -> list[Layer]:
    """``luts`` is [luts, 2**n]; the first wire is the lowest bit of the address."""
    made = []
    for prefix, members in modules(state):
        if "luts" not in members:
            raise FormatError(f"{prefix}{members[0]} is not a layer of lookup tables")
        luts = matrix(state, f"{prefix}luts")
        inputs = luts.shape[1].bit_length() - 1
        if luts.shape[1] != 1 << inputs or not 1 <= inputs <= MAX_LUT_INPUTS:
            raise FormatError(f"{prefix}luts has {luts.shape[1]} entries a table")
        reads = None
        if "mapping.weights" in members:
            weights = matrix(state, f"{prefix}mapping.weights")
            wires, reads = weights.argmax(axis=0).reshape(-1), len(weights)
        else:
            wires = wire_numbers(state, f"{prefix}mapping").reshape(-1)
        wires = shaped(f"{prefix}mapping", wires, (len(luts), inputs))
        made.append(Layer(luts > 0, wires[:, ::-1], reads))
    return made
