"""Reading and writing ``.lgn`` files; the layout is described in docs/reference/lgn.md."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import Preprocessing
from lilogic.data.scaling import Scaling
from lilogic.errors import FormatError, GraphError, LilogicError
from lilogic.files import write_bytes
from lilogic.graph import GateGraph

FORMAT = "lilogic.lgn"
VERSIONS = ("1", "2", "3", "4", "5")
"""Versions that are read. A file is written as the lowest one that can express it: 2 where the
encoder has a rank, 3 where it subtracts features, 4 where the graph has roots, 5 where the encoder
scales real values."""

_GRAPH = {
    "op": np.dtype(np.uint8),
    "a": np.dtype(np.int32),
    "b": np.dtype(np.int32),
    "head_nodes": np.dtype(np.int32),
    "head_ptr": np.dtype(np.int32),
    "offset": np.dtype(np.int32),
}
_ENCODER = {
    "encoder.feature": np.dtype(np.int32),
    "encoder.threshold": np.dtype(np.int32),
}
_SUBTRACTED = {"encoder.minus": np.dtype(np.int32)}
_ROOTS = {"roots": np.dtype(np.int32)}
_SCALING: dict[str, np.dtype[Any]] = {
    "encoder.offset": np.dtype(np.float64),
    "encoder.scale": np.dtype(np.float64),
    "encoder.bits": np.dtype(np.uint8),
}

_NOTHING = -1
"""In the tensor ``encoder.minus``, what stands for ``Encoder.zero``: nothing is subtracted."""


def write(graph: GateGraph, path: Path) -> None:
    """Write a graph to a ``.lgn`` file in one atomic step.

    Args:
        graph: The graph.
        path: The file.

    Raises:
        GraphError: The metadata is not JSON.
        LilogicError: The file cannot be written.
    """
    version = _version(graph)
    tensors, description = _parts(graph, version)
    if version >= "4":
        tensors["roots"] = graph.roots
    description["metadata"] = dict(graph.metadata)
    try:
        text = json.dumps(description, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise GraphError(f"{path}: the graph's metadata is not JSON: {error}") from error
    header = {
        "format": FORMAT,
        "version": version,
        "graph": text,
        "sha256": _digest(tensors, text),
    }
    write_bytes(path, save(tensors, metadata=header))


def _version(graph: GateGraph) -> str:
    """The lowest version that can express a graph."""
    of_encoder = _version_of_encoder(graph.encoder)
    return max("4", of_encoder) if len(graph.roots) else of_encoder


def _version_of_encoder(encoder: Encoder | None) -> str:
    if encoder is not None and encoder.preprocessing.levels is not None:
        raise GraphError(
            "features of a compiled network are codes and cannot be saved; save the network itself"
        )
    if encoder is not None and encoder.preprocessing.scaling is not None:
        return "5"
    if encoder is not None and encoder.has_differences:
        return "3"
    return "1" if encoder is None or encoder.rank is None else "2"


def fingerprint(graph: GateGraph) -> bytes:
    """Return the SHA-256 of what a graph computes.

    It covers everything in the graph's file except metadata and roots.
    """
    tensors, description = _parts(graph, _version_of_encoder(graph.encoder))
    return bytes.fromhex(_digest(tensors, json.dumps(description)))


def _parts(graph: GateGraph, version: str) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]:
    """The tensors of a file but the roots, and its description without metadata."""
    tensors: dict[str, npt.NDArray[Any]] = {name: getattr(graph, name) for name in _GRAPH}
    encoder = graph.encoder
    description: dict[str, Any] = {"n_inputs": graph.n_inputs, "encoder": None}
    if encoder is not None:
        tensors |= {"encoder.feature": encoder.feature, "encoder.threshold": encoder.threshold}
        description["encoder"] = {
            "input_shape": encoder.input_shape,
            "input_dtype": encoder.input_dtype,
            "crop": encoder.preprocessing.crop,
            "resize": encoder.preprocessing.resize,
        }
        if version >= "3":
            minus = np.where(encoder.subtracts, encoder.minus, np.int32(_NOTHING))
            tensors["encoder.minus"] = minus
        scaling = encoder.preprocessing.scaling
        if scaling is not None:
            for name, dtype in _SCALING.items():
                values = getattr(scaling, name.removeprefix("encoder."))
                tensors[name] = np.array(values, dtype=dtype)
        if version >= "2":
            description["encoder"]["rank"] = encoder.rank
    return tensors, description


def read(path: Path) -> GateGraph:
    """Read and validate the graph in a ``.lgn`` file.

    Args:
        path: The file.

    Raises:
        FormatError: The file is missing, truncated, altered, foreign or of a newer version.
    """
    tensors, header = _load(path)
    if header.get("format") != FORMAT:
        raise FormatError(f"{path}: not a lilogic file, but some other safetensors file")
    version = header.get("version")
    if version not in VERSIONS:
        raise FormatError(
            f"{path}: format version {version}, "
            f"but this lilogic reads versions {', '.join(VERSIONS)}"
        )
    text = header.get("graph", "")
    if header.get("sha256") != _digest(tensors, text):
        raise FormatError(f"{path}: altered since it was written (its checksum does not match)")
    try:
        return _graph(tensors, json.loads(text), version)
    except LilogicError as error:
        raise FormatError(f"{path}: {error}") from error
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise FormatError(f"{path}: its header is not that of a gate graph ({error})") from error


def _load(path: Path) -> tuple[dict[str, npt.NDArray[Any]], dict[str, str]]:
    try:
        if path.is_dir():
            raise FormatError(f"{path}: is a folder, not a .lgn file")
        with path.open("rb"):
            pass
    except OSError as error:
        raise FormatError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        with safe_open(path, framework="numpy") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError, TypeError, AttributeError) as error:
        raise FormatError(f"{path}: truncated or not a .lgn file ({error})") from error


def _graph(
    tensors: dict[str, npt.NDArray[Any]], description: dict[str, Any], version: str
) -> GateGraph:
    record = description["encoder"]
    subtracts, scales = version >= "3", version >= "5"
    of_graph = _GRAPH | (_ROOTS if version >= "4" else {})
    of_encoder = _ENCODER | (_SUBTRACTED if subtracts else {}) | (_SCALING if scales else {})
    expected = of_graph if record is None else of_graph | of_encoder
    for name, dtype in expected.items():
        if name not in tensors:
            raise FormatError(f"tensor {name} is missing")
        if tensors[name].dtype != dtype:
            raise FormatError(f"tensor {name} is {tensors[name].dtype}, but must be {dtype}")
    encoder = None
    if record is not None:
        preprocessing = Preprocessing(
            tuple(record["input_shape"]),
            record["input_dtype"],
            None if record["crop"] is None else tuple(record["crop"]),
            None if record["resize"] is None else tuple(record["resize"]),
            _scaling(tensors) if scales else None,
        )
        n_features = preprocessing.n_features
        encoder = Encoder(
            preprocessing=preprocessing,
            feature=tensors["encoder.feature"],
            threshold=tensors["encoder.threshold"],
            minus=_minus(tensors["encoder.minus"], n_features) if subtracts else None,
            rank=None if version == "1" else record["rank"],
        )
    arrays = {name: tensors[name] for name in of_graph}
    metadata = description["metadata"]
    if not isinstance(metadata, dict):
        raise FormatError(f"metadata is {type(metadata).__name__}, but must be an object")
    return GateGraph(n_inputs=description["n_inputs"], **arrays, encoder=encoder, metadata=metadata)


def _scaling(tensors: dict[str, npt.NDArray[Any]]) -> Scaling:
    return Scaling(*(tuple(tensors[name].tolist()) for name in _SCALING))


def _minus(subtracted: npt.NDArray[np.int32], n_features: int) -> npt.NDArray[np.int32]:
    """``Encoder.minus`` of a file's tensor.

    Raises:
        FormatError: it names a feature that does not exist.
    """
    wrong = np.flatnonzero((subtracted < _NOTHING) | (subtracted >= n_features))
    if wrong.size:
        raise FormatError(
            f"encoder bit {wrong[0]} subtracts feature {subtracted.flat[wrong[0]]}, "
            f"but only {n_features} exist"
        )
    return np.where(subtracted == _NOTHING, np.int32(n_features), subtracted)


def _digest(tensors: dict[str, npt.NDArray[Any]], text: str) -> str:
    """SHA-256 over every tensor (name, dtype, shape, bytes; names sorted), then the description."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        array = np.ascontiguousarray(tensors[name])
        shape = ",".join(map(str, array.shape))
        digest.update(f"{name} {array.dtype.name} {shape}\n".encode())
        digest.update(array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes())
    digest.update(text.encode())
    return digest.hexdigest()
