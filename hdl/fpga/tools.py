"""Programs of the FPGA flow: those from PyPI, or what an environment variable names instead.

The variable is the program's name in capitals: ``YOSYS``, ``NEXTPNR_ICE40``, ``NEXTPNR_ECP5``, …
``YOSYS=pyosys`` takes the native Yosys of PyPI's ``pyosys``.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint, distribution, entry_points
from pathlib import Path

from lilogic.errors import MissingExtraError, ToolError
from lilogic.extras import needs

PYOSYS = "pyosys"


class ToolTimeoutError(ToolError):
    """A program was stopped after the allowed time."""


def variable(name: str) -> str:
    """The environment variable that replaces the program ``name``."""
    return name.upper().replace("-", "_")


def command(name: str) -> list[str]:
    """The program and leading arguments that start ``name``.

    Raises:
        MissingExtraError: it is not installed.
    """
    native = os.environ.get(variable(name))
    if native == PYOSYS:
        with needs("native", PYOSYS):
            distribution(PYOSYS)
        return [sys.executable, "-m", "lilogic.hdl.fpga.native_yosys"]
    if native:
        return shlex.split(native)
    # Scripts of a virtual environment need not be on PATH, so they are started by their module.
    script = _script(name)
    return [sys.executable, "-c", f"from {script.module} import {script.attr}; {script.attr}()"]


def version(name: str) -> str:
    """What tells one version of the program ``name`` from another."""
    if os.environ.get(variable(name)):
        return run(name, ["--version"], Path.cwd()).strip()
    package = _script(name).dist
    assert package is not None, "entry points of installed packages have one"
    return f"{package.name} {package.version}"


def run(
    name: str,
    arguments: Sequence[str],
    folder: Path,
    timeout: float | None = None,
    hear: Callable[[str], object] = lambda _: None,
) -> str:
    """Run the program ``name`` in ``folder`` and return what it prints, errors among it.

    File names among the arguments must be relative to ``folder``: WebAssembly builds do not see
    every absolute path.

    Args:
        name: the program, as its makers call it.
        arguments: for the program.
        folder: existing working folder.
        timeout: seconds, or None for no limit.
        hear: is given each line that the program prints, when it prints it.

    Raises:
        ToolTimeoutError: the time was up.
        ToolError: the program is missing or ended with an error.
    """
    program = command(name)
    try:
        process = subprocess.Popen(
            [*program, *arguments],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except FileNotFoundError as error:
        raise ToolError(f"{variable(name)}={program[0]} does not exist") from error
    expired = threading.Event()

    def stop() -> None:
        expired.set()
        process.kill()

    lines = []
    alarm = threading.Timer(threading.TIMEOUT_MAX if timeout is None else timeout, stop)
    with process:
        assert process.stdout is not None
        try:
            # An interrupt may come while the thread starts, too.
            alarm.start()
            for line in process.stdout:
                lines.append(line)
                hear(line)
            process.wait()
        except BaseException:
            process.kill()
            raise
        finally:
            alarm.cancel()
    if process.returncode != 0 and expired.is_set():
        raise ToolTimeoutError(f"{name} did not end within {timeout:g} s")
    if process.returncode != 0:
        said = [line.rstrip() for line in lines if line.strip()]
        errors = [line for line in said if "ERROR:" in line]
        raise ToolError(f"{name} failed in {folder}: {(errors or said or ['no output'])[-1]}")
    return "".join(lines)


def _script(name: str) -> EntryPoint:
    """The console script of the Python package that holds the program."""
    scripts = entry_points(group="console_scripts")
    for script in (f"yowasp-{name}", f"yowasp-{name}-gowin", name):
        for found in scripts.select(name=script):
            return found
    extra = "hdl" if name == "yosys" else "boards"
    raise MissingExtraError(
        f"{name} is missing: pip install 'lilogic[{extra}]', or name a program in {variable(name)}"
    )
