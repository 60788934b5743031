"""A network too large for boxes: each level a bar as tall as it has gates, and wires as bands.

Nodes of a level stand in the order of the class whose score most of their paths lead to, so that
bands of one class run side by side.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from lilogic.formats.exporters.views import sheet
from lilogic.graph import GateGraph
from lilogic.graph.gates import READS_A, READS_B

_BINS = 40
"""Pieces of a bar, at most; wires between two pieces are one band."""

_BANDS = 500
"""Bands between two columns, at most: the widest."""

_TALL, _WIDE, _BAR, _MARGIN = 560, 190, 16, 28
_WIDEST = 7.0

Ints = npt.NDArray[np.int64]


def drawn(graph: GateGraph, cone: int | None = None) -> str:
    """The picture, of all classes or of what class ``cone`` depends on."""
    return _Density(graph, cone).svg()


class _Density:
    """Where nodes stand: ``column`` and ``piece`` of each, and -1 for those that are not shown."""

    def __init__(self, graph: GateGraph, cone: int | None) -> None:
        self.graph = graph
        paths = sheet.paths(graph)
        self.classes = [*range(graph.n_classes)] if cone is None else [cone]
        shown = paths[:, self.classes].sum(1) > 0
        self.favours = paths.argmax(1)
        self.column = np.where(shown, graph.levels, -1).astype(np.int64)
        self.last = int(self.column.max(initial=0)) + 1
        self.sizes = np.bincount(self.column[shown], minlength=self.last)
        self.piece = np.full(graph.n_nodes, -1, dtype=np.int64)
        for column in range(self.last):
            nodes = np.flatnonzero(self.column == column)
            # Input bits keep their order, which is that of an image's pixels.
            order = nodes if column == 0 else nodes[np.argsort(self.favours[nodes], kind="stable")]
            self.piece[order] = np.arange(len(order)) * self.pieces(column) // max(1, len(order))

    def pieces(self, column: int) -> int:
        """How many pieces a bar has."""
        return int(min(_BINS, self.sizes[column]))

    def svg(self) -> str:
        graph, name = self.graph, sheet.name_of(self.graph)
        gates = int((self.column[graph.n_inputs :] >= 0).sum())
        title = f"{name}: {gates:,} gates in {self.last - 1} levels"
        counts = ", ".join(f"level {level}: {self.sizes[level]:,}" for level in range(1, self.last))
        described = (
            f"From left to right {self.sizes[0]:,} input bits, the gates of each level ({counts}) "
            f"and {len(self.classes)} classes. Bars are as tall as a level has gates, and bands "
            "between them as wide as there are wires. Colours are those of classes."
        )
        width = self.x(self.last) + _BAR + 130
        parts = [*self._bands(), *self._bars(), *self._labels()]
        return sheet.svg(width, _TALL + 3 * _MARGIN + 30, title, described, parts)

    def x(self, column: int) -> float:
        return float(_MARGIN + column * _WIDE)

    def y(self, column: int, piece: npt.ArrayLike) -> sheet.Floats:
        """The middles of pieces; behind the last level are the classes."""
        count = len(self.classes) if column == self.last else self.pieces(column)
        tall = self.tall(column)
        middle = _MARGIN + 30 + _TALL / 2
        places: sheet.Floats = middle - tall / 2 + (np.asarray(piece) + 0.5) * tall / max(1, count)
        return places

    def tall(self, column: int) -> float:
        if column == self.last:
            return float(min(_TALL, 44 * len(self.classes)))
        return float(max(6.0, _TALL * self.sizes[column] / max(1, self.sizes.max())))

    def _wires(self) -> Iterator[tuple[int, int, Ints]]:
        """For each two columns, int64 [wires, 3]: pieces that a wire goes between, and a class."""
        graph = self.graph
        gates = np.arange(graph.n_gates)
        ends = []
        for wires, reads in ((graph.a, READS_A), (graph.b, READS_B)):
            readers = gates[reads[graph.op] & (self.column[graph.n_inputs :] >= 0)]
            to = graph.n_inputs + readers
            ends.append(
                np.stack([wires[readers], self.column[to], self.piece[to], self.favours[to]])
            )
        for place, class_ in enumerate(self.classes):
            head = graph.heads[class_].astype(np.int64)
            fill = np.full_like(head, self.last), np.full_like(head, place)
            ends.append(np.stack([head, *fill, np.full_like(head, class_)]))
        source, column, piece, favours = np.concatenate(ends, axis=1).astype(np.int64)
        start = self.column[source]
        pairs = np.unique(np.stack([start, column], 1), axis=0)
        for first, last in pairs.tolist():
            chosen = (start == first) & (column == last)
            yield first, last, np.stack([self.piece[source], piece, favours], 1)[chosen]

    def _bands(self) -> Iterator[str]:
        palette = sheet.colours(self.graph.n_classes)
        for first, last, wires in self._wires():
            bands, counts = np.unique(wires, axis=0, return_counts=True)
            widest = np.argsort(-counts, kind="stable")[:_BANDS]
            most = float(counts.max())
            starts, ends = self.y(first, bands[:, 0]), self.y(last, bands[:, 1])
            x, u = self.x(first) + _BAR, self.x(last)
            middle = (x + u) / 2
            for band in widest.tolist():
                y, v = starts[band], ends[band]
                wide = max(0.4, _WIDEST * counts[band] / most)
                yield (
                    f'<path d="M{x:.0f} {y:.1f}C{middle:.0f} {y:.1f} {middle:.0f} {v:.1f} {u:.0f} '
                    f'{v:.1f}" fill="none" stroke="{palette[bands[band, 2]]}" '
                    f'stroke-width="{wide:.1f}" stroke-opacity="0.3"/>'
                )

    def _bars(self) -> Iterator[str]:
        palette = sheet.colours(self.graph.n_classes)
        for column in range(self.last):
            count = max(1, self.pieces(column))
            tall = self.tall(column) / count
            tops = self.y(column, np.arange(count)) - tall / 2
            for piece, top in enumerate(tops.tolist()):
                nodes = (self.column == column) & (self.piece == piece)
                favoured = int(np.bincount(self.favours[nodes], minlength=1).argmax())
                fill = sheet.INK if column == 0 else palette[favoured]
                yield (
                    f'<rect x="{self.x(column):.0f}" y="{top:.1f}" width="{_BAR}" '
                    f'height="{max(tall - 0.6, 0.6):.1f}" fill="{fill}"/>'
                )

    def _labels(self) -> Iterator[str]:
        palette, names = sheet.colours(self.graph.n_classes), sheet.class_names(self.graph)
        for column in range(self.last):
            name = f"level {column}" if column else "input bits"
            yield sheet.text(self.x(column), _MARGIN - 6, name, 'font-weight="bold"')
            yield sheet.text(self.x(column), _MARGIN + 10, f"{self.sizes[column]:,}")
        places = self.y(self.last, np.arange(len(self.classes)))
        for class_, y in zip(self.classes, places.tolist(), strict=True):
            x = self.x(self.last)
            yield (
                f'<rect x="{x:.0f}" y="{y - 9:.1f}" width="{_BAR}" height="18" rx="3" '
                f'fill="{palette[class_]}"/>'
            )
            yield sheet.text(x + _BAR + 8, y + 4, names[class_])
