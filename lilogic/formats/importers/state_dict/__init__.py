"""PyTorch state dicts of other packages' networks: ``.pth``, ``.pt`` and ``.safetensors``.

Loaded as weights only: what a pickle would execute is refused. Each family of layers is recognised
by the names of its tensors, and has a module; all but one take the likeliest wire and function, as
these packages do for inference.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from lilogic.errors import FormatError
from lilogic.formats.imported import Imported
from lilogic.formats.importers import layers
from lilogic.formats.importers.layers import Layer
from lilogic.formats.importers.state_dict import (
    difflogic,
    dwn,
    lilogicnet,
    network,
    torchlogix,
    weights,
)
from lilogic.formats.importers.state_dict.architecture import Architecture
from lilogic.formats.importers.state_dict.tensors import Tensors

_FAMILIES: dict[str, tuple[str, Callable[[Tensors], list[Layer]]]] = {
    "LILogicNet": (r"(.*\.)?\d+\.w", lilogicnet.layers_of),
    "difflogic": (r"(.*\.)?\d+\.weights", difflogic.layers_of),
    "torchlogix": (r"(.*\.)?connections\.(indices|_indices_L0)", torchlogix.layers_of),
    "DWN": (r"(.*\.)?\d+\.luts", dwn.layers_of),
}
"""For each family, the name of a tensor that only it has, and its reader."""


def read(data: bytes, architecture: Architecture | None = None) -> Imported:
    """Read a network; errors do not name the file.

    Args:
        data: the file.
        architecture: what the file does not tell of a torchlogix network.

    Raises:
        FormatError: no weights, objects that only executing a pickle would make, or layers of no
            known family.
        MissingExtraError: a pickle is to be read, which takes torch.
    """
    state = weights.load(data)
    if architecture is not None:
        return network.read(state, architecture)
    for family, (mark, layers_of) in _FAMILIES.items():
        if any(re.fullmatch(mark, name) for name in state):
            return layers.imported(layers_of(state), authors_encoder=family == "LILogicNet")
    raise FormatError(
        f"its tensors ({', '.join(list(state)[:3])}, …) match no supported network: "
        f"{', '.join(_FAMILIES)}"
    )
