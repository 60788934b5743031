"""What tests of the command line share."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
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


_WITNESS = """\
import json, sys
modules, commands = json.loads(sys.argv[1])
from lilogic.cli import main
for command in commands:
    sys.argv = ["lilogic", *command]
    try:
        main()
    except SystemExit as end:
        assert not end.code, (command, end.code)
    if found := [module for module in modules if module in sys.modules]:
        print(f"{' '.join(command)} loads {', '.join(found)}", file=sys.stderr)
        break
"""


def loaded(modules: Sequence[str], commands: Sequence[Sequence[str]], folder: Path) -> str:
    """Which of the modules is loaded by the first of the commands that loads one, in ``folder``.

    All run in one process, one after another, without an error.
    """
    asked = json.dumps([modules, commands])
    done = subprocess.run(
        [sys.executable, "-c", _WITNESS, asked], capture_output=True, text=True, cwd=folder
    )
    assert done.returncode == 0, done.stderr
    return "".join(re.findall(r"^.* loads .*$", done.stderr, re.MULTILINE))


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
