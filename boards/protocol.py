"""What the bytes between host and board mean; docs/reference/link.md describes them for others.

Frames follow RFC 1055 (SLIP): ``END`` ends one, and escapes keep it out of the rest, so whoever
lost track is back in step after the next ``END``. A frame's body is a command byte, a sequence byte
that the reply repeats, the payload, and a CRC-32 (ISO-HDLC, as ``zlib.crc32``) of all that, lowest
byte first.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.data.encoder import Encoder
from lilogic.errors import ToolError
from lilogic.graph import GateGraph
from lilogic.hdl.components.interface import pack
from lilogic.hdl.options import InputKind

VERSION = 2

END = 0xC0
ESC = 0xDB
ESC_END = 0xDC
ESC_ESC = 0xDD

HEADER_BYTES = 2
CRC_BYTES = 4
CYCLES_BYTES = 2

QUEUE_BYTES = 256
"""Room for the headers and payloads of replies on the board, or more where two would not fit."""

REPLY = 0x80
"""Added to the command that is answered."""

ERROR = 0xFF
"""The command byte of a reply that has no answer, but one byte that says why: a ``Problem``."""


class Command(IntEnum):
    """What a host may ask for.

    ``IDENTIFY`` has no payload and is answered with an ``Identity``. The others carry a sample, as
    ``payloads`` makes them; ``CLASSIFY`` is answered with the class, ``SCORES`` with the class,
    the clock cycles that the classifier took (2 bytes) and every class's score.
    """

    IDENTIFY = 1
    CLASSIFY = 2
    SCORES = 3


class Problem(IntEnum):
    """Why there is no answer."""

    DAMAGED = 1
    """The checksum, an escape or a stop bit is wrong; then the sequence byte may be, too."""
    LENGTH = 2
    """The payload is not as long as the command's must be."""
    COMMAND = 3
    """There is no such command."""
    OVERRUN = 4
    """Replies were due faster than they can be sent; this request, at least, was dropped."""


def frame(body: bytes) -> bytes:
    """``body`` with its checksum, escaped, between two ``END``; the first one ends any garbage."""
    checked = body + zlib.crc32(body).to_bytes(CRC_BYTES, "little")
    escaped = checked.replace(bytes([ESC]), bytes([ESC, ESC_ESC]))
    escaped = escaped.replace(bytes([END]), bytes([ESC, ESC_END]))
    return bytes([END, *escaped, END])


def request(command: int, sequence: int, payload: bytes = b"") -> bytes:
    """The frame of a request."""
    return frame(bytes([command, sequence]) + payload)


