"""What levels of logic take on the devices that nextpnr knows: the figures of ``devices``.

One design holds each kind of level many times between registers, each kind on a clock of its own,
so that one placement and routing gives the period of all of them. Fits the delays to the periods by
least squares, prints both and writes build/bench/delays.json.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import records
from amaranth.hdl import Cat, ClockDomain, ClockSignal, Module, Mux, Signal, Value
from amaranth.lib.wiring import Component, In, Out
from rich.console import Console
from rich.table import Table

from lilogic.hdl import verilog
from lilogic.hdl.fpga import nextpnr, yosys
from lilogic.hdl.fpga.delays import Delays
from lilogic.hdl.fpga.devices import DEVICES, Device
from lilogic.hdl.synthesis.area import TARGETS

SOURCES = 192
"""Registers that the levels of one kind read, at random."""
BITS = 96
"""Registers that they end in."""

Kind = Callable[[np.random.Generator, Value, Module], list[Value]]


def gates(levels: int) -> Kind:
    """Levels of random gates that read two of the level before."""

    def make(generator: np.random.Generator, sources: Value, m: Module) -> list[Value]:
        for level in range(levels):
            a, b = generator.integers(0, len(sources), (2, BITS)).tolist()
            row = Signal(BITS, name=f"gates{levels}_{level}")
            functions = generator.integers(0, 3, BITS).tolist()
            m.d.comb += row.eq(
                Cat(
                    (sources[i] & sources[j], sources[i] | ~sources[j], sources[i] ^ sources[j])[f]
                    for i, j, f in zip(a, b, functions, strict=True)
                )
            )
            sources = row
        return [*sources]

    return make


def words(
    width: int, apply: Callable[[Value, Value], Value]
) -> Callable[[np.random.Generator, Value, Module], list[Value]]:
    """A function of two words of bits from anywhere, so often that it makes all the bits.

    No bit is in two words, as none is in a popcount or an argmax.
    """

    def make(generator: np.random.Generator, sources: Value, m: Module) -> list[Value]:
        made: list[Value] = []
        bits = generator.permutation(len(sources))
        for a, b in bits[: len(bits) // (2 * width) * 2 * width].reshape(-1, 2, width).tolist():
            made += [*apply(Cat(sources[i] for i in a), Cat(sources[i] for i in b))]
        return made[:BITS]

    return make


def add(a: Value, b: Value) -> Value:
    return a + b


def highest(a: Value, b: Value) -> Value:
    return Mux(a > b, a, b)


KINDS: dict[str, Kind] = {
    "1 level of gates": gates(1),
    "2 levels of gates": gates(2),
    "4 levels of gates": gates(4),
    "6 levels of gates": gates(6),
    "addition of 4 bits": words(4, add),
    "addition of 12 bits": words(12, add),
    "maximum of 8 bits": words(8, highest),
    "maximum of 12 bits": words(12, highest),
}
# Of each kind, how often it holds what ``Delays`` has: stage, gate, chain, bit.
TERMS = np.array(
    [
        [1, 1, 0, 0],
        [1, 2, 0, 0],
        [1, 4, 0, 0],
        [1, 6, 0, 0],
        [1, 0, 1, 4],
        [1, 0, 1, 12],
        [1, 1, 1, 8],
        [1, 1, 1, 12],
    ]
)


class Levels(Component):
    """Each kind between registers of its own clock; bits are shifted in and out."""

    def __init__(self) -> None:
        count = len(KINDS)
        super().__init__({"clocks": In(count), "shift_in": In(1), "shift_out": Out(count)})

    def elaborate(self, platform: object) -> Module:
        """Amaranth calls this."""
        m = Module()
        generator = np.random.default_rng(0)
        for number, make in enumerate(KINDS.values()):
            domain = f"clock{number}"
            m.domains += ClockDomain(domain, reset_less=True)
            m.d.comb += ClockSignal(domain).eq(self.clocks[number])
            sources = Signal(SOURCES, name=f"sources{number}")
            ends = Signal(BITS, name=f"ends{number}")
            # What is shifted out is combined from the registers in which paths end.
            shifted = Signal(BITS, name=f"shifted{number}")
            m.d[domain] += [
                sources.eq(Cat(self.shift_in, sources)),
                ends.eq(Cat(make(generator, sources, m))),
                shifted.eq(Cat(sources[-1], shifted) ^ ends),
            ]
            m.d.comb += self.shift_out[number].eq(shifted[-1])
        return m


def periods(on: Device) -> list[float]:
    """Nanoseconds that each kind takes, from register to register."""
    with tempfile.TemporaryDirectory(prefix="lilogic-") as name:
        folder = Path(name)
        (folder / "levels.v").write_text(verilog.emit_component(Levels(), "levels"), "utf-8")
        synthesis = TARGETS[on.family.name].script("levels").replace("-noflatten", "")
        yosys.run(f"read_verilog levels.v\n{synthesis}\nwrite_json design.json", folder)
        report, _ = nextpnr.route(folder, on.family, on.options)
    found = {}
    for name, clock in report["fmax"].items():
        # What nextpnr calls a clock contains one of the names that it has in Amaranth.
        number = re.search(r"clocks?\[?(\d+)", name)
        assert number is not None, name
        found[int(number[1])] = 1000 / clock["achieved"]
    return [found[number] for number in range(len(KINDS))]


def fitted(measured: Sequence[float]) -> Delays:
    """The delays that explain the periods best."""
    solution, *_ = np.linalg.lstsq(TERMS, np.array(measured), rcond=None)
    return Delays(*np.round(solution, 3).tolist())


def main() -> None:
    """Measure the devices and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    measurable = [name for name, device in DEVICES.items() if device.options]
    parser.add_argument("devices", nargs="*", default=measurable)
    options = records.parse(parser, "delays")
    result: dict[str, Any] = {}
    for name in options.devices:
        measured = periods(DEVICES[name])
        result[name] = {
            "periods_ns": dict(zip(KINDS, np.round(measured, 2).tolist(), strict=True)),
            "delays": vars(fitted(measured)),
        }
    records.finish(options, result, show, threads=1)


def show(result: dict[str, Any]) -> None:
    """Print the table: a column for each device, in nanoseconds."""
    table = Table("ns", *result)
    for section in ("periods_ns", "delays"):
        for row in next(iter(result.values()))[section]:
            table.add_row(row, *(f"{found[section][row]:.2f}" for found in result.values()))
        table.add_section()
    Console(highlight=False).print(table)


if __name__ == "__main__":
    main()
