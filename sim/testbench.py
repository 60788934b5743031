"""The cocotb regression; runs inside the simulator, one JSON file of results for each test.

Every test is a schedule: what stands on the inputs in each clock cycle. A model of the valid flags
says in which cycle which vector's answer must come out, and in which none may; outputs are compared
in every cycle, so an answer that is early, late, missing or invented is a mismatch.

A folded classifier takes a sample every few cycles only. Vectors wait on its inputs until they are
taken, and ``ready`` is compared in every cycle, too.
"""

from __future__ import annotations

import os
import random
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge

from lilogic.files import write_json
from lilogic.hdl.components.interface import Interface
from lilogic.hdl.vectors import KINDS, Vectors
from lilogic.report.models.mismatch import Answer, Sample
from lilogic.report.models.simulation import Mismatch

FOLDER = "LILOGIC_COMPILED"
RESULTS = "LILOGIC_RESULTS"

_GAPS = 2000
_RESETS = 40
_EXAMPLES = 10
_CYCLES = 100_000
"""Of a test, about; of the vectors of a folded classifier every so many are taken."""


@dataclass(frozen=True)
class Cycle:
    """The inputs during one clock cycle: a vector's number, whether it counts, and reset."""

    vector: int
    valid: bool = True
    reset: bool = False


@dataclass
class Outcome:
    """What a test found."""

    name: str
    compared: int = 0
    mismatches: int = 0
    kinds: dict[str, dict[str, int]] = field(default_factory=dict)
    examples: list[Mismatch] = field(default_factory=list)
    measured_latency: int | None = None

    def compare(self, kind: str) -> None:
        """Count a vector whose answer was due."""
        self.compared += 1
        self.kinds.setdefault(kind, {"compared": 0, "mismatches": 0})["compared"] += 1

    def mismatch(self, found: Mismatch) -> None:
        """Count something wrong."""
        self.mismatches += 1
        if found.kind is not None:
            self.kinds[found.kind]["mismatches"] += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(found)

    def to_json(self) -> dict[str, Any]:
        """It as JSON values."""
        return vars(self) | {"examples": [example.to_json() for example in self.examples]}


