"""What MkDocs calls while it builds the site."""

from __future__ import annotations

from typing import Any

from generate import filled, playground
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The pages of the folder, and the playground."""
    files.append(File.generated(config, "playground.html", content=playground.html()))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """A page with what is generated from the code."""
    return filled(markdown)
