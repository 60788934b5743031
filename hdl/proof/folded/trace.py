"""What nets of a design with registers hold in which clock cycle, as a circuit without registers.

The nets of the circuit are nets of the design in a cycle. Only what is asked for is made, and
what constants decide is left out: so a multiplexer whose select is known is one of its inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lilogic.formats.importers.cells import CELLS
from lilogic.hdl.proof.netlist import CONSTANTS, MUX, REGISTER, Cell, Net, Netlist

Key = tuple[Net, int]

_NOT = "$_NOT_"


class Trace:
    """Nets in cycles.

    Args:
        design: with registers.
        given: what a net holds in a cycle, where that is known from elsewhere: a net or a
            constant; else None.

    Attributes:
        made: the cells of the circuit, by the net that each drives.
    """

    def __init__(self, design: Netlist, given: Callable[[Net, int], Net | None]) -> None:
        self._design = design
        self._given = given
        self._values: dict[Key, Net] = {}
        self.made: dict[Net, Cell] = {}

    def value(self, net: Net, cycle: int) -> Net:
        """The net that holds what ``net`` does in a cycle; one that nothing drives if unknown."""
        work = [(net, cycle)]
        while work:
            key = work[-1]
            needed = None if key in self._values else self._found(key)
            if needed is None:
                work.pop()
            else:
                work.append(needed)
        return self._values[net, cycle]

    def seen(self) -> Iterator[tuple[Net, int, Net]]:
        """Every net of the design, cycle and net that was asked for on the way."""
        for (net, cycle), value in self._values.items():
            yield net, cycle, value

    def _found(self, key: Key) -> Key | None:
        """Find a value; or say which other one has to be found before."""
        net, cycle = key
        given = net if net in CONSTANTS else self._given(net, cycle)
        if given is not None:
            self._values[key] = given
        elif cycle < 0 or net not in self._design.driver:
            self._values[key] = f"{net} in cycle {cycle}"
        else:
            return self._computed(key, self._design.driver[net])
        return None

    def _computed(self, key: Key, cell: Cell) -> Key | None:
        cycle = key[1]
        if cell.kind == REGISTER:
            before = (cell.inputs[0], cycle - 1)
            return self._same(key, before)
        select = (cell.inputs[0], cycle)
        if select not in self._values:
            return select
        value = self._values[select]
        if cell.kind == MUX and value in CONSTANTS:
            return self._same(key, (cell.inputs[1 + int(value)], cycle))
        if cell.kind != MUX and value in CONSTANTS:
            rows = _rows(cell.kind)[int(value)]
            if rows[0] == rows[1]:
                self._values[key] = str(rows[0])
                return None
        for source in cell.inputs[1:]:
            if (source, cycle) not in self._values:
                return source, cycle
        self._values[key] = self._gate(
            cell.kind, tuple(self._values[source, cycle] for source in cell.inputs)
        )
        return None

    def _same(self, key: Key, other: Key) -> Key | None:
        if other not in self._values:
            return other
        self._values[key] = self._values[other]
        return None

    def _gate(self, kind: str, inputs: tuple[Net, ...]) -> Net:
        """A gate, or what it is where inputs are constants."""
        if kind == MUX:
            return inputs[1] if inputs[1] == inputs[2] else self._cell(kind, inputs)
        for place, other in ((0, 1), (1, 0)):
            if inputs[place] in CONSTANTS:
                rows = _rows(kind)
                if place == 1:
                    rows = tuple(zip(*rows, strict=True))
                low, high = rows[int(inputs[place])]
                if low == high:
                    return str(low)
                return inputs[other] if high else self._inverted(inputs[other])
        return self._cell(kind, inputs)

    def _inverted(self, net: Net) -> Net:
        return str(1 - int(net)) if net in CONSTANTS else self._cell(_NOT, (net, net))

    def _cell(self, kind: str, inputs: tuple[Net, ...]) -> Net:
        net = -1 - len(self.made)  # the design's own are positive
        self.made[net] = Cell(kind, inputs)
        return net


def _rows(kind: str) -> tuple[tuple[int, int], ...]:
    """A gate's truth table: of its first input, and then of its second."""
    op = CELLS[kind]
    return (op >> 3 & 1, op >> 2 & 1), (op >> 1 & 1, op & 1)
