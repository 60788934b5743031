"""What how-to pages tell users to type runs, and prints what the pages show.

The code blocks of a page run from top to bottom in one empty folder. ``sh`` runs in a shell,
``python`` in one interpreter, and a block with a title is saved as the file of that name. A
``text`` block shows the output of the ``sh`` block before it; ``...`` stands for what is left out.
Where a page trains networks, any number matches any other, as theirs depend on the processor; so
it does where a block places and routes, as the circuit identifies the version that made it.
``<!-- not run: WHY -->`` excuses the block that follows, ``<!-- needs PROGRAM -->`` where that is
missing.
"""

from __future__ import annotations

import doctest
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import forking

HOW_TO = Path(__file__).parents[1] / "docs" / "how-to"
PAGES = (
    "area.md",
    "boards.md",
    "budget.md",
    "bus.md",
    "choose-a-clock.md",
    "data.md",
    "doctor.md",
    "evaluate.md",
    "explain.md",
    "import-export.md",
    "other-tools.md",
    "playground.md",
    "power.md",
    "scaling.md",
    "sweep.md",
    "tiny-tapeout.md",
    "train.md",
    "verify.md",
)
BLOCK = re.compile(
    r'(?:<!-- (not run: [^>]+|needs \S+) -->\s+)?^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$',
    re.M | re.S,
)
TRAINS = re.compile(r"lilogic (train|sweep|frontier)\b|lilogic\.(train|sweep)\(")
ROUTES = re.compile(r"^lilogic synth\b", re.M)
COMPILING = re.compile(r"^.*: compiling for this machine.*\n", re.M)
NUMBER = re.compile(r"\d[\d,.]*")
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass
class Block:
    """``code`` in a ``language``; ``file`` to save it as; ``output`` that the page shows of it."""

    language: str
    code: str
    file: str | None
    excused: bool
    output: str | None = None


def is_excused(excuse: str) -> bool:
    kind, _, program = excuse.partition(" ")
    return kind == "not" or (kind == "needs" and shutil.which(program) is None)


def blocks(page: str) -> list[Block]:
    found: list[Block] = []
    for excuse, language, file, code in BLOCK.findall((HOW_TO / page).read_text("utf-8")):
        if language == "text":
            assert found, f"{page}: an output without what prints it:\n{code}"
            assert found[-1].language == "sh", f"{page}: not the output of a command:\n{code}"
            found[-1].output = code
        else:
            found.append(Block(language, code, file or None, is_excused(excuse)))
    return found


@pytest.fixture(scope="module")
def forked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """The command ``lilogic``, which starts at once."""
    with forking.serving(tmp_path_factory.mktemp("lilogic")) as command:
        yield command


def printed(command: str, folder: Path, forked: list[str]) -> tuple[str, int]:
    """What a shell prints for ``command``, and its exit status."""
    # Options without a command look at the shell that started the process.
    alone = shlex.join([sys.executable, "-m", "lilogic"])
    defined = (
        f'lilogic() {{ case $1 in --*) {alone} "$@";; *) {shlex.join(forked)} "$@";; esac; }}\n'
    )
    environment = os.environ | {
        "COLUMNS": "88",
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    done = subprocess.run(
        ["bash", "-c", defined + command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return COMPILING.sub("", done.stdout), done.returncode


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_the_page_is_true(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forked: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    trains = TRAINS.search((HOW_TO / page).read_text("utf-8"))
    names: dict[str, object] = {}
    for block in blocks(page):
        if block.excused:
            continue
        if block.file is not None:
            Path(block.file).write_text(block.code, "utf-8")
        elif block.language == "python":
            exec(compile(block.code, page, "exec"), names)
        elif block.language == "sh":
            got, status = printed(block.code, tmp_path, forked)
            assert "Traceback" not in got, got
            if block.output is None:
                assert status == 0, got
                continue
            # A line of dots stands for any lines, or none.
            want = re.sub(r"^\.\.\.\n", "...", block.output, flags=re.M)
            if trains or ROUTES.search(block.code):
                # An ellipsis ends a number, and is none.
                got, want = (NUMBER.sub("0", text) for text in (got, want.replace("...", "…")))
                want = want.replace("…", "...")
            same = doctest.OutputChecker().check_output(want, got, FLAGS)
            assert same, f"{page}: {block.code}\nshown:\n{want}\nprinted:\n{got}"


@pytest.mark.parametrize("page", PAGES)
def test_outputs_follow_commands(page: str) -> None:
    assert blocks(page)