@cocotb.test()
async def back_to_back(dut: Any) -> None:
    """Every vector, each as soon as it is taken."""
    count = len(_vectors())
    first, *others = range(0, count, -(-count * _interface().interval // _CYCLES))
    await _run(dut, "back_to_back", [Cycle(first), *_waiting(others)])


@cocotb.test()
async def gaps(dut: Any) -> None:
    """Some of the vectors with pauses in between, in which other data stands on the input."""
    generator = random.Random(0)  # noqa: S311
    count, interval = len(_vectors()), _interface().interval
    most = max(10, _CYCLES // interval)
    cycles = []
    for vector in generator.sample(range(count), min(_GAPS, count, most)):
        pause = generator.choice([0, 0, 1, 2, 5])
        cycles += [Cycle(generator.randrange(count), valid=False) for _ in range(pause)]
        cycles += _waiting([vector])
    await _run(dut, "gaps", cycles)


@cocotb.test()
async def reset_in_flight(dut: Any) -> None:
    """Resets while answers are on their way: those never come, later ones are right."""
    generator = random.Random(1)  # noqa: S311
    count = len(_vectors())
    latency, interval = _interface().latency, _interface().interval
    cycles = []
    for _ in range(_RESETS):
        run = generator.randrange(1, 2 * latency + 4)
        waiting = generator.choices(range(count), k=-(-run // interval))
        cycles += _waiting(waiting)[:run]
        held = generator.choice([1, 1, 2])
        valid = generator.random() < 0.5
        cycles += [Cycle(generator.randrange(count), valid, reset=True) for _ in range(held)]
    cycles += _waiting(generator.choices(range(count), k=-(-(latency + 4) // interval)))
    await _run(dut, "reset_in_flight", cycles)


@cocotb.test()
async def latency(dut: Any) -> None:
    """Single vectors, each with the pipeline empty: the latency is exactly as announced."""
    generator = random.Random(2)  # noqa: S311
    count = len(_vectors())
    quiet = _interface().latency + 3
    cycles = []
    for vector in generator.sample(range(count), min(8, count)):
        cycles.append(Cycle(vector))
        cycles += [Cycle(generator.randrange(count), valid=False) for _ in range(quiet)]
    await _run(dut, "latency", cycles)


def _waiting(vectors: Iterable[int]) -> list[Cycle]:
    """Each of some vectors for as long as it takes until the one before it is done with."""
    interval = _interface().interval
    return [cycle for vector in vectors for cycle in [Cycle(vector)] * interval]


async def _run(dut: Any, name: str, cycles: Sequence[Cycle]) -> None:
    interface, vectors = _interface(), _vectors()
    idle = [Cycle(0, valid=False)] * (interface.latency + 2)
    cycles = [*cycles, *idle]
    answers, ready = await _drive(dut, interface, vectors, cycles)
    outcome = _compare(name, interface, vectors, cycles, answers)
    _compare_ready(outcome, interface, cycles, ready)
    write_json(Path(os.environ[RESULTS]) / f"{name}.json", outcome.to_json())
    assert not outcome.mismatches, f"{outcome.mismatches} mismatches"


Output = tuple[str, int | None, int | None] | None
"""``valid_out`` as a character, ``index`` and ``scores``; None where valid_out is low."""


async def _drive(
    dut: Any, interface: Interface, vectors: Vectors, cycles: Iterable[Cycle]
) -> tuple[list[Output], list[str]]:
    """Apply each cycle's inputs.

    Returns:
        the outputs, as a register would take them at the end of each cycle, and ``ready`` as a
        character, where there is one.
    """
    words = vectors.words()
    clock, data = dut.clk, getattr(dut, interface.data)
    valid_in, valid_out, reset = dut.valid_in, dut.valid_out, dut.rst
    edge = RisingEdge(clock)
    Clock(clock, 10, unit="ns").start()
    reset.value, valid_in.value, data.value = 1, 0, 0
    await ClockCycles(clock, 2)
    answers: list[Output] = []
    ready: list[str] = []
    now = Cycle(0, valid=False)
    for cycle in cycles:
        # Only what changes is written: writes cross from Python to the simulator one by one.
        if cycle.vector != now.vector or not answers:
            data.value = words[cycle.vector]
        if cycle.valid != now.valid or not answers:
            valid_in.value = int(cycle.valid)
        if cycle.reset != now.reset or not answers:
            reset.value = int(cycle.reset)
        now = cycle
        await edge
        flag = str(valid_out.value)
        answers.append(
            None if flag == "0" else (flag, _number(dut.index.value), _number(dut.scores.value))
        )
        if interface.interval > 1:
            ready.append(str(dut.ready.value))
    return answers, ready


def _number(value: Any) -> int | None:
    """The unsigned integer on a wire, or None where bits of it are unknown."""
    return int(str(value), 2) if value.is_resolvable else None


def _compare(
    name: str,
    interface: Interface,
    vectors: Vectors,
    cycles: Sequence[Cycle],
    answers: Sequence[Output],
) -> Outcome:
    outcome = Outcome(name)
    scores = _packed_scores(interface, vectors)
    due, _ = _due(cycles, interface)
    for number, (vector, answer) in enumerate(zip(due, answers, strict=True)):
        if vector is None:
            if answer is not None:
                outcome.mismatch(Mismatch(cycle=number, problem="an answer without a sample"))
            continue
        kind = KINDS[vectors.kind[vector]]
        outcome.compare(kind)
        expected = ("1", int(vectors.index[vector]), scores[vector])
        if answer != expected:
            outcome.mismatch(
                Mismatch(
                    cycle=number,
                    problem=_problem(answer),
                    vector=vector,
                    kind=kind,
                    sample=_sample(interface, vectors, vector, answer),
                )
            )
    first = next((number for number, cycle in enumerate(cycles) if cycle.valid), 0)
    answered = (number for number, answer in enumerate(answers) if answer and number >= first)
    outcome.measured_latency = next((number - first for number in answered), None)
    return outcome


def _compare_ready(
    outcome: Outcome, interface: Interface, cycles: Sequence[Cycle], ready: Sequence[str]
) -> None:
    """Compare ``ready`` in each cycle but those of reset."""
    _, expected = _due(cycles, interface)
    for number, (cycle, wanted, got) in enumerate(zip(cycles, expected, ready, strict=False)):
        if not cycle.reset and got != str(int(wanted)):
            outcome.mismatch(Mismatch(cycle=number, problem=f"ready is {got}"))


def _due(cycles: Sequence[Cycle], interface: Interface) -> tuple[list[int | None], list[bool]]:
    """For each cycle, the vector whose answer must come out, if any, and whether one is taken."""
    due: list[int | None] = []
    ready: list[bool] = []
    # What is in flight, the newest first: a queue that moves by one in each cycle.
    nothing: list[int | None] = [None] * interface.latency
    flags, busy = deque(nothing), 0
    for cycle in cycles:
        ready.append(not busy)
        is_taken = cycle.valid and not busy
        flags.appendleft(cycle.vector if is_taken else None)
        due.append(flags.pop())
        busy = interface.interval - 1 if is_taken else max(0, busy - 1)
        if cycle.reset:
            flags, busy = deque(nothing), 0
    return due, ready


def _packed_scores(interface: Interface, vectors: Vectors) -> list[int]:
    """The value of the port ``scores`` for each vector."""
    width = interface.score_width
    mask = (1 << width) - 1
    return [
        sum((score & mask) << (class_ * width) for class_, score in enumerate(row))
        for row in vectors.scores.tolist()
    ]


def _problem(output: Output) -> str:
    if output is None:
        return "no answer"
    return "a wrong answer" if output[0] == "1" else f"valid_out is {output[0]}"


def _sample(interface: Interface, vectors: Vectors, vector: int, output: Output) -> Sample:
    expected = Answer(index=int(vectors.index[vector]), scores=vectors.scores[vector].tolist())
    return Sample(
        data=interface.data.value,
        width=interface.data_width,
        inputs=vectors.data[vector][::-1].tobytes().hex(),
        expected=expected,
        got=None if output is None else _answer(interface, *output[1:]),
    )


def _answer(interface: Interface, index: int | None, packed: int | None) -> Answer:
    """The answer on the ports ``index`` and ``scores``."""
    if packed is None:
        return Answer(index=index)
    values = 1 << interface.score_width
    scores = [packed // values**class_ % values for class_ in range(interface.classes)]
    if interface.score_signed:
        scores = [score - values if 2 * score >= values else score for score in scores]
    return Answer(index=index, scores=scores)


def _interface() -> Interface:
    return Interface.read(Path(os.environ[FOLDER]))


def _vectors() -> Vectors:
    return Vectors.read(Path(os.environ[FOLDER]))
