"""The page of a data sheet: one HTML file that loads nothing, for screens and for A4 paper."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from lilogic.errors import LilogicError
from lilogic.report import pages
from lilogic.report.datasheet import activity, sections
from lilogic.report.datasheet.figures import Figure, figure, units

if TYPE_CHECKING:
    from lilogic.report.models.datasheet import Datasheet

_WIDTH, _ROW, _LABEL, _VALUE = 460, 18, 120, 52


@dataclass(frozen=True)
class Key:
    """A figure that stands out.

    Attributes:
        label: what it is.
        figure: it.
        note: what else there is to say.
    """

    label: str
    figure: Figure
    note: str


@dataclass(frozen=True)
class Drawing:
    """A section with a drawing in place of a table."""

    title: str
    text: str
    drawing: str
    is_words: bool = False


def named(path: Path) -> Path:
    """``path``, if that is a name for a page: to be known before anything is measured.

    Raises:
        LilogicError: it is not.
    """
    if path.suffix.lower() not in (".html", ".htm"):
        raise LilogicError(f"{path}: a data sheet is an HTML page; use the suffix .html")
    return path


def html(sheet: Datasheet) -> str:
    """The sheet as a page.

    Raises:
        MissingExtraError: Jinja is not installed.
    """
    return pages.rendered(
        "datasheet/sheet.html",
        name=sheet.name,
        version=sheet.version,
        subtitle=sections.subtitle(sheet),
        key=[*_key(sheet)],
        groups=[*_groups(sheet)],
        recipe=sections.recipe(sheet),
        notes=sections.notes(sheet),
    )


def _key(sheet: Datasheet) -> Iterator[Key]:
    evaluation, speed = sheet.evaluation, sheet.speed
    yield Key(
        "accuracy",
        figure(sheet, "evaluation.accuracy", ".2%"),
        f"95% interval {evaluation.interval}",
    )
    yield Key("gates", figure(sheet, "gates.count"), f"{sheet.gates.depth} levels")
    cycles = f"{speed.latency} cycles" if speed.latency else "in the same cycle"
    latency = Figure(units(speed.latency_ns * 1e-9, "s"), "speed.latency_ns", speed.latency_ns)
    yield Key("latency", latency, f"{cycles}, {speed.clock_mhz:g} MHz ({speed.clock_is})")
    yield Key(
        "inferences per second",
        figure(sheet, "speed.samples_per_second", "="),
        "one per cycle" if speed.interval == 1 else f"one every {speed.interval} cycles",
    )
    energy = sheet.activity.energy
    if energy is not None:
        joules = Figure(
            units(energy.energy_pj * 1e-12, "J"), "activity.energy.energy_pj", energy.energy_pj
        )
        yield Key("energy per inference", joules, f"{energy.file}, estimated")
    else:
        yield Key(
            "toggles per inference",
            figure(sheet, "activity.total.toggles", ",.0f"),
            "of the gates, before synthesis",
        )


def _groups(sheet: Datasheet) -> Iterator[list[pages.Section | Drawing]]:
    yield [sections.accuracy(sheet), sections.size(sheet)]
    yield [sections.interface(sheet), sections.speed(sheet)]
    yield [activity.of_parts(sheet, sheet.activity, "activity."), _activity(sheet)]
    if sheet.activity.energy is not None:
        yield [activity.of_energy(sheet, sheet.activity.energy, "activity.energy.")]
    yield [sections.ports(sheet)]
    yield [sections.provenance(sheet), sections.tools(sheet)]


def _activity(sheet: Datasheet) -> Drawing:
    """Bars: how often a signal of each part, and of each level of the functions, changes."""
    found = sheet.activity
    bars = [("data input", found.inputs.rate)]
    for name, part in found.parts.items():
        bars.append((name, part.rate))
        if name == "gates":
            bars += [
                (f"gates, level {level.level}", level.toggles / level.signals)
                for level in part.levels[:_MOST_LEVELS]
            ]
    return Drawing("Toggles per signal and inference", "", _bars(bars))


_MOST_LEVELS = 8


def _bars(bars: list[tuple[str, float]]) -> str:
    """An SVG element with a bar for each value."""
    most = max((value for _, value in bars), default=0.0) or 1.0
    width = _WIDTH - _LABEL - _VALUE
    lines = []
    for row, (label, value) in enumerate(bars):
        middle, end = row * _ROW + _ROW / 2, _LABEL + width * value / most
        lines += [
            f'<text class="label" x="{_LABEL - 8}" y="{middle + 4}" text-anchor="end">'
            f"{escape(label)}</text>",
            f'<rect x="{_LABEL}" y="{row * _ROW + 3}" width="{end - _LABEL:.1f}" '
            f'height="{_ROW - 6}" rx="2"/>',
            f'<text x="{end + 6:.1f}" y="{middle + 4}">{value:.3f}</text>',
        ]
    height = len(bars) * _ROW
    inside = "".join(lines)
    return (
        f'<svg class="bars" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="Toggles per signal and inference">{inside}</svg>'
    )
