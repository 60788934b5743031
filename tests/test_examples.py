"""Examples run, and are what the pages show."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import numba
import pytest
import torch

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
PAGES = {"pytorch.md": ("gridsearch_digits", "pytorch_loop"), "bus.md": ("amaranth_design",)}
HARDWARE = PAGES["bus.md"]


@pytest.mark.parametrize("page", PAGES)
def test_the_page_shows_its_examples(page: str) -> None:
    text = (ROOT / "docs" / "how-to" / page).read_text("utf-8")
    shown = re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S)
    examples = [path.read_text("utf-8") for path in EXAMPLES if path.stem in PAGES[page]]
    assert len(examples) == len(PAGES[page])
    assert sorted(shown) == sorted(examples)


def test_every_example_is_shown() -> None:
    assert {path.stem for path in EXAMPLES} == {name for names in PAGES.values() for name in names}


@pytest.mark.slow
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_it_runs(
    path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    threads = numba.get_num_threads(), torch.get_num_threads()
    try:
        runpy.run_path(str(path), run_name="__main__")
    finally:
        numba.set_num_threads(threads[0])
        torch.set_num_threads(threads[1])
    if path.stem in HARDWARE:
        assert "as software says" in capsys.readouterr().out
        return
    (accuracy,) = re.findall(r"([\d.]+)% of the test samples", capsys.readouterr().out)
    assert float(accuracy) > 85
    assert not [*tmp_path.iterdir()]
