"""A classifier's timing as a picture: WaveJSON, and SVG that WaveDrom makes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from lilogic.extras import needs
from lilogic.hdl.components.interface import Interface
from lilogic.hdl.ports import cycles

_SAMPLES = "ABC"

_SHOWN = 3
"""Cycles alike that are drawn one by one; of more, the inner ones are left out."""

_GAP = "|"
_UNDEFINED = "x"


@dataclass(frozen=True)
class Cycle:
    """What stands on the ports in one clock cycle.

    Attributes:
        offered: the sample on the data input, empty for none.
        ready: whether it is taken.
        result: the sample whose result comes out, empty for none.
    """

    offered: str = ""
    ready: bool = True
    result: str = ""


def svg(wave: dict[str, Any]) -> str:
    """The picture of a waveform.

    Raises:
        MissingExtraError: WaveDrom is not installed.
    """
    with needs("hdl", "wavedrom"):
        import wavedrom

    text: str = wavedrom.render(json.dumps(wave)).tostring()
    return text + "\n"


def wavejson(interface: Interface) -> dict[str, Any]:
    """Some samples one after the other, as fast as they may, and their results, as WaveJSON."""
    shown = [*_drawn(timeline(interface))]
    clocked, data = interface.latency > 0, str(interface.data)
    ready = (
        [_row("ready", shown, lambda cycle: "01"[cycle.ready])] if interface.interval > 1 else []
    )
    return {
        "signal": [
            *([{"name": "clk", "wave": _clock(shown)}] if clocked else []),
            _row("valid_in", shown, lambda cycle: "01"[bool(cycle.offered)]),
            _row(data, shown, lambda cycle: cycle.offered or _UNDEFINED),
            *ready,
            {},
            _row("valid_out", shown, lambda cycle: "01"[bool(cycle.result)]),
            _row("index", shown, lambda cycle: cycle.result or _UNDEFINED),
            _row("scores", shown, lambda cycle: cycle.result or _UNDEFINED),
        ],
        "head": {"text": f"{interface.module}: latency {cycles(interface.latency)}"},
    }


def timeline(interface: Interface) -> list[Cycle]:
    """What happens in each clock cycle from one before the first sample on."""
    taken = [1 + interface.interval * number for number in range(len(_SAMPLES))]
    results = {cycle + interface.latency: name for cycle, name in zip(taken, _SAMPLES, strict=True)}
    return [
        Cycle(
            offered=next((_SAMPLES[n] for n, when in enumerate(taken) if 0 < cycle <= when), ""),
            ready=cycle < 1 or cycle in taken or cycle >= taken[-1] + interface.interval,
            result=results.get(cycle, ""),
        )
        for cycle in range(max(results) + 2)
    ]


def _drawn(cycles: Sequence[Cycle]) -> Iterator[Cycle | None]:
    """The cycles, with None in the place of those in long runs alike."""
    for _, group in groupby(cycles):
        alike = [*group]
        if len(alike) <= _SHOWN:
            yield from alike
        else:
            yield from (alike[0], None, alike[-1])


def _clock(shown: Sequence[Cycle | None]) -> str:
    return "".join(
        _GAP if cycle is None else "." if place else "p" for place, cycle in enumerate(shown)
    )


def _row(name: str, shown: Sequence[Cycle | None], value: Any) -> dict[str, Any]:
    """A signal whose values are ``0``, ``1``, ``x`` or names of samples."""
    wave, data, before = "", [], None
    for cycle in shown:
        now = before if cycle is None else value(cycle)
        if cycle is None:
            wave += _GAP
        elif now == before:
            wave += "."
        elif now in ("0", "1", _UNDEFINED):
            wave += now
        else:
            wave += "="
            data.append(now)
        before = now
    return {"name": name, "wave": wave, **({"data": data} if data else {})}
