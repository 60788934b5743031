"""The tutorials run from top to bottom, and what the site shows of them is fit to be shown."""

from __future__ import annotations

import re
import runpy
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
RUN = runpy.run_path(str(ROOT / "docs" / "tutorials" / "run.py"))
NAMES = RUN["names"]()
QUICKEST = "your-table"
UNFIT = re.compile(r"/tmp/|/home/|/root/|/Users/|site-packages|\x1b|\d s left|Traceback")


class Images(HTMLParser):
    """Collects the text alternatives of images."""

    def __init__(self) -> None:
        super().__init__()
        self.alternatives: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.alternatives.append(dict(attrs).get("alt"))


def outputs(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [output for cell in code for output in cell.outputs]


def check(notebook: nbformat.NotebookNode) -> None:
    """Results are there, for all readers, and nothing that differs from machine to machine."""
    shown = outputs(notebook)
    assert shown
    for output in shown:
        assert output.output_type in ("stream", "display_data", "execute_result")
        assert output.get("name") != "stderr"
        assert "image/png" not in output.get("data", {}), "a picture without text alternative"
        text = "".join([output.get("text", ""), *map(str, output.get("data", {}).values())])
        assert not UNFIT.search(re.sub(r"base64,[^\"]*", "", text)), text[:500]
        images = Images()
        images.feed(output.get("data", {}).get("text/html", ""))
        assert all(images.alternatives)


@pytest.mark.parametrize("name", NAMES)
def test_what_the_site_shows_is_fit_to_be_shown(name: str) -> None:
    notebook = nbformat.read(RUN["path"](name), as_version=4)
    nbformat.validate(notebook)
    check(notebook)


@pytest.mark.parametrize("name", NAMES)
def test_the_site_and_its_index_lead_to_it(name: str) -> None:
    assert f"tutorials/{name}.ipynb" in (ROOT / "mkdocs.yml").read_text()
    assert f"({name}.ipynb)" in (ROOT / "docs/tutorials/index.md").read_text()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name == QUICKEST else pytest.mark.slow, id=name)
        for name in NAMES
    ],
)
def test_it_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LILOGIC_DATA", str(tmp_path / "none"))
    before = nbformat.read(RUN["path"](name), as_version=4)
    after = RUN["executed"](name, tmp_path)
    check(after)
    assert [cell.source for cell in after.cells] == [cell.source for cell in before.cells]
    assert len(outputs(after)) == len(outputs(before)), "run docs/tutorials/run.py again"


def test_outputs_are_tidied() -> None:
    cell = nbformat.v4.new_code_cell(metadata={"alt": 'a "picture"'})
    cell.outputs = [
        nbformat.v4.new_output("stream", name="stderr", text="simplifying: 0.1 s\n"),
        nbformat.v4.new_output("stream", name="stdout", text="\x1b[1mbold\x1b[0m\n"),
        nbformat.v4.new_output("stream", name="stdout", text="later\n"),
        nbformat.v4.new_output(
            "display_data", {"image/png": "iVBO\nRw0K", "text/plain": "<at 0x1>"}
        ),
    ]
    tidied = RUN["tidy"](nbformat.v4.new_notebook(cells=[cell]))
    text, image = outputs(tidied)
    assert text.text == "bold\nlater\n"
    assert image.data == {
        "text/html": '<img alt="a &quot;picture&quot;" style="max-width:100%" '
        'src="data:image/png;base64,iVBORw0K">'
    }
