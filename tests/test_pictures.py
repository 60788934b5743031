"""The documentation's pictures are shown, and say in words what they show."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "pictures"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SHOWN = re.compile(r"!\[([^]]*)]\(([^)\s]*pictures/[^)\s]*)\)")


def shown(page: Path) -> list[tuple[str, Path]]:
    """The words and the file of each picture of a page."""
    found = SHOWN.findall(page.read_text("utf-8"))
    return [(words, (page.parent / file).resolve()) for words, file in found]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pictures_of_a_page_say_what_they_show(page):
    for words, file in shown(page):
        assert len(words.split()) > 2, file


def test_what_is_drawn_is_shown(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "bench"))
    try:
        import draw

        drawn = {FOLDER / name for name in draw.PICTURES}
        assert all(file.is_file() for file in drawn)
    finally:
        for name in ("draw", "pictures"):
            sys.modules.pop(name, None)
    assert drawn <= {file for page in PAGES for _, file in shown(page)}
