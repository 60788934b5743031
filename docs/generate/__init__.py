"""What pages of the reference hold that the code says already.

A page takes it in where a line of its own reads ``<!-- generated: NAME -->``.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from . import cli, home, recipe, reports

GENERATORS: dict[str, Callable[[], str]] = {
    "cli": cli.markdown,
    "home": home.markdown,
    "recipe": recipe.markdown,
    "reports": reports.markdown,
}

_MARKER = re.compile(r"^<!-- generated: ([\w-]+) -->$", re.MULTILINE)


def filled(markdown: str) -> str:
    """A page with what is generated in the place of its markers."""
    return _MARKER.sub(lambda marker: GENERATORS[marker[1]](), markdown)
