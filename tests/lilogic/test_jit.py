from typing import NamedTuple

import numpy as np
import pytest
from numba.core import caching

from lilogic import jit
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

    monkeypatch.setattr(jit, "njit", lambda **options: lambda function: compiled)

    def compiled(numbers, total):
        runs.append(len(numbers))
        total[0] = 2 * numbers.sum()

    for size in (5, 6, 1):
        total = np.zeros(1, dtype=np.int64)
        add_all(np.arange(size), total)
        assert total[0] == size * (size - 1)
    assert runs == [6, 1]


def test_functions_are_compiled_where_nothing_can_be_kept(monkeypatch):
    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])

    @njit(cache=True, nogil=True)
    def double(x):
        return 2 * x

    assert double(21) == 42
