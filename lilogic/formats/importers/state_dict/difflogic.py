"""difflogic's networks (arXiv 2210.08277).

Layers are ``N.weights``, and ``N.indices``, which difflogic does not save itself.
"""

from __future__ import annotations

from lilogic.errors import FormatError
from lilogic.formats.importers import layers
from lilogic.formats.importers.layers import Layer
from lilogic.formats.importers.state_dict.tensors import (
    Tensors,
    matrix,
    modules,
    shaped,
    wire_numbers,
)


def layers_of(state: Tensors) -> list[Layer]:
    """``weights`` is [gates, 16], ``indices`` [2, gates]."""
    made = []
    for prefix, members in modules(state):
        if "weights" not in members:
            raise FormatError(f"{prefix}{members[0]} is not a difflogic layer of dense gates")
        if "indices" not in members:
            raise FormatError(
                f"{prefix}indices is missing: difflogic leaves connections out of the state dict; "
                "add torch.stack(layer.indices) under this name for each layer before saving"
            )
        op = matrix(state, f"{prefix}weights", columns=16).argmax(axis=1)
        a, b = shaped(f"{prefix}indices", wire_numbers(state, f"{prefix}indices"), (2, len(op)))
        made.append(layers.from_ops(op, a, b))
    return made
