"""The whole classifier: encoder, gates, heads and argmax.

There is one inference in every clock cycle; or, folded, one in several, with a small part of the
adders.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, islice

import numpy as np
from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib.wiring import Component, In, Out, connect

from lilogic.errors import GraphError
from lilogic.graph import GateGraph
from lilogic.hdl.components import argmax, encoder, network, pipeline, streams, vector
from lilogic.hdl.components import popcount as popcounts
from lilogic.hdl.components.argmax import Argmax
from lilogic.hdl.components.encoder import ThermometerEncoder
from lilogic.hdl.components.folded import argmax as folded_argmax
from lilogic.hdl.components.folded import heads as folded_heads
from lilogic.hdl.components.folded.argmax import FoldedArgmax
from lilogic.hdl.components.folded.heads import FoldedHeads
from lilogic.hdl.components.folded.schedule import Schedule
from lilogic.hdl.components.folded.sequencer import Sequencer, flag
from lilogic.hdl.components.interface import Interface, narrowed, port_width, word_width
from lilogic.hdl.components.network import GateNetwork
from lilogic.hdl.components.pipeline import Registers
from lilogic.hdl.components.popcount import Heads, score_shape
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
        schedule: what is counted when, or None where all is counted at once.
    """

    input: InputKind
    levels_per_stage: int
    clock: Clock | None
    popcount: str
    schedule: Schedule | None

    @classmethod
    def of(cls, graph: GateGraph, options: CompileOptions) -> Choices:
        """Choices for ``graph``.

        Raises:
            GraphError: an unknown target, a clock without a device, a clock beside levels per
                stage, or no registers in what is folded.
        """
        options.check_registers()
        clock = options.clock()
        family = None if options.target is None else devices.family(options.target)
        has_registers = clock is not None or options.levels_per_stage > 0
        schedule = Schedule.of(graph, options.fold)
        counts = np.diff(graph.head_ptr) if schedule is None else schedule.widths
        popcount = popcounts.chosen(options.popcount, family, int(max(counts)), has_registers)
        by_default = InputKind.BITS if graph.encoder is None else InputKind.FEATURES
        return cls(options.input or by_default, options.levels_per_stage, clock, popcount, schedule)


