"""Frames in hardware: escapes and checksums, as ``lilogic.boards.protocol`` describes them."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.crc.catalog import CRC32_ISO_HDLC
from amaranth.lib.data import StructLayout
from amaranth.lib.wiring import Component, In, Out

from lilogic.boards.gateware.uart import BYTES, RECEIVED
from lilogic.boards.protocol import CRC_BYTES, END, ESC, ESC_END, ESC_ESC, HEADER_BYTES

REPLY_BYTE = StructLayout({"byte": 8, "last": 1})
"""A byte of a reply's body, and whether it is the last one."""

REPLIES = stream.Signature(REPLY_BYTE)
"""Bodies of replies, header first, without checksum."""


def contents(longest: int) -> stream.Signature:
    """Bytes of frames, each with its ``position``: how many bytes of the frame came before.

    One more than ``longest``, of the longest frame of use, stands for any more.
    """
    fields = {"byte": 8, "position": range(longest + 2)}
    return stream.Signature(StructLayout(fields), always_ready=True)


def requests(longest: int) -> stream.Signature:
    """Frames that ended: command, sequence byte, length and whether they are intact.

    The length counts all bytes, checksum included; one more than ``longest``, of the longest frame
    of use, stands for any more. An intact frame has a header and the right checksum.
    """
    fields = {"command": 8, "sequence": 8, "length": range(longest + 2), "intact": 1}
    return stream.Signature(StructLayout(fields), always_ready=True)


class Crc32(Component):
    """CRC-32 a bit at a time: a byte takes eight cycles, but a third of the cells of one cycle's.

    Attributes:
        start: in, forgets all before; not together with ``valid``.
        byte: in, taken with ``valid``, not while ``busy``.
        valid: in.
        busy: out, ``crc`` and ``match`` are yet to come.
        crc: out, checksum of all bytes since ``start``.
        match: out, whether the last four bytes are the checksum of those before.
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "start": In(1),
                "byte": In(8),
                "valid": In(1),
                "busy": Out(1),
                "crc": Out(32),
                "match": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        m.submodules.bitwise = bitwise = CRC32_ISO_HDLC(data_width=1).create()
        byte, left = Signal(8), Signal(range(9))
        m.d.comb += [
            self.busy.eq(left != 0),
            bitwise.start.eq(self.start),
            bitwise.valid.eq(self.busy),
            bitwise.data.eq(byte[0]),
            self.crc.eq(bitwise.crc),
            self.match.eq(bitwise.match_detected),
        ]
        with m.If(self.valid):
            m.d.sync += [byte.eq(self.byte), left.eq(8)]
        with m.Elif(self.busy):
            m.d.sync += [byte.eq(byte >> 1), left.eq(left - 1)]
        return m


class FrameReceiver(Component):
    """Bodies of frames out of received bytes.

    Args:
        longest: length in bytes of the longest frame of use, checksum included, without escapes.

    Attributes:
        received: in, ``uart.RECEIVED``; at least ten cycles apart.
        contents: out, ``contents``.
        requests: out, ``requests``, at the end of each frame.
    """

    def __init__(self, longest: int) -> None:
        self._longest = longest
        super().__init__(
            {
                "received": In(RECEIVED),
                "contents": Out(contents(longest)),
                "requests": Out(requests(longest)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        m.submodules.crc = crc = Crc32()
        received, byte = self.received, self.received.payload.byte
        contents, request = self.contents, self.requests.payload
        position = Signal(range(self._longest + 2))
        command, sequence = Signal(8), Signal(8)
        escaped, broken = Signal(), Signal()
        m.d.comb += [
            contents.payload.position.eq(position),
            request.length.eq(position),
            request.command.eq(command),
            request.sequence.eq(sequence),
            crc.byte.eq(contents.payload.byte),
            crc.valid.eq(contents.valid),
        ]
        with m.If(contents.valid):
            m.d.sync += position.eq(position + (position <= self._longest))
            with m.Switch(position):
                with m.Case(0):
                    m.d.sync += command.eq(contents.payload.byte)
                with m.Case(1):
                    m.d.sync += sequence.eq(contents.payload.byte)

        sound = received.valid & ~received.payload.damaged
        m.d.comb += contents.payload.byte.eq(byte)
        with m.If(sound & (byte == END)):
            whole = (position >= HEADER_BYTES + CRC_BYTES) & crc.match
            m.d.comb += [
                # Nothing between two ends is no frame.
                self.requests.valid.eq((position != 0) | broken | escaped),
                request.intact.eq(whole & ~broken & ~escaped),
                crc.start.eq(1),
            ]
            m.d.sync += [position.eq(0), escaped.eq(0), broken.eq(0)]
        with m.Elif(sound):
            m.d.sync += escaped.eq(byte == ESC)
            with m.If(escaped):
                m.d.comb += [
                    contents.payload.byte.eq(Mux(byte == ESC_END, END, ESC)),
                    contents.valid.eq(1),
                ]
                m.d.sync += escaped.eq(0)
                with m.If((byte != ESC_END) & (byte != ESC_ESC)):
                    m.d.sync += broken.eq(1)
            with m.Else():
                m.d.comb += contents.valid.eq(byte != ESC)
        with m.Elif(received.valid):
            m.d.sync += broken.eq(1)
        return m


class FrameTransmitter(Component):
    """Frames of replies.

    Attributes:
        replies: in, ``REPLIES``.
        bytes: out, ``uart.BYTES``.
    """

    def __init__(self) -> None:
        super().__init__({"replies": In(REPLIES), "bytes": Out(BYTES)})

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        m.submodules.crc = crc = Crc32()
        reply, out = self.replies, self.bytes
        checking = Signal()  # whether the bytes are those of the checksum
        place = Signal(range(CRC_BYTES + 1))
        byte, done = Signal(8), Signal()
        is_special = (byte == END) | (byte == ESC)
        m.d.comb += [
            byte.eq(Mux(checking, crc.crc.word_select(place, 8), reply.payload.byte)),
            crc.byte.eq(byte),
            crc.valid.eq(done & ~checking),
            reply.ready.eq(done & ~checking),
        ]
        with m.If(done):
            m.d.sync += [checking.eq(checking | reply.payload.last), place.eq(place + checking)]
        with m.FSM():
            with m.State("REST"):
                m.d.comb += [out.payload.eq(END), out.valid.eq(reply.valid), crc.start.eq(1)]
                m.d.sync += [checking.eq(0), place.eq(0)]
                with m.If(out.valid & out.ready):
                    m.next = "BYTE"
            with m.State("BYTE"):
                m.d.comb += [
                    out.payload.eq(Mux(is_special, ESC, byte)),
                    out.valid.eq((reply.valid | checking) & (place != CRC_BYTES) & ~crc.busy),
                    done.eq(out.valid & out.ready & ~is_special),
                ]
                with m.If(place == CRC_BYTES):
                    m.next = "END"
                with m.Elif(out.valid & out.ready & is_special):
                    m.next = "ESCAPE"
            with m.State("ESCAPE"):
                m.d.comb += [
                    out.payload.eq(Mux(byte == END, ESC_END, ESC_ESC)),
                    out.valid.eq(1),
                    done.eq(out.ready),
                ]
                with m.If(done):
                    m.next = "BYTE"
            with m.State("END"):
                m.d.comb += [out.payload.eq(END), out.valid.eq(1)]
                with m.If(out.ready):
                    m.next = "REST"
        return m
