"""Settings that every test shares."""

import sys

import pytest
from hypothesis import settings

from lilogic import cli

# The first example of a test often compiles numba code, so examples are not timed; the same
# examples every time keep a failure reproducible.
settings.register_profile("lilogic", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("lilogic")


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
