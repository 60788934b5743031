"""The cocotb regression of a classifier behind a bus; runs inside the simulator.

Samples go in as an engineer's host would send them, and every result must be the one that software
gives, once, in order, and no other. AXI4-Stream and AXI4-Lite are played by cocotbext-axi.
"""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge, SimTimeoutError, with_timeout
from cocotbext.axi import (
    AxiLiteBus,
    AxiLiteMaster,
    AxiStreamBus,
    AxiStreamFrame,
    AxiStreamSink,
    AxiStreamSource,
)

from lilogic.files import write_json
from lilogic.hdl.bus import header, packets
from lilogic.hdl.bus.description import BusInterface
from lilogic.hdl.bus.registers import FIELDS, REGISTERS
from lilogic.hdl.components.interface import Interface
from lilogic.hdl.options import Bus
from lilogic.hdl.vectors import KINDS, Vectors
from lilogic.report.models.simulation import Mismatch
from lilogic.sim.testbench import FOLDER, RESULTS, Outcome

_PERIOD = 10
"""Nanoseconds of a clock cycle."""

_CYCLES = 20_000
"""Of a test, about, and at least ``_FEWEST`` samples; of the vectors, every so many are sent."""

_FEWEST = 8

_OFFSETS = {register.name: register.offset for register in REGISTERS}
_PLACES = {field.name: field.place for field in FIELDS}

INTERFACE = Interface.read(Path(os.environ[FOLDER]))
VECTORS = Vectors.read(Path(os.environ[FOLDER]))
assert INTERFACE.bus is not None, "this regression is of a classifier behind a bus"
BUS: BusInterface = INTERFACE.bus
SAMPLES = packets.sample_bytes(INTERFACE, VECTORS.data)
ANSWERS = packets.result_bytes(INTERFACE, VECTORS.index, VECTORS.scores)

streams = cocotb.test(skip=not BUS.kind.has_streams)
feeds = cocotb.test(skip=BUS.kind.has_streams)


class Wishbone:
    """Classic cycles, one after the other."""

    def __init__(self, dut: Any) -> None:
        self._dut = dut
        for name in ("cyc", "stb", "we", "adr", "sel", "dat"):
            getattr(dut, f"wb_{name}_i").value = 0

    async def read(self, address: int) -> int:
        """The register at ``address``."""
        return await self._access(address, 0, 0, 0xF)

    async def write(self, address: int, value: int, keep: int = 0xF) -> None:
        """Write the bytes of ``value`` that ``keep`` has a bit for."""
        await self._access(address, 1, value, keep)

    async def _access(self, address: int, write: int, value: int, keep: int) -> int:
        dut = self._dut
        dut.wb_cyc_i.value, dut.wb_stb_i.value = 1, 1
        dut.wb_we_i.value, dut.wb_adr_i.value = write, address
        dut.wb_sel_i.value, dut.wb_dat_i.value = keep, value
        await RisingEdge(dut.wb_clk_i)
        while not dut.wb_ack_o.value:
            await RisingEdge(dut.wb_clk_i)
        answer = int(dut.wb_dat_o.value)
        dut.wb_cyc_i.value, dut.wb_stb_i.value = 0, 0
        await RisingEdge(dut.wb_clk_i)
        assert not dut.wb_ack_o.value, "a second acknowledgement"
        return answer


class AxiLite:
    """cocotbext-axi's manager, by registers."""

    def __init__(self, dut: Any, stalls: bool = True) -> None:
        bus = AxiLiteBus.from_prefix(dut, "s_axi")
        self._master = AxiLiteMaster(bus, dut.aclk, dut.aresetn, reset_active_level=False)
        if stalls:
            write, read = self._master.write_if, self._master.read_if
            channels = [write.aw_channel, write.w_channel, write.b_channel]
            for seed, channel in enumerate([*channels, read.ar_channel, read.r_channel]):
                channel.set_pause_generator(_pauses(seed, 0.3))

    async def read(self, address: int) -> int:
        """The register at ``address``."""
        answer = await self._master.read(address, 4)
        assert int(answer.resp) == 0
        return int.from_bytes(answer.data, "little")

    async def write(self, address: int, value: int, keep: int = 0xF) -> None:
        """Write the lowest bytes of ``value``, as many as ``keep`` has bits."""
        count = keep.bit_length()
        assert keep == (1 << count) - 1, "bytes with holes cannot be told to this manager"
        response = await self._master.write(address, value.to_bytes(4, "little")[:count])
        assert int(response.resp) == 0


