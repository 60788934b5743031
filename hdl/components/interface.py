"""What a compiled classifier promises to whoever connects to its Verilog."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.data.encoder import Encoder
from lilogic.data.levels import Levels
from lilogic.data.scaling import Scaling
from lilogic.errors import GraphError, LilogicError
from lilogic.files import open_text, write_json
from lilogic.graph import GateGraph
from lilogic.hdl.bus.description import BusInterface
from lilogic.hdl.options import MODULE, InputKind
from lilogic.infer.golden import checked

VERILOG = "classifier.v"
INTERFACE = "interface.json"

POPCOUNT = "tree"
"""Default popcount architecture: good on every FPGA that was measured."""


@dataclass(frozen=True)
class Interface:
    """Ports and timing of a compiled classifier: the content of ``interface.json``.

    Attributes:
        data: What the data input reads, which is also its name: encoded ``bits``, or ``features``
            that are encoded inside.
        data_width: Width of the data input, in bits.
        feature_width: Bits per feature; null if features differ in width; 1 for encoded bits.
        classes: Number of classes.
        index_width: Width of ``index``, in bits.
        score_width: Width of one class's score, in bits. Class ``c`` is at ``scores[c * score_width
            +: score_width]``.
        score_signed: Whether scores can be negative; they are then in two's complement.
        latency: Clock cycles from ``valid_in`` to ``valid_out``; 0 for a combinational classifier.
        levels_per_stage: Levels of logic between pipeline registers; 0 for none; null if registers
            were placed for a clock.
        popcount: Popcount architecture.
        clock_mhz: Clock that registers were placed for, in MHz; null for none.
        device: Device that registers were placed for; null for none.
        module: Name of the top module, and prefix of the modules inside.
        interval: Initiation interval: fewest clock cycles from one sample to the next.
        scaling: For real values, ``offset``, ``scale`` and ``bits`` of each feature, which turn
            values into integers before they are sent; else null.
        levels: For narrow words, the rising levels of each feature: a code is the number of levels
            that the value exceeds; else null.
        bus: The module that has the classifier behind a bus, or null.
    """

    data: InputKind
    data_width: int
    feature_width: int | None
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
    scaling: Scaling | None = None
    levels: tuple[tuple[int, ...], ...] | None = None
    bus: BusInterface | None = None

    def reading(self, graph: GateGraph) -> GateGraph:
        """Return the graph with the encoder of the features that this interface has.

        Raises:
            GraphError: The graph has no encoder, or one of other features.
        """
        if self.levels is None:
            return graph
        return replace(graph, encoder=_encoder(graph).coded(Levels(self.levels)))

    def check(self, graph: GateGraph) -> None:
        """Refuse a graph that this cannot be the interface of.

        Args:
            graph: The result of ``reading``.

        Raises:
            GraphError: Classes or data differ, or features have no encoder.
        """
        if self.classes != graph.n_classes:
            raise GraphError(
                f"the Verilog has {self.classes} classes, but the graph {graph.n_classes}"
            )
        width, scaling = graph.n_inputs, None
        if self.data is InputKind.FEATURES:
            encoder = _encoder(graph)
            width, scaling = port_width(encoder), encoder.preprocessing.scaling
        if self.data_width != width:
            raise GraphError(
                f"the Verilog reads {self.data_width} bits of data, which does not fit the graph"
            )
        if self.scaling != scaling:
            raise GraphError("the Verilog scales its input differently than the graph does")

    def write(self, folder: Path) -> None:
        """Write ``interface.json`` into a folder."""
        write_json(folder / INTERFACE, asdict(self))

    @classmethod
    def read(cls, folder: Path) -> Interface:
        """Read ``interface.json`` from a folder.

        Raises:
            LilogicError: The file is missing, or is not an interface description.
        """
        path = folder / INTERFACE
        with open_text(path) as file:
            try:
                fields = json.load(file)
                fields["data"] = InputKind(fields["data"])
                if fields.get("scaling") is not None:
                    scaling = {name: tuple(of) for name, of in fields["scaling"].items()}
                    fields["scaling"] = Scaling(**scaling)
                if fields.get("levels") is not None:
                    fields["levels"] = tuple(map(tuple, fields["levels"]))
                if fields.get("bus") is not None:
                    fields["bus"] = BusInterface.from_json(fields["bus"])
                return cls(**fields)
            except (TypeError, ValueError, KeyError, AttributeError, GraphError) as error:
                raise LilogicError(f"{path}: not an interface description ({error})") from error


def narrowed(graph: GateGraph) -> GateGraph:
    """The graph whose features are codes of the fewest bits that its encoder can tell apart.

    Raises:
        GraphError: it has no encoder, or one that does more than compare features with constants.
    """
    if graph.encoder is None:
        raise GraphError("the graph has no encoder, so it has no features to narrow")
    levels = graph.encoder.levels(graph.alive[: graph.n_inputs])
    return replace(graph, encoder=graph.encoder.coded(levels))


def pack(graph: GateGraph, kind: InputKind, samples: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Return what is on the data input for samples, bool [samples, data_width].

    Args:
        graph: The compiled graph, with the encoder that ``Interface.reading`` gives it.
        kind: What the classifier reads.
        samples: Raw samples [samples, …], or bits [samples, n_inputs] for a graph without an
            encoder.

    Raises:
        DataError: The samples do not fit the graph.
        GraphError: Features are wanted, but the graph has no encoder.
    """
    if kind is InputKind.FEATURES:
        encoder = _encoder(graph)
        return pack_features(encoder, encoder.features(samples))
    if graph.encoder is None:
        return checked(graph, np.asarray(samples))
    return graph.encoder.encode(samples)


