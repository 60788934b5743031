"""What tests of the command line share."""

import signal
import subprocess
import sys
from pathlib import Path

from lilogic.graph import GateGraph, lgn

LILOGIC = [sys.executable, "-c", "from lilogic.cli import main; main()"]


def assert_one_line(status, err, *expected):
    assert status == 2
    assert err.startswith("lilogic: ")
    assert err.count("\n") == 1
    for text in expected:
        assert text in err


def write_graph(path: Path) -> GateGraph:
    graph = GateGraph.build(3, [(1, 0, 1), (6, 2, 3), (15, 0, 0), (3, 4, 0)], [[3, 5], [4, 6]])
    lgn.write(graph, path)
    return graph


def hear_signals():
    """What tells a process to end does so, even if the tests were started to ignore it."""
    for told in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(told, signal.SIG_DFL)


def start(command, **options):
    """The command as a process that Ctrl-C and other signals reach."""
    return subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear_signals,
        **options,
    )
