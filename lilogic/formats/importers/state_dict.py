"""PyTorch state dicts of other packages' networks: ``.pth``, ``.pt`` and ``.safetensors``.

Loaded as weights only: what a pickle would execute is refused. Each family of layers is recognised
by the names of its tensors; all but one take the likeliest wire and function, as these packages do
for inference:

* LILogicNet's authors (arXiv 2511.12340): ``N.c``, or ``N.top_c`` with ``N.top_indices``, or
  ``N.indices``, and then the next ``N.w``;
* difflogic (arXiv 2210.08277): ``N.weights``, and ``N.indices``, which it does not save itself;
* torchlogix (arXiv 2510.15655): ``N.weight`` and ``N.connections…``;
* Differentiable Weightless Networks (arXiv 2410.11112): ``N.luts`` and ``N.mapping…``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.errors import LilogicError
from lilogic.files import read_bytes
from lilogic.formats.circuit import Circuit
from lilogic.formats.importers import layers
from lilogic.formats.importers.layers import Layer

Tensors = Mapping[str, npt.NDArray[Any]]

MAX_LUT_INPUTS = 12

_WRAPPERS = ("_orig_mod.", "module.")
_MEMBERS = ("state_dict", "model_state_dict", "model")


def read(path: Path) -> Circuit:
    """Read a network; errors do not name the file.

    Raises:
        LilogicError: no weights, objects that only executing a pickle would make, or layers of no
            known family.
    """
    state = _load_safetensors(path) if path.suffix == ".safetensors" else _load_torch(path)
    for family, (mark, reader) in _FAMILIES.items():
        if any(re.fullmatch(mark, name) for name in state):
            made = reader(state)
            return layers.circuit(made, authors_encoder=family == "LILogicNet")
    raise LilogicError(
        f"its tensors ({', '.join(list(state)[:3])}, …) are of no known network: "
        f"{', '.join(_FAMILIES)}"
    )


def _load_safetensors(path: Path) -> Tensors:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        return _unwrapped(load(read_bytes(path)))
    except (SafetensorError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise LilogicError("truncated or not a safetensors file") from error


def _load_torch(path: Path) -> Tensors:
    import torch

    data = BytesIO(read_bytes(path))
    try:
        loaded: Any = torch.load(data, map_location="cpu", weights_only=True)
    except Exception as error:  # torch.load promises nothing about damaged files
        raise LilogicError(
            "not a file of weights only, or damaged; save model.state_dict(), not the model"
        ) from error
    for member in _MEMBERS:
        if isinstance(loaded, dict) and isinstance(loaded.get(member), dict):
            loaded = loaded[member]
    if not isinstance(loaded, dict):
        raise LilogicError("it holds no state dict; save model.state_dict()")
    tensors = {str(k): v for k, v in loaded.items() if isinstance(v, torch.Tensor)}
    try:
        return _unwrapped({name: _array(tensor) for name, tensor in tensors.items()})
    except (RuntimeError, TypeError, NotImplementedError, MemoryError) as error:
        raise LilogicError("it holds tensors that are no plain numbers") from error


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


def _lilogicnet(state: Tensors) -> list[Layer]:
    """Interconnects and gate arrays take turns; ``w`` is [16, gates]."""
    made = []
    wires: npt.NDArray[Any] | None = None
    reads: int | None = None
    for prefix, members in _modules(state):
        if "w" in members:
            if wires is None:
                raise LilogicError(f"{prefix}w comes without an interconnect before it")
            op = _matrix(state, f"{prefix}w", rows=16).argmax(axis=0)
            pairs = _shaped(f"interconnect of {prefix}w", wires, (len(op), 2))
            layer = layers.from_ops(op, pairs[:, 0], pairs[:, 1])
            made.append(Layer(layer.table, layer.wires, reads))
            wires = None
        elif "top_c" in members:
            candidates = _matrix(state, f"{prefix}top_indices")
            logits = _matrix(state, f"{prefix}top_c")
            candidates = _shaped(f"{prefix}top_indices", candidates, logits.shape)
            wires, reads = _likeliest(logits, candidates), None
        elif "c" in members:
            logits = _matrix(state, f"{prefix}c")
            wires, reads = logits.argmax(axis=0), len(logits)
        elif "indices" in members:
            wires, reads = _wires(state, f"{prefix}indices").reshape(-1), None
        else:
            raise LilogicError(f"{prefix}{members[0]} is an interconnect that is not covered")
    return made


def _difflogic(state: Tensors) -> list[Layer]:
    """``weights`` is [gates, 16], ``indices`` [2, gates]."""
    made = []
    for prefix, members in _modules(state):
        if "weights" not in members:
            raise LilogicError(f"{prefix}{members[0]} is no difflogic layer of dense gates")
        if "indices" not in members:
            raise LilogicError(
                f"{prefix}indices is missing: difflogic leaves connections out of the state dict; "
                "add torch.stack(layer.indices) under this name for each layer before saving"
            )
        op = _matrix(state, f"{prefix}weights", columns=16).argmax(axis=1)
        a, b = _shaped(f"{prefix}indices", _wires(state, f"{prefix}indices"), (2, len(op)))
        made.append(layers.from_ops(op, a, b))
    return made


def _torchlogix(state: Tensors) -> list[Layer]:
    """``connections.indices`` is [n, luts], or [candidates, n, luts] with weights for each."""
    made = []
    for prefix, members in _modules(state):
        if "weight" not in members:
            raise LilogicError(f"{prefix}{members[0]} is no torchlogix layer of dense gates")
        wires = _wires(state, f"{prefix}connections.indices")
        if "connections.weights" in members:
            logits = state[f"{prefix}connections.weights"]
            wires = _likeliest(logits, _shaped(f"{prefix}connections", wires, logits.shape))
        if wires.ndim != 2 or not wires.size:
            raise LilogicError(f"{prefix}connections.indices is of no dense layer")
        inputs, luts = wires.shape
        made.append(Layer(_torchlogix_tables(state, prefix, inputs, luts), wires.T))
    return made


def _torchlogix_tables(state: Tensors, prefix: str, inputs: int, luts: int) -> npt.NDArray[Any]:
    """bool [luts, 2**inputs]: a function's number has the output for address 0 as highest bit."""
    size = 1 << min(inputs, MAX_LUT_INPUTS)
    exported = f"{prefix}_export_lut_ids"
    if exported in state:
        numbers = _shaped(exported, _wires(state, exported), (luts,))
        if inputs > 4:
            raise LilogicError(f"{exported}: lookup tables of {inputs} inputs have no numbers")
    elif inputs == 2 and state[f"{prefix}weight"].shape == (luts, 16):
        numbers = state[f"{prefix}weight"].argmax(axis=1)
    else:
        raise LilogicError(
            f"{prefix}weight does not say whether it is 'warp' or 'light'; "
            "switch the model to export mode before saving its state dict"
        )
    return (numbers[:, None] >> np.arange(size - 1, -1, -1) & 1).astype(bool)


