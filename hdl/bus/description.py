"""What a classifier behind a bus promises to whoever connects to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lilogic.hdl.bus import registers
from lilogic.hdl.bus.packets import Packet, result_packet, sample_packet
from lilogic.hdl.bus.registers import Access, Register
from lilogic.hdl.options import Bus

if TYPE_CHECKING:
    from lilogic.hdl.components.interface import Interface

DELAY = 3
"""Clock cycles from a sample's last beat to its result's first, beside the classifier's own: one
until the sample is there, two through the queue of results."""


@dataclass(frozen=True)
class BusInterface:
    """The module that has a classifier behind a bus, as ``interface.json`` describes it.

    Attributes:
        kind: which bus.
        module: name of the module, in the same file as the classifier's own.
        width: bits of a beat.
        sample: how a sample is sent.
        result: how a result comes: the class, then the scores.
        latency: clock cycles from the last beat of a sample to the first of its result, where
            neither waits.
        interval: clock cycles from one sample to the next, at best.
        registers: the registers that there are.
        constants: what those of them read as that never change, by name.
    """

    kind: Bus
    module: str
    width: int
    sample: Packet
    result: Packet
    latency: int
    interval: int
    registers: tuple[Register, ...]
    constants: dict[str, int]

    @classmethod
    def of(cls, interface: Interface, kind: Bus, width: int, network: bytes) -> BusInterface:
        """What a bus of a ``kind`` with beats of ``width`` bits makes of a classifier.

        Args:
            interface: the classifier's own.
            kind: which bus.
            width: bits of a beat.
            network: SHA-256 of the network, 32 bytes.
        """
        sample, result = sample_packet(interface, width), result_packet(interface, width)
        latency, interval = timing(interface, width)
        constants: dict[str, int] = {}
        if kind.has_registers:
            constants = {
                "ID": registers.MAGIC,
                "VERSION": registers.MAP_VERSION,
                "SAMPLE_BYTES": sample.bytes,
                "RESULT_BYTES": result.bytes,
                "CLASSES": interface.classes,
                "LATENCY": latency,
                "INTERVAL": interval,
            }
            for word in range(registers.HASH_WORDS):
                digits = network[4 * word : 4 * word + 4]
                constants[f"HASH{word}"] = int.from_bytes(digits, "little")
        return cls(
            kind=kind,
            module=f"{interface.module}_{kind.value.replace('+', '_')}",
            width=width,
            sample=sample,
            result=result,
            latency=latency,
            interval=interval,
            registers=tuple(registers.present(kind)),
            constants=constants,
        )

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> BusInterface:
        """What ``interface.json`` says.

        Raises:
            TypeError, KeyError, ValueError: that is no description of a bus.
        """
        return cls(
            **dict(fields)
            | {
                "kind": Bus(fields["kind"]),
                "sample": Packet(**fields["sample"]),
                "result": Packet(**fields["result"]),
                "registers": tuple(
                    Register(**register | {"access": Access(register["access"])})
                    for register in fields["registers"]
                ),
            }
        )


def timing(interface: Interface, width: int) -> tuple[int, int]:
    """``latency`` and ``interval`` of a classifier between streams of beats of ``width`` bits."""
    sample, result = sample_packet(interface, width), result_packet(interface, width)
    return interface.latency + DELAY, max(interface.interval, sample.beats, result.beats)
