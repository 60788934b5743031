"""What a classifier takes before placement: see ``lilogic.hdl.synthesis.area``."""

from __future__ import annotations

from lilogic.report.models.base import Report

Counts = dict[str, int | float]
"""A target's numbers by column, and ``depth``, the cells on the longest path.

Columns of FPGAs are ``luts`` (LUTs of the target's size), ``ffs`` (flip-flops), ``carries`` (carry
cells) and ``muxes`` (multiplexers between LUTs); of the generic target ``cells`` (gates and
inverters), ``nand2`` (area in NAND2 equivalents) and ``ffs``; of a library ``area`` (in its unit),
``cells`` and ``ffs``.
"""


class TargetArea(Report):
    """What a classifier takes on one target.

    Attributes:
        unit: what the first column counts.
        parts: of encoder (where there is one), gates, heads, argmax, and other (valid flags and
            the scores that wait for the argmax).
        total: of the flattened design, or the sum of the parts and the greatest of their depths.
        types: cells of each type, by part, and of the total.
    """

    unit: str
    parts: dict[str, Counts]
    total: Counts
    types: dict[str, dict[str, int]]


class AreaReport(Report):
    """What a classifier takes.

    Attributes:
        tool: what counted, and its version.
        flattened: whether the totals are those of the flattened design; else of the parts.
        targets: by name.
    """

    tool: str
    flattened: bool
    targets: dict[str, TargetArea]
