"""Receptive fields: for each class, how many paths lead from each pixel to the gates it counts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lilogic.errors import FormatError
from lilogic.formats.exporters.views import sheet
from lilogic.graph import GateGraph

_PANEL, _GAP, _MARGIN, _ACROSS = 140, 18, 24, 5


def drawn(graph: GateGraph, cone: int | None = None) -> str:
    """A panel for each class, or for class ``cone`` alone.

    Raises:
        FormatError: the network reads no images.
    """
    encoder = graph.encoder
    if encoder is None or len(encoder.feature_shape) < 2:
        raise FormatError("receptive fields need images, but the network does not read images")
    classes = [*range(graph.n_classes)] if cone is None else [cone]
    paths = sheet.paths(graph)[: graph.n_inputs, classes]
    fields = np.zeros((encoder.n_features + 1, len(classes)))
    np.add.at(fields, encoder.feature, paths)
    np.add.at(fields, encoder.minus, paths)
    rows, columns = encoder.feature_shape[:2]
    # What is subtracted where nothing is, is no pixel.
    pixels = fields[:-1].reshape(rows, columns, -1, len(classes)).sum(2)
    strengths = np.sqrt(pixels / max(1.0, pixels.max()))
    name = sheet.name_of(graph)
    described = (
        f"For each class a picture of {rows} by {columns} pixels. A pixel is the darker, the more "
        "paths lead from it over gates to those that the class counts; the scale is a square root."
    )
    across = min(_ACROSS, len(classes))
    down = -(-len(classes) // across)
    width = 2 * _MARGIN + across * (_PANEL + _GAP) - _GAP
    height = 2 * _MARGIN + 24 + down * (_PANEL + _GAP + 18)
    parts = [sheet.text(_MARGIN, 26, f"{name}: pixels that classes read", 'font-weight="bold"')]
    for place, class_ in enumerate(classes):
        x = _MARGIN + place % across * (_PANEL + _GAP)
        y = _MARGIN + 24 + place // across * (_PANEL + _GAP + 18)
        parts += _panel(strengths[:, :, place], x, y, sheet.class_names(graph)[class_])
    return sheet.svg(width, height, f"{name}: receptive fields of its classes", described, parts)


def _panel(strengths: sheet.Floats, x: float, y: float, name: str) -> Iterator[str]:
    size = _PANEL / max(strengths.shape)
    yield sheet.text(x, y + 10, name)
    yield (
        f'<rect x="{x}" y="{y + 16}" width="{strengths.shape[1] * size:.1f}" '
        f'height="{strengths.shape[0] * size:.1f}" fill="#f1f3f5"/>'
    )
    yield from sheet.shades(strengths, x, y + 16, round(size, 2), "#14532d")
