"""What pages hold that the code says already.

A page takes it in where a line of its own reads ``<!-- generated: NAME -->``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from . import cli, home, playground, ports, recipe, reports

GENERATORS: dict[str, Callable[[], str]] = {
    "cli": cli.markdown,
    "home": home.markdown,
    "interface": ports.fields,
    "recipe": recipe.markdown,
    "reports": reports.markdown,
}

FILES: dict[str, Callable[[], str]] = {
    "playground.html": playground.html,
    **{name: partial(ports.picture, name) for name in ports.WAVEFORMS},
}
"""Files of the site that are made from the code."""

_MARKER = re.compile(r"^<!-- generated: ([\w-]+) -->$", re.MULTILINE)


def filled(markdown: str) -> str:
    """A page with what is generated in the place of its markers."""
    return _MARKER.sub(lambda marker: GENERATORS[marker[1]](), markdown)