def _dwn(state: Tensors) -> list[Layer]:
    """``luts`` is [luts, 2**n]; the first wire is the lowest bit of the address."""
    made = []
    for prefix, members in _modules(state):
        if "luts" not in members:
            raise LilogicError(f"{prefix}{members[0]} is no layer of lookup tables")
        luts = _matrix(state, f"{prefix}luts")
        inputs = luts.shape[1].bit_length() - 1
        if luts.shape[1] != 1 << inputs or not 1 <= inputs <= MAX_LUT_INPUTS:
            raise LilogicError(f"{prefix}luts has {luts.shape[1]} entries a table")
        reads = None
        if "mapping.weights" in members:
            weights = _matrix(state, f"{prefix}mapping.weights")
            wires, reads = weights.argmax(axis=0).reshape(-1), len(weights)
        else:
            wires = _wires(state, f"{prefix}mapping").reshape(-1)
        wires = _shaped(f"{prefix}mapping", wires, (len(luts), inputs))
        made.append(Layer(luts > 0, wires[:, ::-1], reads))
    return made


_FAMILIES: dict[str, tuple[str, Callable[[Tensors], list[Layer]]]] = {
    "LILogicNet": (r"(.*\.)?\d+\.w", _lilogicnet),
    "difflogic": (r"(.*\.)?\d+\.weights", _difflogic),
    "torchlogix": (r"(.*\.)?\d+\.connections\.indices", _torchlogix),
    "DWN": (r"(.*\.)?\d+\.luts", _dwn),
}
"""For each family, the name of a tensor that only it has, and its reader."""


def _modules(state: Tensors) -> list[tuple[str, list[str]]]:
    """Prefixes of numbered modules with the names of their tensors, in order of number."""
    found: dict[tuple[str, int], list[str]] = {}
    for name in state:
        match = re.fullmatch(r"((?:.*?\.)??)(\d{1,6})\.(.+)", name)
        if match is None:
            raise LilogicError(f"tensor {name} does not belong to a numbered layer")
        found.setdefault((match[1], int(match[2])), []).append(match[3])
    if len({group for group, _ in found}) > 1:
        raise LilogicError("its layers are numbered in more than one list")
    return [(f"{group}{number}.", found[group, number]) for group, number in sorted(found)]


def _matrix(
    state: Tensors, name: str, rows: int | None = None, columns: int | None = None
) -> npt.NDArray[Any]:
    if name not in state:
        raise LilogicError(f"tensor {name} is missing")
    matrix = state[name]
    if matrix.ndim != 2 or not matrix.size or matrix.dtype.kind not in "iuf":
        raise LilogicError(f"tensor {name} is no matrix of numbers")
    if rows not in (None, matrix.shape[0]) or columns not in (None, matrix.shape[1]):
        raise LilogicError(f"tensor {name} has shape {matrix.shape}, not 16 numbers a gate")
    if not np.isfinite(matrix).all():
        raise LilogicError(f"tensor {name} has values that are not finite")
    return matrix


def _wires(state: Tensors, name: str) -> npt.NDArray[Any]:
    if name not in state:
        raise LilogicError(f"tensor {name} is missing")
    if state[name].dtype.kind not in "iu":
        raise LilogicError(f"tensor {name} does not hold integers")
    return state[name].astype(np.int64)


def _likeliest(logits: npt.NDArray[Any], candidates: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Of candidates [k, …], those with the highest logits [k, …]; the first of equal ones."""
    best = logits.argmax(axis=0)[None]
    chosen: npt.NDArray[Any] = np.take_along_axis(candidates, best, axis=0)[0]
    return chosen


def _shaped(name: str, array: npt.NDArray[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """``array``, as pairs where a row of as many values is wanted as pairs."""
    if array.ndim == 1 and array.size == np.prod(shape):
        return array.reshape(shape)
    if array.shape != shape:
        raise LilogicError(f"{name} has shape {array.shape}, but {shape} is needed")
    return array