def _pauses(seed: int, share: float) -> Iterator[bool]:
    generator = random.Random(seed)  # noqa: S311
    while True:
        yield generator.random() < share


class Watch:
    """What passes the streams, by clock cycle, and whether AXI4-Stream's rules are kept.

    Attributes:
        ends: cycles in which the last beats of packets were taken.
        starts: cycles in which results became valid.
        problems: what was wrong.
    """

    def __init__(self, dut: Any) -> None:
        self.ends: list[int] = []
        self.starts: list[int] = []
        self.problems: list[Mismatch] = []
        cocotb.start_soon(self._run(dut))

    async def _run(self, dut: Any) -> None:
        edge, before, begins = RisingEdge(dut.aclk), None, True
        for cycle in itertools.count():
            await edge
            if not dut.aresetn.value:
                before, begins = None, True
                continue
            if dut.s_axis_tvalid.value and dut.s_axis_tready.value and dut.s_axis_tlast.value:
                self.ends.append(cycle)
            now = None
            if dut.m_axis_tvalid.value:
                now = tuple(str(dut[f"m_axis_{of}"].value) for of in ("tdata", "tkeep", "tlast"))
                if begins:
                    self.starts.append(cycle)
                begins = False
                if dut.m_axis_tready.value:
                    begins = now[2] == "1"
            if before is not None and now != before:
                self.problems.append(Mismatch(cycle=cycle, problem="a waiting beat changed"))
            before = now if now and not dut.m_axis_tready.value else None


class Streams:
    """Source, sink and watch of the streams, after reset."""

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.source = AxiStreamSource(
            AxiStreamBus.from_prefix(dut, "s_axis"), dut.aclk, dut.aresetn, reset_active_level=False
        )
        self.sink = AxiStreamSink(
            AxiStreamBus.from_prefix(dut, "m_axis"), dut.aclk, dut.aresetn, reset_active_level=False
        )
        self.watch = Watch(dut)

    @classmethod
    async def start(cls, dut: Any) -> Streams:
        """Clock, reset, and those that play the streams."""
        await _reset(dut)
        return cls(dut)

    def send(self, data: bytes, keep: Sequence[int] | None = None) -> None:
        """Queue a packet."""
        self.source.send_nowait(AxiStreamFrame(data, tkeep=None if keep is None else [*keep]))

    def send_sample(self, vector: int) -> None:
        """Queue a vector's packet."""
        self.send(SAMPLES[vector].tobytes())

    async def compare(self, outcome: Outcome, vectors: Sequence[int]) -> None:
        """Compare the results with those of vectors, after which none may come."""
        for number, vector in enumerate(vectors):
            cycles = 100 * (BUS.interval + BUS.latency) + 10_000
            try:
                frame = await with_timeout(self.sink.recv(), cycles * _PERIOD, "ns")
            except SimTimeoutError:
                outcome.mismatch(Mismatch(cycle=0, problem="no answer", vector=vector))
                break
            _compare(outcome, number, vector, bytes(frame.tdata))
        await self.finish(outcome)

    async def finish(self, outcome: Outcome) -> None:
        """Nothing more may come; whatever does, and what the watch found, is wrong."""
        await ClockCycles(self.dut.aclk, 2 * (BUS.latency + BUS.interval) + 20)
        for _ in range(self.sink.count()):
            outcome.mismatch(Mismatch(cycle=0, problem="an answer without a sample"))
        for problem in self.watch.problems:
            outcome.mismatch(problem)


