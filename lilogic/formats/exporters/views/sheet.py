"""What the pictures share: an SVG with words for those who do not see it, colours, paths."""

from __future__ import annotations

import colorsys
from collections.abc import Iterable, Iterator
from html import escape

import numpy as np
import numpy.typing as npt

from lilogic.graph import GateGraph
from lilogic.graph.gates import READS_A, READS_B
from lilogic.graph.metadata import Metadata

INK, SOFT, PAPER = "#22303c", "#868e96", "#ffffff"
_LONGEST = 18

Floats = npt.NDArray[np.float64]


def svg(width: float, height: float, title: str, described: str, parts: Iterable[str]) -> str:
    """A picture: ``described`` says in words what it shows, for screen readers."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="sans-serif" font-size="12" '
        f'role="img" aria-label="{escape(title)}">',
        f"<title>{escape(title)}</title>",
        f"<desc>{escape(described)}</desc>",
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="{PAPER}"/>',
        *parts,
        "</svg>",
        "",
    ]
    return "\n".join(lines)


def text(x: float, y: float, words: str, style: str = "") -> str:
    """A line of text that begins, or as its style says, at a place."""
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{INK}" {style}>{escape(words)}</text>'


def colours(count: int) -> list[str]:
    """A colour for each class, all equally light."""
    made = [colorsys.hls_to_rgb(number / count, 0.45, 0.6) for number in range(count)]
    return ["#" + "".join(f"{round(255 * part):02x}" for part in rgb) for rgb in made]


def class_names(graph: GateGraph) -> list[str]:
    """What classes are called, cut to what fits."""
    names = Metadata.of(graph).class_names or [*map(str, range(graph.n_classes))]
    return [
        name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
        for name in ("".join(filter(str.isprintable, name)) for name in names)
    ]


def name_of(graph: GateGraph) -> str:
    """What the network is called."""
    return Metadata.of(graph).name or "network"


def paths(graph: GateGraph) -> Floats:
    """float64 [nodes, classes]: ways from each node to the nodes that a class counts."""
    found = np.zeros((graph.n_nodes, graph.n_classes))
    for class_, head in enumerate(graph.heads):
        np.add.at(found[:, class_], head, 1.0)
    for gates in _by_level(graph)[::-1]:
        for wires, reads in ((graph.a, READS_A), (graph.b, READS_B)):
            readers = gates[reads[graph.op[gates]]]
            np.add.at(found, wires[readers], found[graph.n_inputs + readers])
    return found


def _by_level(graph: GateGraph) -> list[npt.NDArray[np.int64]]:
    levels = graph.levels[graph.n_inputs :]
    order = np.argsort(levels, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(levels[order])) + 1)


def shades(values: Floats, x: float, y: float, size: float, colour: str) -> Iterator[str]:
    """Squares for values [rows, columns] from 0 to 1, the stronger the higher; none for 0."""
    steps = np.ceil(values * 12).astype(int)
    for step in range(1, 13):
        cells = "".join(
            f"M{x + column * size:.1f} {y + row * size:.1f}h{size}v{size}h-{size}z"
            for row, column in np.argwhere(steps == step).tolist()
        )
        if cells:
            yield f'<path d="{cells}" fill="{colour}" fill-opacity="{step / 12:.2f}"/>'
