"""A C header: what software has to know of a block, with the map of its registers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lilogic.hdl.artefacts.block import STEM, Block
from lilogic.hdl.bus import registers

HEADER = f"{STEM}.h"


@dataclass(frozen=True)
class _Define:
    """A constant: its name, its value as C has it, and what it means."""

    name: str
    value: str
    meaning: str


def write(block: Block) -> dict[str, str]:
    """The header, in C99 and C++."""
    prefix = block.interface.module.upper()
    defines = {"The block.": [*_sizes(block)]}
    if bus := block.interface.bus:
        defines["What a sample and a result are in memory."] = [*_packets(block)]
        if bus.registers:
            defines["Registers: byte addresses."] = [*_addresses(block)]
            defines["What registers that never change read as."] = [*_constants(block)]
            defines["Bits of registers."] = [*_fields(block)]
    text = block.render(
        "header.h", prefix=prefix, defines=defines, names=[*map(quoted, block.class_names)]
    )
    return {HEADER: text}


def _sizes(block: Block) -> Iterator[_Define]:
    interface = block.interface
    yield _Define("CLASSES", f"{interface.classes}", "number of classes")
    yield _Define("SCORE_BITS", f"{interface.score_width}", "bits of a score")
    signed = "whether scores are in two's complement"
    yield _Define("SCORE_SIGNED", f"{interface.score_signed:d}", signed)
    yield _Define("LATENCY", f"{interface.latency}", "clock cycles, without a bus")
    interval = "clock cycles from one sample to the next, at least, without a bus"
    yield _Define("INTERVAL", f"{interface.interval}", interval)


def _packets(block: Block) -> Iterator[_Define]:
    bus = block.interface.bus
    assert bus is not None
    of = {
        "SAMPLE": (bus.sample, "features, or eight bits each"),
        "RESULT": (bus.result, "class, then scores"),
    }
    for name, (packet, what) in of.items():
        yield _Define(f"{name}_WORDS", f"{packet.words}", f"integers: {what}")
        yield _Define(
            f"{name}_WORD_BYTES", f"{packet.word_bytes}", "bytes of each, the lowest first"
        )
        yield _Define(f"{name}_BYTES", f"{packet.bytes}", "bytes of all")
        yield _Define(f"{name}_BEATS", f"{packet.beats}", f"beats of {packet.width} bits")
    sign = "whether the integers of a result are in two's complement"
    yield _Define("RESULT_SIGNED", f"{bus.result.signed:d}", sign)


def _addresses(block: Block) -> Iterator[_Define]:
    bus = block.interface.bus
    assert bus is not None
    access = {registers.Access.READ: "read", registers.Access.WRITE: "write"}
    for register in bus.registers:
        meaning = f"{access[register.access]} only: {register.meaning}"
        yield _Define(f"REG_{register.name}", f"0x{register.offset:02x}u", meaning)


def _constants(block: Block) -> Iterator[_Define]:
    bus = block.interface.bus
    assert bus is not None
    for name, value in bus.constants.items():
        yield _Define(f"{name}_VALUE", f"0x{value:08x}u", "")


def _fields(block: Block) -> Iterator[_Define]:
    bus = block.interface.bus
    assert bus is not None
    for field in registers.present_fields(bus.kind):
        mask = (1 << field.width) - 1 << field.place
        yield _Define(f"{field.register}_{field.name}", f"0x{mask:08x}u", field.meaning)


def quoted(text: str) -> str:
    """A literal of C, in UTF-8; bytes that are no plain characters as octal."""
    plain = (
        chr(b) if 32 <= b < 127 and chr(b) not in '"\\?' else f"\\{b:03o}" for b in text.encode()
    )
    return f'"{"".join(plain)}"'
