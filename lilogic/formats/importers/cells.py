"""Yosys' gate-level cells and what they compute.

Gates are as in Yosys' ``simcells.v``, and lookup tables as its ``$lut``. Each becomes a ``Table``,
or several where it is a wide multiplexer.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from lilogic.errors import FormatError
from lilogic.formats.imported import MAX_LUT_INPUTS, NotGatesError
from lilogic.graph import gates

Net = Any
"""A net: its number in Yosys' JSON, one of "0", "1", "x", "z", ``HELD``, or a tuple for one made
up here."""

HELD = "held"
"""In place of a net, the value that a latch had before."""

CONSTANTS = ("0", "1")
"""The nets that are constants."""

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


@dataclass(frozen=True)
class Table:
    """A lookup table.

    Attributes:
        inputs: nets of the address's bits, lowest first.
        table: the output for address ``i`` is bit ``i``.
    """

    inputs: tuple[Net, ...]
    table: int


def _table(pins: str, function: Callable[..., Any]) -> tuple[str, int]:
    """Pins, lowest address bit first, and the table of a function of them in this order."""
    values = itertools.product((0, 1), repeat=len(pins))
    return pins, sum(bool(function(*v[::-1])) << address for address, v in enumerate(values))


_TABLES = {
    **{
        kind: _table(
            "A" if kind in ("$_BUF_", "$_NOT_") else "AB",
            lambda a, b=0, op=op: gates.GATES[op](a, b),
        )
        for kind, op in CELLS.items()
    },
    "$_MUX_": _table("ABS", lambda a, b, s: b if s else a),
    "$_NMUX_": _table("ABS", lambda a, b, s: not (b if s else a)),
    "$_AOI3_": _table("ABC", lambda a, b, c: not ((a and b) or c)),
    "$_OAI3_": _table("ABC", lambda a, b, c: not ((a or b) and c)),
    "$_AOI4_": _table("ABCD", lambda a, b, c, d: not ((a and b) or (c and d))),
    "$_OAI4_": _table("ABCD", lambda a, b, c, d: not ((a or b) and (c or d))),
}

_LATCHES = {
    "$_DLATCH_P_": _table("QDE", lambda held, d, enable: d if enable else held),
    "$_DLATCH_N_": _table("QDE", lambda held, d, enable: held if enable else d),
}
"""A latch is only taken where it never holds a value: Yosys makes one of every chain of ``if``s."""

_WIDE_MUXES = {
    "$_MUX4_": ("ABCD", "ST"),
    "$_MUX8_": ("ABCDEFGH", "STU"),
    "$_MUX16_": ("ABCDEFGHIJKLMNOP", "STUV"),
}
"""Pins of data and of select bits, lowest first."""


def tables(name: str, cell: Mapping[str, Any], modules: Set[str]) -> Iterator[tuple[Net, Table]]:
    """The tables that a cell is, each with the net that it drives.

    Args:
        name: what to call the cell in a message.
        cell: as in Yosys' JSON.
        modules: names of those of which cells may be instances.

    Raises:
        NotGatesError: it is one of Yosys' cells above gates, or an instance of a module.
        FormatError: it has a state, or is of unknown function.
        KeyError: it lacks a pin.
    """
    kind, pins = cell["type"], cell["connections"]
    if kind in _TABLES:
        order, table = _TABLES[kind]
        yield pins["Y"][0], Table(tuple(pins[pin][0] for pin in order), table)
    elif kind in _WIDE_MUXES:
        data, selects = ([pins[pin][0] for pin in group] for group in _WIDE_MUXES[kind])
        yield from _multiplexer(pins["Y"][0], data, selects)
    elif kind in _LATCHES:
        yield pins["Q"][0], Table((HELD, pins["D"][0], pins["E"][0]), _LATCHES[kind][1])
    elif kind == "$lut":
        yield pins["Y"][0], Table(tuple(pins["A"]), _lut(name, cell))
    else:
        raise _refusal(name, cell, modules)


def _multiplexer(
    output: Net, data: Sequence[Net], selects: Sequence[Net]
) -> Iterator[tuple[Net, Table]]:
    for select in selects:
        halves = zip(data[::2], data[1::2], strict=True)
        made = [(output, select, i) for i in range(len(data) // 2)] if len(data) > 2 else [output]
        for net, (low, high) in zip(made, halves, strict=True):
            yield net, Table((low, high, select), _TABLES["$_MUX_"][1])
        data = made


def _lut(name: str, cell: Mapping[str, Any]) -> int:
    width, value = len(cell["connections"]["A"]), cell["parameters"]["LUT"]
    if not 1 <= width <= MAX_LUT_INPUTS:
        raise FormatError(f"{name} is a lookup table of {width} inputs, not 1 to {MAX_LUT_INPUTS}")
    table = int(value, 2) if isinstance(value, str) else int(value)
    if not 0 <= table < 1 << (1 << width):
        raise FormatError(f"{name} has a lookup table that is not of its {width} inputs")
    return table


def _refusal(name: str, cell: Mapping[str, Any], modules: Set[str]) -> FormatError:
    kind = cell["type"]
    where = f"{place(cell)}{name} is a {kind}"
    if kind in modules or (kind.startswith("$") and not kind.startswith("$_")):
        return NotGatesError(f"{where}, which needs Yosys to become gates")
    if kind.startswith("$_TBUF"):
        return FormatError(f"{where}, a three-state buffer; outputs must always be 0 or 1")
    return FormatError(
        f"{where}; only combinational gates are supported, not registers, latches or library cells"
    )


def place(cell: Mapping[str, Any]) -> str:
    """Where a cell was written, ``FILE:LINE: ``, or nothing where that is not recorded."""
    found = re.match(r".*?(?:line |:)\d+", str(cell.get("attributes", {}).get("src", "")))
    return f"{found[0]}: " if found else ""
