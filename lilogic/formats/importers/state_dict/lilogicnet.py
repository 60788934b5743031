"""The LILogicNet authors' networks (arXiv 2511.12340).

Interconnects are ``N.c``, or ``N.top_c`` with ``N.top_indices``, or ``N.indices``, each before an
array of gates, ``N.w``. Older files have the gates alone, and what each layer reads beside them, as
``connections.A.N`` and ``connections.B.N``.
"""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from lilogic.errors import FormatError
from lilogic.formats.importers import layers
from lilogic.formats.importers.layers import Layer
from lilogic.formats.importers.state_dict.tensors import (
    Tensors,
    likeliest,
    matrix,
    modules,
    shaped,
    wire_numbers,
)

_CONNECTIONS = "connections."


def layers_of(state: Tensors) -> list[Layer]:
    """Interconnects and gate arrays take turns; ``w`` is [16, gates]."""
    if any(name.startswith(_CONNECTIONS) for name in state):
        return _older_layers(state)
    made = []
    wires: npt.NDArray[Any] | None = None
    reads: int | None = None
    for prefix, members in modules(state):
        if "w" in members:
            if wires is None:
                raise FormatError(f"{prefix}w comes without an interconnect before it")
            op = matrix(state, f"{prefix}w", rows=16).argmax(axis=0)
            pairs = shaped(f"interconnect of {prefix}w", wires, (len(op), 2))
            layer = layers.from_ops(op, pairs[:, 0], pairs[:, 1])
            made.append(Layer(layer.table, layer.wires, reads))
            wires = None
        elif "top_c" in members:
            candidates = matrix(state, f"{prefix}top_indices")
            logits = matrix(state, f"{prefix}top_c")
            candidates = shaped(f"{prefix}top_indices", candidates, logits.shape)
            wires, reads = likeliest(logits, candidates), None
        elif "c" in members:
            logits = matrix(state, f"{prefix}c")
            wires, reads = logits.argmax(axis=0), len(logits)
        elif "indices" in members:
            wires, reads = wire_numbers(state, f"{prefix}indices").reshape(-1), None
        else:
            raise FormatError(f"{prefix}{members[0]} is an interconnect that is not supported")
    return made


def _older_layers(state: Tensors) -> list[Layer]:
    gates = {name: array for name, array in state.items() if not name.startswith(_CONNECTIONS)}
    made = []
    for number, (prefix, members) in enumerate(modules(gates)):
        if members != ["w"]:
            raise FormatError(
                f"{prefix}{members[0]} stands beside connections, which take its place"
            )
        op = matrix(state, f"{prefix}w", rows=16).argmax(axis=0)
        a, b = (
            shaped(name, wire_numbers(state, name).reshape(-1), op.shape)
            for name in (f"{_CONNECTIONS}A.{number}", f"{_CONNECTIONS}B.{number}")
        )
        made.append(layers.from_ops(op, a, b))
    layers_connected = sum(name.startswith(f"{_CONNECTIONS}A.") for name in state)
    if layers_connected != len(made):
        raise FormatError(
            f"it has connections of {layers_connected} layers, but {len(made)} layers"
        )
    return made
