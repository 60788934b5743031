"""A page of the site on which readers draw a digit and watch gates."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import lilogic
from lilogic import formats
from lilogic.formats.exporters.html.contents import Examples


def html() -> str:
    """What ``lilogic export digits --to html`` writes."""
    model = lilogic.load("digits")
    data = model.dataset()
    with TemporaryDirectory() as folder:
        page = Path(folder) / "digits.html"
        examples = Examples(data.x_test, data.y_test).of_each_class(20)
        formats.write(model.graph, "html", page, examples=examples)
        return page.read_text("utf-8")
