"""The reports of a board's build, and of a Tiny Tapeout project, as tables."""

from __future__ import annotations

from lilogic.report.models.board import (
    BoardEntry,
    BoardMeasurement,
    BoardMismatch,
    BoardReport,
    Try,
)
from lilogic.report.models.tapeout import TapeoutReport
from lilogic.report.tables import Row, answer_text

_MHZ = 1e6

_SOURCES = {
    "mapped": "{tool}, {library}",
    "estimated": "estimated from two-input gates by {tool} and cell areas of {library}",
}


def catalogue_row(entry: BoardEntry) -> Row:
    """A board's name, and what there is to know of it."""
    how = ", ".join(entry.tools) if entry.bitstream else "needs other tools"
    return (
        entry.name,
        f"{entry.title}: {entry.device}, {entry.luts:,} {entry.lut}, "
        f"{entry.clock_hz / _MHZ:g} MHz, link {entry.link}\n"
        + how
        + (f"; {entry.remark}" if entry.remark else ""),
    )


def measurement_rows(
    measured: BoardMeasurement, dataset: str | None = None, *, simulated: bool = False
) -> list[Row]:
    """What a board made of a test set."""
    return [
        ("images", f"{measured.images:,}" + (f" of {dataset}" if dataset else "")),
        ("accuracy on the board", f"{measured.accuracy:.2%}"),
        ("agreement with software", f"{measured.agreement:.2%}"),
        *mismatch_rows(measured.mismatch),
        ("requests resent", f"{measured.repeated:,}"),
        ("latency", f"{measured.latency} cycles, {measured.latency_ns:.0f} ns"),
        (
            "images per second" + (" (simulated)" if simulated else ""),
            f"{measured.images_per_second:,.1f}",
        ),
    ]


def mismatch_rows(mismatch: BoardMismatch | None) -> list[Row]:
    """The first sample that a board gets wrong, if there is one."""
    if mismatch is None:
        return []
    expected, got = answer_text(mismatch.expected), answer_text(mismatch.got)
    return [("first mismatch", f"sample {mismatch.sample}\nexpected {expected}\ngot {got}")]


def rows(report: BoardReport) -> list[Row]:
    """The report as label and value."""
    luts, ffs, link, latency = report.luts, report.ffs, report.link, report.latency
    fmax = "unknown until the vendor's tools place and route"
    if report.fmax_hz is not None:
        fmax = f"{report.fmax_hz / _MHZ:.2f} MHz, timing met"
    return [
        ("board", f"{report.board} ({report.device})"),
        (f"{luts.unit} estimated", _share(luts.needed, luts.available)),
        ("flip-flops", _share(ffs.needed, ffs.available)),
        ("carries", f"{report.carries:,}"),
        *(
            (f"used: {kind}", _share(places.used, places.available))
            for kind, places in (report.used or {}).items()
        ),
        ("clock", f"{report.clock.hz / _MHZ:.2f} MHz"),
        ("Fmax", fmax),
        *(("tried", _tried(each)) for each in report.tries or ()),
        ("levels per stage", f"{report.levels_per_stage}"),
        ("one sample every", f"{report.interval:,} cycle{'s' * (report.interval != 1)}"),
        ("latency", f"{latency.cycles:,} cycles, {latency.ns:,.0f} ns"),
        (
            "link",
            f"{link.baud:,} baud, {link.data}, {link.request_bytes} bytes to the board, "
            f"{link.reply_bytes} back",
        ),
        ("images per second (link)", f"{report.images_per_second.link:,.0f}"),
        ("images per second (core)", f"{report.images_per_second.core:,.0f}"),
        *((name, f"SHA-256 {made}") for name, made in report.files.items()),
    ]


def _tried(each: Try) -> str:
    asked = f"{each.hz / _MHZ:.2f} MHz, seed {each.seed}"
    if each.fmax_hz is None:
        return f"{asked}: did not route"
    return f"{asked}: reached {each.fmax_hz / _MHZ:.2f} MHz"


def _share(used: int, available: int) -> str:
    share = f" ({used / available:.0%})" if available else ""  # nextpnr counts some kinds only
    return f"{used:,} of {available:,}{share}"


def tapeout_rows(report: TapeoutReport) -> list[Row]:
    """What a Tiny Tapeout project takes, as label and value."""
    parts = ", ".join(f"{part} {size:,.0f}" for part, size in report.parts.items())
    cycles = f"{report.latency} clock cycle{'s' * (report.latency != 1)}"
    return [
        ("top module", report.top),
        ("area", f"{report.area:,.0f} µm²\n{_SOURCES[report.source].format(**dict(report))}"),
        ("area by part", f"{parts} (each part synthesized separately)"),
        ("flip-flops, depth", f"{report.flip_flops:,}, {report.depth} cells"),
        ("tiles", f"{report.tiles} of {report.technology}, {report.usable:,.0f} µm² usable"),
        ("utilization", f"{report.utilization:.1%} before placement, {report.limit:.0%} allowed"),
        ("clock", f"{report.clock_hz / 1e6:g} MHz; answer {cycles} after the last byte"),
        ("sample", f"{report.sample_bits:,} bits in {report.sample_bytes} bytes"),
        ("answer", f"{report.answer_bytes} bytes: class and scores"),
        ("test", f"{report.vectors} samples; run it with make -C test"),
    ]
