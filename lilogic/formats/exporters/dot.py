"""Graphviz DOT: a picture of a small graph for whoever draws it."""

from __future__ import annotations

from pathlib import Path

from lilogic.files import write_text
from lilogic.formats.exporters import picture
from lilogic.formats.exporters.picture import Box, Wire
from lilogic.graph import GateGraph


def write(graph: GateGraph, path: Path, *, cone: int | None = None) -> None:
    """Inputs that are read, gates with their symbols, and classes; or what one class depends on.

    Raises:
        FormatError: no class ``cone``, or more gates than a picture can show.
    """
    shown = picture.of(graph, cone)
    lines = ["digraph classifier {", "  rankdir=LR;"]
    for name, box in shown.boxes.items():
        text = box.text.replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'  {name} [label="{text}", shape={_shape(name, box)}];')
    lines += [f"  {wire.source} -> {wire.target}{_label(wire)};" for wire in shown.wires]
    write_text(path, "\n".join([*lines, "}", ""]))


def _shape(name: str, box: Box) -> str:
    if box.is_gate:
        return "box"
    return "ellipse" if name.startswith("c") else "plain"


def _label(wire: Wire) -> str:
    text = wire.pin or (f"×{wire.times}" if wire.times > 1 else "")
    return f' [headlabel="{text}"]' if text else ""
