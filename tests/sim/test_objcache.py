"""What Verilator's compilers made is taken from a cache, as long as it is of the same text."""

from __future__ import annotations

from pathlib import Path

import pytest

from lilogic.sim import objcache

COMPILER = """\
#!/bin/sh
[ "$1" = -dumpfullversion ] && echo 12.2.0 && exit
echo compiled >> "$(dirname "$0")/log"
for last; do :; done
cp "$last" model.o
"""


@pytest.fixture
def compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A command in the folder of a model, whose compiler copies."""
    compiler, model = tmp_path / "c++", tmp_path / "my model"
    compiler.write_text(COMPILER)
    compiler.chmod(0o755)
    model.mkdir()
    (model / "model.cpp").write_text("int a;")
    (tmp_path / "include").mkdir()
    (tmp_path / "include" / "verilated_config.h").write_text("5.0")
    monkeypatch.chdir(model)
    include = f"-I{tmp_path / 'include'}"
    return [str(compiler), "-I.", include, "-c", "-o", "model.o", "model.cpp"]


def runs(folder: Path) -> int:
    return len((folder / "log").read_text().splitlines())


def test_the_same_text_is_compiled_once(tmp_path: Path, compiled: list[str]) -> None:
    for _ in range(2):
        Path("model.o").unlink(missing_ok=True)
        assert objcache.main(tmp_path / "cache", compiled) == 0
        assert Path("model.o").read_text() == "int a;"
    assert runs(tmp_path) == 1
    Path("model.cpp").write_text("int b;")
    assert objcache.main(tmp_path / "cache", compiled) == 0
    assert Path("model.o").read_text() == "int b;"


def test_another_verilator_takes_other_objects(tmp_path: Path, compiled: list[str]) -> None:
    objcache.main(tmp_path / "cache", compiled)
    (tmp_path / "include" / "verilated_config.h").write_text("5.1")
    objcache.main(tmp_path / "cache", compiled)
    assert runs(tmp_path) == 2


def test_where_nothing_can_be_kept_it_is_compiled(tmp_path: Path, compiled: list[str]) -> None:
    (tmp_path / "file").touch()
    assert objcache.main(tmp_path / "file" / "cache", compiled) == 0
    assert runs(tmp_path) == 1
