"""Replies to frames."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Mux, Shape, Signal, Value
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Out

from lilogic.boards.gateware.link import REPLIES, REPLY_BYTE, requests
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
from lilogic.hdl.components import streams


class Server(Component):
    """Has samples classified, and makes a reply of each frame that ends.

    Replies wait in a queue for at least two. Where there is no room for one more, or the
    classifier is at work, a frame is dropped, and an overrun reported as soon as there is room.

    Args:
        identity: what the board says of itself.

    Attributes:
        requests: in, ``link.requests`` up to the length of a sample's frame.
        start: out, high for one cycle: the sample received last is to be classified.
        results: in, ``streams.results``.
        replies: out, ``link.REPLIES``.
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
                "requests": In(requests(self._request_bytes)),
                "start": Out(1),
                "results": In(streams.results(score, identity.classes)),
                "replies": Out(REPLIES),
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
            Value.cast(self.replies.payload).eq(queue.r_data),
            self.replies.valid.eq(queue.r_rdy),
            queue.r_en.eq(self.replies.ready),
        ]
        payload = self._identity.pack()
        m.submodules.identity = identity = Memory(shape=8, depth=len(payload), init=payload)
        identity_byte = identity.read_port()

        request = self.requests.payload
        command, sequence, place = Signal(8), Signal(8), Signal(range(longest))
        answer = Signal(8 * self._payload_bytes[Command.SCORES | REPLY], reset_less=True)
        cycles = Signal(8 * CYCLES_BYTES)
        accepted = Signal()
        missed, missed_sequence = Signal(), Signal(8)
        with m.If(self.requests.valid & ~accepted):
            m.d.sync += [missed.eq(1), missed_sequence.eq(request.sequence)]

        with m.FSM():
            with m.State("IDLE"):
                m.d.sync += [place.eq(0), cycles.eq(0)]
                m.d.comb += accepted.eq(queue.level <= queue.depth - longest)
                problem = self._problem(m)
                with m.If(accepted & self.requests.valid):
                    m.d.sync += sequence.eq(request.sequence)
                    with m.If(problem != 0):
                        m.d.sync += [command.eq(ERROR), answer.eq(problem)]
                        m.next = "WRITE"
                    with m.Else():
                        m.d.sync += command.eq(request.command | REPLY)
                        with m.If(request.command == Command.IDENTIFY):
                            m.next = "WRITE"
                        with m.Else():
                            m.d.sync += self.start.eq(1)
                            m.next = "CLASSIFY"
                with m.Elif(accepted & missed):
                    m.d.sync += [
                        command.eq(ERROR),
                        sequence.eq(missed_sequence),
                        answer.eq(Problem.OVERRUN),
                        missed.eq(0),
                    ]
                    m.next = "WRITE"
            with m.State("CLASSIFY"):
                m.d.sync += [self.start.eq(0), cycles.eq(cycles + 1)]
                with m.If(self.results.valid):
                    m.d.sync += answer.eq(self._answer(cycles))
                    m.next = "WRITE"
            with m.State("WRITE"):
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
                    m.next = "IDLE"
        return m

    def _problem(self, m: Module) -> Signal:
        """A ``Problem`` of the frame that ends, or 0."""
        request = self.requests.payload
        problem = Signal(range(max(Problem) + 1))
        with m.If(~request.intact):
            m.d.comb += problem.eq(Problem.DAMAGED)
        with m.Else(), m.Switch(request.command):
            with m.Case(Command.IDENTIFY):
                with m.If(request.length != HEADER_BYTES + CRC_BYTES):
                    m.d.comb += problem.eq(Problem.LENGTH)
            with m.Case(Command.CLASSIFY, Command.SCORES):
                with m.If(request.length != self._request_bytes):
                    m.d.comb += problem.eq(Problem.LENGTH)
            with m.Default():
                m.d.comb += problem.eq(Problem.COMMAND)
        return problem

    def _answer(self, cycles: Value) -> Value:
        """The payload of a reply with scores; one with the class alone is its beginning."""
        result = self.results.payload
        return Cat(
            _filled(result.index, self._identity.index_bytes),
            cycles,
            *(_filled(score, self._identity.score_bytes) for score in result.scores),
        )


def _filled(value: Value, size: int) -> Value:
    """``value`` in ``size`` whole bytes, with its sign if it has one."""
    fill = value[-1] if value.shape().signed else Const(0, 1)
    return Cat(value, (8 * size - len(value)) * [fill])
