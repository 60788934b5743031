"""Ports and timing of compiled classifiers: the fields of ``interface.json``, and waveforms."""

from __future__ import annotations

from dataclasses import replace
from inspect import get_annotations

from lilogic.docstrings import meanings
from lilogic.hdl.artefacts import waveform
from lilogic.hdl.components.interface import Interface
from lilogic.hdl.options import InputKind

from .tables import table

PIPELINED = Interface(
    data=InputKind.FEATURES,
    data_width=512,
    feature_width=8,
    classes=10,
    index_width=4,
    score_width=7,
    score_signed=False,
    latency=3,
    levels_per_stage=2,
    popcount="tree",
)

WAVEFORMS = {
    "pictures/timing.svg": PIPELINED,
    "pictures/timing-folded.svg": replace(PIPELINED, latency=6, interval=4),
}
"""The interface whose timing each picture shows."""


def fields() -> str:
    """A table of the fields of ``interface.json``."""
    texts, types = meanings(Interface), get_annotations(Interface)
    rows = ((f"`{name}`", _JSON[types[name]], texts[name]) for name in types)
    return table(("field", "type", "meaning"), rows)


def picture(name: str) -> str:
    """The waveform of that name, as SVG."""
    return waveform.svg(waveform.wavejson(WAVEFORMS[name]))


_JSON = {
    "InputKind": "`bits`, `features`",
    "int": "integer",
    "int | None": "integer or null",
    "float | None": "number or null",
    "bool": "boolean",
    "str": "string",
    "str | None": "string or null",
    "Scaling | None": "object or null",
    "tuple[tuple[int, ...], ...] | None": "list of lists of integers, or null",
    "BusInterface | None": "object or null",
}
"""The JSON type of each annotation."""
