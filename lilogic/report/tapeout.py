"""The report of a Tiny Tapeout project as a table."""

from __future__ import annotations

from lilogic.report.models.tapeout import TapeoutReport
from lilogic.report.tables import Row

_SOURCES = {
    "mapped": "{tool}, {library}",
    "estimated": "estimated: {tool}'s gates of two inputs, areas of cells of {library}",
}


def rows(report: TapeoutReport) -> list[Row]:
    """The report as label and value."""
    parts = ", ".join(f"{part} {size:,.0f}" for part, size in report.parts.items())
    cycles = f"{report.latency} clock cycle{'s' * (report.latency != 1)}"
    return [
        ("top module", report.top),
        ("area", f"{report.area:,.0f} µm²\n{_SOURCES[report.source].format(**dict(report))}"),
        ("by part", f"{parts} (mapped apart)"),
        ("flip-flops, depth", f"{report.flip_flops:,}, {report.depth} cells"),
        ("tiles", f"{report.tiles} of {report.technology}, {report.usable:,.0f} µm² to use"),
        ("utilization", f"{report.utilization:.1%} before placement, {report.limit:.0%} allowed"),
        ("clock", f"{report.clock_hz / 1e6:g} MHz; the answer {cycles} after the last byte"),
        ("sample", f"{report.sample_bits:,} bits in {report.sample_bytes} bytes"),
        ("answer", f"{report.answer_bytes} bytes: class and scores"),
        ("test", f"{report.vectors} samples; make -C test"),
    ]
