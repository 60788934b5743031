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
    """The size of a classifier on one target.

    The counts of an FPGA are ``luts`` (LUTs of the size that the target has), ``ffs`` (flip-flops),
    ``carries`` (carry cells) and ``muxes`` (multiplexers between LUTs); of the generic target,
    ``cells`` (gates and inverters), ``nand2`` (area in NAND2 equivalents) and ``ffs``; of a
    library, ``area`` (in its unit), ``cells`` and ``ffs``. ``depth`` is the number of cells on the
    longest path.

    Attributes:
        unit: What the first count counts.
        parts: Counts of each part: encoder (if any), gates, heads, argmax and other, which is valid
            flags and the scores that wait for the argmax.
        total: Counts of the flattened design; or the sum of the parts, with the largest of their
            depths.
        types: Number of cells of each type, by part and in ``total``.
        bus: Counts of what puts the classifier behind its bus, beside ``total``; absent without a
            bus.
    """

    unit: str
    parts: dict[str, Counts]
    total: Counts
    types: dict[str, dict[str, int]]
    bus: Counts | None = None


class AreaReport(Report):
    """The size of a classifier.

    Attributes:
        tool: Program that counted, with its version.
        flattened: Whether totals are those of the flattened design; otherwise they are sums of the
            parts.
        targets: The targets, by name.
    """

    tool: str
    flattened: bool
    targets: dict[str, TargetArea]
