"""What a classifier takes as a Tiny Tapeout project."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from lilogic.report.models.base import Shown

if TYPE_CHECKING:
    from lilogic.report.pages import Section


class TapeoutReport(Shown):
    """A project for Tiny Tapeout.

    Attributes:
        name: Name of the network.
        top: Name of the top module.
        technology: ``sky130``, ``ihp-sg13g2`` or ``gf180mcu``.
        library: Standard-cell library.
        area: Area of all cells after synthesis, in µm².
        parts: Area of each part, in µm²: ``loader`` (takes the sample in and holds it), encoder (if
            features are sent), gates, heads, argmax and ``output`` (sends the answer). Parts are
            mapped separately, so their sum may differ from ``area``.
        source: ``mapped`` with the cells of the library, or ``estimated`` from two-input gates and
            the areas of three cells.
        tool: Program that mapped, with its version.
        flip_flops: Number of flip-flops.
        depth: Cells on the longest path between registers or pins.
        tiles: Columns and rows of tiles.
        usable: Area of the tiles inside their margins, in µm².
        utilization: ``area`` as a fraction of ``usable``.
        limit: The highest utilization allowed.
        clock_hz: Clock of the project, in Hz.
        latency: Clock cycles from the last byte of a sample to the answer.
        sample_bits: Bits of a sample that are sent and held.
        sample_bytes: Bytes that carry them.
        answer_bytes: Bytes of an answer: class and scores.
        vectors: Number of samples in the project's test.
    """

    name: str
    top: str
    technology: str
    library: str
    area: float
    parts: dict[str, float]
    source: Literal["mapped", "estimated"]
    tool: str
    flip_flops: int
    depth: int
    tiles: str
    usable: float
    utilization: float
    limit: float
    clock_hz: int
    latency: int
    sample_bits: int
    sample_bytes: int
    answer_bytes: int
    vectors: int

    def tables(self) -> Iterable[Section]:
        """What it takes."""
        from lilogic.report import board, pages

        yield pages.summary(self.name, board.tapeout_rows(self))
