"""The control of a folded classifier: when it takes samples, and which step is done when.

The registers that count steps are those that ``ready`` depends on, with ``valid_in`` and reset
alone. Their states are few, so all that can be reached are visited. Whatever else controls the
design is a function of these states some cycles ago.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lilogic.formats.importers.cells import CELLS
from lilogic.hdl.proof.folded.trace import Trace
from lilogic.hdl.proof.netlist import (
    CONSTANTS,
    MUX,
    REGISTER,
    Net,
    Netlist,
    WrongNetlistError,
)

State = tuple[int, ...]

_MOST = 1 << 20
"""States that are visited, at most."""

_BOTH = 0b11
"""Bits of a value: for ``valid_in`` low, and high."""


@dataclass(frozen=True)
class Sequence:
    """What the counting registers hold when.

    Attributes:
        registers: their nets.
        states: every state that can be reached.
        ages: for each number of cycles since a sample was taken, up to the latency, the states
            that are possible then.
        interval: cycles from a sample to the next, at least.
    """

    registers: tuple[Net, ...]
    states: frozenset[State]
    ages: tuple[frozenset[State], ...]
    interval: int

    @property
    def last(self) -> frozenset[State]:
        """Where the last step of a sample is done; nowhere else are these states reached."""
        return self.ages[self.interval]

    def known(self, age: int) -> dict[Net, Net]:
        """The registers that surely hold a constant so many cycles after a sample was taken."""
        if not 0 <= age < len(self.ages):
            return {}
        return agreed(self.registers, self.ages[age])


def agreed(registers: Iterable[Net], states: Iterable[State]) -> dict[Net, Net]:
    """The registers that hold the same in all states, as constants."""
    columns = zip(registers, zip(*states, strict=True), strict=True)
    return {net: str(values[0]) for net, values in columns if len(set(values)) == 1}


def find(design: Netlist, interval: int, latency: int) -> Sequence:
    """All that the control of ``design`` may do.

    Raises:
        WrongNetlistError: it does not take a sample whenever none was taken in the last
            ``interval - 1`` cycles, and then only; or reset does not set it.
    """
    registers = _counting(design)
    step = _Step(design, registers)
    first = step.reset()
    known: dict[State, tuple[bool, State, State]] = {}
    new = [first]
    while new:
        state = new.pop()
        if state not in known:
            known[state] = step(state)
            new += known[state][1:]
            if len(known) > _MOST:
                raise WrongNetlistError("the control has too many states")

    def following(states: Iterable[State]) -> frozenset[State]:
        return frozenset(after for state in states for after in known[state][1:])

    ready = {state for state, (is_ready, _, _) in known.items() if is_ready}
    ages = [frozenset(ready), frozenset(known[state][2] for state in ready)]
    while len(ages) <= latency:
        ages.append(following(ages[-1]))
    idle, waiting = set(), [first, *(known[state][1] for state in ages[interval])]
    while waiting:
        state = waiting.pop()
        if state not in idle:
            idle.add(state)
            waiting.append(known[state][1])
    busy = frozenset[State]().union(*ages[1:interval])
    if busy & ready:
        raise WrongNetlistError(f"two samples are taken less than {interval} cycles apart")
    if not idle | ages[interval] <= ready:
        raise WrongNetlistError(f"no sample is taken {interval} cycles after the previous one")
    if ages[interval] & (busy | idle):
        raise WrongNetlistError("no sample reaches its last step")
    return Sequence(registers, frozenset(known), tuple(ages), interval)


def _counting(design: Netlist) -> tuple[Net, ...]:
    """The registers that ``ready`` depends on, now or later."""
    found: dict[Net, None] = {}
    new = design.vector("ready", 1)
    leaves = [*design.vector("valid_in", 1), *design.vector("rst", 1)]
    while new:
        net = new.pop()
        if net in found or net in leaves or net in CONSTANTS:
            continue
        if net not in design.driver:
            raise WrongNetlistError(f"ready depends on {design.name(net)}")
        found[net] = None
        new += design.driver[net].inputs
    return tuple(net for net in found if design.driver[net].kind == REGISTER)


class _Step:
    """What the counting registers do in a cycle."""

    def __init__(self, design: Netlist, registers: tuple[Net, ...]) -> None:
        self._design = design
        self._registers = registers
        self._inputs = [design.driver[net].inputs[0] for net in registers]
        (self._valid,) = design.vector("valid_in", 1)
        (self._reset,) = design.vector("rst", 1)
        (self._ready,) = design.vector("ready", 1)
        leaves = [*registers, self._valid, self._reset]
        cone = design.cone([self._ready, *self._inputs], leaves)
        self._cone = [(net, design.driver[net]) for net in cone]

    def __call__(self, state: State) -> tuple[bool, State, State]:
        """Whether a sample is taken, and the states after a cycle without one, and with one."""
        value = self._values({self._valid: 0b10, self._reset: 0}, state)
        ready = value[self._ready]
        if ready not in (0, _BOTH):
            raise WrongNetlistError("ready depends on valid_in")
        low, high = (tuple(value[net] >> at & 1 for net in self._inputs) for at in (0, 1))
        return bool(ready), low, high

    def reset(self) -> State:
        """The state after reset, whatever was before."""
        under_reset = Trace(self._design, lambda net, age: "1" if net == self._reset else None)
        found = [under_reset.value(net, 0) for net in self._inputs]
        if not {*found} <= {*CONSTANTS}:
            raise WrongNetlistError("reset does not cancel the sample in progress")
        return tuple(map(int, found))

    def _values(self, inputs: dict[Net, int], state: State) -> dict[Net, int]:
        value: dict[Net, int] = {"0": 0, "1": _BOTH, **inputs}
        value |= {net: _BOTH * bit for net, bit in zip(self._registers, state, strict=True)}
        for net, cell in self._cone:
            value[net] = _COMPUTED[cell.kind](*(value[source] for source in cell.inputs))
        return value


def _gate(op: int) -> Callable[[int, int], int]:
    def computed(a: int, b: int) -> int:
        rows = (~a & ~b, ~a & b, a & ~b, a & b)
        return sum(row & _BOTH for place, row in enumerate(rows) if op >> (3 - place) & 1)

    return computed


def _select(select: int, low: int, high: int) -> int:
    return select & high | ~select & low


_COMPUTED: dict[str, Callable[..., int]] = {
    MUX: _select,
    **{kind: _gate(op) for kind, op in CELLS.items()},
}
