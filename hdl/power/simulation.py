"""A netlist as a circuit of two-input gates, and what its nets do over samples.

A sample enters in every clock cycle. Registers are wires of the circuit, because the same samples
go through them one after the other; how many of them stand before a net says how many cycles later
it has its value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from lilogic.errors import GraphError
from lilogic.formats.importers import cells as simple
from lilogic.graph import Circuit
from lilogic.graph.circuit import Builder, topological
from lilogic.hdl import verilog
from lilogic.hdl.components.interface import Interface
from lilogic.hdl.power.design import Cell, Instance, Net
from lilogic.hdl.proof.netlist import REGISTER
from lilogic.infer import activity
from lilogic.infer.activity import Activity

PARTS = ("encoder", "gates", "heads", "argmax", "other")
"""What activity and energy are told of; the last is what is in none of these modules."""

_MODULES = dict(zip(verilog.PARTS, PARTS, strict=False))
_CONSTANTS = {"0": 0, "1": 1, "x": 0, "z": 0}
_HELD = {"valid_in": 1, "rst": 0}
"""Inputs that keep their value: there is a sample in every cycle."""


@dataclass(frozen=True)
class Function:
    """What drives a net.

    Attributes:
        inputs: nets of the address's bits, lowest first.
        table: the net's value for address ``i`` is bit ``i``.
        is_register: whether it has that value a clock cycle later.
    """

    inputs: tuple[Net, ...]
    table: int
    is_register: bool = False

    @property
    def is_gate(self) -> bool:
        """Whether it takes a gate: no register, inverter, buffer or constant."""
        return not self.is_register and len({*self.inputs} - {*_CONSTANTS}) > 1


Describe = Callable[[Cell], Iterable[tuple[Net, Function]]]
"""Gives, for a cell, what drives each net at its outputs."""


def simple_functions(cell: Cell) -> list[tuple[Net, Function]]:
    """What Yosys' own simple gates and registers are."""
    if cell.kind == REGISTER:
        return [(cell.pins["Q"], Function((cell.pins["D"],), 2, is_register=True))]
    pins = {"type": cell.kind, "connections": {pin: [net] for pin, net in cell.pins.items()}}
    found = simple.tables(cell.name, pins, frozenset())
    return [(net, Function(table.inputs, table.table)) for net, table in found]


@dataclass(frozen=True, eq=False)
class Simulation:
    """A netlist, its circuit, and what it does over samples.

    Attributes:
        top: the netlist.
        cells: each with the part that it belongs to.
        functions: what drives each net.
        circuit: the netlist with registers as wires; its inputs are the bits of the data input.
        node: each net's node of the circuit.
        delay: how many registers the samples cross up to each net that depends on them.
        data: what the data input is called.
        bits: bool [samples, data_width], what stands on it.
        latency: cycles from a sample to its class.
    """

    top: Instance
    cells: list[tuple[str, Cell]]
    functions: dict[Net, Function]
    circuit: Circuit
    node: dict[Net, int]
    delay: dict[Net, int]
    data: str
    bits: npt.NDArray[np.bool_]
    latency: int

    @classmethod
    def of(
        cls,
        top: Instance,
        interface: Interface,
        bits: npt.NDArray[np.bool_],
        describe: Describe = simple_functions,
    ) -> Simulation:
        """The simulation of a compiled classifier's netlist.

        Args:
            top: an instance of the classifier's top module.
            interface: its ports.
            bits: bool [samples, data_width], of ``interface.pack``.
            describe: what the cells do.

        Raises:
            GraphError: a net depends on several samples, as in a folded classifier.
        """
        cells = [*_parts(top)]
        functions = {net: made for _, cell in cells for net, made in describe(cell)}
        data = top.wires[interface.data].nets
        held = {
            net: value
            for port, value in _HELD.items()
            if port in top.wires
            for net in top.wires[port].nets
        }
        circuit, node = _circuit(functions, data, held)
        delay = _delays(functions, node, data)
        return cls(
            top, cells, functions, circuit, node, delay, str(interface.data), bits,
            interface.latency,
        )  # fmt: skip

    @cached_property
    def activity(self) -> Activity:
        """What the circuit's nodes do."""
        return activity.measure(self.circuit, self.bits)

    def nodes(self, nets: Sequence[Net]) -> npt.NDArray[np.int64]:
        """int64 [nets]: their nodes."""
        return np.array([self.node[net] for net in nets], dtype=np.int64)

    def levels(self, part_of: Mapping[Net, str]) -> dict[Net, int]:
        """How many gates of its own part stand one behind the other up to each driven net."""
        level: dict[Net, int] = {}
        for net in topological(self.functions, self._sources):
            function, own = self.functions[net], part_of[net]
            before = [level[source] for source in self._sources(net) if part_of[source] == own]
            level[net] = max(before, default=0) + function.is_gate
        return level

    def _sources(self, net: Net) -> list[Net]:
        return [source for source in self.functions[net].inputs if source in self.functions]


def _parts(top: Instance) -> Iterable[tuple[str, Cell]]:
    """All cells, each with the part of the classifier that it belongs to."""
    for path, instance in top.walk():
        part = next((_MODULES[name] for name in path[1:] if name in _MODULES), PARTS[-1])
        for cell in instance.cells:
            yield part, cell


def _circuit(
    functions: Mapping[Net, Function], data: Sequence[Net], held: Mapping[Net, int]
) -> tuple[Circuit, dict[Net, int]]:
    """The circuit of all driven nets, and the node of each net."""
    builder = Builder(len(data))
    node: dict[Net, int] = {net: builder.constant(value) for net, value in _CONSTANTS.items()}
    node |= {net: builder.constant(value) for net, value in held.items()}
    node |= {net: place for place, net in enumerate(data)}

    def sources(net: Net) -> list[Net]:
        return [source for source in functions[net].inputs if source in functions]

    for net in topological(functions, sources):
        function = functions[net]
        # A clock that nothing reads but registers, and inputs of no meaning, are 0.
        wires = [node.setdefault(source, node["0"]) for source in function.inputs]
        node[net] = builder.lut(function.table, wires)
    return builder.build([]), node


def _delays(
    functions: Mapping[Net, Function], node: Mapping[Net, int], data: Sequence[Net]
) -> dict[Net, int]:
    """How many registers stand between the data input and each net that depends on it.

    Raises:
        GraphError: that depends on the way.
    """
    delay = dict.fromkeys(data, 0)
    for net in node:  # in topological order
        if net in functions:
            found = {delay[source] for source in functions[net].inputs if source in delay}
            if len(found) > 1:
                raise GraphError("a net depends on several samples at once; is that a classifier?")
            if found:
                delay[net] = found.pop() + functions[net].is_register
    return delay
