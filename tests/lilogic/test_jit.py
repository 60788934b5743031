import importlib.util
import os
import sys
import threading
from typing import NamedTuple

import numba
import numpy as np
import platformdirs
import pytest
from numba.core import caching

from lilogic import compiled, jit
from lilogic.jit import loop, njit, part


class Pair(NamedTuple):
    read: np.ndarray
    written: np.ndarray


@part
def double(x):
    return 2 * x


@loop
def double_all(pair, kinds):
    for i in range(len(pair.read)):
        pair.written[i] = double(pair.read[i])
        kinds[0] = isinstance(pair.read[i], int)


@pytest.mark.parametrize("size", [0, 5])
def test_a_loop_over_small_arrays_is_python_on_its_own_numbers(size):
    pair, kinds = Pair(np.arange(size), np.zeros(size, dtype=np.int32)), np.ones(1, dtype=bool)
    pair.read.setflags(write=False)
    double_all(pair, kinds)
    assert kinds[0]
    assert pair.written.tolist() == [2 * i for i in range(size)]


def test_a_loop_is_compiled_once_it_is_given_a_large_array(monkeypatch):
    monkeypatch.setattr(jit, "COMPILED_FROM", 6)
    runs = []

    @loop
    def add_all(numbers, total):
        for number in numbers:
            total[0] += double(number)

    monkeypatch.setattr(jit, "njit", lambda **options: lambda function: add)

    def add(numbers, total):
        runs.append(len(numbers))
        total[0] = 2 * numbers.sum()

    for size in (5, 6, 1):
        total = np.zeros(1, dtype=np.int64)
        add_all(np.arange(size), total)
        assert total[0] == size * (size - 1)
    assert runs == [6, 1]


SOURCE = """
from lilogic.jit import njit

@njit(cache=True)
def double(x):
    return {factor} * x
"""


@pytest.fixture
def result_of(tmp_path, monkeypatch):
    """What a source in a folder makes of 21, and whether it was compiled for that."""
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda name: tmp_path / "cache" / name)
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    # Bytecode of a source of the same size and second would be taken for its own.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def run(name, factor):
        compiled._digest.cache_clear()
        compiled._prune.cache_clear()
        source = tmp_path / name / "doubling.py"
        source.parent.mkdir(exist_ok=True)
        source.write_text(SOURCE.format(factor=factor))
        spec = importlib.util.spec_from_file_location("doubling", source)
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, "doubling", module)
        spec.loader.exec_module(module)
        return module.double(21), bool(module.double.stats.cache_misses)

    return run


def test_what_is_compiled_serves_wherever_the_same_source_lies(result_of):
    assert result_of("a", 2) == (42, True)
    assert result_of("b", 2) == (42, False)
    assert result_of("b", 3) == (63, True)
    assert result_of("a", 2) == (42, False)


def test_what_was_compiled_of_older_versions_is_deleted(result_of, tmp_path):
    versions = range(2, 10)
    for factor in versions:
        result_of("a", factor)
        for place in (tmp_path / "cache/lilogic/numba").iterdir():
            os.utime(place, times=(0, place.stat().st_mtime - 1))
    assert len([*(tmp_path / "cache/lilogic/numba").iterdir()]) == compiled._VERSIONS
    assert not result_of("a", versions[-compiled._VERSIONS])[1]
    assert result_of("a", versions[0])[1]


def test_another_place_that_the_environment_names_is_kept_to(result_of, monkeypatch, tmp_path):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "own"))
    assert result_of("a", 2) == (42, True)
    assert [*(tmp_path / "own").rglob("*.nbi")]
    assert not (tmp_path / "cache").exists()


def test_where_the_cache_of_the_user_cannot_be_written_the_source_has_what_is_kept(
    result_of, tmp_path
):
    (tmp_path / "cache").write_text("")
    assert result_of("a", 2) == (42, True)
    assert [*(tmp_path / "a").rglob("*.nbi")]


def test_functions_are_compiled_where_nothing_can_be_kept(monkeypatch):
    monkeypatch.setattr(compiled, "_PLACES", "InTreeCacheLocator")
    monkeypatch.setattr(caching.InTreeCacheLocator, "from_function", lambda *_: None)

    @njit(cache=True, nogil=True)
    def double(x):
        return 2 * x

    assert double(21) == 42


def test_threads_leave_numba_as_it_was():
    before = numba.config.CACHE_LOCATOR_CLASSES
    entered, leave = threading.Event(), threading.Event()

    def decorate():
        with compiled.kept():
            entered.set()
            leave.wait()

    other = threading.Thread(target=decorate)
    with compiled.kept():
        other.start()
        entered.wait(0.05)
    leave.set()
    other.join()
    assert before == numba.config.CACHE_LOCATOR_CLASSES
