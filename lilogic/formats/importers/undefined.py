"""Values that a netlist leaves open (x, z, nets that nothing drives), and whether they can be seen.

A ``case`` that gives every value still has a branch in the netlist that does not; whether that is
ever taken, only the conditions tell. So each net that may be open is simulated with three values,
for all values of nets before it, as far before it as it takes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache

from lilogic.formats.importers.cells import CONSTANTS, Net, Table

_MAX_LEAVES = 12
"""Nets are simulated for all values of so many others at once."""
_MAX_CUT = 128
_MAX_INSIDE = 1000
"""More nets than this make a net one that may be open."""

Value = tuple[int, int]
"""Whether a net can be 0, and can be 1, as masks with a bit for each combination of values."""


class OpenNets:
    """Which nets may be open, found as nets are entered, each after all that it reads."""

    def __init__(self, tables: Mapping[Net, Table], inputs: Collection[Net]) -> None:
        self._tables = tables
        self._inputs = {*inputs}
        self._open: set[Net] = set()
        self._position: dict[Net, int] = {}
        self._nearest: dict[Net, set[Net]] = {}
        self._examples: dict[Net, dict[Net, int]] = {}

    def __contains__(self, net: Net) -> bool:
        return net in self._open or self.is_source(net)

    def is_source(self, net: Net) -> bool:
        """Whether nothing gives the net a value."""
        return not (net in CONSTANTS or net in self._inputs or net in self._tables)

    def enter(self, net: Net, may_settle: bool) -> None:
        """Find out whether the net may be open.

        Args:
            net: a net with a table.
            may_settle: whether it is worth trying that, although it reads what is open, it is not.
        """
        self._position[net] = len(self._position)
        if any(wire in self for wire in self._tables[net].inputs):
            self._open.add(net)
            if may_settle and self._never_open(net):
                self._open.remove(net)

    def example(self, net: Net) -> dict[Net, int]:
        """Inputs' values for which the net is open, where some are known."""
        return self._examples.get(net, {})

    def origin(self, net: Net) -> tuple[Net, Net]:
        """What is open from the start and makes ``net`` so, and the net that reads it."""
        reader = net
        while not self.is_source(net):
            reader, net = net, next(w for w in self._tables[net].inputs if w in self)
        return net, reader

    def _never_open(self, net: Net) -> bool:
        """Whether the net is 0 or 1 for all values of a cut, moved back as far as need be."""
        inside: set[Net] = set()
        leaves: set[Net] = set()
        self._include(net, inside, leaves)
        while len(leaves) <= _MAX_CUT and len(inside) <= _MAX_INSIDE:
            movable = leaves - self._inputs
            growth = {leaf: len(self._below(leaf) - leaves - inside) - 1 for leaf in movable}
            nearest = min(movable, key=lambda n: (growth[n], -self._position[n]), default=None)
            if len(leaves) <= _MAX_LEAVES and (nearest is None or growth[nearest] > 0):
                values = self._open_for(net, inside, leaves)
                if values is None:
                    return True
                if nearest is None:
                    self._examples[net] = values
            if nearest is None:
                break
            leaves.remove(nearest)
            self._include(nearest, inside, leaves)
        return False

    def _include(self, net: Net, inside: set[Net], leaves: set[Net]) -> None:
        """Move a net, and all open ones that it reads, behind the cut."""
        waiting = [net]
        while waiting and len(inside) <= _MAX_INSIDE:
            net = waiting.pop()
            inside.add(net)
            for wire in self._tables[net].inputs:
                if wire in CONSTANTS or wire in inside or self.is_source(wire):
                    continue
                if wire in self._open:
                    waiting.append(wire)
                else:
                    leaves.add(wire)

    def _below(self, leaf: Net) -> set[Net]:
        """What takes the leaf's place when it is moved behind the cut."""
        if leaf not in self._nearest:
            self._nearest[leaf] = set()
            self._include(leaf, set(), self._nearest[leaf])
        return self._nearest[leaf]

    def _open_for(self, net: Net, inside: set[Net], leaves: set[Net]) -> dict[Net, int] | None:
        """Values of as few leaves as possible for which the net is open, if there are some."""
        cut = sorted(leaves, key=str)
        ones = (1 << (1 << len(cut))) - 1
        values: dict[Net, Value] = {"0": (ones, 0), "1": (0, ones)}
        for number, leaf in enumerate(cut):
            half = (1 << (1 << number)) - 1
            # 1 in the upper half of each 2**(number + 1) combinations.
            high = (half << (1 << number)) * (ones // ((1 << (2 << number)) - 1))
            values[leaf] = ones ^ high, high
        possible = ones
        for each in sorted(inside, key=self._position.__getitem__):
            low, high = values[each] = _value(self._tables[each], values, ones)
            if each not in self._open:
                # It is known to be 0 or 1, so values for which it were not never come about.
                possible &= ~(low & high)
        both = values[net][0] & values[net][1] & possible
        if not both:
            return None
        alike = [(both & -both).bit_length() - 1]
        deciding = {}
        for number, leaf in enumerate(cut):
            others = [combination ^ (1 << number) for combination in alike]
            if all(both >> other & 1 for other in others):
                alike += others
            else:
                deciding[leaf] = alike[0] >> number & 1
        return deciding


def _value(table: Table, values: Mapping[Net, Value], ones: int) -> Value:
    """What the table's output can be, of what its inputs can be."""
    inputs = [values.get(wire, (ones, ones)) for wire in table.inputs]

    @cache
    def expand(table: int, width: int) -> Value:
        if width == 0:
            return (0, ones) if table else (ones, 0)
        half = 1 << (width - 1)
        low = expand(table & ((1 << half) - 1), width - 1)
        high = expand(table >> half, width - 1)
        zero, one = inputs[width - 1]
        return zero & low[0] | one & high[0], zero & low[1] | one & high[1]

    return expand(table.table, len(inputs))
