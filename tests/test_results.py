"""Figures in the documentation are those of the records in bench/results."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from lilogic import zoo
from lilogic.graph import header

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]

UNIT = (
    r"(?:%|percent|points|[mµn]?s|seconds?|minutes?|hours?|[kMG]?Hz|LUT[46]?s?|GE|gate equivalents|"
    r"µm²|[fpnµm]J|[mµn]?W|[kMG]B(?:/s)?|images(?:/s| a second)|flip-flops|"
    r"times (?:faster|slower|less|more|smaller|larger|as \w+))(?!\w)"
)
NUMBER = r"\d(?:[\d,.]*\d)?"
MEASURED = re.compile(rf"(?<![\w.-]){NUMBER}(?:[ -]?(?:±|to|and|or|–)[ -]?{NUMBER})*[\s-]?{UNIT}")
HEADING = re.compile(rf"(?<![\w/'])(?:{UNIT}|(?i:accuracy|errors?)\b)")

MARKED = re.compile(
    r"(?P<code>^ *```.*?^ *```|`[^`\n]+`)|<!-- (results|figure|setting)\b.*?<!-- /\2 -->",
    re.MULTILINE | re.DOTALL,
)
ADMONITION = re.compile(r"^(?:!!!|\?\?\?\+?|===) .*\n((?:    .*\n|\n)+)", re.MULTILINE)


def typed(page: str) -> Iterator[str]:
    """What looks measured in a page, and stands neither in code nor between marks.

    That is a number with a unit, and in tables a number below a heading with a unit.
    """
    page = MARKED.sub(lambda found: found["code"] or "", page)
    page = ADMONITION.sub(lambda found: textwrap.dedent(found[1]), page)
    headings: list[str] = []
    column = 0
    before = None
    for token in MarkdownIt().enable("table").parse(page):
        if token.type == "thead_open":
            headings = []
        elif token.type == "tr_open":
            column = -1
        elif token.type in ("th_open", "td_open"):
            column += 1
        elif token.type == "inline":
            text = words(token)
            if before == "th_open":
                headings.append(text)
            if before == "td_open" and HEADING.search(headings[column]):
                yield from re.findall(NUMBER, text)
            else:
                yield from (found[0] for found in MEASURED.finditer(text))
        before = token.type


def words(block: Token) -> str:
    """The text of a block, alternative texts of pictures included, without code."""
    return "".join(
        child.content if child.type in ("text", "image") else " " for child in block.children
    )


def test_marks_and_pictures_show_what_records_hold():
    told = subprocess.run(
        [sys.executable, ROOT / "bench" / "render.py", "--check"], capture_output=True, text=True
    )
    assert not told.returncode, f"python bench/render.py mends this:\n{told.stdout}{told.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_nobody_types_a_figure(page):
    assert not [*typed(page.read_text("utf-8"))], "see CONTRIBUTING.md, Figures"


@pytest.mark.parametrize(
    ("page", "figures"),
    [
        ("It takes 15.0 ms and 2,979 LUT6.", ["15.0 ms", "2,979 LUT6"]),
        ("It is 3.5 times faster, 98.5 ± 0.1 % right.", ["3.5 times faster", "98.5 ± 0.1 %"]),
        ("- a list: 12 to 19 µs\n\n> quoted: 5\nMHz", ["12 to 19 µs", "5 MHz"]),
        ("| name | LUT6 |\n|---|---|\n| 3 bits | 814 |\n", ["814"]),
        ("!!! note\n\n    It takes 3 s.\n", ["3 s"]),
        ("![98 % of them](a.png)", ["98 %"]),
        ("Bits, LUT6, a 6-input LUT, `3 s`, version 2.5, 8 bits.", []),
        ("    indented 3 s\n\n```\n5 s\n```\n", []),
        ("It takes <!-- figure: a b -->3<!-- /figure --> s.", []),
        ("Hold <!-- setting -->10 %<!-- /setting --> back.", []),
        ("<!-- results: a -->\n\n| LUT6 |\n|---|\n| 3 |\n\n<!-- /results -->\n", []),
        ("`<!-- setting -->` lets 3 s pass.", ["3 s"]),
    ],
)
def test_figures_are_found(page, figures):
    assert [*typed(page)] == figures


@pytest.fixture(scope="module")
def render():
    sys.path.insert(0, str(ROOT / "bench"))
    try:
        import render
    finally:
        sys.path.remove(str(ROOT / "bench"))
    return render


def test_what_is_measured_in_silicon_is_not_drawn_against_gates(render, monkeypatch):
    plots, load = render.plots, render.plots.records.load

    def names() -> set[str]:
        return {point.name for point in plots.against_gates("mnist", "MNIST").points}

    assert names().isdisjoint(load("silicon").figures)
    assert "mnist-8k" in names()
    silicon = SimpleNamespace(figures={"mnist-8k": {}})
    monkeypatch.setattr(
        plots.records, "load", lambda name: silicon if name == "silicon" else load(name)
    )
    assert "mnist-8k" not in names()


def test_a_figure_is_formatted(render):
    assert render.formatted(0.98512, ".2%") == "98.51 %"
    assert render.formatted(12345, ",") == "12,345"
    assert render.formatted(0.0151, ".1fm") == "15.1"
    assert render.formatted(9_140_000, ".1fM") == "9.1"


def test_what_stands_between_marks_is_written_again(render):
    page = "`<!-- figure: zoo a -->` <!-- figure: zoo digits.gates.trained -->?<!-- /figure -->"
    written = render.rendered(page)
    assert written == page.replace("?", "2,000")
    assert render.rendered(written) == written
    table = render.rendered("<!-- results: zoo -->\nold\n<!-- /results -->\n")
    assert "| `digits` |" in table
    assert "old" not in table
    assert render.rendered(table) == table


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("A <!-- figure: zoo digits.weight -->?<!-- /figure -->", "has no digits.weight: weight"),
        ("A <!-- figure: nothing a -->?<!-- /figure -->", "no record is called nothing"),
        ("A <!-- figure: zoo digits.gates -->?<!-- /figure -->", "cannot format"),
        ("A <!-- figure: zoo -->?<!-- /figure -->", "FILE KEY.PATH"),
        ("<!-- results: nothing -->\n<!-- /results -->", "no table is called nothing"),
        ("A <!-- figure: zoo digits.gates.trained -->?", "without the mark that belongs to it"),
        ("- <!-- figure: zoo wine -->?<!-- /figure -->", "begins a line"),
        ("<!-- /results -->", "without the mark that belongs to it"),
    ],
)
def test_a_wrong_mark_is_told(render, page, message):
    with pytest.raises(render.LilogicError, match=re.escape(message)):
        render.rendered(page)


def test_every_record_is_one(render):
    for file in render.records.RESULTS.glob("*.json"):
        render.records.load(file.stem)


def test_the_record_of_the_zoo_is_of_the_networks_that_are_there(render):
    found = render.records.load("zoo").figures
    assert {*found} == {*zoo.names()}
    for name, recorded in found.items():
        metadata = header.read(zoo.path(name)).metadata
        assert recorded["accuracy"] == metadata.accuracy, "python bench/zoo.py --record zoo"
