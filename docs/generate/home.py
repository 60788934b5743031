"""The site's first page, which is the README."""

from __future__ import annotations

from pathlib import Path

README = Path(__file__).parents[2] / "README.md"


def markdown() -> str:
    """The README with links as they are inside the site."""
    text = README.read_text("utf-8")
    return text.replace("](docs/", "](").replace(
        "[CONTRIBUTING.md](CONTRIBUTING.md)", "[Extend lilogic](how-to/extend.md)"
    )
