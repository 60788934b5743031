"""The generated reference has all that the code has, and broken links of the site are found."""

from __future__ import annotations

import re
import tomllib
from itertools import chain, pairwise
from pathlib import Path

import pytest
import typer

import lilogic
from docs import generate
from docs.generate import cli, ports, recipe, reports
from docs.links import broken
from lilogic.cli import COMMANDS, app
from lilogic.learn import keys
from lilogic.learn import recipe as recipes
from lilogic.learn.recipe import Recipe
from lilogic.report.schemas import SCHEMAS

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "reference"


def sections(markdown: str) -> dict[str, str]:
    """The text of each section, by its heading."""
    _, *found = re.split(r"^## (.*)$", markdown, flags=re.MULTILINE)
    return dict(zip(found[::2], found[1::2], strict=True))


def test_every_command_has_a_section_with_its_usage_and_options() -> None:
    found = sections(cli.markdown())
    assert [*found] == [*COMMANDS]
    commands = typer.main.get_command(app).commands
    for name, text in found.items():
        assert f"$ lilogic {name}" in text
        shown = [each for each in commands[name].params if not getattr(each, "hidden", False)]
        for option in chain(*(each.opts for each in shown if each.param_type_name == "option")):
            assert option in text


def test_help_is_no_markup() -> None:
    assert cli._text("a*b* <c> [d] --to x_y") == r"a\*b\* \<c\> \[d\] `--to` x\_y"
    assert cli._text("lilogic recipes --keys lists all") == "`lilogic recipes --keys` lists all"


def test_every_table_of_a_recipe_has_a_section_with_its_keys() -> None:
    found = sections(recipe.markdown())
    for key in keys.of(Recipe):
        section, _, name = key.name.rpartition(".")
        assert f"| `{name}` |" in found[f"[{section}]" if section else "Top level"]
    assert {f"Layer: {name}" for name in ("dense", "conv", "pool")} <= {*found}


def test_every_key_of_a_recipe_says_what_it_means() -> None:
    layers = chain(*map(keys.of, recipe.LAYERS.values()))
    assert [key.name for key in chain(keys.of(Recipe), layers) if not key.meaning] == []


def test_the_recipe_on_the_page_is_one() -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", (REFERENCE / "recipe.md").read_text("utf-8"), re.S)
    assert recipes.parse(tomllib.loads(text), "recipe.md").net.layers == [600, 400]


def test_every_report_has_a_section_with_its_schema() -> None:
    found = sections(reports.markdown())
    assert [*found] == [*SCHEMAS, "Shared objects"]
    for name in SCHEMAS:
        assert f"(schemas/{name}.json)" in found[name]


def test_every_field_of_a_report_says_what_it_means() -> None:
    objects = reports.Reports().objects
    assert [
        f"{name}.{field}"
        for name, schema in objects.items()
        for field, of in schema.get("properties", {}).items()
        if not of.get("description")
    ] == []


def test_commands_that_write_reports_exist() -> None:
    text = " ".join(reports.SOURCES.values())
    assert {*re.findall(r"`lilogic ([\w-]+)", text)} <= {*COMMANDS}


def test_every_field_of_the_interface_says_what_it_means() -> None:
    assert all(line.count(" | ") == 2 for line in ports.fields().splitlines())


@pytest.mark.parametrize("name", ports.WAVEFORMS)
def test_waveforms_show_three_samples(name: str) -> None:
    svg = generate.FILES[name]()
    assert svg.startswith("<svg")
    assert all(f"<tspan>{sample}</tspan>" in svg for sample in "ABC")


def test_all_that_lilogic_offers_is_in_the_reference() -> None:
    pages = [REFERENCE / "python.md", *(REFERENCE / "python").glob("*.md")]
    text = "\n".join(page.read_text("utf-8") for page in pages)
    shown = {name.rpartition(".")[2] for name in re.findall(r"^::: (\S+)$", text, re.MULTILINE)}
    assert {*lilogic.__all__} - {"__version__"} <= shown


def test_nothing_generated_is_left_out() -> None:
    pages = [path.read_text("utf-8") for path in (ROOT / "docs").rglob("*.md")]
    named = re.findall(r"^<!-- generated: ([\w-]+) -->$", "\n".join(pages), re.MULTILINE)
    assert sorted(named) == sorted(generate.GENERATORS)


def test_the_glossary_is_in_order() -> None:
    text = (REFERENCE / "glossary.md").read_text("utf-8")
    terms = re.findall(r"^(\S.*) \{ #[\w-]+ \}$", text, re.MULTILINE)
    assert len(terms) > 50
    assert all(a.lower() < b.lower() for a, b in pairwise(terms))


def test_broken_links_are_found(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "index.html").write_text("<h1 id=here><a href=/a.html#there></a>")
    (tmp_path / "a.html").write_text(
        "<p id=there><a href=sub#here></a><a href=sub/#nowhere></a><a href=https://b.org></a>"
        "<img src=no.png><script src=//b.org/b.js></script>"
    )
    assert sorted(broken(tmp_path)) == [
        "a.html loads //b.org/b.js",
        "a.html: no.png: no such file",
        "a.html: sub/#nowhere: no such anchor",
    ]
