"""What MkDocs calls while it builds the site."""

from __future__ import annotations

import logging
import posixpath
import re
from pathlib import Path
from typing import Any

from generate import FILES, filled
from links import broken
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url

_LOG = logging.getLogger("mkdocs.hooks")
_LINK = re.compile(r'href="([^":#]+\.(?:ipynb|md))(#[^"]*)?"')


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The files of the folder, and those that are made from the code."""
    for name, make in FILES.items():
        files.append(File.generated(config, name, content=make()))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """A page with what is generated from the code."""
    return filled(markdown)


def on_page_content(html: str, page: Page, files: Files, **_: Any) -> str:
    """A notebook with links to pages, which MkDocs itself resolves in Markdown only."""
    here = page.file.src_uri
    if not here.endswith(".ipynb"):
        return html

    def resolved(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(here), link[1]))
        found = files.get_file_from_path(target)
        if found is None:
            _LOG.warning("%s: links to %s, which is no page", here, link[1])
            return link[0]
        return f'href="{get_relative_url(found.url, page.file.url)}{link[2] or ""}"'

    return _LINK.sub(resolved, html)


def on_post_build(config: MkDocsConfig) -> None:
    """Warn of each broken link of the finished site, which ``--strict`` refuses."""
    for line in broken(Path(config.site_dir)):
        _LOG.warning(line)
