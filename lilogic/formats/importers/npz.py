"""The LILogicNet authors' ``.npz``: layers of gates, padded with zeros to the widest.

``gate_types`` [layers, gates], ``connections.A`` and ``connections.B`` [layers, gates], which are
indices into the layer before. This leaves some things open, so files written here have more
arrays, which other readers ignore: ``layer_widths``, ``n_inputs``, and ``score_offset``.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.data.readers.npz import UNREADABLE
from lilogic.errors import FormatError
from lilogic.formats.imported import Imported
from lilogic.formats.importers import layers

Integers = npt.NDArray[np.int64]

_MAX_BYTES = 2**31
_MAX_GATES = 2**24


def read(data: bytes) -> Imported:
    """Read a network; errors name what is wrong, but not the file.

    Raises:
        FormatError: not such a file, or no sensible network.
    """
    arrays = _load(data)
    op, a, b = (
        _integers(arrays, name) for name in ("gate_types", "connections.A", "connections.B")
    )
    if op.ndim != 2 or not op.size or not op.shape == a.shape == b.shape:
        raise FormatError(
            f"gate_types {op.shape} and connections {a.shape}, {b.shape} are not layers of gates"
        )
    is_ours = "layer_widths" in arrays
    widths = _integers(arrays, "layer_widths") if is_ours else np.full(len(op), op.shape[1])
    if widths.shape != op.shape[:1] or (widths < 1).any() or (widths > op.shape[1]).any():
        raise FormatError(f"layer_widths must be {len(op)} numbers from 1 to {op.shape[1]}")
    n_inputs = int(_integers(arrays, "n_inputs").reshape(-1)[0]) if is_ours else None
    rows = zip(op, a, b, widths.tolist(), strict=True)
    made = layers.imported(
        [layers.from_ops(o[:w], x[:w], y[:w]) for o, x, y, w in rows],
        authors_encoder=not is_ours,
        n_inputs=n_inputs,
    )
    if not is_ours:
        # Of padding, only the last layer's matters.
        used = np.flatnonzero(op[-1] | a[-1] | b[-1])
        return replace(made, padding=op.shape[1] - 1 - int(used.max(initial=-1)))
    offset = _integers(arrays, "score_offset")
    if offset.ndim != 1 or not offset.size:
        raise FormatError("score_offset must be one number for each class")
    return Imported(circuit=made.circuit, offset=offset.tolist(), classes=len(offset))


def _load(data: bytes) -> dict[str, npt.NDArray[Any]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MAX_BYTES:
                raise FormatError(f"it unpacks to more than {_MAX_BYTES:,} bytes")
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays}
    except FormatError:
        raise
    except UNREADABLE as error:
        raise FormatError("truncated, damaged or not a .npz of plain arrays") from error


def _integers(arrays: dict[str, npt.NDArray[Any]], name: str) -> Integers:
    if name not in arrays:
        raise FormatError(f"array {name} is missing")
    array = arrays[name]
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "iu" or not array.size:
        raise FormatError(f"array {name} does not hold integers")
    return array.astype(np.int64)
