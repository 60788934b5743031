"""Gate-level netlists in Yosys' JSON (``write_json``): simple cells, no registers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lilogic.errors import FormatError
from lilogic.files import read_bytes
from lilogic.formats.imported import Imported, check_inputs, driven
from lilogic.graph import gates
from lilogic.graph.circuit import Builder

CELLS = {
    "$_BUF_": gates.A,
    "$_NOT_": gates.NOT_A,
    "$_AND_": gates.AND,
    "$_NAND_": gates.NAND,
    "$_OR_": gates.OR,
    "$_NOR_": gates.NOR,
    "$_XOR_": gates.XOR,
    "$_XNOR_": gates.XNOR,
    "$_ANDNOT_": gates.A_AND_NOT_B,
    "$_ORNOT_": gates.A_OR_NOT_B,
}
"""Yosys' simple gates and their functions of A and B."""

_MUX = {"$_MUX_": 0b11001010, "$_NMUX_": 0b00110101}
"""Tables over (A, B, S), A lowest: B where S, else A; and the complement."""


def read(path: Path) -> Imported:
    """Read the only module, or the one that is marked as top; errors do not name the file.

    Raises:
        FormatError: not such a file, or with registers, or with cells of unknown function.
    """
    return parse(read_bytes(path))


def parse(text: bytes) -> Imported:
    """As ``read``, of a file's content."""
    try:
        design = json.loads(text)
        return _circuit(_top(design["modules"]))
    except FormatError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, IndexError) as error:
        raise FormatError("not a netlist as Yosys writes it with write_json") from error


def _top(modules: Mapping[str, Any]) -> Mapping[str, Any]:
    marked = [m for m in modules.values() if "top" in m.get("attributes", {})]
    chosen: list[Mapping[str, Any]] = marked or list(modules.values())
    if len(chosen) != 1:
        raise FormatError(f"it has {len(chosen)} modules and no top; flatten it first")
    return chosen[0]


def _circuit(module: Mapping[str, Any]) -> Imported:
    inputs: list[int] = []
    outputs: list[tuple[str, Any]] = []
    for name, port in module["ports"].items():
        bits = port["bits"]
        if port["direction"] == "input":
            inputs += bits
        elif port["direction"] == "output":
            one_bit = len(bits) == 1
            outputs += [(name if one_bit else f"{name}[{i}]", bit) for i, bit in enumerate(bits)]
        else:
            raise FormatError(f"port {name} is {port['direction']}, which is not covered")
    reads, cells = _drivers(module)
    names = _net_names(module, {*inputs, *reads, *(n for wires in reads.values() for n in wires)})
    builder = Builder(check_inputs(len(inputs)))
    node: dict[Any, int] = {net: place for place, net in enumerate(inputs)}
    if len(node) < len(inputs) or node.keys() & reads.keys():
        raise FormatError("a net is driven by an input and something else")

    def found(net: Any) -> int:
        if net in ("0", "1"):
            return builder.constant(int(net))
        if net not in node:
            raise FormatError(f"nothing drives {names.get(net, f'net {net}')}")
        return node[net]

    wanted = [net for _, net in outputs]
    for net in driven(reads, wanted, names):
        wires = [found(wire) for wire in reads[net]]
        kind = cells[net]
        if kind in _MUX:
            node[net] = builder.lut(_MUX[kind], wires)
        else:
            node[net] = builder.gate(CELLS[kind], wires[0], wires[-1])
    circuit = builder.build([found(net) for net in wanted])
    return Imported(circuit=circuit, names=[name for name, _ in outputs])


def _drivers(module: Mapping[str, Any]) -> tuple[dict[Any, tuple[Any, ...]], dict[Any, str]]:
    """For each driven net, the nets that its cell reads, and the cell's kind."""
    reads: dict[Any, tuple[Any, ...]] = {}
    kinds: dict[Any, str] = {}
    for name, cell in module.get("cells", {}).items():
        kind = cell["type"]
        if kind == "$scopeinfo":
            continue
        if kind not in CELLS and kind not in _MUX:
            raise FormatError(
                f"cell {name} is a {kind}; only combinational gates are covered, "
                "so no registers, and no cells of a library"
            )
        pins = {pin: bits[0] for pin, bits in cell["connections"].items()}
        output = pins.pop("Y")
        if output in reads:
            raise FormatError(f"cell {name} drives what another cell drives")
        order = "ABS" if kind in _MUX else "A" if kind in ("$_NOT_", "$_BUF_") else "AB"
        reads[output] = tuple(pins[pin] for pin in order)
        kinds[output] = kind
    return reads, kinds


def _net_names(module: Mapping[str, Any], nets: set[Any]) -> dict[Any, str]:
    names = {net: f"net {net}" for net in nets}
    for name, wire in module.get("netnames", {}).items():
        bits = wire["bits"]
        names |= {bit: name if len(bits) == 1 else f"{name}[{i}]" for i, bit in enumerate(bits)}
    return names
