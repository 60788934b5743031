"""Standard cells of a Liberty file: functions, capacitances, leakage, and energy of transitions.

Of a library of hundreds of cells, only those that are asked for are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.errors import FormatError

Floats = npt.NDArray[np.float64]

_PREFIX = {"f": 1e-15, "p": 1e-12, "n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0}
_LOAD = "total_output_net_capacitance"


@dataclass
class Group:
    """A group of statements, ``kind (arguments) { … }``.

    Attributes:
        kind: such as ``cell`` or ``pin``.
        arguments: in its parentheses.
        values: simple and complex attributes by name, the last of each; of complex ones all
            arguments.
        complex: the arguments of all complex attributes, by name.
        groups: those inside, in order.
    """

    kind: str
    arguments: list[str]
    values: dict[str, list[str]] = field(default_factory=dict)
    complex: dict[str, list[list[str]]] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)

    def text(self, name: str) -> str | None:
        """A simple attribute; None where it is missing."""
        return self.values[name][0] if name in self.values else None

    def number(self, name: str, default: float = 0.0) -> float:
        """A simple attribute as a number.

        Raises:
            FormatError: it is none.
        """
        text = self.text(name)
        try:
            return default if text is None else float(text)
        except ValueError as error:
            raise FormatError(f"{self.kind} {self.name}: {name} is {text}, not a number") from error

    @property
    def name(self) -> str:
        """Its first argument."""
        return self.arguments[0] if self.arguments else ""

    def inside(self, *kinds: str) -> Iterator[Group]:
        """The groups in it of these kinds."""
        return (group for group in self.groups if group.kind in kinds)


_COMMENT = re.compile(r"/\*.*?\*/|(?m:^[ \t]*//[^\n]*)", re.DOTALL)
_CELL = re.compile(r'\bcell\s*\(\s*"?([^"\s)]+)"?\s*\)\s*\{')
_BRACE = re.compile(r"[{}]")
_STATEMENT = re.compile(
    r"[\s;,]*(?:(?P<end>\})|(?P<name>[\w.\-\[\]]+)\s*"
    r'(?:\((?P<arguments>(?:"[^"]*"|[^"()])*)\)\s*(?P<open>\{)?|:\s*(?P<value>"[^"]*"|[^;\n}]*)))'
)
_ARGUMENT = re.compile(r'"([^"]*)"|([^\s,"]+)')


def _parsed(text: str, at: int, kind: str, arguments: list[str]) -> tuple[Group, int]:
    """The group whose statements begin at a place, and where it ends."""
    group = Group(kind, arguments)
    while (found := _STATEMENT.match(text, at)) is not None:
        at = found.end()
        if found["end"]:
            return group, at
        if found["value"] is not None:
            group.values[found["name"]] = [found["value"].strip().strip('"').strip()]
            continue
        given = [quoted or plain for quoted, plain in _ARGUMENT.findall(found["arguments"])]
        if found["open"]:
            inner, at = _parsed(text, at, found["name"], given)
            group.groups.append(inner)
        else:
            group.values[found["name"]] = given
            group.complex.setdefault(found["name"], []).append(given)
    return group, at


class Library:
    """A Liberty file.

    Args:
        data: its bytes.

    Attributes:
        name: what it is called.
        volts: the supply.
        celsius: the temperature, where it is known.
        farads: of a unit of capacitance.
        joules: of a unit of internal energy.
        watts: of a unit of leakage power.
        seconds: of a unit of time.

    Raises:
        FormatError: it has no library, or no supply.
    """

    def __init__(self, data: bytes) -> None:
        text = _COMMENT.sub(" ", data.decode("utf-8", "replace"))
        self._text = re.sub(r"\\[ \t\r]*\n", " ", text)
        self._places: dict[str, tuple[int, int]] = {}
        header, at = [], 0
        for found in _CELL.finditer(self._text):
            if found.start() >= at:
                end = _end(self._text, found.end())
                self._places[found[1]] = found.end(), end
                header.append(self._text[at : found.start()])
                at = end
        header.append(self._text[at:])
        whole, _ = _parsed("".join(header), 0, "", [])
        library = next(whole.inside("library"), None)
        if library is None:
            raise FormatError("it contains no library group")
        self._library = library
        self.name = library.name
        volts = library.number("nom_voltage")
        conditions = {group.name: group for group in library.inside("operating_conditions")}
        chosen = conditions.get(library.text("default_operating_conditions") or "")
        self.volts = volts if chosen is None else chosen.number("voltage", volts)
        self.celsius = library.number("nom_temperature")
        if chosen is not None:
            self.celsius = chosen.number("temperature", self.celsius)
        if self.volts <= 0:
            raise FormatError(
                "it gives no voltage, neither as nom_voltage nor in operating conditions"
            )
        amount, unit = library.values.get("capacitive_load_unit", ["1", "pf"])
        self.farads = float(amount) * _PREFIX[unit.lower().removesuffix("f")]
        self.joules = self.farads * _unit(library.text("voltage_unit") or "1V", "V") ** 2
        self.watts = _unit(library.text("leakage_power_unit") or "1nW", "W")
        self.seconds = _unit(library.text("time_unit") or "1ns", "s")
        self.templates = {
            group.name: group for group in library.inside("power_lut_template", "lu_table_template")
        }

    def cell(self, name: str) -> Group:
        """A cell.

        Raises:
            FormatError: there is none of that name.
        """
        if name not in self._places:
            raise FormatError(f"it has no cell {name}")
        return _parsed(self._text, self._places[name][0], "cell", [name])[0]

    def wire_load(self) -> tuple[str, dict[int, float], float] | None:
        """The default wire load's name, farads by fan-out, and those of each further fan-out.

        None where the library has no wire loads.
        """
        loads = {group.name: group for group in self._library.inside("wire_load")}
        name = self._library.text("default_wire_load") or next(iter(loads), "")
        if name not in loads:
            return None
        load = loads[name]
        unit = load.number("capacitance") * self.farads
        lengths = {
            int(fan_out): float(length) * unit
            for fan_out, length, *_ in load.complex.get("fanout_length", [])
        }
        return (name, lengths, load.number("slope") * unit) if lengths else None

    def table(self, group: Group) -> Table:
        """The table in a group such as ``rise_power``.

        Raises:
            FormatError: it is none.
        """
        template = self.templates.get(group.name, Group("", []))
        axes = []
        for number in (1, 2):
            kind = template.text(f"variable_{number}")
            index = group.values.get(f"index_{number}") or template.values.get(f"index_{number}")
            if kind is not None and index is not None:
                axes.append((kind, _floats(index)))
        values = np.array(_floats(group.values.get("values", [])))
        shape = [len(points) for _, points in axes]
        if values.size != int(np.prod(shape)):
            raise FormatError(f"{group.kind} has {values.size} values for a table of {shape}")
        if len(axes) == 2 and axes[0][0] == _LOAD:
            axes, values = axes[::-1], values.reshape(shape).T
        if len(axes) == 1 and axes[0][0] == _LOAD:
            axes = [("", [0.0]), *axes]
        slews = axes[0][1] if axes else [0.0]
        loads = axes[1][1] if len(axes) > 1 else [0.0]
        return Table(np.array(slews), np.array(loads), values.reshape(len(slews), len(loads)))


@dataclass(frozen=True, eq=False)
class Table:
    """A value by slew and load, in the library's units.

    Attributes:
        slews: rising; those outside take the value of the nearest.
        loads: rising; those outside are extrapolated.
        values: [slews, loads].
    """

    slews: Floats
    loads: Floats
    values: Floats

    def at(self, slew: float, loads: Floats) -> Floats:
        """The values [loads] at one slew."""
        row = np.array([np.interp(slew, self.slews, column) for column in self.values.T])
        if len(self.loads) == 1:
            return np.full(np.shape(loads), row[0])
        left = np.clip(np.searchsorted(self.loads, loads) - 1, 0, len(self.loads) - 2)
        share = (loads - self.loads[left]) / (self.loads[left + 1] - self.loads[left])
        found: Floats = row[left] + share * (row[left + 1] - row[left])
        return found


def _end(text: str, at: int) -> int:
    """Where the group ends whose statements begin at a place."""
    depth = 1
    for found in _BRACE.finditer(text, at):
        depth += 1 if found[0] == "{" else -1
        if not depth:
            return found.end()
    return len(text)


def _unit(text: str, of: str) -> float:
    found = re.fullmatch(rf"([\d.]+)\s*([fpnum]?){of}", text.strip(), re.IGNORECASE)
    if found is None:
        raise FormatError(f"its unit {text} is unknown")
    return float(found[1]) * _PREFIX[found[2].lower()]


def _floats(texts: Sequence[str]) -> list[float]:
    return [
        float(number) for text in texts for number in re.split(r"[\s,]+", text.strip()) if number
    ]


_TOKEN = re.compile(r"\s*([A-Za-z_][\w.\[\]]*|[01]|[!&*|+^()'])")


def truth_table(expression: str, pins: Sequence[str]) -> int:
    """The table of a Boolean expression: its value for address ``i`` is bit ``i``.

    Args:
        expression: as Liberty has them: ``!`` and ``'`` bind most, then ``^``, then ``&``, ``*``
            or nothing, then ``|`` or ``+``.
        pins: names of the address's bits, lowest first.

    Raises:
        FormatError: it is none, or names another pin.
    """
    size = 1 << len(pins)
    everywhere = (1 << size) - 1
    columns = {
        pin: sum(1 << address for address in range(size) if address >> place & 1)
        for place, pin in enumerate(pins)
    } | {"0": 0, "1": everywhere}
    tokens, at = [], 0
    while expression[at:].strip():
        found = _TOKEN.match(expression, at)
        if found is None:
            raise FormatError(f"the function {expression!r} is not understood")
        tokens.append(found[1])
        at = found.end()
    try:
        value, rest = _either(tokens, columns, everywhere)
    except (KeyError, IndexError) as error:
        raise FormatError(f"the function {expression!r} is not understood") from error
    if rest:
        raise FormatError(f"the function {expression!r} is not understood")
    return value


_Parsed = tuple[int, list[str]]


def _either(tokens: list[str], columns: Mapping[str, int], ones: int) -> _Parsed:
    value, tokens = _both(tokens, columns, ones)
    while tokens[:1] in (["|"], ["+"]):
        more, tokens = _both(tokens[1:], columns, ones)
        value |= more
    return value, tokens


def _both(tokens: list[str], columns: Mapping[str, int], ones: int) -> _Parsed:
    value, tokens = _differ(tokens, columns, ones)
    while tokens and tokens[0] not in ("|", "+", ")"):
        more, tokens = _differ(tokens[tokens[0] in ("&", "*") :], columns, ones)
        value &= more
    return value, tokens


def _differ(tokens: list[str], columns: Mapping[str, int], ones: int) -> _Parsed:
    value, tokens = _inverted(tokens, columns, ones)
    while tokens[:1] == ["^"]:
        more, tokens = _inverted(tokens[1:], columns, ones)
        value ^= more
    return value, tokens


def _inverted(tokens: list[str], columns: Mapping[str, int], ones: int) -> _Parsed:
    if tokens[0] == "!":
        value, tokens = _inverted(tokens[1:], columns, ones)
        return value ^ ones, tokens
    if tokens[0] == "(":
        value, tokens = _either(tokens[1:], columns, ones)
        if tokens[0] != ")":
            raise IndexError
    else:
        value = columns[tokens[0]]
    tokens = tokens[1:]
    while tokens[:1] == ["'"]:
        value, tokens = value ^ ones, tokens[1:]
    return value, tokens


def names(expression: str) -> list[str]:
    """The pins that an expression names, each once."""
    found: Any = re.findall(r"[A-Za-z_][\w.\[\]]*", expression)
    return [*dict.fromkeys(found)]
