"""Numbers as people read them, each with where it stands in the report."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

_PREFIXES = [(10.0 ** (3 * (4 - place)), prefix) for place, prefix in enumerate("TGMk mµnpf")]


class Figure(str):
    """A text that shows a number of a report.

    Attributes:
        path: where the number is in the report's JSON, names and places joined by dots.
        value: the number.
    """

    path: str
    value: float

    def __new__(cls, text: str, path: str, value: float) -> Figure:
        """The text, which is a string."""
        made = super().__new__(cls, text)
        made.path, made.value = path, value
        return made


def figure(report: BaseModel, path: str, form: str = ",") -> Figure:
    """The number at a path of a report, in the form that ``format`` takes; ``=V`` is ``units``."""
    value = at(report, path)
    text = units(value, form[1:]) if form.startswith("=") else format(value, form)
    return Figure(text, path, value)


def at(report: Any, path: str) -> Any:
    """What stands at a path of a report or of its JSON."""
    for name in path.split("."):
        if isinstance(report, dict):
            report = report[name]
        else:
            report = report[int(name)] if name.isdecimal() else getattr(report, name)
    return report


def units(value: float, unit: str) -> str:
    """A number of three digits with a prefix: 12,300 Hz are 12.3 kHz."""
    size, prefix = next(
        ((size, prefix) for size, prefix in _PREFIXES if abs(value) >= 0.9995 * size),
        _PREFIXES[-1] if value else (1.0, " "),
    )
    scaled = value / size
    digits = max(0, 3 - len(f"{abs(scaled):.0f}")) if value else 0
    return f"{scaled:,.{digits}f} {prefix.strip()}{unit}"
