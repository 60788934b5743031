"""Which internal energies a cell takes when its pins change, and how often that happens.

Pins of a gate may change together, as they do without delays: an output's energy is then the mean
of those that the pins which changed would cause.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lilogic.graph import Circuit
from lilogic.hdl.power.library import Arc, Kind
from lilogic.infer.activity import Counts, blocks
from lilogic.jit import njit

Values = Mapping[str, int]
Floats = npt.NDArray[np.float64]


def counted(
    circuit: Circuit, bits: npt.NDArray[np.bool_], groups: Sequence[npt.NDArray[np.int64]]
) -> list[Counts]:
    """How often the values of some nodes together go from one state to another.

    Args:
        circuit: the circuit.
        bits: bool [samples, n_inputs].
        groups: int64 [cells, pins] each, nodes.

    Returns:
        For each group int64 [cells, states, states]: from a state, whose bit i is pin i, to the
        next sample's.
    """
    sizes = [(len(rows), 1 << rows.shape[1]) for rows in groups]
    counts = [np.zeros((cells, states, states), dtype=np.int64) for cells, states in sizes]
    for block in blocks(circuit, bits):
        for rows, found in zip(groups, counts, strict=True):
            _count(block.words, rows, block.steps, found)
    return counts


@njit(cache=True)
def _count(words, rows, steps, counts):  # type: ignore[no-untyped-def]
    for cell in range(rows.shape[0]):
        before = np.int64(0)
        for sample in range(steps + 1):
            state = np.int64(0)
            for pin in range(rows.shape[1]):
                word = words[rows[cell, pin], sample >> 6]
                state |= np.int64((word >> np.uint64(sample & 63)) & np.uint64(1)) << pin
            if sample:
                counts[cell, before, state] += 1
            before = state


@dataclass
class Weights:
    """How often each arc of a cell takes its energy, for each step from a state to another.

    Attributes:
        rise: float64 [arcs, states, states].
        fall: likewise.
    """

    rise: Floats
    fall: Floats


def of_gate(kind: Kind) -> Weights:
    """The weights of a gate, by the states of its inputs."""
    states = 1 << len(kind.inputs)
    values = [
        {pin: state >> place & 1 for place, pin in enumerate(kind.inputs)}
        | {pin: table >> state & 1 for pin, table in kind.tables.items()}
        for state in range(states)
    ]
    weights = _none(kind, states)
    for before in range(states):
        for after in range(states):
            if before != after:
                _add(weights, kind, (before, after), values[before], values[after])
    return weights


def of_register(kind: Kind, data: str, held: Values, outputs: Values) -> Weights:
    """The weights of a register for a clock cycle, by what it holds and what it takes over next.

    At the rising edge it takes over what came in the cycle before; its data change while the clock
    is high.

    Args:
        kind: the cell.
        data: its pin for data.
        held: pins that keep their value.
        outputs: for each output, whether it is the complement of what is held.
    """
    assert kind.clock is not None
    weights = _none(kind, 2)

    def values(clock: int, taken: int, holds: int) -> dict[str, int]:
        shown = {pin: holds ^ inverts for pin, inverts in outputs.items()}
        return {**held, **shown, kind.clock: clock, data: taken}  # type: ignore[dict-item]

    for old in (0, 1):
        for new in (0, 1):
            place = old, new
            _add(weights, kind, place, values(0, new, old), values(1, new, new))
            _add(weights, kind, place, values(1, old, old), values(1, new, old))
            _add(weights, kind, place, values(1, new, old), values(0, new, old))
    return weights


def _none(kind: Kind, states: int) -> Weights:
    shape = len(kind.arcs), states, states
    return Weights(np.zeros(shape), np.zeros(shape))


def _add(
    weights: Weights, kind: Kind, place: tuple[int, int], before: Values, after: Values
) -> None:
    """Add what one step takes to the weights at a place."""
    changed = {pin for pin, value in after.items() if before[pin] != value}
    outputs = [pin for pin in kind.outputs if pin in before]
    for pin in changed:
        # Conditions of an input are of what was put out before it changed.
        seen = after if pin in kind.outputs else {**after, **{o: before[o] for o in outputs}}
        state = sum(seen.get(name, 0) << bit for bit, name in enumerate(kind.pins))
        chosen = _chosen([a for a in enumerate(kind.arcs) if a[1].pin == pin], changed, state)
        into = weights.rise if after[pin] else weights.fall
        for arc, share in chosen.items():
            into[arc, *place] += share


def _chosen(arcs: Sequence[tuple[int, Arc]], changed: set[str], state: int) -> dict[int, float]:
    """The arcs of a pin that count for a step, with their shares.

    Those that a changed pin causes; of them, those whose condition holds, or else those without
    one. Arcs of one cause and condition, as of several supplies, add up.
    """
    caused = [a for a in arcs if not a[1].causes or changed & {*a[1].causes}] or [*arcs]
    always = [a for a in caused if a[1].is_always]
    holding = [a for a in caused if not a[1].is_always and a[1].when >> state & 1]
    groups: dict[tuple[object, ...], list[int]] = {}
    for number, arc in holding or always:
        groups.setdefault((arc.causes, arc.when), []).append(number)
    return {number: 1 / len(groups) for group in groups.values() for number in group}
