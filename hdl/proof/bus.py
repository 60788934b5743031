"""Proof that a classifier between two streams loses no beat, and doubles none.

The circuit is the one that stands around the classifier, with a stand-in for that: one that takes
and answers samples at the same times, with answers of any value. A monitor watches what passes and
says what is wrong, for packets of all kinds, pauses on both sides, and for ever: ABC's PDR finds an
inductive invariant. Which result the monitor looks at is open, so that what holds for one holds for
all.
"""

from __future__ import annotations

import time
from pathlib import Path

from amaranth.hdl import Array, Cat, Module, Mux, Shape, Signal, Value
from amaranth.lib import stream as streams_of
from amaranth.lib.wiring import Component, In, Out

from lilogic import files
from lilogic.errors import FormatError, LilogicError, ToolError
from lilogic.hdl.bus import packets, stream
from lilogic.hdl.bus.stream import StreamClassifier
from lilogic.hdl.components import streams
from lilogic.hdl.components.interface import Interface
from lilogic.hdl.fpga import yosys
from lilogic.hdl.proof.abc import ANY_MODULE
from lilogic.hdl.proof.equivalence import unproven
from lilogic.hdl.verilog import behind, to_rtlil
from lilogic.report.models.proof import PartResult

RULES = (
    "a sample is made of no packet, or twice of one",
    "a sample is lost",
    "a bit of a sample is not that of its packet",
    "a result comes from nowhere",
    "a result is lost, or not what the classifier answered",
    "a result's packet does not end where it should, or keeps other bytes",
    "a bit of a result's packet is another than the result's",
    "a beat changes while it waits",
    "a result waits for nothing",
    "a sample, or a beat of one, waits for nothing",
)
"""What a broken rule means."""

_DESIGN = "design.aig"

_AIGER = f"""\
read_rtlil design.il
hierarchy -top monitored
proc
flatten
opt_clean
memory
opt -full
techmap
dffunmap
simplemap
opt -full
dfflegalize -cell $_DFF_P_ 0 -mince 99999 -minsrst 99999
aigmap
opt_clean
write_aiger -zinit {_DESIGN}
"""

_SOLVE = """\
read_verilog any.v
techmap
abc -script +strash;backup;{solve};restore;
"""

_RULE = (
    f"&read,{_DESIGN};&cone,-O,{{number}},-R,1;&put;"
    "pdr,-T,{seconds};write_status,status{number}"
)


