"""Links of a site on disk that lead nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """What an HTML page links to, what it loads, and the anchors that it has."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors: set[str] = set()
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag links to, loads and names."""
        found = {name: value for name, value in attrs if value}
        self.anchors |= {found[name] for name in ("id", "name") if name in found}
        if "href" in found:
            (self.links if tag == "a" else self.loaded).append(found["href"])
        if "src" in found:
            self.loaded.append(found["src"])


def broken(site: Path) -> Iterator[str]:
    """A line for each link, picture, script or style of a page that is not there.

    Links to other sites are not followed; loading from them counts as broken.
    """
    pages = {path.resolve(): Page(path) for path in site.rglob("*.html")}
    for path, page in pages.items():
        where = path.relative_to(site.resolve())
        yield from (f"{where} loads {url}" for url in page.loaded if urlsplit(url).netloc)
        for url in page.links + page.loaded:
            split = urlsplit(url)
            if split.scheme or split.netloc:
                continue
            target = path
            if split.path:
                base = site if split.path.startswith("/") else path.parent
                target = (base / unquote(split.path).lstrip("/")).resolve()
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file():
                yield f"{where}: {url}: no such file"
            elif target in pages and unquote(split.fragment) not in pages[target].anchors | {""}:
                yield f"{where}: {url}: no such anchor"
