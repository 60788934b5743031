"""What MkDocs calls while it builds the site."""

from __future__ import annotations

from typing import Any

from generate import FILES, filled
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The files of the folder, and those that are made from the code."""
    for name, make in FILES.items():
        files.append(File.generated(config, name, content=make()))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """A page with what is generated from the code."""
    return filled(markdown)
