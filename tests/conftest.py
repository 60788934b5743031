"""Settings that every test shares."""

import os
import sys

import pytest
from hypothesis import HealthCheck, settings

from lilogic import cli

# The first example of a test often compiles numba code, and others may need the processor, so
# nothing is timed. The same examples every time keep a failure reproducible;
# LILOGIC_HYPOTHESIS=random draws others, and more, in every run.
UNTIMED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("fixed", derandomize=True, max_examples=25, **UNTIMED)
settings.register_profile("random", print_blob=True, max_examples=100, **UNTIMED)
settings.load_profile(os.environ.get("LILOGIC_HYPOTHESIS", "fixed"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Workers start with slow tests and groups, and share out the many others to the end."""
    if not hasattr(config, "workerinput"):
        return
    slow = {_unit(item) for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (_unit(item) not in slow, _unit(item) == item.nodeid))


def _unit(item: pytest.Item) -> str:
    """What one worker runs: a group, or a test by itself."""
    group = item.get_closest_marker("xdist_group")
    return group.args[0] if group else item.nodeid


@pytest.fixture
def lilogic(monkeypatch, capsys):
    """Runs the command line; returns its status, output and messages."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["lilogic", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        captured = capsys.readouterr()
        return stopped.value.code or 0, captured.out, captured.err

    return run
