"""A host's line to ``Top`` in Amaranth's simulator, and a board that is software."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from amaranth.hdl import Module

from lilogic.boards import protocol
from lilogic.boards.gateware import uart
from lilogic.boards.gateware.top import Top
from lilogic.boards.protocol import Command, Problem
from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import Preprocessing
from lilogic.graph import GateGraph, passes
from lilogic.hdl.options import CompileOptions
from lilogic.infer import golden
from lilogic.sim.board import wave
from tests.hdl.simulation import simulator

PERIOD = 4
BAUD = 1_000_000
SMALL = passes.simplify(
    GateGraph.build(
        8,
        [(6, 0, 1), (14, 2, 3), (7, 4, 5), (1, 6, 7), (9, 8, 9), (2, 10, 11), (6, 12, 13)],
        [[8, 12, 14], [9, 13], [10, 11, 14]],
        [0, 1, 0],
        Encoder(
            preprocessing=Preprocessing((2, 2), "uint8"),
            feature=[0, 1, 2, 3, 0, 1, 2, 3],
            threshold=[9, 63, 127, 200, 120, 170, 30, 60],
        ),
    )
)


def board_of(graph: GateGraph, **options) -> Top:
    return Top(graph, clock_hz=PERIOD * BAUD, baud=BAUD, options=CompileOptions(**options))


def exchange(top: Top, data: bytes, reply_bytes: int) -> bytes:
    """What ``top`` sends while ``data`` and, after it, time for so many bytes more go by."""
    m = Module()
    m.submodules.top = top
    m.submodules.receiver = receiver = uart.Receiver(uart.cycles_per_bit(PERIOD, 1))
    m.d.comb += receiver.rx.eq(top.tx)
    received = bytearray()

    async def send(ctx):
        for level in wave(data):
            ctx.set(top.rx, level.rx)
            await ctx.tick().repeat(round(level.bits * PERIOD))
        await ctx.tick().repeat(PERIOD * uart.FRAME_BITS * reply_bytes)

    async def listen(ctx):
        ports = receiver.received.valid, receiver.received.payload
        async for _, _, valid, payload in ctx.tick().sample(*ports):
            if valid:
                received.append(payload.byte)

    simulation = simulator(m)
    simulation.add_clock(1e-6)
    simulation.add_testbench(send)
    simulation.add_process(listen)
    simulation.run()
    return bytes(received)


class SoftwareBoard:
    """A port to a board whose circuit is software inference, with a line that damages frames.

    ``damage`` is given the number of each request and what is about to arrive, and returns what
    does. Requests that make no sense are answered as the circuit does.
    """

    def __init__(self, graph, top=None, damage=lambda number, data: data):
        self.graph = graph
        self.top = top or board_of(graph)
        self.damage = damage
        self.requests: list[bytes] = []
        self._deframer = protocol.Deframer()
        self._line = b""

    def send(self, data: bytes) -> None:
        for body in protocol.Deframer().feed(data):
            self._line += self.damage(len(self.requests), self._reply(body))
            self.requests.append(body)

    def receive(self, seconds: float) -> bytes:
        line, self._line = self._line, b""
        return line

    def _reply(self, body: bytes) -> bytes:
        command, sequence = body[:2]
        if command == Command.IDENTIFY:
            payload = self.top.identity.pack()
        else:
            bits = np.zeros((1, self.graph.n_inputs), dtype=bool)
            sent = protocol.sent_bits(self.graph)
            unpacked = np.unpackbits(np.frombuffer(body[2:], np.uint8), bitorder="little")
            bits[0, sent] = unpacked[: len(sent)]
            scores = golden.scores(self.graph, bits)
            payload = bytes([int(np.argmax(scores))])
            if command == Command.SCORES:
                size = self.top.identity.score_bytes
                words = [int(s).to_bytes(size, "little", signed=True) for s in scores[0]]
                payload += (7).to_bytes(2, "little") + b"".join(words)
        return protocol.request(command | protocol.REPLY, sequence, payload)


def error(problem: Problem, sequence: int) -> bytes:
    return bytes([protocol.ERROR, sequence, problem])


def requests(payloads: Sequence[bytes], command: int = Command.SCORES) -> bytes:
    return b"".join(protocol.request(command, i, each) for i, each in enumerate(payloads))
