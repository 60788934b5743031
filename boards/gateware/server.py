"""Replies to frames."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Mux, Shape, Signal, Value
from amaranth.lib import stream
from amaranth.lib.data import ArrayLayout
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Out

from lilogic.boards.gateware.link import REPLY_BYTE
from lilogic.boards.protocol import (
    CRC_BYTES,
    CYCLES_BYTES,
    ERROR,
    HEADER_BYTES,
    QUEUE_BYTES,
    REPLY,
    Command,
    Identity,
    Problem,
)


class Server(Component):
    """Has samples classified, and makes a reply of each frame that ends.

    Replies wait in a queue for at least two. Where there is no room for one more, or the
    classifier is at work, a frame is dropped, and an overrun reported as soon as there is room.

    Args:
        identity: what the board says of itself.

    Attributes:
        end: in, a frame ends, which the next four describe.
        intact: in, its checksum is right.
        command: in.
        sequence: in.
        length: in, its bytes, checksum included; any more than a sample's frame has are alike.
        start: out, high for one cycle: the sample received last is to be classified.
        done: in, ``index`` and ``scores`` are there.
        index: in, the class.
        scores: in, the classes' scores.
        reply: out, a stream of ``REPLY_BYTE``.
    """

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        # A class or a score is filled up to whole bytes, a score with its sign.
        self._payload_bytes = {
            ERROR: 1,
            Command.IDENTIFY | REPLY: len(identity.pack()),
            Command.CLASSIFY | REPLY: identity.index_bytes,
            Command.SCORES | REPLY: identity.index_bytes
            + CYCLES_BYTES
            + identity.classes * identity.score_bytes,
        }
        self._request_bytes = HEADER_BYTES + identity.data_bytes + CRC_BYTES
        score = Shape(identity.score_width, identity.score_signed)
        super().__init__(
            {
                "end": In(1),
                "intact": In(1),
                "command": In(8),
                "sequence": In(8),
                "length": In(range(self._request_bytes + 2)),
                "start": Out(1),
                "done": In(1),
                "index": In(range(max(2, identity.classes))),
                "scores": In(ArrayLayout(score, identity.classes)),
                "reply": Out(stream.Signature(REPLY_BYTE)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        longest = HEADER_BYTES + max(self._payload_bytes.values())
        m.submodules.queue = queue = SyncFIFOBuffered(
            width=REPLY_BYTE.size, depth=max(QUEUE_BYTES, 2 * longest)
        )
        m.d.comb += [
            Value.cast(self.reply.payload).eq(queue.r_data),
            self.reply.valid.eq(queue.r_rdy),
            queue.r_en.eq(self.reply.ready),
        ]
        payload = self._identity.pack()
        m.submodules.identity = identity = Memory(shape=8, depth=len(payload), init=payload)
        identity_byte = identity.read_port()

        command, sequence, place = Signal(8), Signal(8), Signal(range(longest))
        answer = Signal(8 * self._payload_bytes[Command.SCORES | REPLY], reset_less=True)
        cycles = Signal(8 * CYCLES_BYTES)
        accepted = Signal()
        missed, missed_sequence = Signal(), Signal(8)
        with m.If(self.end & ~accepted):
            m.d.sync += [missed.eq(1), missed_sequence.eq(self.sequence)]

        with m.FSM():
            with m.State("idle"):
                m.d.sync += [place.eq(0), cycles.eq(0)]
                m.d.comb += accepted.eq(queue.level <= queue.depth - longest)
                problem = self._problem(m)
                with m.If(accepted & self.end):
                    m.d.sync += sequence.eq(self.sequence)
                    with m.If(problem != 0):
                        m.d.sync += [command.eq(ERROR), answer.eq(problem)]
                        m.next = "write"
                    with m.Else():
                        m.d.sync += command.eq(self.command | REPLY)
                        with m.If(self.command == Command.IDENTIFY):
                            m.next = "write"
                        with m.Else():
                            m.d.sync += self.start.eq(1)
                            m.next = "classify"
                with m.Elif(accepted & missed):
                    m.d.sync += [
                        command.eq(ERROR),
                        sequence.eq(missed_sequence),
                        answer.eq(Problem.OVERRUN),
                        missed.eq(0),
                    ]
                    m.next = "write"
            with m.State("classify"):
                m.d.sync += [self.start.eq(0), cycles.eq(cycles + 1)]
                with m.If(self.done):
                    m.d.sync += answer.eq(self._answer(cycles))
                    m.next = "write"
            with m.State("write"):
                last = Signal(range(longest))
                with m.Switch(command):
                    for reply, size in self._payload_bytes.items():
                        with m.Case(reply):
                            m.d.comb += last.eq(HEADER_BYTES + size - 1)
                is_header = place < HEADER_BYTES
                is_identity = command == Command.IDENTIFY | REPLY
                byte = Mux(is_identity, identity_byte.data, answer[:8])
                m.d.comb += [
                    queue.w_data.eq(
                        Cat(Mux(place == 0, command, Mux(is_header, sequence, byte)), place == last)
                    ),
                    queue.w_en.eq(1),
                    identity_byte.addr.eq(place - (HEADER_BYTES - 1)),  # of the next cycle
                ]
                m.d.sync += place.eq(place + 1)
                with m.If(~is_header):
                    m.d.sync += answer.eq(answer >> 8)
                with m.If(place == last):
                    m.next = "idle"
        return m

    def _problem(self, m: Module) -> Signal:
        """A ``Problem`` of the frame that ends, or 0."""
        problem = Signal(range(max(Problem) + 1))
        with m.If(~self.intact):
            m.d.comb += problem.eq(Problem.DAMAGED)
        with m.Else(), m.Switch(self.command):
            with m.Case(Command.IDENTIFY):
                with m.If(self.length != HEADER_BYTES + CRC_BYTES):
                    m.d.comb += problem.eq(Problem.LENGTH)
            with m.Case(Command.CLASSIFY, Command.SCORES):
                with m.If(self.length != self._request_bytes):
                    m.d.comb += problem.eq(Problem.LENGTH)
            with m.Default():
                m.d.comb += problem.eq(Problem.COMMAND)
        return problem

    def _answer(self, cycles: Value) -> Value:
        """The payload of a reply with scores; one with the class alone is its beginning."""
        return Cat(
            _filled(self.index, self._identity.index_bytes),
            cycles,
            *(_filled(score, self._identity.score_bytes) for score in self.scores),
        )


def _filled(value: Value, size: int) -> Value:
    """``value`` in ``size`` whole bytes, with its sign if it has one."""
    fill = value[-1] if value.shape().signed else Const(0, 1)
    return Cat(value, (8 * size - len(value)) * [fill])
