"""What a classifier takes as a Tiny Tapeout project."""

from __future__ import annotations

from typing import Literal

from lilogic.report.models.base import Report


class TapeoutReport(Report):
    """A project for Tiny Tapeout.

    Attributes:
        name: of the network.
        top: the top module.
        technology: one of ``technologies.TECHNOLOGIES``.
        library: its standard cells.
        area: of the whole circuit's cells after synthesis, in µm².
        parts: area in µm² of what takes the sample in and holds it (``loader``), encoder (where
            features are sent), gates, heads, argmax, and what puts the answer out (``output``).
            They are mapped apart, so they need not add up to ``area``.
        source: whether cells of the library were ``mapped``, or the area is ``estimated`` from
            gates of two inputs and the areas of three cells.
        tool: what mapped, and its version.
        flip_flops: how many there are.
        depth: cells on the longest path between registers or pins.
        tiles: of the project, columns and rows.
        usable: area of these between their margins, in µm².
        utilization: ``area`` of ``usable``.
        limit: the utilization that was allowed.
        clock_hz: the clock that the project asks for.
        latency: clock cycles from the sample's last byte to the answer.
        sample_bits: bits of a sample that are sent and held.
        sample_bytes: bytes that they are sent in.
        answer_bytes: bytes of an answer: the class, and the scores.
        vectors: samples in the project's test.
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
