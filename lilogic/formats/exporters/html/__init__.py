"""A page in which a network runs: one HTML file that needs no network and no server.

The page evaluates the graph itself, bit by bit as ``lilogic.infer.golden`` does. ``contents`` says
what of a graph goes into it, and the files of ``page/`` what it does with that.
"""

from __future__ import annotations

import json
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from lilogic.extras import needs
from lilogic.files import write_text
from lilogic.formats.exporters.html.contents import Examples, described
from lilogic.graph import GateGraph
from lilogic.version import __version__

_SCRIPTS = (
    "decoding", "encoder", "network", "pipeline", "colours", "picture", "inputs", "drawing",
    "walls", "inspector", "app",
)  # fmt: skip
"""Modules of ``page/``, which share one scope, each after what it uses."""


def write(graph: GateGraph, path: Path, *, examples: Examples | None = None) -> None:
    """A page to draw on, or with sliders, that shows every gate; ``examples`` can be picked there.

    Args:
        graph: the network.
        path: the file.
        examples: raw samples of the network and their classes.

    Raises:
        DataError: examples that do not fit the network.
        MissingExtraError: jinja2 is not installed.
    """
    model = described(graph, path.stem, examples)
    with needs("plots", "jinja2"):
        from jinja2 import Environment
    page = files(__package__) / "page"
    template = Environment(autoescape=True).from_string(_text(page / "page.html"))
    # In a script element, nothing but "<" can end what is written there.
    data = json.dumps(model, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    scripts = "\n".join(_text(page / f"{name}.js") for name in _SCRIPTS)
    text = template.render(
        model=model, data=data, style=_text(page / "style.css"), script=scripts, version=__version__
    )
    write_text(path, text)


def _text(path: Traversable) -> str:
    return path.read_text("utf-8")