class StandIn(Component):
    """A classifier's timing without what it computes; see ``Classifier`` for the ports.

    Attributes:
        answer: in, what the next result is.
    """

    def __init__(self, interface: Interface) -> None:
        self.interface = interface
        score = Shape(interface.score_width, interface.score_signed)
        results = streams.results(score, interface.classes)
        super().__init__(
            {
                "samples": In(streams.samples(interface.data_width, interface.interval)),
                "results": Out(results),
                "answer": In(results.members["payload"].shape),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        interface, samples = self.interface, self.samples
        taken = samples.valid & samples.ready
        if interface.interval > 1:
            busy = Signal(range(interface.interval))
            m.d.comb += samples.ready.eq(busy == 0)
            m.d.sync += busy.eq(Mux(taken, interface.interval - 1, Mux(busy == 0, 0, busy - 1)))
        valid: Value = taken
        for cycle in range(interface.latency):
            flag = Signal(name=f"valid{cycle}")
            m.d.sync += flag.eq(valid)
            valid = flag
        m.d.comb += [self.results.valid.eq(valid), self.results.payload.eq(self.answer)]
        return m


class Monitored(Component):
    """A ``StreamClassifier`` with a stand-in, and what is wrong with it.

    Attributes:
        beat, valid, ready: in, what stands on the streams of ``StreamClassifier`` from outside.
        answer: in, as of ``StandIn``.
        mark: in, the result that comes now is looked at, unless one was before.
        broken: out, which of ``rules`` is broken.
        rules: a sentence of ``RULES`` for each bit of ``broken``.
    """

    def __init__(self, interface: Interface, width: int) -> None:
        self._interface, self._width = interface, width
        self._stand_in = StandIn(interface)
        self._stream = StreamClassifier(self._stand_in, width)
        self._s_axis, self._m_axis = self._stream.s_axis, self._stream.m_axis
        bits = {2: interface.data_width, 6: 8 * self._stream.result.bytes}
        self.rules = [rule for rule in range(len(RULES)) for _ in range(bits.get(rule, 1))]
        super().__init__(
            {
                "beat": In(stream.beats(width).members["payload"].shape),
                "valid": In(1),
                "ready": In(1),
                "answer": In(Shape.cast(self._stand_in.answer.shape()).width),
                "mark": In(1),
                "broken": Out(len(self.rules)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        m.submodules.stream = self._stream
        m.d.comb += [
            self._s_axis.payload.eq(self.beat),
            self._s_axis.valid.eq(self.valid),
            self._m_axis.ready.eq(self.ready),
            Value.cast(self._stand_in.answer).eq(self.answer),
        ]
        owed, of_samples = self._samples(m)
        waiting, of_results = self._results(m)
        broken = [*of_samples, *of_results, *self._progress(m, owed, waiting)]
        m.d.comb += self.broken.eq(Cat(broken))
        return m

    def _samples(self, m: Module) -> tuple[Signal, list[Value]]:
        """Whether a whole sample has still to be taken, and rules 0 to 2."""
        packet, beat, there = self._stream.sample, self._s_axis.payload, self._stand_in.samples
        accepted, handed = _passes(self._s_axis), _passes(there)
        count, kept, owed = Signal(range(packet.beats + 2)), Signal(init=1), Signal()
        needed = [*[packet.beat_bytes] * (packet.beats - 1), packet.last_bytes]
        keeps = Array(beat.keep[:bytes_].all() for bytes_ in needed)[count]
        right = accepted & beat.last & (count == packet.beats - 1) & kept & keeps
        with m.If(accepted):
            m.d.sync += [
                count.eq(Mux(beat.last, 0, Mux(count == packet.beats, count, count + 1))),
                kept.eq(beat.last | kept & keeps),
            ]
        m.d.sync += owed.eq(right | owed & ~handed)
        places = packets.places(self._interface).tolist()
        seen, owed_bits, now = (Signal(len(places), name=name) for name in ("seen", "whole", "now"))
        for bit, place in enumerate(places):
            is_here = count == place // self._width
            m.d.comb += now[bit].eq(Mux(is_here, beat.data[place % self._width], seen[bit]))
        with m.If(accepted):
            m.d.sync += seen.eq(now)
        with m.If(right):
            m.d.sync += owed_bits.eq(now)
        differs = Signal(len(places))
        m.d.comb += differs.eq(there.payload ^ owed_bits)
        return owed, [handed & ~owed, right & owed & ~handed, *(handed & bit for bit in differs)]

    def _results(self, m: Module) -> tuple[Signal, list[Value]]:
        """How many results wait, and rules 3 to 7."""
        packet, beat, made = self._stream.result, self._m_axis.payload, self._stand_in.results
        sent = _passes(self._m_axis)
        count = Signal(range(packet.beats))
        is_last = count == packet.beats - 1
        waiting = Signal(range(2 * self._stream.depth + 2))
        ends = sent & is_last
        m.d.sync += waiting.eq(waiting + made.valid - ends)
        with m.If(sent):
            m.d.sync += count.eq(Mux(is_last, 0, count + 1))
        # The queue holds words whole, so that what comes of one bit of each comes of all.
        is_marked, is_over, ahead = Signal(), Signal(), Signal(waiting.shape())
        expected, queue = Signal(), self._stream.sender.queue
        with m.If(self.mark & made.valid & ~is_marked):
            m.d.sync += [is_marked.eq(1), ahead.eq(waiting - ends), expected.eq(self.answer[0])]
        with m.If(is_marked & ends):
            m.d.sync += [ahead.eq(ahead - 1), is_over.eq(is_over | (ahead == 0))]
        is_it = is_marked & ~is_over & (ahead == 0) & self._m_axis.valid
        head = stream.packed(made.payload.shape()(queue.r_data), packet)
        differs = [
            self._m_axis.valid
            & (count == bit // self._width)
            & (beat.data[bit % self._width] != head[bit])
            for bit in range(len(head))
        ]
        keep = Mux(is_last, (1 << packet.last_bytes) - 1, (1 << packet.beat_bytes) - 1)
        waited, before = Signal(), Signal(len(Value.cast(beat)))
        m.d.sync += [
            waited.eq(self._m_axis.valid & ~self._m_axis.ready),
            before.eq(Value.cast(beat)),
        ]
        return waiting, [
            self._m_axis.valid & (waiting == 0),
            made.valid & ~queue.w_rdy | is_it & (queue.r_data[0] != expected),
            self._m_axis.valid & ((beat.last != is_last) | (beat.keep != keep)),
            *differs,
            waited & (~self._m_axis.valid | (Value.cast(beat) != before)),
        ]

    def _progress(self, m: Module, owed: Value, waiting: Value) -> list[Value]:
        """Rules 8 and 9: nothing waits but for what is in its way, which then moves."""
        there, depth = self._stand_in.samples, self._stream.depth
        at_work = Signal(range(depth + 1))
        m.d.sync += at_work.eq(at_work + _passes(there) - self._stand_in.results.valid)
        is_free = there.ready & (at_work + waiting < depth)
        late = Signal()
        m.d.sync += late.eq((waiting != 0) & ~self._m_axis.valid)
        return [
            late & (waiting != 0) & ~self._m_axis.valid,
            owed & is_free & ~_passes(there) | ~owed & ~self._s_axis.ready,
        ]


def _passes(beats: streams_of.Interface) -> Value:
    return beats.valid & beats.ready


def prove(interface: Interface, verilog: str, timeout: float) -> PartResult:
    """Prove ``RULES`` for the classifier behind a bus.

    Args:
        interface: the compiled classifier's, which has a bus.
        verilog: the Verilog it was compiled to; another circuit is not what is proven.
        timeout: seconds it may take.
    """
    assert interface.bus is not None, "there is something to prove"
    start = time.monotonic()
    try:
        if behind(interface.bus, interface) not in verilog:
            raise FormatError("the logic between classifier and bus is not what was compiled")
        with files.scratch() as scratch:
            broken = _broken(Monitored(interface, interface.bus.width), scratch, timeout)
    except LilogicError as error:
        result = unproven(str(error))
    else:
        result = PartResult(status="refuted" if broken else "proven", reason=broken)
    return result.model_copy(update={"seconds": round(time.monotonic() - start, 2)})


def _broken(design: Monitored, folder: Path, timeout: float) -> str | None:
    """The first rule that is broken, or None where none is.

    Raises:
        ToolError: there is no verdict.
    """
    (folder / "any.v").write_text(ANY_MODULE)
    files.write_text(folder / "design.il", to_rtlil(design, "monitored"))
    yosys.run(_AIGER, folder, timeout)
    asked = [number for number, literal in enumerate(_outputs(folder / _DESIGN)) if literal]
    solve = ";".join(_RULE.format(number=number, seconds=int(timeout)) for number in asked)
    yosys.run(_SOLVE.format(solve=solve), folder, timeout)
    verdicts = {
        number: (folder / f"status{number}").read_text("utf-8").split()[0] for number in asked
    }
    for number, verdict in verdicts.items():
        if verdict == "snl_SAT":
            return RULES[design.rules[number]]
    if undecided := [number for number, verdict in verdicts.items() if verdict != "snl_UNSAT"]:
        raise ToolError(f"ABC could not decide whether {RULES[design.rules[undecided[0]]]}")
    return None


def _outputs(aiger: Path) -> list[int]:
    """The literals of a binary AIGER file's outputs; 0 is the constant 0."""
    header, *lines = aiger.read_bytes().split(b"\n")
    latches, outputs = (int(count) for count in header.split()[3:5])
    return [int(line) for line in lines[latches : latches + outputs]]
