"""Samples and results as bytes: what they look like in memory, and in the beats of a stream.

A sample is an array of features, in order, as C stores it: each a little-endian integer of as many
bytes as the widest takes. Encoded bits stand eight in a byte, bit ``i`` at bit ``i % 8`` of byte
``i // 8``. A result is an array, too: the class, then every class's score. Bytes fill beats from
the lowest bits on, without gaps; only the last beat may stay partly empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lilogic.hdl.options import InputKind

if TYPE_CHECKING:
    from lilogic.hdl.components.interface import Interface

_WORD_BYTES = (1, 2, 4, 8)
"""Bytes of the integers that there are in C."""


@dataclass(frozen=True)
class Packet:
    """An array of integers in the beats of a packet.

    Attributes:
        words: how many integers there are.
        word_bytes: bytes of each: 1, 2, 4 or 8.
        signed: whether they are in two's complement.
        width: bits of a beat.
        bytes: bytes of all integers.
        beats: beats that hold them.
    """

    words: int
    word_bytes: int
    signed: bool
    width: int
    bytes: int
    beats: int

    @classmethod
    def of(cls, words: int, word_bytes: int, signed: bool, width: int) -> Packet:
        """A packet of some words in beats of some width."""
        size = words * word_bytes
        return cls(words, word_bytes, signed, width, size, -(-8 * size // width))

    @property
    def beat_bytes(self) -> int:
        """Bytes of a beat."""
        return self.width // 8

    @property
    def last_bytes(self) -> int:
        """Bytes in the last beat."""
        return self.bytes - (self.beats - 1) * self.beat_bytes


def sample_packet(interface: Interface, width: int) -> Packet:
    """How a sample for a classifier is sent in beats of ``width`` bits."""
    if interface.data is InputKind.BITS:
        return Packet.of(-(-interface.data_width // 8), 1, False, width)
    widths = _feature_widths(interface)
    return Packet.of(len(widths), _word_bytes(max(widths)), False, width)


def result_packet(interface: Interface, width: int) -> Packet:
    """How a classifier's result is sent in beats of ``width`` bits: class first, then scores."""
    signed = interface.score_signed
    widest = max(interface.score_width, interface.index_width + signed)
    return Packet.of(1 + interface.classes, _word_bytes(widest), signed, width)


def places(interface: Interface) -> npt.NDArray[np.int64]:
    """int64 [data_width]: which bit of a sample's bytes each bit of the data port is."""
    if interface.data is InputKind.BITS:
        return np.arange(interface.data_width)
    widths = _feature_widths(interface)
    word = 8 * _word_bytes(max(widths))
    found = [word * at + place for at, width in enumerate(widths) for place in range(width)]
    return np.array(found or [0], dtype=np.int64)


def sample_bytes(interface: Interface, data: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Samples as they are sent.

    Args:
        interface: the classifier's.
        data: uint8 [samples, bytes], values of the data port, as in ``Vectors``.

    Returns:
        uint8 [samples, bytes of a sample].
    """
    port = np.unpackbits(data, axis=1, count=interface.data_width, bitorder="little")
    size = sample_packet(interface, 8).bytes
    sent = np.zeros((len(data), 8 * size), dtype=np.uint8)
    sent[:, places(interface)] = port
    return np.packbits(sent, axis=1, bitorder="little")


def result_bytes(
    interface: Interface, index: npt.NDArray[Any], scores: npt.NDArray[Any]
) -> npt.NDArray[np.uint8]:
    """Results as they come.

    Args:
        interface: the classifier's.
        index: [samples], the classes.
        scores: [samples, classes].

    Returns:
        uint8 [samples, bytes of a result].
    """
    packet = result_packet(interface, 8)
    words = np.column_stack([index, scores]).astype(f"<i{packet.word_bytes}")
    return np.ascontiguousarray(words).view(np.uint8)


def _word_bytes(bits: int) -> int:
    return next(size for size in _WORD_BYTES if bits <= 8 * size)


def _feature_widths(interface: Interface) -> tuple[int, ...]:
    """Bits of each feature's word on the data port."""
    if interface.levels is not None:
        return tuple(len(levels).bit_length() for levels in interface.levels)
    if interface.scaling is not None:
        return tuple(interface.scaling.bits)
    assert interface.feature_width, "only narrow and scaled features have words of their own"
    return (interface.feature_width,) * (interface.data_width // interface.feature_width)
