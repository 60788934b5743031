"""Cells of a library as a netlist uses them: what they compute, and what each transition takes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from lilogic.errors import FormatError
from lilogic.hdl.power.design import Cell, Net
from lilogic.hdl.power.liberty import Group, Library, Table, names, truth_table
from lilogic.hdl.power.simulation import Function

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Arc:
    """Internal energy that a transition of a pin takes.

    Attributes:
        pin: the pin that changes.
        causes: other pins of which one has to change with it; empty for any.
        when: the table of a condition, over all pins.
        is_always: whether there is no condition.
        rise: joules by slew and load, in the library's units.
        fall: the same.
    """

    pin: str
    causes: tuple[str, ...]
    when: int
    is_always: bool
    rise: Table | None
    fall: Table | None


class Kind:
    """A cell of a library.

    Attributes:
        name: what it is called.
        inputs: its input pins.
        outputs: its output pins.
        clock: the pin that clocks it, of a register; else None.
        capacitance: farads of each pin.
        area: in the library's unit.

    Raises:
        FormatError: a latch, a register of a falling edge, or a pin whose function is not known.
    """

    def __init__(self, library: Library, name: str) -> None:
        self._library = library
        self._group = group = library.cell(name)
        self.name = name
        self.area = group.number("area")
        pins = [*group.inside("pin")]
        self.inputs = tuple(pin.name for pin in pins if pin.text("direction") == "input")
        self.outputs = tuple(pin.name for pin in pins if pin.text("direction") == "output")
        self.capacitance = {pin.name: library.farads * pin.number("capacitance") for pin in pins}
        self._functions = {pin.name: pin.text("function") for pin in pins}
        self._register = next(group.inside("ff"), None)
        self.clock: str | None = None
        if any(group.inside("latch", "ff_bank", "latch_bank", "statetable")):
            raise FormatError(f"cell {name} is neither a gate nor a flip-flop")
        if self._register is not None:
            clock = (self._register.text("clocked_on") or "").strip("() ")
            if clock not in self.inputs:
                raise FormatError(f"cell {name} has no rising clock edge")
            self.clock = clock

    def functions(self, cell: Cell) -> list[tuple[Net, Function]]:
        """What drives each net at the outputs of a cell of this kind."""
        driven = [pin for pin in self.outputs if pin in cell.pins]
        if self._register is None:
            inputs = tuple(cell.pins[pin] for pin in self.inputs)
            return [(cell.pins[pin], Function(inputs, self.tables[pin])) for pin in driven]
        # A table of one input: 2 is what was taken over, 1 its complement.
        return [
            (
                cell.pins[pin],
                Function((cell.pins[self.data(cell)],), 1 if self.inverts(pin) else 2, True),
            )
            for pin in driven
        ]

    def inverts(self, pin: str) -> bool:
        """Whether an output of a register is the complement of what it holds."""
        assert self._register is not None
        # Of the two names of what it holds, the second is the complement of the first.
        return not truth_table(self._functions[pin] or "", self._register.arguments) >> 1 & 1

    @cached_property
    def tables(self) -> dict[str, int]:
        """Of a gate, each output's table over all inputs.

        Raises:
            FormatError: an output has no function.
        """
        found = {}
        for pin in self.outputs:
            text = self._functions[pin]
            if text is None:
                raise FormatError(f"cell {self.name} gives no function for its output {pin}")
            found[pin] = truth_table(text, self.inputs)
        return found

    def data(self, cell: Cell) -> str:
        """The one pin that a register takes over at the clock's edge.

        Raises:
            FormatError: there are more, or it takes over the complement.
        """
        assert self._register is not None
        text = self._register.text("next_state") or ""
        pins = names(text)
        # A register may keep a constant.
        free = [p for p in pins if len(pins) == 1 or cell.pins.get(p) not in ("0", "1")]
        held = {pin: int(str(cell.pins[pin])) for pin in pins if pin not in free}
        table = truth_table(text, pins)
        if len(free) == 1:
            values = [
                table >> sum(held.get(pin, value) << place for place, pin in enumerate(pins)) & 1
                for value in (0, 1)
            ]
            if values == [0, 1]:
                return free[0]
        raise FormatError(f"cell {self.name} is a register with more than one data input")

    @cached_property
    def pins(self) -> tuple[str, ...]:
        """All pins, inputs first."""
        return (*self.inputs, *self.outputs)

    @cached_property
    def arcs(self) -> list[Arc]:
        """Internal energy of its pins' transitions."""
        return [
            self._arc(pin.name, power)
            for pin in self._group.inside("pin")
            for power in pin.inside("internal_power")
        ]

    def _arc(self, pin: str, power: Group) -> Arc:
        both = next(power.inside("power"), None)
        tables = [
            None if group is None else self._library.table(group)
            for group in (
                next(power.inside("rise_power"), both),
                next(power.inside("fall_power"), both),
            )
        ]
        causes = tuple((power.text("related_pin") or "").split())
        when = power.text("when")
        return Arc(pin, causes, self._condition(when), when is None, *tables)

    def _condition(self, when: str | None) -> int:
        if when is None:
            return (1 << (1 << len(self.pins))) - 1
        return truth_table(when, self.pins)

    @cached_property
    def leakage(self) -> Floats:
        """float64 [2 ** pins]: watts for each state of all pins."""
        states = 1 << len(self.pins)
        default = self._group.number("cell_leakage_power")
        found = np.full(states, default)
        for each in self._group.inside("leakage_power"):
            if each.text("when") is None:
                if self._group.text("cell_leakage_power") is None:
                    found[:] = each.number("value")
                continue
            condition = self._condition(each.text("when"))
            holds = np.array([condition >> state & 1 for state in range(states)], dtype=bool)
            found[holds] = each.number("value")
        return self._library.watts * found
