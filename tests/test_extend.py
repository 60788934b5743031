"""The examples of the page on extending lilogic work."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lilogic import formats
from lilogic.boards import catalogue
from lilogic.boards.flow import platform
from lilogic.graph import GateGraph
from lilogic.hdl.components import popcount
from tests.hdl.components.test_heads import check

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "how-to" / "extend.md").read_text("utf-8")


def code(path: str) -> str:
    """What the page shows of the file at ``path``."""
    (shown,) = re.findall(rf'^```python title="{re.escape(path)}"\n(.*?)^```$', PAGE, re.M | re.S)
    return str(shown)


def module(path: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The file that the page shows, as if it was there."""
    made = ModuleType(path.removesuffix(".py").replace("/", "."))
    exec(compile(code(path), path, "exec"), vars(made))
    monkeypatch.setitem(sys.modules, made.__name__, made)
    return made


def cases(test: Callable[..., None]) -> list[tuple[Any, ...]]:
    """The arguments of a test that has one mark, ``parametrize``."""
    (mark,) = test.pytestmark  # type: ignore[attr-defined]
    return [case if isinstance(case, tuple) else (case,) for case in mark.args[1]]


def test_the_board() -> None:
    (board,) = eval(f"({code('boards/catalogue.py')})", vars(catalogue))
    known = platform.make(board)
    assert (board.part, board.clock_hz) == (known.device, known.default_clk_frequency)
    assert known.lookup("uart")
    assert board.name not in catalogue.BOARDS


def test_the_popcount(monkeypatch: pytest.MonkeyPatch) -> None:
    function, table = code("hdl/components/popcount.py").split("\n\n\n")
    names = {**vars(popcount)}
    exec(function, names)
    assert '"pairs": pairs' in table
    monkeypatch.setitem(popcount.POPCOUNTS, "pairs", names["pairs"])
    for size in (0, 1, 2, 7, 257):
        check(GateGraph.build(max(1, size), [], [range(size)]), "pairs", 1)


def test_the_node(monkeypatch: pytest.MonkeyPatch) -> None:
    module("lilogic/learn/net/xor_free.py", monkeypatch)
    tests = module("tests/lilogic/learn/net/test_xor_free.py", monkeypatch)
    for case in cases(tests.test_no_gate_becomes_xor):
        tests.test_no_gate_becomes_xor(*case)


def test_the_importer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module("lilogic/formats/importers/bench.py", monkeypatch)
    monkeypatch.setitem(formats.READERS, ".bench", "bench")
    tests = module("tests/lilogic/formats/test_bench.py", monkeypatch)
    tests.test_c17(tmp_path)
    for case in cases(tests.test_what_is_refused):
        tests.test_what_is_refused(tmp_path, *case)


def test_every_place_that_the_page_names_is_there() -> None:
    table = PAGE[PAGE.index("| to add | write |") : PAGE.index("Four examples follow")]
    places = re.findall(r"`([\w/]+(?:\.py|/))`", table)
    assert len(places) > 20
    assert [place for place in places if not (ROOT / place).exists()] == []
    for name, place in re.findall(r"`([A-Z]{4,})` in `([\w/]+\.py)`", table):
        assert re.search(rf"^{name}\b", (ROOT / place).read_text("utf-8"), re.M), (name, place)
