"""SVG: a small graph, level by level from left to right; or a view of a graph of any size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate, pairwise
from pathlib import Path

from lilogic.errors import FormatError
from lilogic.files import write_text
from lilogic.formats.exporters import layout, picture
from lilogic.formats.exporters.layout import Place
from lilogic.formats.exporters.picture import Box, Picture, Wire
from lilogic.formats.exporters.views import density, fields, filters
from lilogic.graph import GateGraph

_MARGIN, _HEIGHT, _PIN = 12, 24, 10
_LETTER, _PADDING = 7, 16
"""Pixels that a letter takes, and the rest of a box."""

_COLOURS = ("#1971c2", "#e8590c", "#2f9e44", "#9c36b5", "#c2255c", "#0c8599", "#846358", "#5c7cfa")
"""Wires of one source have one colour, so that they can be followed where they cross."""

_GATE, _END = "#ffffff", "#f1f3f5"
_LEGEND = "a: upper wire, b: lower wire of a gate"
_LEGEND_STYLE = 'style="text-anchor:start" fill="#868e96"'
_STYLE = "path{fill:none;stroke-width:1.2}path:hover{stroke-width:4}text{text-anchor:middle}"


VIEWS = ("network", "fields", "filters")
"""What may be drawn."""


def write(graph: GateGraph, path: Path, *, cone: int | None = None, view: str = "network") -> None:
    """A picture of the network, or of what it looks at.

    Args:
        graph: the graph.
        path: the file.
        cone: draw what this class depends on, alone.
        view: ``network``: inputs that are read, gates with their symbols, and classes; where these
            are too many for boxes, bars and bands in their place. ``fields``: the pixels that each
            class reads. ``filters``: nodes that repeat all over the image.

    Raises:
        FormatError: no class ``cone``, no such view, or nothing that it could show.
    """
    write_text(path, drawn(graph, cone=cone, view=view))


def drawn(graph: GateGraph, *, cone: int | None = None, view: str = "network") -> str:
    """The text of that picture; arguments and errors as ``write``."""
    if view not in VIEWS:
        raise FormatError(f"view {view!r} is not one of {', '.join(VIEWS)}", option="view")
    gates = picture.shown_gates(graph, cone)
    if view == "fields":
        return fields.drawn(graph, cone)
    if view == "filters":
        return filters.drawn(graph, cone)
    if len(gates) > picture.MAX_GATES:
        return density.drawn(graph, cone)
    return "\n".join([*_drawn(picture.of(graph, cone)), ""])


@dataclass(frozen=True)
class _Sheet:
    """Where everything stands, in pixels.

    Attributes:
        columns: each box's column.
        heights: each box's height.
        centre: the vertical centre of each box and lane.
        widths: of columns, and of the boxes in them.
        left: where columns begin.
    """

    columns: dict[str, int]
    heights: dict[str, int]
    centre: dict[Place, float]
    widths: list[int]
    left: list[int]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of all, with room for a line of text below."""
        bottom = max(
            row + (self.heights[name] if self.columns[name] == column else 0) / 2
            for (name, column), row in self.centre.items()
        )
        width = self.left[-1] + self.widths[-1] + _MARGIN
        return max(width, _LETTER * len(_LEGEND)), int(bottom) + 2 * _MARGIN + 20


def _drawn(shown: Picture) -> Iterator[str]:
    into: dict[str, list[Wire]] = {name: [] for name in shown.boxes}
    for wire in shown.wires:
        into[wire.target].append(wire)
    sheet = _sheet(shown, into)
    width, height = sheet.size
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11" role="img">'
    )
    yield f"<title>{escape(_described(shown))}</title>"
    yield f"<style>{_STYLE}</style>"
    yield f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
    colour = _colours(sheet.centre, sheet.columns)
    for arriving in into.values():
        for wire, pin in _pins(arriving, sheet.columns, sheet.centre).items():
            yield from _wire(wire, pin, colour[wire.source], shown, sheet)
    for name, box in shown.boxes.items():
        yield from _box(name, box, sheet)
    yield f'<text x="{_MARGIN}" y="{height - 8}" {_LEGEND_STYLE}>{_LEGEND}</text></svg>'


def _described(shown: Picture) -> str:
    """What is drawn, for those who do not see it."""
    gates = sum(box.is_gate for box in shown.boxes.values())
    classes = sum(name.startswith("c") for name in shown.boxes)
    inputs = len(shown.boxes) - gates - classes
    return (
        f"Network of {gates} gates from {inputs} input bits on the left to {classes} classes "
        f"on the right, with {len(shown.wires)} wires"
    )


