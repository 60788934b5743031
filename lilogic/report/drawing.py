"""Drawings that show themselves in a notebook."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path

from lilogic.errors import LilogicError
from lilogic.files import write_text


@dataclass(frozen=True)
class Picture:
    """A drawing; a notebook shows it as an image with a text alternative.

    Attributes:
        svg: the drawing, an SVG element whose title and description say what it shows.
    """

    svg: str

    @property
    def alt(self) -> str:
        """What it shows, in words."""
        words = re.findall(r"<(title|desc)>(.*?)</\1>", self.svg[: self._body], re.DOTALL)
        return ". ".join(unescape(text.strip().rstrip(".")) for _, text in words)

    @property
    def _body(self) -> int:
        """Where the first shape begins, whose title is its own."""
        found = re.search(r"<(path|rect|g|text|defs|style)\b", self.svg)
        return found.start() if found else len(self.svg)

    def save(self, path: str | Path) -> None:
        """Write it as an SVG file.

        Raises:
            LilogicError: the file cannot be written, or its name does not end with .svg.
        """
        if Path(path).suffix.lower() != ".svg":
            raise LilogicError(f"{path}: the drawing is an SVG; end its name with .svg")
        write_text(Path(path), self.svg)

    def _repr_html_(self) -> str:
        """What a notebook shows: apart from the page, so that neither changes the other's style."""
        encoded = base64.b64encode(self.svg.encode()).decode()
        return (
            f'<img alt="{escape(self.alt)}" style="max-width:100%" '
            f'src="data:image/svg+xml;base64,{encoded}">'
        )
