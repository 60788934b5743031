"""Frames in hardware: escapes and checksums, as ``lilogic.boards.protocol`` describes them."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.crc.catalog import CRC32_ISO_HDLC
from amaranth.lib.data import StructLayout
from amaranth.lib.wiring import Component, In, Out

from lilogic.boards.protocol import CRC_BYTES, END, ESC, ESC_END, ESC_ESC, HEADER_BYTES

REPLY_BYTE = StructLayout({"byte": 8, "last": 1})
"""A byte of a reply's body, and whether it is the last one."""


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
        byte: in, a received byte, with ``valid``; at least ten cycles apart.
        valid: in.
        damaged: in, a byte was received wrongly.
        data: out, a byte of the frame, with ``data_valid``.
        data_valid: out.
        position: out, how many bytes of the frame came before; one more than ``longest`` stands
            for any more.
        command: out, at ``end``.
        sequence: out, at ``end``.
        end: out, high for one cycle at the end of a frame; ``position`` is then its length.
        intact: out, at ``end``: header and checksum are there, and right.
    """

    def __init__(self, longest: int) -> None:
        self._longest = longest
        super().__init__(
            {
                "byte": In(8),
                "valid": In(1),
                "damaged": In(1),
                "data": Out(8),
                "data_valid": Out(1),
                "position": Out(range(longest + 2)),
                "command": Out(8),
                "sequence": Out(8),
                "end": Out(1),
                "intact": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        m.submodules.crc = crc = Crc32()
        escaped, broken = Signal(), Signal()
        m.d.comb += [crc.byte.eq(self.data), crc.valid.eq(self.data_valid)]
        with m.If(self.data_valid):
            m.d.sync += self.position.eq(self.position + (self.position <= self._longest))
            with m.Switch(self.position):
                with m.Case(0):
                    m.d.sync += self.command.eq(self.data)
                with m.Case(1):
                    m.d.sync += self.sequence.eq(self.data)

        m.d.comb += self.data.eq(self.byte)
        with m.If(self.valid & (self.byte == END)):
            whole = (self.position >= HEADER_BYTES + CRC_BYTES) & crc.match
            m.d.comb += [
                # Nothing between two ends is no frame.
                self.end.eq((self.position != 0) | broken | escaped),
                self.intact.eq(whole & ~broken & ~escaped),
                crc.start.eq(1),
            ]
            m.d.sync += [self.position.eq(0), escaped.eq(0), broken.eq(0)]
        with m.Elif(self.valid):
            m.d.sync += escaped.eq(self.byte == ESC)
            with m.If(escaped):
                m.d.comb += [
                    self.data.eq(Mux(self.byte == ESC_END, END, ESC)),
                    self.data_valid.eq(1),
                ]
                m.d.sync += escaped.eq(0)
                with m.If((self.byte != ESC_END) & (self.byte != ESC_ESC)):
                    m.d.sync += broken.eq(1)
            with m.Else():
                m.d.comb += self.data_valid.eq(self.byte != ESC)
        with m.Elif(self.damaged):
            m.d.sync += broken.eq(1)
        return m


class FrameTransmitter(Component):
    """Frames of replies.

    Attributes:
        reply: in, a stream of ``REPLY_BYTE``, header first, without checksum.
        bytes: out, a stream of bytes to transmit.
    """

    def __init__(self) -> None:
        super().__init__(
            {"reply": In(stream.Signature(REPLY_BYTE)), "bytes": Out(stream.Signature(8))}
        )

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        m.submodules.crc = crc = Crc32()
        reply, out = self.reply, self.bytes
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
            with m.State("rest"):
                m.d.comb += [out.payload.eq(END), out.valid.eq(reply.valid), crc.start.eq(1)]
                m.d.sync += [checking.eq(0), place.eq(0)]
                with m.If(out.valid & out.ready):
                    m.next = "byte"
            with m.State("byte"):
                m.d.comb += [
                    out.payload.eq(Mux(is_special, ESC, byte)),
                    out.valid.eq((reply.valid | checking) & (place != CRC_BYTES) & ~crc.busy),
                    done.eq(out.valid & out.ready & ~is_special),
                ]
                with m.If(place == CRC_BYTES):
                    m.next = "end"
                with m.Elif(out.valid & out.ready & is_special):
                    m.next = "escape"
            with m.State("escape"):
                m.d.comb += [
                    out.payload.eq(Mux(byte == END, ESC_END, ESC_ESC)),
                    out.valid.eq(1),
                    done.eq(out.ready),
                ]
                with m.If(done):
                    m.next = "byte"
            with m.State("end"):
                m.d.comb += [out.payload.eq(END), out.valid.eq(1)]
                with m.If(out.ready):
                    m.next = "rest"
        return m