def _sheet(shown: Picture, into: Mapping[str, Sequence[Wire]]) -> _Sheet:
    boxes, wires = shown.boxes, shown.wires
    columns = _columns(boxes)
    heights = {
        name: _HEIGHT if box.is_gate else max(_HEIGHT, _PIN * (len(into[name]) + 1))
        for name, box in boxes.items()
    }
    centre = layout.rows(columns, heights, [(wire.source, wire.target) for wire in wires])
    widths = [0] * (max(columns.values()) + 1)
    for name, box in boxes.items():
        widths[columns[name]] = max(widths[columns[name]], _LETTER * len(box.text) + _PADDING)
    return _Sheet(columns, heights, centre, widths, _lefts(widths, wires, columns, centre))


def _wire(wire: Wire, pin: float, colour: str, shown: Picture, sheet: _Sheet) -> Iterator[str]:
    points = [
        (sheet.left[column] + sheet.widths[column] * is_right, _MARGIN + row)
        for column, is_right, row in _way(wire, sheet.columns, sheet.centre, pin)
    ]
    if wire.times > 1:
        x, y = points[-1]
        yield f'<text x="{x - 12}" y="{y - 2:.1f}" font-size="9">×{wire.times}</text>'
    title = f"{shown.boxes[wire.source].text} → {shown.boxes[wire.target].text}"
    yield (
        f'<path id="{wire.source}-{wire.target}{wire.pin}" d="{_curve(points)}" '
        f'stroke="{colour}"><title>{escape(title)}</title></path>'
    )


def _box(name: str, box: Box, sheet: _Sheet) -> Iterator[str]:
    column, height = sheet.columns[name], sheet.heights[name]
    x, y, width = sheet.left[column], _MARGIN + sheet.centre[name, column], sheet.widths[column]
    yield (
        f'<rect id="{name}" x="{x}" y="{y - height / 2:.1f}" width="{width}" height="{height}" '
        f'rx="4" fill="{_GATE if box.is_gate else _END}" stroke="#22303c"/>'
    )
    yield f'<text x="{x + width / 2}" y="{y + 4:.1f}">{escape(box.text)}</text>'


def _columns(boxes: Mapping[str, Box]) -> dict[str, int]:
    """Each box's column; levels that nothing is at take none."""
    levels = sorted({box.level for box in boxes.values()})
    number = {level: column for column, level in enumerate(levels)}
    return {name: number[box.level] for name, box in boxes.items()}


def _lefts(
    widths: Sequence[int],
    wires: Sequence[Wire],
    columns: Mapping[str, int],
    centre: Mapping[Place, float],
) -> list[int]:
    """Where columns begin; between them is the more room, the steeper wires would be."""
    steepest = [0.0] * len(widths)
    for wire in wires:
        first, last = columns[wire.source], columns[wire.target]
        names = [wire.source] * (last - first) + [wire.target]
        stops = [centre[name, column] for column, name in enumerate(names, first)]
        for column, (row, following) in enumerate(pairwise(stops), first):
            steepest[column] = max(steepest[column], abs(following - row))
    rooms = [int(min(max(50, rise / 4), 300)) for rise in steepest]
    ends = accumulate(width + room for width, room in zip(widths, rooms, strict=True))
    return [_MARGIN, *(_MARGIN + end for end in ends)][: len(widths)]


def _colours(centre: Mapping[Place, float], columns: Mapping[str, int]) -> dict[str, str]:
    """Of each box's wires: neighbours in a column differ."""
    order = sorted(columns, key=lambda name: centre[name, columns[name]])
    return {name: _COLOURS[i % len(_COLOURS)] for i, name in enumerate(order)}


def _pins(
    arriving: Sequence[Wire], columns: Mapping[str, int], centre: Mapping[Place, float]
) -> dict[Wire, float]:
    """The rows where wires of one box end: pin a above b, and others as they come from above."""
    if not arriving:
        return {}

    def row(wire: Wire) -> tuple[str, float]:
        column = columns[wire.target] - 1
        return wire.pin, centre[wire.source, column]

    middle = centre[arriving[0].target, columns[arriving[0].target]]
    start = middle - _PIN * (len(arriving) - 1) / 2
    return {wire: start + _PIN * i for i, wire in enumerate(sorted(arriving, key=row))}


def _way(
    wire: Wire, columns: Mapping[str, int], centre: Mapping[Place, float], pin: float
) -> Iterator[tuple[int, bool, float]]:
    """Columns, their left (False) or right edges, and rows: from box along lanes to box."""
    first, last = columns[wire.source], columns[wire.target]
    yield first, True, centre[wire.source, first]
    for column in range(first + 1, last):
        row = centre[wire.source, column]
        yield column, False, row
        yield column, True, row
    yield last, False, pin


def _curve(points: Sequence[tuple[int, float]]) -> str:
    """Curves between columns, and straight lines along lanes."""
    x, y = points[0]
    parts = [f"M{x} {y:.1f}"]
    for (x, y), (u, v) in pairwise(points):
        middle = (x + u) / 2
        parts.append(
            f"L{u} {v:.1f}" if y == v else f"C{middle} {y:.1f} {middle} {v:.1f} {u} {v:.1f}"
        )
    return "".join(parts)
