"""SVG: a picture of a small graph, level by level from left to right."""

from __future__ import annotations

from pathlib import Path

from lilogic.files import write_text
from lilogic.formats.exporters.picture import check_size, label, wires
from lilogic.graph import GateGraph

_COLUMN, _ROW, _WIDTH, _HEIGHT = 110, 26, 62, 18


def write(graph: GateGraph, path: Path) -> None:
    """Input bits, gates with their symbols, and classes, one column a level.

    Raises:
        FormatError: more gates than a picture can show.
    """
    check_size(graph)
    levels = graph.levels.tolist()
    used = [0] * (max(levels) + 2)
    place: dict[str, tuple[int, int]] = {}
    texts: dict[str, str] = {}

    def put(name: str, column: int, text: str) -> None:
        place[name] = (column * _COLUMN + 10, used[column] * _ROW + 10)
        texts[name] = text
        used[column] += 1

    for node, level in enumerate(levels):
        put(f"n{node}", level, label(graph, node))
    for class_, offset in enumerate(graph.offset.tolist()):
        put(f"c{class_}", len(used) - 1, f"class {class_}" + (f" {offset:+}" if offset else ""))
    lines = [(f"n{source}", f"n{target}") for source, target in wires(graph)]
    for class_, head in enumerate(graph.heads):
        lines += [(f"n{node}", f"c{class_}") for node in head.tolist()]
    width, height = len(used) * _COLUMN, max(used) * _ROW + 20
    shapes = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        'font-family="sans-serif" font-size="11">'
    ]
    for source, target in lines:
        (x, y), (u, v) = place[source], place[target]
        shapes.append(
            f'<line x1="{x + _WIDTH}" y1="{y + _HEIGHT // 2}" x2="{u}" y2="{v + _HEIGHT // 2}" '
            'stroke="#adb5bd"/>'
        )
    for name, (x, y) in place.items():
        shapes.append(
            f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="4" fill="#ffffff" '
            f'stroke="#22303c"/><text x="{x + _WIDTH // 2}" y="{y + 13}" text-anchor="middle">'
            f"{texts[name]}</text>"
        )
    write_text(path, "\n".join([*shapes, "</svg>", ""]))
