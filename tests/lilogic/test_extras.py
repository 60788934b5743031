import importlib

import pytest

from lilogic.errors import MissingExtraError
from lilogic.extras import needs


def test_a_missing_package_is_said_where_to_get():
    with pytest.raises(
        MissingExtraError, match=r"^nosuch is missing: pip install 'lilogic\[hdl\]'$"
    ):
        with needs("hdl", "nosuch"):
            importlib.import_module("nosuch")


def test_nothing_is_said_of_what_is_there():
    with needs("hdl", "json"):
        importlib.import_module("json")
    with pytest.raises(ValueError, match="another"), needs("hdl", "json"):
        raise ValueError("another error")
