"""Loading the tensors of a state dict, and nothing else that its file may hold."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load as load_safetensors

from lilogic.errors import FormatError
from lilogic.extras import needs
from lilogic.formats.importers.state_dict.tensors import Tensors

_WRAPPERS = ("_orig_mod.", "module.")
_MEMBERS = ("state_dict", "model_state_dict", "model")


def load(data: bytes) -> Tensors:
    """The tensors of a ``.safetensors`` file, or of one that torch has saved, by name.

    What the LILogicNet authors' files have under ``connections``, lists of tensors, is called
    ``connections.A.0``, ``connections.A.1``, …, ``connections.B.0``, …

    Raises:
        FormatError: damaged, or with more than weights.
        MissingExtraError: torch saved it and is not installed.
    """
    # A zip archive, or a pickle from before there were such. The length of a safetensors header,
    # which is JSON, may begin like either.
    is_torch = data.startswith((b"PK", b"\x80")) and data[8:9] != b"{"
    return _load_torch(data) if is_torch else _load_safetensors(data)


def _load_safetensors(data: bytes) -> Tensors:
    try:
        return _unwrapped(load_safetensors(data))
    except (SafetensorError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise FormatError("truncated, or neither safetensors nor saved by torch") from error


def _load_torch(data: bytes) -> Tensors:
    with needs("train", "torch"):
        import torch
    try:
        loaded: Any = torch.load(BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as error:  # torch.load promises nothing about damaged files
        raise FormatError(
            "not a file of weights only, or damaged; save model.state_dict(), not the model"
        ) from error
    connections: dict[str, Any] = {}
    while isinstance(loaded, dict):
        connections |= _connections(loaded)
        members = [name for name in _MEMBERS if isinstance(loaded.get(name), dict)]
        if len(members) > 1:
            raise FormatError(
                f"it holds more than one network, {' and '.join(members)}; save one of them alone"
            )
        if not members:
            break
        loaded = loaded[members[0]]
    if not isinstance(loaded, dict):
        raise FormatError("it contains no state dict; save model.state_dict()")
    named = {str(k): v for k, v in loaded.items()} | connections
    tensors = {name: v for name, v in named.items() if isinstance(v, torch.Tensor)}
    try:
        return _unwrapped({name: _array(tensor) for name, tensor in tensors.items()})
    except (RuntimeError, TypeError, NotImplementedError, MemoryError) as error:
        raise FormatError("it contains tensors that are not plain numbers") from error


def _connections(loaded: dict[Any, Any]) -> dict[str, Any]:
    """The tensors of the member ``connections``, by name: [A of each layer], [B of each layer]."""
    sides = loaded.get("connections")
    if isinstance(sides, dict):
        sides = [sides.get(side) for side in "AB"]
    if not isinstance(sides, (list, tuple)) or len(sides) != 2:
        return {}
    return {
        f"connections.{side}.{layer}": wires
        for side, each in zip("AB", sides, strict=True)
        if each is not None
        for layer, wires in enumerate(each)
    }


def _array(tensor: Any) -> npt.NDArray[Any]:
    array: npt.NDArray[Any] = (tensor.float() if tensor.is_floating_point() else tensor).numpy()
    return array


def _unwrapped(tensors: Tensors) -> Tensors:
    """Names without what ``torch.compile`` and ``DataParallel`` put before them."""
    plain = {}
    for name, array in tensors.items():
        for wrapper in _WRAPPERS:
            name = name.removeprefix(wrapper)
        plain[name] = array
    return plain
