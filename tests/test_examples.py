"""Examples run, and are what the page shows."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import numba
import pytest
import torch

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
PAGE = ROOT / "docs" / "pytorch.md"


def test_the_page_shows_every_example() -> None:
    shown = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)
    assert sorted(shown) == sorted(path.read_text("utf-8") for path in EXAMPLES)


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
    (accuracy,) = re.findall(r"([\d.]+)% of the test samples", capsys.readouterr().out)
    assert float(accuracy) > 85
    assert not [*tmp_path.iterdir()]
