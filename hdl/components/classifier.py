"""The whole classifier: encoder, gates, heads and argmax, one inference per clock cycle."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, islice
from typing import Any

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib.data import ArrayLayout
from amaranth.lib.wiring import Component, In, Out

from lilogic.errors import LilogicError
from lilogic.graph import GateGraph
from lilogic.hdl.components import argmax, encoder, network, pipeline, vector
from lilogic.hdl.components import popcount as popcounts
from lilogic.hdl.components.argmax import Argmax
from lilogic.hdl.components.encoder import ThermometerEncoder
from lilogic.hdl.components.interface import LEVELS_PER_STAGE, POPCOUNT, Interface
from lilogic.hdl.components.network import GateNetwork
from lilogic.hdl.components.pipeline import Registers
from lilogic.hdl.components.popcount import Heads, architecture, score_shape
from lilogic.hdl.fpga.devices import Clock, Delays

MAX_DATA_WIDTH = 2**16 - 6
"""Amaranth numbers the input bits of a top level with 16 bits, from 2 on, and looks up one past the
last; clock, reset and valid are three."""


class Classifier(Component):
    """A graph in hardware, with an initiation interval of one clock cycle.

    Args:
        graph: the graph; simplify it first.
        levels_per_stage: levels (encoder, gates, adders, comparisons) between pipeline registers,
            counted through all parts; 0 for a combinational classifier.
        clock: place registers for this clock instead, by how long levels take on a device.
        popcount: name of the popcount architecture, one of ``popcount.POPCOUNTS``.
        pixels: whether to read raw features and encode them inside, instead of encoded bits.

    Attributes:
        data: in, a sample, as ``Interface`` describes it.
        valid_in: in, whether ``data`` is a sample.
        valid_out: out, ``valid_in`` from ``latency`` cycles ago; reset clears what is in flight.
        index: out, the predicted class.
        scores: out, an array of the classes' scores.
        latency: clock cycles from ``data`` to ``index`` and ``scores``.
        interface: the ports and their timing, as written to ``interface.json``.

    Raises:
        LilogicError: an unknown popcount, a negative number of levels, a clock that one level
            alone is too slow for, pixels without encoder, or more data than Amaranth's top level
            can take.
    """

    def __init__(
        self,
        graph: GateGraph,
        *,
        levels_per_stage: int = LEVELS_PER_STAGE,
        clock: Clock | None = None,
        popcount: str = POPCOUNT,
        pixels: bool = False,
    ) -> None:
        if levels_per_stage < 0:
            raise LilogicError(f"levels per stage is {levels_per_stage}, but must be 0 or more")
        architecture(popcount)
        feature_width = encoder.feature_width(encoder.encoder_of(graph)) if pixels else 1
        n_features = encoder.encoder_of(graph).n_features if pixels else graph.n_inputs
        data_width = n_features * feature_width
        if data_width > MAX_DATA_WIDTH:
            raise LilogicError(
                f"the classifier would read {data_width} bits at once, "
                f"but {MAX_DATA_WIDTH} are the limit"
            )
        # All is checked before the parts are made: Amaranth warns of parts that are never used.
        shape = score_shape(graph)
        registers = plan(graph, levels_per_stage, clock, popcount, pixels)
        self.latency = sum(map(sum, registers.values()))
        self._encoder = ThermometerEncoder(graph, any(registers["encoder"])) if pixels else None
        self._network = GateNetwork(graph, registers["network"])
        self._heads = Heads(graph, popcount, registers["heads"])
        self._argmax = Argmax(shape, graph.n_classes, registers["argmax"])
        self.interface = Interface(
            data="pixels" if pixels else "bits",
            data_width=data_width,
            feature_width=feature_width,
            classes=graph.n_classes,
            index_width=len(self._argmax.index),
            score_width=shape.width,
            score_signed=shape.signed,
            latency=self.latency,
            levels_per_stage=levels_per_stage if clock is None else None,
            popcount=popcount,
            clock_mhz=None if clock is None else clock.mhz,
            device=None if clock is None else clock.device,
        )
        super().__init__(
            {
                "data": In(self.interface.data_width),
                "valid_in": In(1),
                "valid_out": Out(1),
                "index": Out(self.interface.index_width),
                "scores": Out(ArrayLayout(shape, graph.n_classes)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        m.submodules.network = gates = self._network
        m.submodules.heads = heads = self._heads
        m.submodules.argmax = winner = self._argmax
        if self._encoder is None:
            m.d.comb += vector.assign(gates.bits, self.data)
        else:
            m.submodules.encoder = self._encoder
            m.d.comb += vector.assign(self._encoder.pixels, self.data)
            m.d.comb += _connected(gates.bits, self._encoder.bits)
        m.d.comb += _connected(heads.values, gates.values)
        scores = Value.cast(heads.scores)
        m.d.comb += [
            Value.cast(winner.scores).eq(scores),
            self.index.eq(winner.index),
            Value.cast(self.scores).eq(pipeline.delay(m, scores, winner.latency, "scores")),
            self.valid_out.eq(self._valid(m)),
        ]
        return m

    def _valid(self, m: Module) -> Value:
        """``valid_in`` from ``latency`` cycles ago, in registers that reset clears."""
        if not self.latency:
            return self.valid_in
        flags = Signal(self.latency)
        m.d.sync += flags.eq(Cat(self.valid_in, flags))
        return flags[-1]


def plan(
    graph: GateGraph, levels_per_stage: int, clock: Clock | None, popcount: str, pixels: bool
) -> dict[str, Registers]:
    """For each part, after which of its levels registers stand; arguments as ``Classifier``.

    Levels are counted on from part to part, so that a stage may hold the last of one part and the
    first of the next.
    """
    if clock is None:
        levels = {
            "encoder": int(pixels),
            "network": network.levels(graph),
            "heads": popcounts.levels(graph, popcount),
            "argmax": argmax.rounds(graph.n_classes),
        }
        costs = {part: [1.0] * count for part, count in levels.items()}
        capacity: float = levels_per_stage
    else:
        costs = _delays(graph, popcount, pixels, clock.delays)
        capacity = clock.capacity(max(chain(*costs.values())))
    whole = iter(pipeline.plan([*chain(*costs.values())], capacity))
    return {part: tuple(islice(whole, len(own))) for part, own in costs.items()}


def _connected(to: Iterable[Signal], from_: Iterable[Signal]) -> list[Any]:
    """Statements that connect two ports of one shape, each made by ``vector.port``."""
    return [sink.eq(source) for sink, source in zip(to, from_, strict=True)]


def _delays(
    graph: GateGraph, popcount: str, pixels: bool, delays: Delays
) -> dict[str, list[float]]:
    """For each part, the nanoseconds that its levels take."""
    shape = score_shape(graph)
    scores = [Signal(shape, name=f"score{class_}") for class_ in range(graph.n_classes)]
    rounds = pipeline.costs(argmax.tournament(scores), delays.of)
    if rounds and graph.offset.any():
        # Offsets are added behind the last level of the heads. Their carries run ahead of those of
        # the comparison, which need not wait for the last.
        rounds[0] += delays.chain
    return {
        "encoder": [delays.luts(encoder.bit_reads(encoder.encoder_of(graph)))] if pixels else [],
        "network": [delays.gate] * network.levels(graph),
        "heads": popcounts.costs(graph, popcount, delays.of),
        "argmax": rounds,
    }