def pack_features(encoder: Encoder, features: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """bool [samples, port_width] of integers [samples, features]: ``words``, one after the other.

    Lowest bit first; two's complement where features may be negative.
    """
    little = np.ascontiguousarray(features.astype(features.dtype.newbyteorder("<")))
    bits = np.unpackbits(little[..., None].view(np.uint8), axis=2, bitorder="little")
    data = np.zeros((len(features), port_width(encoder)), dtype=bool)
    kept = _kept(encoder)
    data[:, : kept.sum()] = bits[:, kept]
    return data


def unpack(graph: GateGraph, kind: InputKind, data: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return the graph's input bits, bool [samples, n_inputs], for values of the data input."""
    if kind is InputKind.BITS:
        return data
    encoder = _encoder(graph)
    dtype, kept = np.dtype(encoder.feature_dtype), _kept(encoder)
    features = np.zeros((len(data), *kept.shape), dtype=bool)
    features[:, kept] = data[:, : kept.sum()]
    values = np.packbits(features, axis=2, bitorder="little").view(dtype.newbyteorder("<"))
    return encoder.bits(values[..., 0].astype(dtype))


def words(encoder: Encoder) -> list[range]:
    """Of each feature, the bits of the data input that are its word, lowest first."""
    ends = np.cumsum(encoder.widths).tolist()
    return [range(end - width, end) for end, width in zip(ends, encoder.widths, strict=True)]


def port_width(encoder: Encoder) -> int:
    """Width of the data input for features: of all words, or of a bit that means nothing."""
    return max(1, int(encoder.widths.sum()))


def word_width(encoder: Encoder) -> int | None:
    """How wide the words of all features are; None where they differ."""
    width, *others = np.unique(encoder.widths).tolist()
    return None if others else width


def _kept(encoder: Encoder) -> npt.NDArray[np.bool_]:
    """bool [features, bits]: which bits of the features' dtype are in their words."""
    places = np.arange(8 * np.dtype(encoder.feature_dtype).itemsize)
    kept: npt.NDArray[np.bool_] = places < encoder.widths[:, None]
    return kept


def _encoder(graph: GateGraph) -> Encoder:
    if graph.encoder is None:
        raise GraphError("the classifier reads features, but the graph has no encoder")
    return graph.encoder
