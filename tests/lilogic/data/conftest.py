"""Data sets are looked for in no real folder, and cached in a temporary one."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest

from lilogic.data import fetch


@pytest.fixture(autouse=True)
def no_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(fetch.ENVIRONMENT, raising=False)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that downloads go to."""
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda name: tmp_path / "cache" / name)
    return tmp_path / "cache" / "lilogic" / "datasets"
