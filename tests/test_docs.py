"""What the pages tell people to type exists, and can be typed in order."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def commands(page: Path) -> list[list[str]]:
    """The words of each ``lilogic COMMAND …`` in an indented block, or a block of ``sh``."""
    text = page.read_text("utf-8")
    lines = re.findall(r"^    (lilogic \S.*)$", text, re.MULTILINE)
    for block in re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        lines += re.findall(r"^(lilogic \S.*?)(?: [|>] .*)?$", block, re.MULTILINE)
    return [shlex.split(line, comments=True)[1:] for line in lines]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_options_exist(lilogic, page):
    for command, *words in commands(page):
        is_option = command.startswith("-")
        status, text, _ = lilogic(*([] if is_option else [command]), "--help")
        assert status == 0
        for word in [command, *words] if is_option else words:
            assert not word.startswith("-") or word.partition("=")[0] in text, (command, word)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_extras_exist(page):
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = re.findall(r"pip install '[\w.]+\[([\w,]+)\]'", page.read_text("utf-8"))
    assert {*",".join(named).split(",")} - {""} <= {*extras["optional-dependencies"]}


def test_the_page_on_installation_names_every_extra():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    text = (ROOT / "docs" / "how-to" / "install.md").read_text("utf-8")
    assert all(f"`[{extra}]`" in text for extra in extras["optional-dependencies"])


def test_commands_of_the_readme_do_not_share_what_they_write():
    written = []
    for command, *words in commands(ROOT / "README.md"):
        if "-o" in words:
            written.append(words[words.index("-o") + 1])
        elif command == "train":
            written.append(f"runs/{Path(words[0]).stem}")
    assert len(written) == len({*written})
