"""What a compiled classifier promises to whoever connects to its Verilog."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.data.encoder import Encoder
from lilogic.errors import GraphError, LilogicError
from lilogic.files import open_text, write_json
from lilogic.graph import GateGraph
from lilogic.hdl.options import MODULE, InputKind
from lilogic.infer.golden import checked

VERILOG = "classifier.v"
INTERFACE = "interface.json"

POPCOUNT = "tree"
"""Default popcount architecture: good on every FPGA that was measured."""


@dataclass(frozen=True)
class Interface:
    """Ports and timing of the top module in ``classifier.v``.

    The module has ``clk``, ``rst`` (synchronous, active high), ``valid_in``, one data input,
    and the outputs ``valid_out``, ``index`` and ``scores``. A sample presented with ``valid_in``
    in one clock cycle comes out with ``valid_out`` exactly ``latency`` cycles later; a new sample
    may enter every cycle. Reset clears the valid flags only.

    With an ``interval`` of more than one cycle there is the output ``ready``, too. A sample is
    taken in a cycle in which ``valid_in`` and ``ready`` are high; ``ready`` is then low for
    ``interval - 1`` cycles, in which ``valid_in`` may wait. ``index`` and ``scores`` hold from
    ``valid_out`` on until the first scores of the next sample come. Reset also ends what is being
    worked on.

    Attributes:
        data: what the data input reads, which is also its name: ``bits`` (encoded) or ``features``
            (encoded inside).
        data_width: its width in bits; bit ``i`` is input bit ``i`` of the graph, or feature ``i``
            stands at ``[i * feature_width, (i + 1) * feature_width)``.
        feature_width: bits per feature; 1 for encoded bits.
        classes: number of classes.
        index_width: width of ``index``, the predicted class.
        score_width: width of one class's score; class ``c`` stands at ``scores[c * score_width +:
            score_width]``, in two's complement if ``score_signed``.
        score_signed: whether scores can be negative.
        latency: clock cycles from ``valid_in`` to ``valid_out``; 0 for a combinational classifier.
        levels_per_stage: levels of logic between pipeline registers; 0 for none, null where a
            clock was asked for instead.
        popcount: name of the popcount architecture.
        clock_mhz: the clock that registers were placed for, null for none.
        device: on which of ``devices.DEVICES``.
        module: name of the top module, with which those of all others begin.
        interval: clock cycles from one sample to the next, at least (initiation interval).
    """

    data: InputKind
    data_width: int
    feature_width: int
    classes: int
    index_width: int
    score_width: int
    score_signed: bool
    latency: int
    levels_per_stage: int | None
    popcount: str
    clock_mhz: float | None = None
    device: str | None = None
    module: str = MODULE
    interval: int = 1

    def check(self, graph: GateGraph) -> None:
        """Refuse a graph that cannot be what this is the interface of.

        Raises:
            GraphError: it has other classes, other data to read, or no encoder for features.
        """
        if self.classes != graph.n_classes:
            raise GraphError(
                f"the Verilog has {self.classes} classes, but the graph {graph.n_classes}"
            )
        inputs = graph.n_inputs
        if self.data is InputKind.FEATURES:
            inputs = _encoder(graph).n_features
        if self.data_width != inputs * self.feature_width:
            raise GraphError(
                f"the Verilog reads {self.data_width} bits of data, which does not fit the graph"
            )

    def write(self, folder: Path) -> None:
        """Write ``interface.json`` into ``folder``."""
        write_json(folder / INTERFACE, asdict(self))

    @classmethod
    def read(cls, folder: Path) -> Interface:
        """Read ``interface.json`` from ``folder``.

        Raises:
            LilogicError: missing, or not an interface description.
        """
        path = folder / INTERFACE
        with open_text(path) as file:
            try:
                fields = json.load(file)
                return cls(**fields | {"data": InputKind(fields["data"])})
            except (TypeError, ValueError, KeyError) as error:
                raise LilogicError(f"{path}: not an interface description ({error})") from error


def pack(graph: GateGraph, kind: InputKind, samples: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """bool [samples, data_width]: what stands on the data input of a classifier for samples.

    Args:
        graph: the graph that was compiled.
        kind: what the classifier reads.
        samples: raw samples [samples, *encoder.input_shape], or bits [samples, n_inputs] for a
            graph without an encoder.

    Raises:
        DataError: the samples do not fit the graph.
        GraphError: features are wanted, but the graph has no encoder.
    """
    if kind is InputKind.FEATURES:
        return pack_features(_encoder(graph).features(samples))
    if graph.encoder is None:
        return checked(graph, np.asarray(samples))
    return graph.encoder.encode(samples)


def pack_features(features: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """bool [samples, features * width] of integers [samples, features]: each in its dtype's bits.

    Lowest bit first; two's complement where the dtype is signed.
    """
    little = np.ascontiguousarray(features.astype(features.dtype.newbyteorder("<")))
    bits = np.unpackbits(little[..., None].view(np.uint8), axis=2, bitorder="little")
    return bits.reshape(len(features), -1).astype(bool)


def unpack(graph: GateGraph, kind: InputKind, data: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """bool [samples, n_inputs]: the graph's input bits for what stands on the data input."""
    if kind is InputKind.BITS:
        return data
    encoder = _encoder(graph)
    dtype = np.dtype(encoder.input_dtype)
    features = data.reshape(len(data), encoder.n_features, 8 * dtype.itemsize)
    values = np.packbits(features, axis=2, bitorder="little").view(dtype.newbyteorder("<"))
    return encoder.bits(values[..., 0].astype(dtype))


def _encoder(graph: GateGraph) -> Encoder:
    if graph.encoder is None:
        raise GraphError("the classifier reads features, but the graph has no encoder")
    return graph.encoder
