"""AIGER, binary: and-inverter graphs.

As in A. Biere, "The AIGER And-Inverter Graph (AIG) Format" (2007), and its version 1.9 (2011).
"""

from __future__ import annotations

from lilogic.errors import FormatError
from lilogic.formats.imported import Imported, check_inputs
from lilogic.graph import gates
from lilogic.graph.circuit import Builder

_AND = {
    (0, 0): gates.AND,
    (0, 1): gates.A_AND_NOT_B,
    (1, 0): gates.NOT_A_AND_B,
    (1, 1): gates.NOR,
}
"""The gate for each pair of complement marks."""


def read(data: bytes) -> Imported:
    """Read a circuit; errors do not name the file.

    Raises:
        FormatError: damaged, ASCII, or with latches, properties or constraints.
    """
    head, _, rest = data.partition(b"\n")
    if head.startswith(b"aag "):
        raise FormatError(
            "it is AIGER in ASCII; convert it to the binary format: aigtoaig in.aag out.aig"
        )
    words = head.split()
    if words[:1] != [b"aig"] or len(words) < 6 or not all(w.isdigit() for w in words[1:]):
        raise FormatError("not an AIGER file: its first line is not 'aig M I L O A'")
    largest, inputs, latches, outputs, ands = map(_number, words[1:6])
    if latches or any(map(_number, words[6:])):
        raise FormatError("it has latches, properties or constraints, which are not supported")
    if largest != inputs + ands:
        raise FormatError(f"it has {inputs} inputs and {ands} gates, but M is {largest}")
    if outputs > len(rest) or ands > len(rest):
        raise FormatError("truncated: there are fewer bytes than outputs and gates")
    builder = Builder(check_inputs(inputs))
    *lines, rest = rest.split(b"\n", outputs) if outputs else [rest]
    if len(lines) < outputs or not all(line.isdigit() for line in lines):
        raise FormatError("truncated: an output is missing or not a number")
    literals = [_number(line) for line in lines]
    # The node of each variable; variable 0 is the constant, made only where it is used.
    node = [-1, *range(inputs)]
    at = 0
    for variable in range(inputs + 1, inputs + ands + 1):
        delta, at = _delta(rest, at)
        left = 2 * variable - delta
        delta, at = _delta(rest, at)
        right = left - delta
        if not 0 <= right <= left < 2 * variable:
            raise FormatError(f"gate {2 * variable} reads a value that is not defined before it")
        wires = [builder.constant(0) if not w >> 1 else node[w >> 1] for w in (left, right)]
        node.append(builder.gate(_AND[left & 1, right & 1], *wires))
    inverted: dict[int, int] = {}

    def output(literal: int) -> int:
        if literal > 2 * largest + 1:
            raise FormatError(f"an output is literal {literal}, but M is {largest}")
        if literal < 2:
            return builder.constant(literal)
        driver = node[literal >> 1]
        if literal & 1 and driver not in inverted:
            inverted[driver] = builder.inverted(driver)
        return inverted[driver] if literal & 1 else driver

    circuit = builder.build([output(each) for each in literals])
    return Imported(circuit=circuit, names=_names(rest[at:], outputs))


def _number(digits: bytes) -> int:
    if len(digits) > 10:
        raise FormatError(f"it has a number of {len(digits)} digits")
    return int(digits)


def _delta(data: bytes, at: int) -> tuple[int, int]:
    """The number at that place, seven bits a byte, lowest first, and the place after it."""
    value = 0
    for count, byte in enumerate(data[at : at + 5]):
        value |= (byte & 127) << (7 * count)
        if byte < 128:
            return value, at + count + 1
    raise FormatError("truncated: a gate is missing or not a number")


def _names(symbols: bytes, outputs: int) -> list[str] | None:
    """The outputs' names, or None where none has one; else output N without one is ``oN``."""
    names: dict[int, str] = {}
    for line in symbols.split(b"\n"):
        if line == b"c":
            break
        kind, _, name = line.decode("utf-8", "replace").partition(" ")
        if kind[:1] == "o" and kind[1:].isdecimal() and len(kind) < 12:
            names[int(kind[1:])] = name
    return [names.get(i, f"o{i}") for i in range(outputs)] if names else None
