import sys

import pytest

from lilogic.data import datasets
from lilogic.data.fetch import Source
from lilogic.data.readers import pictures
from lilogic.errors import MissingExtraError
from lilogic.extras import needs


def test_a_missing_package_is_one_line_with_the_pip_install_that_brings_it():
    with pytest.raises(MissingExtraError) as caught, needs("train", "pillow"):
        import no_such_package  # noqa: F401
    assert str(caught.value) == "pillow is missing: pip install 'lilogic[train]'"


def test_an_error_inside_an_installed_package_is_not_hidden():
    with pytest.raises(ImportError, match="cannot import name") as caught, needs("train", "numpy"):
        from numpy import no_such_name  # noqa: F401
    assert not isinstance(caught.value, MissingExtraError)


@pytest.mark.parametrize(
    ("module", "package", "call"),
    [
        ("PIL", "pillow", lambda path: pictures.read(path / "0.png")),
        ("sklearn.datasets", "scikit-learn", lambda _: datasets.load("digits")),
        ("pooch", "pooch", lambda _: Source("a", "", "http://a/", {"b": "0"}).find("b")),
    ],
)
def test_reading_data_names_what_is_missing(tmp_path, monkeypatch, module, package, call):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("LILOGIC_DATA", raising=False)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=rf"^{package} is missing: .*lilogic\[train\]"):
        call(tmp_path)
