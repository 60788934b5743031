"""Netlists with their hierarchy, as Yosys writes them: instances, cells, and names of nets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lilogic.hdl.fpga import yosys

Net = int | str
"""A net's number in the whole design, or one of the constants "0", "1", "x" and "z"."""


@dataclass(frozen=True)
class Cell:
    """A cell, with the one net at each of its pins.

    Attributes:
        name: what it is called in its module.
        kind: its type.
        pins: the net at each pin.
        outputs: which pins drive their nets.
    """

    name: str
    kind: str
    pins: dict[str, Net]
    outputs: frozenset[str]


@dataclass(frozen=True)
class Wire:
    """A named vector of nets.

    Attributes:
        name: what it is called in its module.
        nets: lowest first.
        first: the number of the lowest bit.
        is_vector: whether its bits have numbers at all.
    """

    name: str
    nets: tuple[Net, ...]
    first: int = 0
    is_vector: bool = False

    def bit(self, place: int) -> str:
        """What one of its bits is called."""
        return f"{self.name}[{self.first + place}]" if self.is_vector else self.name


@dataclass(frozen=True)
class Instance:
    """An instance of a module.

    Attributes:
        name: what it is called where it stands.
        module: of which it is.
        ports: of the module, each with whether it is an input.
        wires: all that have names, ports among them.
        cells: those directly in it.
        children: instances directly in it.
    """

    name: str
    module: str
    ports: dict[str, bool] = field(default_factory=dict)
    wires: dict[str, Wire] = field(default_factory=dict)
    cells: list[Cell] = field(default_factory=list)
    children: list[Instance] = field(default_factory=list)

    def walk(self, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Instance]]:
        """This instance and all inside it, each with the names on the way to it."""
        path = (*path, self.name)
        yield path, self
        for child in self.children:
            yield from child.walk(path)


def read(text: bytes, top: str) -> tuple[Instance, str]:
    """The design in Yosys' JSON, as an instance called ``top`` of that module; and its creator."""
    written = json.loads(text)
    made = _Reader(written["modules"])
    return made.resolved(made.instance(top, top)), " ".join(written["creator"].split()[:2])


class _Reader:
    """Numbers the nets of all instances, and joins those that ports connect."""

    def __init__(self, modules: Mapping[str, Any]) -> None:
        self._modules = modules
        self._joined: dict[Net, Net] = {}
        self._next = 0

    def instance(self, name: str, kind: str) -> Instance:
        """The instance with nets that are not resolved yet."""
        module = self._modules[kind]
        first = self._next
        wires = {
            wire: _wire(wire, found, first)
            for wire, found in module["netnames"].items()
            if not found.get("hide_name")
        }
        ports = {port: each["direction"] == "input" for port, each in module["ports"].items()}
        made = Instance(name, kind, ports, wires)
        nets = [bits for found in module["netnames"].values() for bits in found["bits"]]
        for cell in module["cells"].values():
            nets += [bit for bits in cell["connections"].values() for bit in bits]
        self._next += 1 + max((bit for bit in nets if isinstance(bit, int)), default=0)
        for label, cell in module["cells"].items():
            self._add(made, label, cell, first)
        return made

    def _add(self, made: Instance, label: str, cell: Mapping[str, Any], first: int) -> None:
        """Put a cell, or an instance of a module, into an instance."""
        kind, joined = cell["type"], cell["connections"]
        if kind == yosys.SCOPE:
            return
        if kind not in self._modules or _is_model(self._modules[kind]):
            pins = {pin: _shifted(bits[0], first) for pin, bits in joined.items() if bits}
            outputs = (pin for pin, way in cell["port_directions"].items() if way == "output")
            made.cells.append(Cell(label, kind, pins, frozenset(outputs)))
            return
        child = self.instance(label, kind)
        made.children.append(child)
        for port, bits in joined.items():
            for inside, outside in zip(child.wires[port].nets, bits, strict=True):
                self._join(inside, _shifted(outside, first))

    def _join(self, one: Net, other: Net) -> None:
        one, other = self._found(one), self._found(other)
        if one != other:
            # A constant stands for all that it is joined to.
            one, other = (other, one) if isinstance(one, str) else (one, other)
            self._joined[one] = other

    def _found(self, net: Net) -> Net:
        while net in self._joined:
            net = self._joined[net]
        return net

    def resolved(self, made: Instance) -> Instance:
        """The instance with nets that are one where they are connected."""
        return Instance(
            made.name,
            made.module,
            made.ports,
            {
                name: Wire(name, (*map(self._found, wire.nets),), wire.first, wire.is_vector)
                for name, wire in made.wires.items()
            },
            [
                Cell(
                    cell.name,
                    cell.kind,
                    {pin: self._found(net) for pin, net in cell.pins.items()},
                    cell.outputs,
                )
                for cell in made.cells
            ],
            [self.resolved(child) for child in made.children],
        )


def _is_model(module: Mapping[str, Any]) -> bool:
    """Whether a module only says what pins a cell of a library has."""
    marks = module.get("attributes", {})
    return any(int(str(marks.get(mark, "0")), 2) for mark in ("blackbox", "whitebox"))


def _wire(name: str, found: Mapping[str, Any], first: int) -> Wire:
    nets = tuple(_shifted(bit, first) for bit in found["bits"])
    lowest = int(found.get("offset", 0))
    is_vector = len(nets) > 1 or lowest != 0 or "single_bit_vector" in found["attributes"]
    return Wire(name, nets, lowest, is_vector)


def _shifted(bit: Net, first: int) -> Net:
    return bit if isinstance(bit, str) else first + bit
