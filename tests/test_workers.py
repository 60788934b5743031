"""Tests are shared out to workers as they ask for."""

from __future__ import annotations

import pytest


@pytest.mark.xdist_group("workers")
def test_groups_are_kept_together(request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("loadgroup", False):
        pytest.skip("needs --dist loadgroup, and a worker")
    assert request.node.nodeid.endswith("@workers")
