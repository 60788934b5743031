"""The registers of a classifier behind AXI4-Lite or Wishbone: the one definition of their map.

Hardware, documentation and headers in C are made from ``REGISTERS``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lilogic.hdl.options import REGISTER_WIDTH, Bus

WIDTH = REGISTER_WIDTH
"""Bits of a register, of an AXI4-Lite or Wishbone data bus, and of a beat that a register holds."""

ADDRESS_BITS = 8
"""Bits of a byte address."""

MAGIC = int.from_bytes(b"LILO", "little")
"""What ``ID`` reads as."""

MAP_VERSION = 1
"""Of this map; a later one with the same number only adds registers."""


class Access(StrEnum):
    """What may be done with a register."""

    READ = "ro"
    WRITE = "wo"


@dataclass(frozen=True)
class Register:
    """A 32-bit register.

    Attributes:
        name: in capitals, as it is called in C.
        offset: its byte address.
        access: what may be done with it. What is only read ignores writes, what is only written
            reads as 0.
        meaning: for people, a sentence or two without a full stop at the end.
        feeds: whether it passes samples and results, so that it is there without streams only.
        is_constant: whether it reads the same for ever.
        counts: whether it counts up from 0, where reset and ``CLEAR`` set it, and wraps around.
    """

    name: str
    offset: int
    access: Access
    meaning: str
    feeds: bool = False
    is_constant: bool = False
    counts: bool = False


@dataclass(frozen=True)
class Field:
    """Bits of a register: ``width`` of them from bit ``place`` on; ``feeds`` as of the register."""

    name: str
    register: str
    place: int
    meaning: str
    width: int = 1
    feeds: bool = False


def _constant(name: str, offset: int, meaning: str) -> Register:
    return Register(name, offset, Access.READ, meaning, is_constant=True)


def _counter(name: str, offset: int, meaning: str, feeds: bool = False) -> Register:
    return Register(name, offset, Access.READ, meaning, feeds, counts=True)


HASH_WORDS = 8

REGISTERS: tuple[Register, ...] = (
    _constant("ID", 0x00, "0x4f4c494c, the letters LILO, the first in the lowest byte"),
    _constant("VERSION", 0x04, "version of this map: 1"),
    _constant("SAMPLE_BYTES", 0x08, "bytes of a sample"),
    _constant("RESULT_BYTES", 0x0C, "bytes of a result"),
    _constant("CLASSES", 0x10, "number of classes"),
    _constant("LATENCY", 0x14, "clock cycles from the last beat of a sample to its result"),
    _constant("INTERVAL", 0x18, "clock cycles from one sample to the next, at least"),
    *(
        _constant(
            f"HASH{word}",
            0x20 + 4 * word,
            f"bytes {4 * word} to {4 * word + 3} of the network's SHA-256, network.sha256 in "
            "build.json, the first in the lowest byte",
        )
        for word in range(HASH_WORDS)
    ),
    Register("CONTROL", 0x40, Access.WRITE, "what to do"),
    Register("STATUS", 0x44, Access.READ, "what is waiting"),
    _counter("SAMPLES", 0x48, "samples that the classifier took"),
    _counter("RESULTS", 0x4C, "results that were taken from it, whole"),
    _counter("SHORT", 0x50, "packets dropped as they ended before the sample was whole"),
    _counter("LONG", 0x54, "packets dropped as they did not end where the sample was whole"),
    _counter("HOLES", 0x58, "packets dropped as bytes of the sample were not kept"),
    _counter("STALLS", 0x5C, "clock cycles in which a beat of a sample had to wait"),
    _counter("CYCLES", 0x60, "clock cycles, low half; reading it holds the high half"),
    Register(
        "CYCLES_HIGH", 0x64, Access.READ, "high half of the clock cycles when CYCLES was last read"
    ),
    Register("DATA", 0x80, Access.WRITE, "a beat of a sample that is not its last", feeds=True),
    Register("DATA_LAST", 0x84, Access.WRITE, "the last beat of a sample", feeds=True),
    Register(
        "RESULT",
        0x88,
        Access.READ,
        "the next beat of a result, which reading takes; 0 where there is none",
        feeds=True,
    ),
    _counter("OVERRUNS", 0x8C, "beats written while there was no room, which were lost", True),
)
"""All registers, by address."""

FIELDS: tuple[Field, ...] = (
    Field("CLEAR", "CONTROL", 0, "write 1 to set all counters to 0"),
    Field("BUSY", "STATUS", 0, "a sample or a result is on its way"),
    Field(
        "ROOM",
        "STATUS",
        1,
        "a beat of a sample can be taken; then so can the rest of it",
        feeds=True,
    ),
    Field("RESULT", "STATUS", 2, "a beat of a result is waiting", feeds=True),
    Field("RESULT_LAST", "STATUS", 3, "it is the last of its result", feeds=True),
)
"""What the bits of ``CONTROL`` and ``STATUS`` mean; the others are 0."""


def present(bus: Bus) -> list[Register]:
    """The registers that a classifier behind ``bus`` has."""
    if not bus.has_registers:
        return []
    return [register for register in REGISTERS if not (register.feeds and bus.has_streams)]


def present_fields(bus: Bus) -> list[Field]:
    """What bits of the registers that are ``present`` behind ``bus`` mean."""
    if not bus.has_registers:
        return []
    return [field for field in FIELDS if not (field.feeds and bus.has_streams)]
