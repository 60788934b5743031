"""Loading the tensors of a state dict, and nothing else that its file may hold."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load as load_safetensors

from lilogic.errors import FormatError
from lilogic.extras import needs
from lilogic.files import read_bytes
from lilogic.formats.importers.state_dict.tensors import Tensors

_WRAPPERS = ("_orig_mod.", "module.")
_MEMBERS = ("state_dict", "model_state_dict", "model")


def load(path: Path) -> Tensors:
    """The tensors of a ``.safetensors`` file, or of one that torch has saved, by name.

    Raises:
        FormatError: damaged, or with more than weights.
        MissingExtraError: torch saved it and is not installed.
    """
    is_safe = path.suffix.lower() == ".safetensors"
    return _load_safetensors(path) if is_safe else _load_torch(path)


def _load_safetensors(path: Path) -> Tensors:
    data = read_bytes(path)
    try:
        return _unwrapped(load_safetensors(data))
    except (SafetensorError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise FormatError("truncated or not a safetensors file") from error


def _load_torch(path: Path) -> Tensors:
    with needs("train", "torch"):
        import torch
    data = BytesIO(read_bytes(path))
    try:
        loaded: Any = torch.load(data, map_location="cpu", weights_only=True)
    except Exception as error:  # torch.load promises nothing about damaged files
        raise FormatError(
            "not a file of weights only, or damaged; save model.state_dict(), not the model"
        ) from error
    for member in _MEMBERS:
        if isinstance(loaded, dict) and isinstance(loaded.get(member), dict):
            loaded = loaded[member]
    if not isinstance(loaded, dict):
        raise FormatError("it holds no state dict; save model.state_dict()")
    tensors = {str(k): v for k, v in loaded.items() if isinstance(v, torch.Tensor)}
    try:
        return _unwrapped({name: _array(tensor) for name, tensor in tensors.items()})
    except (RuntimeError, TypeError, NotImplementedError, MemoryError) as error:
        raise FormatError("it holds tensors that are no plain numbers") from error


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
