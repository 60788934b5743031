"""Write the records of bench/results into the documentation: tables, figures in text, pictures.

In README.md, CONTRIBUTING.md and docs/**/*.md, what stands between these marks is written here:

    <!-- results: NAME --> … <!-- /results -->          the table NAME of bench/tables.py
    <!-- figure: FILE KEY.PATH FORMAT --> … <!-- /figure -->    a figure of bench/results/FILE.json

KEY.PATH leads to the figure from the record's figures, or, where it begins with `origin.`, from the
record; keys with spaces are quoted. FORMAT is what Python's `format` takes, `,` unless given. An SI
prefix at its end (k, M, m, µ, n) says what the figure is divided by: `.1fm` makes milliseconds of
seconds. Pictures are drawn by bench/plots.py, those only whose records have changed.
"""

from __future__ import annotations

import argparse
import difflib
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import plots
import records
import tables

from lilogic.errors import LilogicError
from lilogic.files import write_text

ROOT = records.ROOT
PREFIXES = {"k": 1e3, "M": 1e6, "m": 1e-3, "µ": 1e-6, "n": 1e-9}

_MARKED = re.compile(
    r"^ *```.*?^ *```|`[^`\n]+`"  # code is left as it is
    r"|(?P<open><!-- results: (?P<table>\S+) -->\n).*?(?P<close>^<!-- /results -->)"
    r"|(?P<begin><!-- figure: (?P<figure>[^>]+) -->)[^<]*(?P<end><!-- /figure -->)"
    r"|<!-- /?(?:results|figure)\b.*?-->",  # a mark without the other
    re.MULTILINE | re.DOTALL,
)

_BEGINS = re.compile(r"^[ >]*(?:(?:[-*+]|\d+\.) +)?\Z", re.MULTILINE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 with a diff where text differs"
    )
    options = parser.parse_args()
    try:
        differing = [*differences()]
    except LilogicError as error:
        sys.exit(f"render.py: {error}")
    if options.check:
        sys.stdout.writelines(difference.diff() for difference in differing)
        sys.exit(bool(differing))
    for difference in differing:
        difference.write()
        print(difference.path.relative_to(ROOT))


class Page:
    """A page that differs from what its marks say."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self._text = text

    def write(self) -> None:
        """Make the page what its marks say."""
        write_text(self.path, self._text)

    def diff(self) -> str:
        """What is to change."""
        before, after = (text.splitlines(keepends=True) for text in (read(self.path), self._text))
        name = str(self.path.relative_to(ROOT))
        return "".join(difflib.unified_diff(before, after, name, f"{name}, rendered", n=0))


class Picture:
    """A picture that was not drawn from what the records hold."""

    def __init__(self, path: Path, draw: Callable[[Path], None]) -> None:
        self.path = path
        self.write = lambda: draw(path)

    def diff(self) -> str:
        """What is to change."""
        return f"{self.path.relative_to(ROOT)} was drawn from other records\n"


def differences() -> Iterator[Page | Picture]:
    """The pages and pictures that are not what the records say.

    Raises:
        LilogicError: marks name what there is not, or are not closed.
    """
    for page in pages():
        before = read(page)
        try:
            after = rendered(before)
        except LilogicError as error:
            raise LilogicError(f"{page.relative_to(ROOT)}: {error}") from error
        if after != before:
            yield Page(page, after)
    for name, draw in plots.outdated().items():
        yield Picture(plots.FOLDER / name, draw)


def pages() -> list[Path]:
    """The pages that may hold marks."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def read(page: Path) -> str:
    return page.read_text("utf-8")


def rendered(text: str) -> str:
    """A page with what its marks say.

    Raises:
        LilogicError: a mark names what there is not, or is not closed.
    """
    return _MARKED.sub(_replaced, text)


def _replaced(marked: re.Match[str]) -> str:
    if name := marked["table"]:
        if name not in tables.TABLES:
            raise LilogicError(f"no table is called {name}; there are {', '.join(tables.TABLES)}")
        return f"{marked['open']}\n{tables.TABLES[name]()}\n\n{marked['close']}"
    if path := marked["figure"]:
        if _BEGINS.search(marked.string, 0, marked.start()):
            raise LilogicError(f"{marked['begin']} begins a line, which Markdown takes as HTML")
        return f"{marked['begin']}{figure(path)}{marked['end']}"
    if marked[0].startswith("<!--"):
        raise LilogicError(f"{marked[0]} stands without the mark that belongs to it")
    return marked[0]


def figure(mark: str) -> str:
    """What a mark's "FILE KEY.PATH FORMAT" says.

    Raises:
        LilogicError: there is no such figure, or it cannot be formatted so.
    """
    match shlex.split(mark):
        case [file, path]:
            spec = ","
        case [file, path, spec]:
            pass
        case _:
            raise LilogicError(f"a figure is FILE KEY.PATH [FORMAT], not {mark}")
    record = records.load(file).model_dump()
    found = record if path.startswith("origin.") else record["figures"]
    for key in path.split("."):
        try:
            found = found[int(key) if isinstance(found, list) else key]
        except (KeyError, IndexError, TypeError, ValueError):
            raise LilogicError(f"bench/results/{file}.json has no {path}: {key}") from None
    try:
        return formatted(found, spec)
    except (TypeError, ValueError):
        raise LilogicError(f"{path} of {file} is {found!r}, which {spec} cannot format") from None


def formatted(value: object, spec: str) -> str:
    """A value for people."""
    if isinstance(value, str):
        return value
    if not isinstance(value, (int, float)):
        raise TypeError
    if spec[-1:] in PREFIXES:
        value, spec = value / PREFIXES[spec[-1]], spec[:-1]
    return format(value, spec or ",").replace("%", " %")


if __name__ == "__main__":
    main()
