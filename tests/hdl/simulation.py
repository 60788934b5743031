"""Driving components in Amaranth's simulator, one set of inputs per clock cycle."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from amaranth.hdl import ClockDomain, Module, Shape, Signal, Value
from amaranth.hdl._ast import Operator
from amaranth.lib.wiring import Component
from amaranth.sim import Simulator

from lilogic.data.encoder import Encoder
from lilogic.hdl.components import pipeline
from lilogic.hdl.components.pipeline import Registers
from lilogic.hdl.components.popcount import POPCOUNTS

LEVELS_PER_STAGE = (0, 1, 2, 3, 7)
SETTINGS = list(product(POPCOUNTS, LEVELS_PER_STAGE))


def _covering() -> Iterator[Any]:
    """All settings; those are not slow that have every popcount and every depth, most of them with
    registers after each level, where there are most.
    """
    for popcount, levels_per_stage in SETTINGS:
        places = [*POPCOUNTS].index(popcount), LEVELS_PER_STAGE.index(levels_per_stage)
        is_quick = levels_per_stage == 1 or sum(places) % len(LEVELS_PER_STAGE) == 0
        marks = () if is_quick else pytest.mark.slow
        yield pytest.param(popcount, levels_per_stage, marks=marks)


EVERY_SETTING = list(_covering())

Bits = npt.NDArray[np.bool_]
Inputs = Sequence[tuple[Signal, int]]


def every(levels_per_stage: int, levels: int) -> Registers:
    """Registers of a part with ``levels``, after every few of them and the last."""
    return pipeline.plan([1] * levels, levels_per_stage)


def simulate(
    component: Component,
    cycles: Iterable[Inputs],
    read: Callable[[Callable[[Any], int]], Any],
    resets: Sequence[bool] = (),
    latency: int | None = None,
) -> list[Any]:
    """What ``read`` makes of the outputs in each clock cycle, once that cycle's inputs are set.

    ``read`` is given the function that gets a value.
    """
    clocked = (component.latency if latency is None else latency) > 0
    reset = Signal()
    m = Module()
    m.submodules.component = component
    if clocked:
        m.domains.sync = sync = ClockDomain()
        m.d.comb += sync.rst.eq(reset)
    seen = []

    async def testbench(ctx: Any) -> None:
        for cycle, inputs in enumerate(cycles):
            for signal, value in inputs:
                ctx.set(signal, value)
            ctx.set(reset, cycle < len(resets) and resets[cycle])
            seen.append(read(ctx.get))
            await (ctx.tick() if clocked else ctx.delay(1e-6))

    simulation = simulator(m)
    if clocked:
        simulation.add_clock(1e-6)
    simulation.add_testbench(testbench)
    simulation.run()
    return seen


def simulator(module: Module) -> Simulator:
    """A simulator of ``module``, for which the shape of each operator is found only once.

    Amaranth asks all operators below each operator again, which makes deep expressions slow.
    """
    # Operators are kept as well, so that no other takes the identity of one that is gone.
    known: dict[int, tuple[Operator, Shape]] = {}
    shape = Operator.shape

    def shape_once(operator: Operator) -> Shape:
        if id(operator) not in known:
            known[id(operator)] = operator, shape(operator)
        return known[id(operator)][1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Operator, "shape", shape_once)
        return Simulator(module)


def stream(
    component: Component,
    inputs: Sequence[Inputs],
    read: Callable[[Callable[[Any], int]], Any],
) -> list[Any]:
    """What ``read`` sees of each of ``inputs``, one a cycle, ``component.latency`` cycles later."""
    cycles = [*inputs, *[inputs[-1]] * component.latency]
    return simulate(component, cycles, read)[component.latency :]


def drive(ports: Sequence[Signal] | Signal, bits: npt.NDArray[Any]) -> Inputs:
    """Values of a signal, or of the signals of a ``vector.Interface``, that hold ``bits``."""
    signals = [ports] if isinstance(ports, Signal) else list(ports)
    inputs, start = [], 0
    for signal in signals:
        inputs.append((signal, as_integer(bits[start : start + len(signal)])))
        start += len(signal)
    return inputs


def read_bits(get: Callable[[Any], int], ports: Iterable[Signal], width: int) -> list[bool]:
    """The first ``width`` bits of the signals of a ``vector.Interface``."""
    return [bool(get(port) >> i & 1) for port in ports for i in range(len(port))][:width]


def read_scores(get: Callable[[Any], int], scores: Any, shape: Shape) -> list[int]:
    """Every class's score, taken from where ``Interface`` says that it stands."""
    word = get(Value.cast(scores))
    return [as_score(word, class_, shape) for class_ in range(len(scores))]


def as_score(word: int, class_: int, shape: Shape) -> int:
    """The score of a class in a word of all classes' scores."""
    score = word >> class_ * shape.width & (1 << shape.width) - 1
    is_negative = shape.signed and score >> shape.width - 1
    return score - (1 << shape.width) if is_negative else score


def as_integer(bits: npt.NDArray[Any]) -> int:
    """The integer whose bit ``i`` is ``bits[i]``."""
    packed = np.packbits(np.asarray(bits, dtype=bool), bitorder="little")
    return int.from_bytes(packed.tobytes(), "little")


def pixel_bits(encoder: Encoder, raw: npt.NDArray[Any]) -> Bits:
    """bool [samples, width] of the port that takes the features of raw samples."""
    columns = encoder.features(raw).astype(np.int64).T
    bits = [
        column >> place & 1
        for column, width in zip(columns, encoder.widths.tolist(), strict=True)
        for place in range(width)
    ]
    return np.array(bits or [[0] * len(raw)], dtype=bool).T
