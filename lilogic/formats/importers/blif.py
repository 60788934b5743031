"""The Berkeley Logic Interchange Format: one combinational model, gates as ``.names``.

Keywords as in the BLIF report of UC Berkeley (1992).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from lilogic.errors import FormatError
from lilogic.formats import content
from lilogic.formats.imported import Imported, NotGatesError, check_inputs, driven
from lilogic.graph import gates
from lilogic.graph.circuit import Builder


@dataclass(frozen=True)
class _Cover:
    """A ``.names``: the cubes for which its output is ``value``.

    Attributes:
        line: where it stands.
        inputs: net numbers.
        cubes: for each row, ``0``, ``1`` or ``-`` for each input.
        value: what a row says the output is: ``1``, or ``0`` for its complement.
    """

    line: int
    inputs: tuple[int, ...]
    cubes: list[str]
    value: list[str]


_NO_LOGIC = {
    # Delays and areas, of the BLIF report.
    ".area", ".delay", ".wire_load_slope", ".wire", ".input_arrival", ".output_required",
    ".input_drive", ".output_load", ".max_input_load", ".default_input_arrival",
    ".default_output_required", ".default_input_drive", ".default_output_load",
    ".default_max_input_load", ".cycle", ".clock_event",
    # What extended BLIF says of a cell.
    ".attr", ".cname", ".param",
}  # fmt: skip
"""Lines that say nothing of what is computed."""

_OPEN = "$undef"
"""What Yosys calls a value that is left open; its cover is that of a constant 0."""

_ADVICE = {
    ".latch": "only circuits without registers are",
    ".gate": "only .names are; in ABC: read_library, read_blif, unmap, write_blif",
}


def read(data: bytes) -> Imported:
    """Read a circuit; errors name the line, but not the file.

    Raises:
        NotGatesError: more than one model, or one of models.
        FormatError: not BLIF, or not combinational.
    """
    try:
        text = content.text(data)
    except FormatError as error:
        raise FormatError(f"not a BLIF file: {error}") from error
    number: dict[str, int] = {}
    names: dict[int, str] = {}

    def net(name: str) -> int:
        if name not in number:
            number[name] = len(number)
            names[number[name]] = name
        return number[name]

    inputs: list[int] = []
    outputs: list[int] = []
    covers: dict[int, _Cover] = {}
    open_cover: _Cover | None = None
    is_model = ended = False
    for line, words in _lines(text):
        keyword = words[0]
        if not keyword.startswith("."):
            if open_cover is None:
                raise FormatError(f"line {line}: {keyword!r} does not belong to a .names")
            _add_row(open_cover, words, line)
            continue
        open_cover = None
        if ended or (keyword == ".model" and is_model):
            raise NotGatesError(
                f"line {line}: there is more than one model; flatten the design first"
            )
        is_model = True
        if keyword == ".inputs":
            inputs += map(net, words[1:])
        elif keyword == ".outputs":
            outputs += map(net, words[1:])
        elif keyword in (".names", ".conn"):
            if len(words) < 2:
                raise FormatError(f"line {line}: {keyword} has no output")
            *read_, output = map(net, words[1:])
            if output in covers:
                raise FormatError(f"line {line}: {names[output]} is driven a second time")
            open_cover = covers[output] = _Cover(line, tuple(read_), [], [])
            if keyword == ".conn":
                _add_row(open_cover, ["1", "1"], line)
                open_cover = None
        elif keyword == ".end":
            ended = True
        elif keyword == ".subckt":
            raise NotGatesError(f"line {line}: .subckt is not supported; flatten the design first")
        elif keyword != ".model" and keyword not in _NO_LOGIC:
            advice = _ADVICE.get(keyword, "only combinational .names are")
            raise FormatError(f"line {line}: {keyword} is not supported, {advice}")
    if not is_model:
        raise FormatError("not a BLIF file: there is no .model")
    return _circuit(inputs, outputs, covers, names)


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Numbered lines as words, without comments, and with continued lines joined."""
    words: list[str] = []
    # Not splitlines, for which there are ends of lines that are just characters of a comment here.
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        line = line.partition("#")[0].rstrip()
        words += line.removesuffix("\\").split()
        if words and not line.endswith("\\"):
            yield number, words
            words = []
    if words:
        yield number, words


