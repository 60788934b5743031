"""Switching activity as SAIF 2.0, which tools of power analysis read."""

from __future__ import annotations

from collections.abc import Iterator

from lilogic.hdl.power.design import Instance, Net
from lilogic.hdl.power.waves import Waves
from lilogic.version import __version__


def lines(waves: Waves) -> Iterator[str]:
    """The lines of the file: the time of each net at 0, 1 and x, and how often it changes.

    Bits of sums that nothing reads are left out.
    """
    yield "(SAIFILE"
    yield '  (SAIFVERSION "2.0")'
    yield '  (DIRECTION "backward")'
    yield f'  (DESIGN "{waves.simulated.top.module}")'
    yield '  (PROGRAM_NAME "lilogic")'
    yield f'  (PROGRAM_VERSION "{__version__}")'
    yield "  (DIVIDER /)"
    yield "  (TIMESCALE 1 ps)"
    yield f"  (DURATION {waves.duration})"
    yield from _instance(waves, waves.simulated.top, "  ")
    yield ")"


def _instance(waves: Waves, instance: Instance, indent: str) -> Iterator[str]:
    yield f"{indent}(INSTANCE {_escaped(instance.name)}"
    yield f"{indent}  (NET"
    for wire in instance.wires.values():
        for place, net in enumerate(wire.nets):
            if waves.is_driven(net):
                yield f"{indent}    ({_escaped(wire.bit(place))} {_counts(waves, net)})"
    yield f"{indent}  )"
    for child in instance.children:
        yield from _instance(waves, child, f"{indent}  ")
    yield f"{indent})"


def _counts(waves: Waves, net: Net) -> str:
    low, high, unknown, changes = waves.times(net)
    return f"(T0 {low}) (T1 {high}) (TX {unknown}) (TC {changes}) (IG 0)"


def _escaped(name: str) -> str:
    """A name as SAIF spells it: brackets and dots are not part of it without a backslash."""
    return "".join(f"\\{each}" if not (each.isalnum() or each == "_") else each for each in name)
