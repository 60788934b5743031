"""The whole classifier: encoder, gates, heads and argmax, one inference per clock cycle."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, islice

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib.wiring import Component, In, Out, connect

from lilogic.errors import GraphError
from lilogic.graph import GateGraph
from lilogic.hdl.components import argmax, encoder, network, pipeline, streams, vector
from lilogic.hdl.components import popcount as popcounts
from lilogic.hdl.components.argmax import Argmax
from lilogic.hdl.components.encoder import ThermometerEncoder
from lilogic.hdl.components.interface import Interface
from lilogic.hdl.components.network import GateNetwork
from lilogic.hdl.components.pipeline import Registers
from lilogic.hdl.components.popcount import Heads, architecture, score_shape
from lilogic.hdl.fpga import devices
from lilogic.hdl.fpga.delays import Clock, Delays
from lilogic.hdl.options import CompileOptions, InputKind

MAX_DATA_WIDTH = 2**16 - 6
"""Amaranth numbers the input bits of a top level with 16 bits, from 2 on, and looks up one past the
last; clock, reset and valid are three."""


_DEFAULT = CompileOptions()


@dataclass(frozen=True)
class Choices:
    """What ``CompileOptions`` mean for a graph.

    Attributes:
        input: what the classifier reads.
        levels_per_stage: as in the options.
        clock: the clock that registers are placed for, or None.
        popcount: the popcount architecture, one of ``popcount.POPCOUNTS``.
    """

    input: InputKind
    levels_per_stage: int
    clock: Clock | None
    popcount: str

    @classmethod
    def of(cls, graph: GateGraph, options: CompileOptions) -> Choices:
        """Choices for ``graph``.

        Raises:
            GraphError: an unknown popcount or target, a clock without a device, or a clock
                beside levels per stage.
        """
        options.check_registers()
        clock = None
        if options.clock_mhz is not None:
            if options.target is None:
                known = ", ".join(devices.names())
                raise GraphError(f"a clock needs a device as its target: {known}", option="target")
            clock = devices.clock(options.clock_mhz, options.target)
        family = None if options.target is None else devices.family(options.target)
        has_registers = clock is not None or options.levels_per_stage > 0
        popcount = popcounts.chosen(options.popcount, family, graph, has_registers)
        architecture(popcount)
        by_default = InputKind.BITS if graph.encoder is None else InputKind.FEATURES
        return cls(options.input or by_default, options.levels_per_stage, clock, popcount)


class Classifier(Component):
    """A graph in hardware, with an initiation interval of one clock cycle.

    Args:
        graph: the graph; simplify it first.
        options: how to compile it.

    Attributes:
        graph: as given.
        samples: in, ``streams.samples`` with the data that ``Interface`` describes.
        results: out, ``streams.results``; reset clears what is in flight.
        latency: clock cycles from a sample to its result.
        interface: the ports and their timing, as written to ``interface.json``.

    Raises:
        GraphError: an unknown popcount or target, a clock without a device or that one level alone
            is too slow for, features without encoder, or more data than Amaranth's top level can
            take.
    """

    def __init__(self, graph: GateGraph, options: CompileOptions = _DEFAULT) -> None:
        self.graph = graph
        choices = Choices.of(graph, options)
        encodes = choices.input is InputKind.FEATURES
        feature_width = encoder.feature_width(encoder.encoder_of(graph)) if encodes else 1
        n_features = encoder.encoder_of(graph).n_features if encodes else graph.n_inputs
        data_width = n_features * feature_width
        if data_width > MAX_DATA_WIDTH:
            raise GraphError(
                f"the classifier would read {data_width} bits at once, "
                f"but {MAX_DATA_WIDTH} are the limit"
            )
        # All is checked before the parts are made: Amaranth warns of parts that are never used.
        shape = score_shape(graph)
        registers = plan(graph, choices)
        self.latency = sum(map(sum, registers.values()))
        self._encoder = ThermometerEncoder(graph, any(registers["encoder"])) if encodes else None
        self._network = GateNetwork(graph, registers["network"])
        self._heads = Heads(graph, choices.popcount, registers["heads"])
        self._argmax = Argmax(shape, graph.n_classes, registers["argmax"])
        self.interface = Interface(
            data=choices.input,
            data_width=data_width,
            feature_width=feature_width,
            classes=graph.n_classes,
            index_width=streams.index_width(graph.n_classes),
            score_width=shape.width,
            score_signed=shape.signed,
            latency=self.latency,
            levels_per_stage=choices.levels_per_stage if choices.clock is None else None,
            popcount=choices.popcount,
            module=options.module,
            clock_mhz=None if choices.clock is None else choices.clock.mhz,
            device=None if choices.clock is None else choices.clock.device,
        )
        super().__init__(
            {
                "samples": In(streams.samples(data_width)),
                "results": Out(streams.results(shape, graph.n_classes)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        m.submodules.network = gates = self._network
        m.submodules.heads = heads = self._heads
        m.submodules.argmax = winner = self._argmax
        if self._encoder is None:
            m.d.comb += vector.assign(gates.bits.signals, self.samples.payload)
        else:
            m.submodules.encoder = self._encoder
            m.d.comb += vector.assign(self._encoder.features.signals, self.samples.payload)
            connect(m, self._encoder.bits, gates.bits)
        connect(m, gates.values, heads.values)
        connect(m, heads.scores, winner.scores)
        scores = Value.cast(heads.scores.payload)
        result = self.results.payload
        m.d.comb += [
            result.index.eq(winner.index.payload),
            Value.cast(result.scores).eq(pipeline.delay(m, scores, winner.latency, "scores")),
            self.results.valid.eq(self._valid(m)),
        ]
        return m

    def _valid(self, m: Module) -> Value:
        """Whether there was a sample ``latency`` cycles ago, in registers that reset clears."""
        if not self.latency:
            return self.samples.valid
        flags = Signal(self.latency)
        m.d.sync += flags.eq(Cat(self.samples.valid, flags))
        return flags[-1]


def plan(graph: GateGraph, choices: Choices) -> dict[str, Registers]:
    """For each part, after which of its levels registers stand.

    Levels are counted on from part to part, so that a stage may hold the last of one part and the
    first of the next.
    """
    if choices.clock is None:
        levels = {
            "encoder": int(choices.input is InputKind.FEATURES),
            "network": network.levels(graph),
            "heads": popcounts.levels(graph, choices.popcount),
            "argmax": argmax.rounds(graph.n_classes),
        }
        costs = {part: [1.0] * count for part, count in levels.items()}
        capacity: float = choices.levels_per_stage
    else:
        costs = _delays(graph, choices, choices.clock.delays)
        capacity = choices.clock.capacity(max(chain(*costs.values())))
    whole = iter(pipeline.plan([*chain(*costs.values())], capacity))
    return {part: tuple(islice(whole, len(own))) for part, own in costs.items()}


def flip_flops(graph: GateGraph, options: CompileOptions) -> list[int]:
    """How many flip-flops stand after each level of gates."""
    registers = plan(graph, Choices.of(graph, options))["network"]
    return [len(bank) for bank in network.banks(graph, registers)]


def _delays(graph: GateGraph, choices: Choices, delays: Delays) -> dict[str, list[float]]:
    """For each part, the nanoseconds that its levels take."""
    shape = score_shape(graph)
    scores = [Signal(shape, name=f"score{class_}") for class_ in range(graph.n_classes)]
    rounds = pipeline.costs(argmax.tournament(scores), delays.of)
    if rounds and graph.offset.any():
        # Offsets are added behind the last level of the heads. Their carries run ahead of those of
        # the comparison, which need not wait for the last.
        rounds[0] += delays.chain
    encodes = choices.input is InputKind.FEATURES
    return {
        "encoder": [delays.luts(encoder.bit_reads(encoder.encoder_of(graph)))] if encodes else [],
        "network": [*map(delays.table, network.widths(graph))],
        "heads": popcounts.costs(graph, choices.popcount, delays.of),
        "argmax": rounds,
    }