class Classifier(Component):
    """The whole classifier as an Amaranth component: encoder, gates, heads and argmax.

    Args:
        graph: The graph. Simplify it first.
        options: How to compile it.

    Attributes:
        graph: The graph; with ``narrow``, its features are codes.
        samples: Input stream of samples. One may enter every ``interface.interval`` clock cycles.
        results: Output stream of results. Reset clears what is in flight.
        latency: Clock cycles from a sample to its result.
        interface: Ports and timing.

    Raises:
        GraphError: The popcount or target is unknown; a clock has no device, or one level alone is
            too slow for it; features are wanted, but there is no encoder; or the data input is too
            wide for Amaranth.
    """

    def __init__(self, graph: GateGraph, options: CompileOptions = _DEFAULT) -> None:
        self.graph = graph = reading(graph, options)
        choices = Choices.of(graph, options)
        encodes = choices.input is InputKind.FEATURES
        data_width, scaling, levels = graph.n_inputs, None, None
        feature_width: int | None = 1
        if encodes:
            of = encoder.encoder_of(graph)
            data_width, feature_width = port_width(of), word_width(of)
            scaling, levels = of.preprocessing.scaling, of.preprocessing.levels
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
        self._schedule = choices.schedule
        self._heads: Heads | FoldedHeads
        self._argmax: Argmax | FoldedArgmax
        if self._schedule is None:
            self._network = GateNetwork(graph, registers["network"])
            self._heads = Heads(graph, choices.popcount, registers["heads"])
            self._argmax = Argmax(shape, graph.n_classes, registers["argmax"])
        else:
            # The row of counted nodes is what stands after the last level of gates.
            self.latency += self._schedule.interval - 1
            self._network = GateNetwork(graph, (*registers["network"][:-1], False))
            self._heads = FoldedHeads(graph, self._schedule, choices.popcount, registers["heads"])
            self._argmax = FoldedArgmax(shape, self._schedule, registers["argmax"])
        interval = 1 if self._schedule is None else self._schedule.interval
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
            interval=interval,
            scaling=scaling,
            levels=None if levels is None else levels.of,
        )
        super().__init__(
            {
                "samples": In(streams.samples(data_width, interval)),
                "results": Out(streams.results(shape, graph.n_classes)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        m.submodules.network = gates = self._network
        m.submodules.heads = heads = self._heads
        m.submodules.argmax = self._argmax
        if self._encoder is None:
            m.d.comb += vector.assign(gates.bits.signals, self.samples.payload)
        else:
            m.submodules.encoder = self._encoder
            m.d.comb += vector.assign(self._encoder.features.signals, self.samples.payload)
            connect(m, self._encoder.bits, gates.bits)
        connect(m, gates.values, heads.values)
        connect(m, heads.scores, self._argmax.scores)
        m.d.comb += self.results.payload.index.eq(self._argmax.index.payload)
        if isinstance(heads, FoldedHeads) and isinstance(self._argmax, FoldedArgmax):
            self._count_in_turn(m, heads, self._argmax)
        else:
            self._count_at_once(m)
        return m

    def _count_at_once(self, m: Module) -> None:
        """Scores wait for the argmax, and flags say whether ``latency`` cycles ago was a sample."""
        scores = Value.cast(self._heads.scores.payload)
        scores = pipeline.delay(m, scores, self._argmax.latency, "scores")
        valid = self.samples.valid
        if self.latency:
            flags = Signal(self.latency)
            m.d.sync += flags.eq(Cat(valid, flags))
            valid = flags[-1]
        m.d.comb += [
            Value.cast(self.results.payload.scores).eq(scores),
            self.results.valid.eq(valid),
        ]

    def _count_in_turn(self, m: Module, heads: FoldedHeads, winner: FoldedArgmax) -> None:
        """A sequencer, whose flags reach the parts as late as what they are about."""
        assert self._schedule is not None
        m.submodules.sequencer = sequencer = Sequencer(self._schedule)
        before = self._network.latency + (self._encoder.latency if self._encoder else 0)
        taken = self.samples.valid & self.samples.ready
        step = sequencer.step
        m.d.comb += [
            self.samples.ready.eq(sequencer.ready),
            sequencer.taken.eq(taken),
            heads.load.eq(flag(m, taken, before, "taken")),
            heads.first.eq(flag(m, step.first, before, "first")),
            heads.group.eq(group := flag(m, step.group, before, "group")),
            winner.group.eq(flag(m, group, heads.latency, "counted_group")),
            winner.valid.eq(flag(m, step.last, before + heads.latency, "last")),
            self.results.valid.eq(
                flag(m, step.final, before + heads.latency + winner.latency, "final")
            ),
            Value.cast(self.results.payload.scores).eq(Value.cast(winner.results.payload)),
        ]


def plan(graph: GateGraph, choices: Choices) -> dict[str, Registers]:
    """For each part, after which of its levels registers stand.

    Levels are counted on from part to part, so that a stage may hold the last of one part and the
    first of the next. Folded, registers stand at the end of the network, of the heads and of the
    argmax, which go at paces of their own.
    """
    if choices.clock is None:
        costs = _levels(graph, choices)
        capacity: float = choices.levels_per_stage
    else:
        costs = _delays(graph, choices, choices.clock.delays)
        capacity = choices.clock.capacity(max(chain(*costs.values())))
    runs = [["encoder", "network", "heads", "argmax"]]
    if choices.schedule is not None:
        runs = [["encoder", "network"], ["heads"], ["argmax"]]
    registers: dict[str, Registers] = {}
    for parts in runs:
        whole = iter(pipeline.plan([*chain(*(costs[part] for part in parts))], capacity))
        registers |= {part: tuple(islice(whole, len(costs[part]))) for part in parts}
    return registers


def reading(graph: GateGraph, options: CompileOptions) -> GateGraph:
    """The graph with an encoder of the features that the options ask for.

    Raises:
        GraphError: narrow words are asked for, but bits are read, or the encoder has no such words.
    """
    if not options.narrow:
        return graph
    if options.input is InputKind.BITS:
        raise GraphError("only features can be narrow, not bits; read features, or omit narrow")
    return narrowed(graph)


def flip_flops(graph: GateGraph, options: CompileOptions) -> list[int]:
    """How many flip-flops stand after each level of gates."""
    graph = reading(graph, options)
    choices = Choices.of(graph, options)
    banks = [len(bank) for bank in network.banks(graph, plan(graph, choices)["network"])]
    if choices.schedule is not None:
        banks[-1] = choices.schedule.nodes.size
    return banks


def _levels(graph: GateGraph, choices: Choices) -> dict[str, list[float]]:
    """For each part, 1 for each of its levels."""
    schedule = choices.schedule
    levels = {
        "encoder": int(choices.input is InputKind.FEATURES),
        "network": network.levels(graph),
    }
    if schedule is None:
        levels["heads"] = popcounts.levels(graph, choices.popcount)
        levels["argmax"] = argmax.rounds(graph.n_classes)
    else:
        levels["heads"] = folded_heads.levels(schedule, choices.popcount)
        levels["argmax"] = folded_argmax.levels(schedule)
    return {part: [1.0] * count for part, count in levels.items()}


def _delays(graph: GateGraph, choices: Choices, delays: Delays) -> dict[str, list[float]]:
    """For each part, the nanoseconds that its levels take."""
    heads, rounds = _counting_delays(graph, choices, delays)
    encodes = choices.input is InputKind.FEATURES
    return {
        "encoder": [delays.luts(encoder.bit_reads(encoder.encoder_of(graph)))] if encodes else [],
        "network": [*map(delays.table, network.widths(graph))],
        "heads": heads,
        "argmax": rounds,
    }


def _counting_delays(
    graph: GateGraph, choices: Choices, delays: Delays
) -> tuple[list[float], list[float]]:
    """The nanoseconds that the levels of heads and argmax take."""
    shape, schedule = score_shape(graph), choices.schedule
    if schedule is not None:
        heads = folded_heads.costs(shape, schedule, choices.popcount, delays.of)
        return heads, folded_argmax.costs(shape, schedule, delays.of)
    scores = [Signal(shape, name=f"score{class_}") for class_ in range(graph.n_classes)]
    rounds = pipeline.costs(argmax.tournament(scores), delays.of)
    if rounds and graph.offset.any():
        # Offsets are added behind the last level of the heads. Their carries run ahead of those of
        # the comparison, which need not wait for the last.
        rounds[0] += delays.chain
    return popcounts.costs(graph, choices.popcount, delays.of), rounds
