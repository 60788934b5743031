"""What of a graph a page is given, as JSON values."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lilogic.data import datasets, labels
from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import as_array
from lilogic.errors import DataError
from lilogic.formats.exporters.html.packed import packed
from lilogic.graph import GateGraph
from lilogic.graph.metadata import Metadata

_BOXES = {"mnist": (20, 20), "digits": (8, 6.5)}
"""Of data sets whose drawings were scaled to a box, its height and width in pixels. What is drawn
keeps its shape in a square one, and fills another."""


class Examples(NamedTuple):
    """Samples that a page offers.

    Attributes:
        x: [samples, …] raw samples, or input bits where the network has no encoder.
        y: int [samples], their classes.
    """

    x: npt.NDArray[Any]
    y: npt.NDArray[Any]

    def of_each_class(self, count: int) -> Examples:
        """So many of them at most, the first of each class in turn."""
        classes = np.asarray(self.y)
        by_class = np.argsort(classes, kind="stable")
        starts = np.flatnonzero(np.diff(classes[by_class], prepend=-1))
        turn = np.empty(len(classes), dtype=np.int64)
        lengths = np.diff(starts, append=len(classes))
        turn[by_class] = np.arange(len(classes)) - np.repeat(starts, lengths)
        chosen = np.lexsort([classes, turn])[:count]
        return Examples(self.x[chosen], classes[chosen])


def described(graph: GateGraph, name: str, examples: Examples | None) -> dict[str, Any]:
    """The values of a page; ``name`` is for a graph that records none.

    Raises:
        DataError: examples that do not fit the network.
    """
    metadata = Metadata.of(graph)
    return {
        "name": metadata.name or name,
        "description": metadata.description,
        "dataset": metadata.dataset,
        "accuracy": metadata.accuracy.get("test_frozen"),
        "classes": metadata.class_names or [*map(str, range(graph.n_classes))],
        "inputs": graph.n_inputs,
        "gates": graph.n_gates,
        "op": packed(graph.op),
        "a": packed(graph.a),
        "b": packed(graph.b),
        "heads": packed(graph.head_nodes),
        "head_ends": packed(graph.head_ptr[1:]),
        "offset": packed(graph.offset),
        "level": packed(graph.cones.level[graph.n_inputs :]),
        "parts": levels(graph),
        "encoder": None if graph.encoder is None else _encoder(graph.encoder, metadata),
        "drawing": _drawing(graph, metadata),
        "examples": None if examples is None else _examples(graph, examples),
    }


def levels(graph: GateGraph) -> dict[str, int]:
    """For each part of the hardware, how many levels it has, with the popcount of no target."""
    largest = int(np.diff(graph.head_ptr).max())
    # Full adders of three bits, and as many carries as the adders above them take.
    adders = -(-(largest + 1) // 4)
    return {
        "encoder": int(graph.encoder is not None),
        "gates": max(int(graph.cones.level[graph.head_nodes].max(initial=0)), 1),
        "popcount": 1 + (adders - 1).bit_length() if largest > 1 else 0,
        "argmax": (graph.n_classes - 1).bit_length(),
    }


def _encoder(encoder: Encoder, metadata: Metadata) -> dict[str, Any]:
    before, scaling = encoder.preprocessing, encoder.preprocessing.scaling
    return {
        "shape": encoder.input_shape,
        "dtype": encoder.input_dtype,
        "crop": before.crop,
        "resize": before.resize,
        "scaling": None if scaling is None else {
            "offset": scaling.offset, "scale": scaling.scale, "bits": scaling.bits
        },
        "feature": packed(encoder.feature),
        "minus": packed(encoder.minus) if encoder.has_differences else None,
        "threshold": packed(encoder.threshold),
        "rank": encoder.rank,
        "names": metadata.feature_names,
    }  # fmt: skip


def _drawing(graph: GateGraph, metadata: Metadata) -> dict[str, Any]:
    """How images look, and the box that drawings were scaled to."""
    name = metadata.dataset or ""
    look = datasets.LOOKS.get(name, metadata.look)
    return {
        "white": look and (look.white or look.highest),
        "ground": look and look.ground,
        "box": _BOXES.get(name),
    }


def _examples(graph: GateGraph, examples: Examples) -> dict[str, Any]:
    encoder = graph.encoder
    shape = (graph.n_inputs,) if encoder is None else encoder.input_shape
    x = as_array(examples.x, "examples")
    if x.shape[1:] != shape:
        raise DataError(f"examples have shape {x.shape[1:]}, but the network reads {shape}")
    y = labels.numbers(examples.y, len(x), "examples: labels")
    labels.check_below(y, graph.n_classes, "examples: labels")
    rows = x.reshape(len(x), -1)
    is_real = encoder is not None and encoder.preprocessing.scaling is not None
    values: Any = _reals(rows) if is_real else packed(rows.astype(np.int64))
    return {"x": values, "y": y.tolist()}


def _reals(rows: npt.NDArray[Any]) -> list[float | str]:
    """The values one after the other; those that JSON has no number for, as JavaScript's names."""
    names = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
    return [names.get(str(value), value) for value in rows.reshape(-1).tolist()]
