"""Filters of a convolution: nodes of the first level that stand at several places of the image.

They are found by what they are, so that they are there after simplification, too: the same function
of bits that lie to each other as elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from lilogic.data.planes import planes
from lilogic.errors import FormatError
from lilogic.formats.exporters.views import sheet
from lilogic.graph import GateGraph
from lilogic.graph.gates import GATES, READS_A, READS_B, from_truth

_SHOWN = 60
_LEAST = 4
"""Places that a filter must stand at."""

_CELL, _PANEL, _GAP, _MARGIN, _ACROSS = 14, 84, 22, 24, 10

Leaf = tuple[int, int, int]
"""Plane, and row and column from the filter's first ones on."""


class Filter(NamedTuple):
    """A node without its place.

    Attributes:
        leaves: the bits that it reads, in order.
        truth: its output for each of their values, the last leaf the lowest bit of the number.
    """

    leaves: tuple[Leaf, ...]
    truth: tuple[int, ...]


def found(graph: GateGraph) -> dict[Filter, int]:
    """At how many places each filter stands, most first.

    Raises:
        FormatError: the network reads no images.
    """
    if graph.encoder is None or len(graph.encoder.feature_shape) < 2:
        raise FormatError("filters need images, but the network does not read images")
    place = np.zeros((graph.n_inputs, 3), dtype=np.int64)
    laid = planes(graph.encoder)
    there = np.argwhere(laid >= 0)
    place[laid[laid >= 0]] = there
    cones, counts = graph.cones, dict[Filter, int]()
    rows = [*graph.rows()]
    for node in np.flatnonzero(cones.is_root & (cones.level == 1) & graph.alive).tolist():
        leaves = [leaf for leaf in cones.leaves[node - graph.n_inputs].tolist() if leaf >= 0]
        if not leaves:
            continue
        spots = place[leaves] - np.array([0, *place[leaves][:, 1:].min(0)])
        order = sorted(range(len(leaves)), key=lambda leaf: tuple(spots[leaf]))
        ordered = tuple(leaves[leaf] for leaf in order)
        shape = tuple((int(p), int(r), int(c)) for p, r, c in spots[order])
        made = Filter(shape, _truth(rows, graph.n_inputs, node, ordered))
        counts[made] = counts.get(made, 0) + 1
    return dict(sorted(counts.items(), key=lambda each: -each[1]))


def _truth(
    rows: list[tuple[int, int, int]], n_inputs: int, node: int, leaves: tuple[int, ...]
) -> tuple[int, ...]:
    """The node's output for each value of its leaves."""
    count = len(leaves)
    values = {
        leaf: (np.arange(2**count) >> (count - 1 - number)) & 1
        for number, leaf in enumerate(leaves)
    }
    zeros = np.zeros(2**count, dtype=np.int64)
    stack = [node]
    while stack:
        op, a, b = rows[stack[-1] - n_inputs]
        wires = [w for w, reads in ((a, READS_A[op]), (b, READS_B[op])) if reads]
        waiting = [wire for wire in wires if wire not in values]
        if waiting:
            stack += waiting
            continue
        address = 2 * values.get(a, zeros) + values.get(b, zeros)
        values[stack.pop()] = (op >> (3 - address)) & 1
    return tuple(values[node].tolist())


def drawn(graph: GateGraph, cone: int | None = None) -> str:
    """The filters that stand at most places.

    Raises:
        FormatError: a class is named, the network reads no images, or nothing repeats.
    """
    if cone is not None:
        raise FormatError("all classes share the filters; omit the class", option="cone")
    counts = {each: count for each, count in found(graph).items() if count >= _LEAST}
    if not counts:
        raise FormatError(
            "no node of the first level repeats across the image, so there are no filters"
        )
    shown = [*counts.items()][:_SHOWN]
    name = sheet.name_of(graph)
    title = f"{name}: {len(shown)} of {len(counts):,} filters of its first level"
    described = (
        "Each panel is a filter: the pixels that it reads, as they lie to each other, its "
        "function, and at how many places of the image it stands. Colours are thresholds or "
        "channels."
    )
    across = min(_ACROSS, len(shown))
    down = -(-len(shown) // across)
    parts = [sheet.text(_MARGIN, 26, title, 'font-weight="bold"')]
    palette = sheet.colours(1 + max(leaf[0] for each in counts for leaf in each.leaves))
    for place, (each, count) in enumerate(shown):
        x = _MARGIN + place % across * (_PANEL + _GAP)
        y = _MARGIN + 24 + place // across * (_PANEL + _GAP + 34)
        parts += _panel(each, count, x, y, palette)
    width = max(2 * _MARGIN + across * (_PANEL + _GAP) - _GAP, 420)
    height = 2 * _MARGIN + 24 + down * (_PANEL + _GAP + 34)
    return sheet.svg(width, height, title, described, parts)


def _panel(each: Filter, count: int, x: float, y: float, palette: list[str]) -> Iterator[str]:
    side = max(3, *(1 + max(row, column) for _, row, column in each.leaves))
    size = min(_CELL * 2, _PANEL / side)
    wide = f"{size * side:.1f}"
    yield f'<rect x="{x}" y="{y}" width="{wide}" height="{wide}" fill="#f1f3f5"/>'
    for number, (plane, row, column) in enumerate(each.leaves):
        left, top = x + column * size, y + row * size
        yield (
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{size - 1:.1f}" height="{size - 1:.1f}" '
            f'fill="{palette[plane]}"/>'
        )
        style = 'text-anchor="middle" style="fill:#fff" font-size="11"'
        yield sheet.text(left + size / 2 - 0.5, top + size / 2 + 4, "abcdef"[number], style)
    yield sheet.text(x, y + _PANEL + 14, _spelled(each))
    yield sheet.text(
        x, y + _PANEL + 29, f"{count:,} places", f'style="fill:{sheet.SOFT}" font-size="11"'
    )


def _spelled(each: Filter) -> str:
    """Its function: a formula of up to two bits, else the truth table as a number."""
    if len(each.leaves) == 1:
        return "a" if each.truth == (0, 1) else "¬a"
    if len(each.leaves) == 2:
        return GATES[from_truth(*each.truth)].symbol
    number = int("".join(map(str, each.truth)), 2)
    return f"0x{number:0{max(1, len(each.truth) // 4)}x}"