class Deframer:
    """Frames out of a stream of bytes that may start anywhere and be damaged."""

    def __init__(self) -> None:
        self._open = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Bodies, without checksums, of the frames that ``data`` ends; damaged ones are dropped."""
        *whole, self._open = (self._open + data).split(bytes([END]))
        return [body for body in map(_unframed, whole) if body is not None]


def _unframed(escaped: bytes) -> bytes | None:
    parts = escaped.split(bytes([ESC]))
    for number, part in enumerate(parts[1:], 1):
        if part[:1] not in (bytes([ESC_END]), bytes([ESC_ESC])):
            return None
        parts[number] = bytes([END if part[0] == ESC_END else ESC]) + part[1:]
    checked = b"".join(parts)
    body, crc = checked[:-CRC_BYTES], checked[-CRC_BYTES:]
    is_whole = len(body) >= HEADER_BYTES and zlib.crc32(body).to_bytes(CRC_BYTES, "little") == crc
    return body if is_whole else None


_KINDS = (InputKind.BITS, InputKind.FEATURES)
"""What a sample is, by its number in an identity."""

_IDENTITY = struct.Struct("<B8sBBIHB?III")
HASH_BYTES = 8


@dataclass(frozen=True)
class Identity:
    """What a board says of itself.

    Attributes:
        model_hash: the first ``HASH_BYTES`` of ``lgn.fingerprint`` of the simplified graph.
        data: ``bits`` (encoded by the host) or ``features`` (encoded on the chip).
        feature_width: bits of a feature; 1 for encoded bits.
        data_bytes: length of a sample's payload.
        classes: number of classes.
        score_width: bits of a score.
        score_signed: whether scores can be negative.
        latency: clock cycles of the classifier.
        interval: clock cycles from one sample to the next that it takes.
        clock_hz: its clock.
        lilogic: version of lilogic that made it.
    """

    model_hash: bytes
    data: InputKind
    feature_width: int
    data_bytes: int
    classes: int
    score_width: int
    score_signed: bool
    latency: int
    interval: int
    clock_hz: int
    lilogic: str

    @property
    def index_bytes(self) -> int:
        """Length of a class in a reply."""
        return 1 if self.classes <= 256 else 2

    @property
    def score_bytes(self) -> int:
        """Length of a score in a reply."""
        return -(-self.score_width // 8)

    def pack(self) -> bytes:
        """The payload of the reply."""
        packed = _IDENTITY.pack(
            VERSION,
            self.model_hash,
            _KINDS.index(self.data),
            self.feature_width,
            self.data_bytes,
            self.classes,
            self.score_width,
            self.score_signed,
            self.latency,
            self.interval,
            self.clock_hz,
        )
        return packed + self.lilogic.encode()

    @classmethod
    def unpack(cls, payload: bytes) -> Identity:
        """The identity in the payload of a reply.

        Raises:
            ToolError: another version of the protocol, or no identity at all.
        """
        if payload[:1] != bytes([VERSION]):
            raise ToolError(
                f"the board speaks version {payload[0] if payload else '?'} of the link protocol, "
                f"but this lilogic speaks version {VERSION}; build and load its bitstream again"
            )
        try:
            _, model_hash, data, *rest = _IDENTITY.unpack(payload[: _IDENTITY.size])
            rest.append(payload[_IDENTITY.size :].decode("ascii"))
            return cls(model_hash, _KINDS[data], *rest)
        except (struct.error, IndexError, UnicodeDecodeError) as error:
            raise ToolError(
                f"the board's identification is invalid ({error}); check the baud rate, or build "
                "and load its bitstream again"
            ) from error


@dataclass(frozen=True)
class Answer:
    """A classification: the class and, if asked for, clock cycles and scores."""

    index: int
    cycles: int | None = None
    scores: tuple[int, ...] | None = None

    @classmethod
    def unpack(cls, payload: bytes, identity: Identity, has_scores: bool) -> Answer:
        """The answer in the payload of a reply.

        Raises:
            ToolError: it has another length than the identity announces, or no such class.
        """
        start = identity.index_bytes + CYCLES_BYTES
        size = identity.score_bytes
        expected = start + identity.classes * size if has_scores else identity.index_bytes
        index = int.from_bytes(payload[: identity.index_bytes], "little")
        if len(payload) != expected or index >= identity.classes:
            raise ToolError(
                f"the board answered with {payload.hex()}, which is not one of its classes"
            )
        if not has_scores:
            return cls(index)
        cycles = int.from_bytes(payload[identity.index_bytes : start], "little")
        words = (payload[place : place + size] for place in range(start, expected, size))
        scores = (int.from_bytes(w, "little", signed=identity.score_signed) for w in words)
        return cls(index, cycles, tuple(scores))


def sent_bits(graph: GateGraph) -> npt.NDArray[np.intp]:
    """The input bits that ``graph`` depends on, rising; only these cross the link as ``bits``."""
    return np.flatnonzero(graph.alive[: graph.n_inputs])


def feature_width(encoder: Encoder) -> int:
    """Bits of a feature on the link: of its dtype, however many its word on a chip has."""
    return 8 * np.dtype(encoder.feature_dtype).itemsize


def payload_bytes(graph: GateGraph, data: InputKind) -> int:
    """Length of each of ``payloads``."""
    if data is InputKind.BITS or graph.encoder is None:
        return max(1, -(-len(sent_bits(graph)) // 8))
    return graph.encoder.n_features * feature_width(graph.encoder) // 8


def payloads(graph: GateGraph, data: InputKind, samples: npt.NDArray[Any]) -> list[bytes]:
    """The payload of each of ``samples``, for a board that takes ``data``.

    Bits are ``sent_bits``, eight to a byte, the first one lowest, at least a byte; features are
    all features in C order, of whole bytes (``feature_width`` bits), lowest byte first.

    Args:
        graph: the graph on the board.
        data: what the board takes.
        samples: raw samples [samples, *encoder.input_shape], or bits [samples, n_inputs] for a
            graph without an encoder.

    Raises:
        DataError: the samples do not fit the encoder.
    """
    if data is InputKind.FEATURES and graph.encoder is not None:
        features = graph.encoder.features(samples)
        return [row.tobytes() for row in features.astype(features.dtype.newbyteorder("<"))]
    sent = pack(graph, data, samples)[:, sent_bits(graph)]
    packed = np.packbits(sent, axis=1, bitorder="little")
    return [row.tobytes() or b"\0" for row in packed]
