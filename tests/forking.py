"""Runs ``lilogic`` in forks of one process, which has loaded what takes seconds to load.

with forking.serving(folder) as lilogic:
    subprocess.run([*lilogic, "eval", "digits"])
"""

from __future__ import annotations

import json
import os
import runpy
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MOST_BYTES = 2**18
"""Of a request: arguments, folder and environment."""


@contextmanager
def serving(folder: Path) -> Iterator[list[str]]:
    """The command that is ``lilogic`` meanwhile; its socket is in ``folder``."""
    place = folder / "lilogic.socket"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, __file__, "serve", place]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        server.stdout.readline()
        try:
            yield [sys.executable, "-S", "-E", __file__, "ask", str(place)]
        finally:
            server.kill()


def serve(place: str) -> None:
    """Run what is asked for, several at once; returns in the process that is to run it."""
    from lilogic import api, flow, training  # noqa: F401

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(place)
        listening.listen()
        print("ready", flush=True)
        while True:
            asking, _ = listening.accept()
            if os.fork() == 0:
                break
            asking.close()
    request, streams, _, _ = socket.recv_fds(asking, MOST_BYTES, 3)
    running = os.fork()
    if running:
        _, status = os.waitpid(running, 0)
        asking.send(bytes([os.waitstatus_to_exitcode(status) % 256]))
        os._exit(0)
    asking.close()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    words, folder, environment = json.loads(request)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[1:] = words


def ask(place: str, words: list[str]) -> int:
    """The exit status of ``lilogic`` with these words, in this folder and environment."""
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(place)
        request = json.dumps([words, os.getcwd(), dict(os.environ)]).encode()
        assert len(request) < MOST_BYTES
        socket.send_fds(server, [request], [0, 1, 2])
        return server.recv(1)[0]


if __name__ == "__main__":
    if sys.argv[1] == "ask":
        sys.exit(ask(sys.argv[2], sys.argv[3:]))
    del sys.path[0]  # this folder
    serve(sys.argv[2])
    runpy.run_module("lilogic", run_name="__main__")
