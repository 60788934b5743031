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
            stands at ``[i * feature_width, (i + 1) * feature_width)``, or, where each has a width
            of its own, behind the words of those before it.
        feature_width: bits per feature, null where these differ; 1 for encoded bits.
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
        scaling: null, or what makes the features of real values, before they come here: ``offset``,
            ``scale`` and ``bits`` of each; feature ``i`` has a word of ``bits[i]`` bits.
        levels: null, or of each feature the rising levels that make a code of its integer (of its
            raw value, or of what ``scaling`` makes of it): the code is how many of them the integer
            exceeds, and has as many bits as that number needs. Codes are the features then.
        bus: null, or the module that has the classifier behind a bus.
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
        """The graph of which this is the interface, with an encoder of the features that it has.

        Raises:
            GraphError: it has no encoder, or one of other features.
        """
        if self.levels is None:
            return graph
        return replace(graph, encoder=_encoder(graph).coded(Levels(self.levels)))

    def check(self, graph: GateGraph) -> None:
        """Refuse a graph that cannot be what this is the interface of.

        Args:
            graph: what ``reading`` gives.

        Raises:
            GraphError: it has other classes, other data to read, or no encoder for features.
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
    """bool [samples, data_width]: what stands on the data input of a classifier for samples.

    Args:
        graph: the graph that was compiled, with the encoder that ``Interface.reading`` gives it.
        kind: what the classifier reads.
        samples: raw samples [samples, *encoder.input_shape], or bits [samples, n_inputs] for a
            graph without an encoder.

    Raises:
        DataError: the samples do not fit the graph.
        GraphError: features are wanted, but the graph has no encoder.
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
    """bool [samples, n_inputs]: the graph's input bits for what stands on the data input."""
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
