"""A second reader of .lgn files, written from docs/reference/lgn.md and nothing else."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import numpy as np

LARGEST = 2**31 - 1
DTYPES = {"U8": ("uint8", "<u1"), "I32": ("int32", "<i4"), "F64": ("float64", "<f8")}
TENSORS = {"op": "U8", "a": "I32", "b": "I32", "head_nodes": "I32", "head_ptr": "I32"}
TENSORS |= {"offset": "I32"}
ENCODER_TENSORS = {"encoder.feature": "I32", "encoder.threshold": "I32"}
SCALING_TENSORS = {"encoder.offset": "F64", "encoder.scale": "F64", "encoder.bits": "U8"}
RAW_DTYPES = ("uint8", "int8", "uint16", "int16", "int32")


class Refused(Exception):  # noqa: N818
    pass


def require(condition: Any, problem: str) -> None:
    if not condition:
        raise Refused(problem)


def predict(path: Path, raw: np.ndarray) -> list[int]:
    return [row.index(max(row)) for row in scores(path, raw).tolist()]


def scores(path: Path, raw: np.ndarray) -> np.ndarray:
    """Integers [samples, classes]; ``raw`` holds bits where the file has no encoder."""
    tensors, description = load(path)
    encoder = description["encoder"]
    bits = raw.astype(bool) if encoder is None else encode(encoder, tensors, raw)
    nodes = list(bits.T.astype(np.int64))
    for op, a, b in zip(tensors["op"], tensors["a"], tensors["b"], strict=True):
        nodes.append((int(op) >> (3 - 2 * nodes[a] - nodes[b])) & 1)
    result = np.zeros((len(raw), len(tensors["offset"])), dtype=np.int64)
    for class_, offset in enumerate(tensors["offset"]):
        begin, end = tensors["head_ptr"][class_ : class_ + 2]
        result[:, class_] = offset
        for node in tensors["head_nodes"][begin:end]:
            result[:, class_] += nodes[node]
    return result


def encode(encoder: dict[str, Any], tensors: dict[str, np.ndarray], raw: np.ndarray) -> np.ndarray:
    require(raw.dtype.name == encoder["input_dtype"], "samples of another dtype")
    require(list(raw.shape[1:]) == encoder["input_shape"], "samples of another shape")
    if "encoder.scale" in tensors:
        return encode_reals(tensors, raw.reshape(len(raw), -1))
    data = raw.astype(np.int64)
    if encoder["crop"] is not None:
        top, left, height, width = encoder["crop"]
        data = data[:, top : top + height, left : left + width]
    if encoder["resize"] is not None:
        data = resize(data, *encoder["resize"])
    features = data.reshape(len(data), math.prod(data.shape[1:]))
    level = np.zeros(len(data), dtype=np.int64)
    if encoder["rank"] is not None:
        level = np.sort(features, axis=1)[:, encoder["rank"]]
    minus = tensors.get("encoder.minus", np.full(len(tensors["encoder.feature"]), -1))
    columns = [
        features[:, feature] - (features[:, other] if other >= 0 else 0) > level + threshold
        for feature, threshold, other in zip(
            tensors["encoder.feature"].tolist(),
            tensors["encoder.threshold"].tolist(),
            minus.tolist(),
            strict=True,
        )
    ]
    return np.stack(columns, axis=1)


def encode_reals(tensors: dict[str, np.ndarray], raw: np.ndarray) -> np.ndarray:
    def integer(x: float, offset: float, scale: float, bits: int) -> int:
        steps = (x - offset) * scale
        if math.isnan(steps):
            return 0
        highest = 2**bits - 1
        return 0 if steps <= 0 else highest if steps >= highest else math.ceil(steps)

    scaling = [tensors[name].tolist() for name in SCALING_TENSORS]
    pairs = [tensors[name].tolist() for name in ENCODER_TENSORS]
    rows = []
    for sample in raw.tolist():
        features = [integer(x, *how) for x, *how in zip(sample, *scaling, strict=True)]
        rows.append(
            [features[feature] > threshold for feature, threshold in zip(*pairs, strict=True)]
        )
    return np.array(rows)


def resize(data: np.ndarray, H: int, W: int) -> np.ndarray:
    h, w = data.shape[1:3]

    def weight(large: int, small: int, source: int, target: int) -> int:
        high = min((large + 1) * source, (small + 1) * target)
        return max(0, high - max(large * source, small * target))

    out = np.zeros((len(data), H, W, *data.shape[3:]), dtype=np.int64)
    for I in range(H):  # noqa: E741
        for J in range(W):
            total = np.zeros_like(out[:, 0, 0])
            for i in range(h):
                for j in range(w):
                    total += weight(I, i, h, H) * weight(J, j, w, W) * data[:, i, j]
            out[:, I, J] = (2 * total + h * w) // (2 * h * w)
    return out


def load(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    try:
        tensors, description = parse(path.read_bytes())
        check_graph(tensors, description)
        return tensors, description
    except Refused as error:
        raise Refused(f"{path}: {error}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Refused(f"{path}: not as documented: {error!r}") from error


def parse(data: bytes) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    require(len(data) >= 8, "cut short")
    length = int.from_bytes(data[:8], "little")
    require(len(data) >= 8 + length, "cut short")
    header = json.loads(data[8 : 8 + length].decode("utf-8"))
    data = data[8 + length :]
    metadata = header.pop("__metadata__")
    tensors, used = {}, []
    digest = hashlib.sha256()
    for name in sorted(header):
        entry = header[name]
        kind, dtype = DTYPES[entry["dtype"]]
        begin, end = entry["data_offsets"]
        (count,) = entry["shape"]
        require(all(type(n) is int and n >= 0 for n in (begin, end, count)), "bad entry")
        require(end - begin == count * np.dtype(dtype).itemsize, "bad length")
        tensors[name] = np.frombuffer(data[begin:end], dtype=dtype)
        used.append((begin, end))
        digest.update(f"{name} {kind} {count}\n".encode())
        digest.update(data[begin:end])
    digest.update(metadata["graph"].encode("utf-8"))
    used = sorted(used)
    starts, ends = [begin for begin, _ in used], [end for _, end in used]
    require([*starts, len(data)] == [0, *ends], "gaps, overlaps or bytes left over")
    require(metadata["format"] == "lilogic.lgn", "another format")
    require(metadata["version"] in ("1", "2", "3", "4", "5"), "another version")
    require(metadata["sha256"] == digest.hexdigest(), "altered")
    description = json.loads(metadata["graph"])
    if metadata["version"] == "1" and description["encoder"] is not None:
        description["encoder"]["rank"] = None
    if metadata["version"] in ("1", "2"):
        tensors.pop("encoder.minus", None)
    elif description["encoder"] is not None:
        require(tensors["encoder.minus"].dtype == "<i4", "dtype of encoder.minus")
    if metadata["version"] == "5" and description["encoder"] is not None:
        for name, dtype in SCALING_TENSORS.items():
            require(tensors[name].dtype == DTYPES[dtype][1], f"dtype of {name}")
    else:
        for name in SCALING_TENSORS:
            tensors.pop(name, None)
    if metadata["version"] >= "4":
        require(tensors["roots"].dtype == "<i4", "dtype of roots")
    else:
        tensors.pop("roots", None)
    return tensors, description


def check_graph(tensors: dict[str, np.ndarray], description: dict[str, Any]) -> None:
    n_inputs, encoder = description["n_inputs"], description["encoder"]
    require(type(n_inputs) is int and n_inputs >= 1, "n_inputs")
    require(isinstance(description["metadata"], dict), "metadata")
    for name, dtype in (TENSORS if encoder is None else TENSORS | ENCODER_TENSORS).items():
        require(tensors[name].dtype == DTYPES[dtype][1], f"dtype of {name}")
    op, a, b = tensors["op"], tensors["a"], tensors["b"]
    own = n_inputs + np.arange(len(op), dtype=np.int64)
    require(len(a) == len(b) == len(op), "lengths of a, b, op")
    require(n_inputs + len(op) <= LARGEST, "too many nodes")
    require((op <= 15).all(), "op")
    require(((a >= 0) & (a < own) & (b >= 0) & (b < own)).all(), "order of gates")
    roots = tensors.get("roots", np.empty(0, np.int32)).astype(np.int64)
    require((np.diff(roots) > 0).all(), "order of roots")
    require(((roots >= n_inputs) & (roots < n_inputs + len(op))).all(), "roots")
    heads, pointers = tensors["head_nodes"], tensors["head_ptr"].astype(np.int64)
    offset = tensors["offset"].astype(np.int64)
    require(len(offset) >= 1 and len(pointers) == len(offset) + 1, "classes")
    require(((heads >= 0) & (heads < n_inputs + len(op))).all(), "head_nodes")
    counts = np.diff(pointers)
    require(pointers[0] == 0 and pointers[-1] == len(heads) and (counts >= 0).all(), "head_ptr")
    require((offset >= -LARGEST).all() and (offset + counts <= LARGEST).all(), "offset")
    if encoder is not None:
        check_encoder(encoder, tensors, n_inputs)


def check_encoder(encoder: dict[str, Any], tensors: dict[str, np.ndarray], n_inputs: int) -> None:
    shape, crop, target = encoder["input_shape"], encoder["crop"], encoder["resize"]
    sizes = [*shape, *(crop or []), *(target or [])]
    require(all(type(size) is int for size in sizes), "sizes")
    require(1 <= len(shape) <= 3 and min(shape) >= 1, "input_shape")
    scales = "encoder.scale" in tensors
    require(encoder["input_dtype"] in (("float64",) if scales else RAW_DTYPES), "input_dtype")
    require((crop is None and target is None) or len(shape) >= 2, "no image")
    if crop is not None:
        top, left, height, width = crop
        inside = top + height <= shape[0] and left + width <= shape[1]
        require(min(top, left) >= 0 and min(height, width) >= 1 and inside, "crop")
        shape = [height, width, *shape[2:]]
    if target is not None:
        require(len(target) == 2 and min(target) >= 1, "resize")
        shape = [*target, *shape[2:]]
    rank, n_features = encoder["rank"], math.prod(shape)
    require(rank is None or (type(rank) is int and 0 <= rank < n_features), "rank")
    feature = tensors["encoder.feature"]
    require(len(feature) == len(tensors["encoder.threshold"]) == n_inputs, "encoder lengths")
    require(((feature >= 0) & (feature < n_features)).all(), "feature")
    minus = tensors.get("encoder.minus", -np.ones_like(feature))
    require(len(minus) == n_inputs, "length of minus")
    require(((minus >= -1) & (minus < n_features)).all(), "minus")
    if scales:
        offset, scale, bits = (tensors[name] for name in SCALING_TENSORS)
        require(len(offset) == len(scale) == len(bits) == n_features, "lengths of the scaling")
        require(np.isfinite(offset).all() and np.isfinite(scale).all(), "scaling")
        require((scale > 0).all() and (bits <= 16).all(), "scaling")
        plain = rank is None and (minus == -1).all() and crop is None and target is None
        require(plain, "scaling of what is not compared with constants alone")
