"""What MkDocs calls while it builds the site."""

from __future__ import annotations

from typing import Any

from generate import filled


def on_page_markdown(markdown: str, **_: Any) -> str:
    """A page with what is generated from the code."""
    return filled(markdown)