@streams
async def bus_full_rate(dut: Any) -> None:
    """Packets one after the other: a result every ``interval`` cycles, after ``latency``."""
    outcome, chosen = Outcome("bus_full_rate"), _chosen()
    port = await Streams.start(dut)
    for vector in chosen:
        port.send_sample(vector)
    await port.compare(outcome, chosen)
    starts, ends = port.watch.starts or [0], port.watch.ends
    outcome.measured_latency = starts[0] - ends[0]
    if outcome.measured_latency != BUS.latency:
        outcome.mismatch(
            Mismatch(cycle=starts[0], problem=f"latency is {outcome.measured_latency} cycles")
        )
    # The first samples find all empty, so that it is the later ones that show the pace.
    cycles, count = starts[-1] - starts[len(starts) // 2], len(starts) - 1 - len(starts) // 2
    if cycles > count * BUS.interval:
        outcome.mismatch(
            Mismatch(cycle=starts[-1], problem=f"{count} results took {cycles} cycles")
        )
    _report(outcome)


@streams
async def bus_stalls(dut: Any) -> None:
    """Both sides pause at random, one much more than the other in turn."""
    outcome, chosen = Outcome("bus_stalls"), _chosen(3)
    port = await Streams.start(dut)
    half = len(chosen) // 2
    for part, shares in ((chosen[:half], (0.2, 0.8)), (chosen[half:], (0.7, 0.3))):
        port.source.set_pause_generator(_pauses(10, shares[0]))
        port.sink.set_pause_generator(_pauses(11, shares[1]))
        for vector in part:
            port.send_sample(vector)
        await port.compare(outcome, part)
    _report(outcome)


@streams
async def bus_malformed(dut: Any) -> None:
    """Packets that are none of a sample are dropped, and those between them are answered."""
    outcome, generator = Outcome("bus_malformed"), random.Random(20)  # noqa: S311
    port = await Streams.start(dut)
    registers = AxiLite(dut) if BUS.kind.has_registers else None
    answered: list[int] = []
    dropped = dict.fromkeys(("SHORT", "LONG", "HOLES"), 0)
    port.sink.set_pause_generator(_pauses(21, 0.2))
    for vector in _chosen(2):
        kind, data, keep = _malformed(generator, vector)
        port.send(data, keep)
        if kind is None:
            answered.append(vector)
        else:
            dropped[kind] += 1
        if generator.random() < 0.5:
            port.send_sample(vector)
            answered.append(vector)
    port.send_sample(0)
    await port.compare(outcome, [*answered, 0])
    if registers is not None:
        counted = dropped | {"SAMPLES": len(answered) + 1, "RESULTS": len(answered) + 1}
        await _compare_registers(outcome, registers, counted)
    _report(outcome)


@streams
async def bus_reset(dut: Any) -> None:
    """Reset in the middle of packets: what was on its way is gone, what comes then is right."""
    outcome, generator = Outcome("bus_reset"), random.Random(30)  # noqa: S311
    port = await Streams.start(dut)
    for vector in _chosen(20)[:20]:
        for _ in range(4):
            port.send_sample(generator.randrange(len(VECTORS)))
        port.sink.pause = True
        await ClockCycles(dut.aclk, generator.randrange(2, 4 * BUS.interval + BUS.latency))
        port.source.clear()
        dut.aresetn.value = 0
        await ClockCycles(dut.aclk, 2)
        dut.aresetn.value = 1
        await ClockCycles(dut.aclk, 2)
        port.sink.clear()
        port.sink.pause = False
        port.send_sample(vector)
        await port.compare(outcome, [vector])
    _report(outcome)


@cocotb.test(skip=not BUS.kind.has_registers)
async def bus_registers(dut: Any) -> None:
    """Constants, counters from 0, addresses without a register, and what cannot be written."""
    outcome = Outcome("bus_registers")
    await _reset(dut)
    port = _registers(dut)
    await _compare_registers(outcome, port, BUS.constants)
    await _compare_registers(outcome, port, {"SAMPLES": 0, "RESULTS": 0, "SHORT": 0, "LONG": 0})
    there = {register.offset for register in BUS.registers}
    for address in sorted({*range(0, 256, 4)} - there):
        outcome.compare("registers")
        await port.write(address, 0xFFFF_FFFF)
        if await port.read(address):
            outcome.mismatch(Mismatch(cycle=0, problem=f"unexpected data at address {address:#x}"))
    await port.write(_OFFSETS["ID"], 0)
    await _compare_registers(outcome, port, BUS.constants)
    first = await port.read(_OFFSETS["CYCLES"])
    second = await port.read(_OFFSETS["CYCLES"])
    await port.write(_OFFSETS["CONTROL"], 1 << _PLACES["CLEAR"])
    third = await port.read(_OFFSETS["CYCLES"])
    if not (0 < first < second and third < second - first + 20):
        outcome.mismatch(Mismatch(cycle=0, problem=f"cycles are {first}, {second}, then {third}"))
    await _compare_registers(outcome, port, {"CYCLES_HIGH": 0})
    _report(outcome)


@feeds
async def bus_fed(dut: Any) -> None:
    """Samples through registers, as many ahead of their results as there is room for."""
    outcome, chosen = Outcome("bus_fed"), _chosen(40)
    await _reset(dut)
    port = _registers(dut)
    waiting: list[int] = []
    for vector in chosen:
        while not await _status(port, "ROOM"):
            await _take(outcome, port, waiting)
        await _feed(port, SAMPLES[vector].tobytes())
        waiting.append(vector)
    while waiting:
        await _take(outcome, port, waiting)
    counted = {"SAMPLES": len(chosen), "RESULTS": len(chosen), "OVERRUNS": 0, "STATUS": 2}
    await _compare_registers(outcome, port, counted)
    _report(outcome)


@feeds
async def bus_malformed_fed(dut: Any) -> None:
    """What is no sample is dropped; beats without room are lost; the next sample is right."""
    outcome, generator = Outcome("bus_malformed_fed"), random.Random(40)  # noqa: S311
    await _reset(dut)
    port = _registers(dut)
    dropped = dict.fromkeys(("SHORT", "LONG", "HOLES"), 0)
    for vector in _chosen(80):
        kind, data, keep = _malformed(generator, vector)
        if keep is not None and isinstance(port, AxiLite):
            kind, data, keep = None, SAMPLES[vector].tobytes(), None
        waiting = [vector, vector] if kind is None else [vector]
        if kind is not None:
            dropped[kind] += 1
        await _feed(port, data, keep)
        if kind is None:
            await _take(outcome, port, waiting)
        await _feed(port, SAMPLES[vector].tobytes())
        await _take(outcome, port, waiting)
    await _compare_registers(outcome, port, dropped | {"RESULT": 0})
    # More samples than there is room for, none of whose results is taken.
    sent = 0
    while await _status(port, "ROOM"):
        await _feed(port, SAMPLES[0].tobytes())
        await ClockCycles(_clock(dut), BUS.latency + BUS.interval)
        sent += 1
    await _feed(port, SAMPLES[0].tobytes())
    for _ in range(sent):
        await _take(outcome, port, [0])
    await _compare_registers(outcome, port, {"OVERRUNS": BUS.sample.beats, "STATUS": 2})
    _report(outcome)


def _malformed(
    generator: random.Random, vector: int
) -> tuple[str | None, bytes, Sequence[int] | None]:
    """A packet's bytes and kept bytes, and the counter of those like it, or None for a sample."""
    data, size, beat = SAMPLES[vector].tobytes(), BUS.sample.bytes, BUS.sample.beat_bytes
    padded = data + bytes(-size % beat)
    whole = [1] * size
    kinds = ["long", "joined", "hole", "padded"] + ["short"] * (BUS.sample.beats > 1)
    match generator.choice(kinds):
        case "short":
            return "SHORT", data[: beat * generator.randrange(1, BUS.sample.beats)], None
        case "long":
            return "LONG", padded + data[: generator.choice([1, beat, 2 * beat, size])], None
        case "joined":
            return "LONG", padded + data, None
        case "hole":
            for _ in range(generator.choice([1, 1, size])):
                whole[generator.randrange(size)] = 0
            return "HOLES", data, whole
        case _:
            return None, data + generator.randbytes(-size % beat), None


def _compare(outcome: Outcome, number: int, vector: int, got: bytes) -> None:
    """Compare the bytes of a result with those of a vector's."""
    kind = KINDS[VECTORS.kind[vector]]
    outcome.compare(kind)
    expected = ANSWERS[vector].tobytes()
    if got != expected:
        problem = f"result {number} is {got.hex()}, not {expected.hex()}"
        outcome.mismatch(Mismatch(cycle=0, problem=problem, vector=vector, kind=kind))


async def _compare_registers(
    outcome: Outcome, port: Wishbone | AxiLite, expected: dict[str, int]
) -> None:
    for name, value in expected.items():
        outcome.compare("registers")
        got = await port.read(_OFFSETS[name])
        if got != value:
            outcome.mismatch(
                Mismatch(cycle=0, problem=f"{name} is {got}, not {value}", kind="registers")
            )


async def _feed(port: Wishbone | AxiLite, data: bytes, keep: Sequence[int] | None = None) -> None:
    """Write a packet to the registers."""
    size = BUS.sample.beat_bytes
    for start in range(0, len(data), size):
        is_last = start + size >= len(data)
        address = _OFFSETS["DATA_LAST" if is_last else "DATA"]
        of = data[start : start + size]
        kept = [1] * len(of) if keep is None else keep[start : start + size]
        mask = sum(bit << place for place, bit in enumerate(kept))
        await port.write(address, int.from_bytes(of, "little"), mask)


async def _take(outcome: Outcome, port: Wishbone | AxiLite, waiting: list[int]) -> None:
    """Read a result from the registers, and compare it with the first of some vectors."""
    got = b""
    for number in range(BUS.result.beats):
        for _ in range(1000 + BUS.interval + BUS.latency):
            if await _status(port, "RESULT"):
                break
        is_last = await _status(port, "RESULT_LAST")
        if bool(is_last) != (number == BUS.result.beats - 1):
            outcome.mismatch(Mismatch(cycle=0, problem=f"beat {number} is last: {is_last}"))
        got += (await port.read(_OFFSETS["RESULT"])).to_bytes(4, "little")
    _compare(outcome, 0, waiting.pop(0), got[: BUS.result.bytes])


async def _status(port: Wishbone | AxiLite, field: str) -> int:
    return await port.read(_OFFSETS["STATUS"]) >> _PLACES[field] & 1


def _registers(dut: Any) -> Wishbone | AxiLite:
    return Wishbone(dut) if BUS.kind is Bus.WISHBONE else AxiLite(dut)


def _clock(dut: Any) -> Any:
    return dut.wb_clk_i if BUS.kind is Bus.WISHBONE else dut.aclk


async def _reset(dut: Any) -> None:
    """Start the clock, and reset for two cycles."""
    clock = _clock(dut)
    reset, level = (dut.wb_rst_i, 1) if BUS.kind is Bus.WISHBONE else (dut.aresetn, 0)
    for port in header.ports(BUS):
        if port.direction == "input" and port.core != "clk":
            dut[port.name].value = 0
    reset.value = level
    Clock(clock, _PERIOD, unit="ns").start()
    await ClockCycles(clock, 3)
    reset.value = 1 - level
    await ClockCycles(clock, 1)


def _chosen(slower: int = 1) -> list[int]:
    """Vectors, so many that a test that takes ``slower`` times as long is not too long."""
    most = max(_FEWEST, _CYCLES // (BUS.interval * slower))
    return [*range(0, len(VECTORS), -(-len(VECTORS) // most))]


def _report(outcome: Outcome) -> None:
    write_json(Path(os.environ[RESULTS]) / f"{outcome.name}.json", outcome.to_json())
    assert not outcome.mismatches, f"{outcome.mismatches} mismatches"