def _add_row(cover: _Cover, words: list[str], line: int) -> None:
    width = len(cover.inputs)
    cube, value = words if width and len(words) == 2 else ("", words[0])
    if len(cube) != width or set(cube) - set("01-") or value not in ("0", "1"):
        raise FormatError(f"line {line}: {' '.join(words)!r} is not a row of {width} inputs")
    if len(words) != (2 if width else 1) or (cover.value and cover.value[0] != value):
        raise FormatError(f"line {line}: {' '.join(words)!r} does not fit the rows before it")
    cover.cubes.append(cube)
    cover.value.append(value)


def _circuit(
    inputs: list[int], outputs: list[int], covers: dict[int, _Cover], names: dict[int, str]
) -> Imported:
    builder = Builder(check_inputs(len(inputs)))
    node = {net: place for place, net in enumerate(inputs)}
    if len(node) < len(inputs):
        raise FormatError("an input is listed twice")
    for net in inputs:
        if net in covers:
            raise FormatError(f"line {covers[net].line}: {names[net]} is an input already")
    reads = {net: cover.inputs for net, cover in covers.items()}
    for net in driven(reads, outputs, names):
        if names[net] == _OPEN and not covers[net].cubes:
            raise NotGatesError(
                f"its outputs depend on {_OPEN}, for which Yosys must find out whether it is seen"
            )
        wires = []
        for wire in reads[net]:
            if wire not in node:
                raise FormatError(f"nothing drives {names[wire]}, which {names[net]} depends on")
            wires.append(node[wire])
        node[net] = _node(builder, covers[net], wires)
    for net in outputs:
        if net not in node:
            raise FormatError(f"nothing drives the output {names[net]}")
    # Covers of two inputs are gates; where there are larger ones, each is a table.
    has_tables = any(len(covers[net].inputs) > 2 for net in covers if net in node)
    roots = [made for net, made in node.items() if net in covers] if has_tables else []
    circuit = builder.build([node[net] for net in outputs], roots)
    return Imported(circuit=circuit, names=[names[net] for net in outputs])


def _node(builder: Builder, cover: _Cover, wires: list[int]) -> int:
    """The node of a cover's function."""
    is_complement = cover.value[:1] == ["0"]
    if not cover.cubes or not wires:
        return builder.constant(int(bool(cover.cubes) and not is_complement))
    if len(wires) <= 2:
        return builder.lut(_table(tuple(cover.cubes), is_complement), wires[::-1])
    made = _either(builder, [_cube(builder, cube, wires) for cube in cover.cubes])
    return builder.inverted(made) if is_complement else made


@lru_cache
def _table(cubes: tuple[str, ...], is_complement: bool) -> int:
    """The function of a few inputs, the first of which is an address's highest bit."""
    width = len(cubes[0])
    addresses = [f"{i:0{width}b}" for i in range(1 << width)]
    truth = [any(_covers(cube, a) for cube in cubes) != is_complement for a in addresses]
    return sum(bit << address for address, bit in enumerate(truth))


def _covers(cube: str, address: str) -> bool:
    return all(c in ("-", a) for c, a in zip(cube, address, strict=True))


def _cube(builder: Builder, cube: str, wires: list[int]) -> int:
    """The conjunction of a cube's literals."""
    literals = [(wire, c == "1") for wire, c in zip(wires, cube, strict=True) if c != "-"]
    if not literals:
        return builder.constant(1)
    first, positive = literals[0]
    made = first if positive else builder.inverted(first)
    for wire, positive in literals[1:]:
        made = builder.gate(gates.AND if positive else gates.A_AND_NOT_B, made, wire)
    return made


def _either(builder: Builder, nodes: list[int]) -> int:
    made = nodes[0]
    for node in nodes[1:]:
        made = builder.gate(gates.OR, made, node)
    return made
