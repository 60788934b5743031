from numba.core import caching

from lilogic.jit import njit


def test_functions_are_compiled_where_nothing_can_be_kept(monkeypatch):
    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])

    @njit(cache=True, nogil=True)
    def double(x):
        return 2 * x

    assert double(21) == 42
