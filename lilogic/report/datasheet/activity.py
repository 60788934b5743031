"""A report of activity and energy as sections."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from lilogic.report.datasheet.figures import Figure, at, figure, units
from lilogic.report.models.activity import ActivityReport, EnergyReport
from lilogic.report.pages import Section

_PICO, _NANO = 1e-12, 1e-9


def of_report(report: ActivityReport) -> Iterator[Section]:
    """All that the report says but its assumptions, for the terminal."""
    yield of_parts(report, report)
    yield levels(report)
    if report.energy is not None:
        yield of_energy(report, report.energy)


def of_parts(report: BaseModel, activity: ActivityReport, at: str = "") -> Section:
    """The activity of each part."""
    signal = "cells" if activity.mapped else "gates"
    rows = [
        (name, *_part(report, f"{at}{path}"))
        for name, path in [
            ("data input", "inputs"),
            *((part, f"parts.{part}") for part in activity.parts),
            ("all parts", "total"),
        ]
    ]
    title = f"Activity on {activity.samples:,} samples of {activity.dataset}"
    columns = ("part", signal, "toggles per inference", "toggles per signal", "time at 1")
    return Section(title, "", columns, rows)


def _part(report: BaseModel, path: str) -> tuple[Figure, ...]:
    return (
        figure(report, f"{path}.signals"),
        figure(report, f"{path}.toggles", ",.1f"),
        figure(report, f"{path}.rate", ".4f"),
        figure(report, f"{path}.high", ".1%"),
    )


def levels(report: ActivityReport) -> Section:
    """The activity of each level of the gates."""
    part = report.parts.get("gates")
    rows = [
        (
            str(level.level),
            f"{level.signals:,}",
            f"{level.toggles:,.1f}",
            f"{level.toggles / level.signals:.4f}",
        )
        for level in (() if part is None else part.levels)
    ]
    columns = ("level", "signals", "toggles per inference", "toggles per signal")
    return Section("Activity of the gates by level", "", columns, rows)


def of_energy(report: BaseModel, energy: EnergyReport, prefix: str = "energy.") -> Section:
    """The energy of each part, and what it is of."""
    names = [*energy.parts]
    rows = [
        (name, *_energy(report, f"{prefix}{path}"))
        for name, path in [*((n, f"parts.{n}") for n in names), ("all parts", "total")]
    ]
    title = f"Energy per inference: {energy.library}"
    text = (
        f"{energy.volts:g} V, {energy.celsius:g} °C, {energy.clock_mhz:g} MHz. In total "
        f"{units(energy.energy_pj * _PICO, 'J')} per inference including leakage, or "
        f"{units(energy.power_uw * 1e-6, 'W')} at one inference per cycle."
    )
    columns = ("part", "cells", "registers", "area", "switching", "internal", "clock", "leakage")
    return Section(title, text, columns, rows)


def _energy(report: BaseModel, path: str) -> tuple[Figure, ...]:
    return (
        figure(report, f"{path}.cells"),
        figure(report, f"{path}.registers"),
        figure(report, f"{path}.area", ",.0f"),
        *(
            _scaled(report, f"{path}.{name}_pj", _PICO, "J")
            for name in ("switching", "internal", "clock")
        ),
        _scaled(report, f"{path}.leakage_nw", _NANO, "W"),
    )


def _scaled(report: BaseModel, path: str, size: float, unit: str) -> Figure:
    value = at(report, path)
    return Figure(units(value * size, unit), path, value)


def assumptions(report: ActivityReport) -> tuple[str, ...]:
    """What holds of all figures."""
    energy = report.energy
    return (*report.assumptions, *(() if energy is None else energy.assumptions))
