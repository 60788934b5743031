"""Programs of the FPGA flow: those from PyPI, or what an environment variable names instead.

The variable is the program's name in capitals: ``YOSYS``, ``NEXTPNR_ICE40``, ``NEXTPNR_ECP5``, …
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from lilogic.errors import LilogicError


class ToolTimeoutError(LilogicError):
    """A program was stopped after the allowed time."""


def variable(name: str) -> str:
    """The environment variable that replaces the program ``name``."""
    return name.upper().replace("-", "_")


def command(name: str) -> list[str]:
    """The program and leading arguments that start ``name``.

    Raises:
        LilogicError: it is not installed.
    """
    native = os.environ.get(variable(name))
    if native:
        return shlex.split(native)
    # Scripts of a virtual environment need not be on PATH, so they are started by their module.
    script = _script(name)
    return [sys.executable, "-c", f"from {script.module} import {script.attr}; {script.attr}()"]


def version(name: str) -> str:
    """What tells one version of the program ``name`` from another."""
    if os.environ.get(variable(name)):
        return run(name, ["--version"], Path.cwd()).strip()
    distribution = _script(name).dist
    assert distribution is not None, "entry points of installed packages have one"
    return f"{distribution.name} {distribution.version}"


def run(name: str, arguments: Sequence[str], folder: Path, timeout: float | None = None) -> str:
    """Run the program ``name`` in ``folder`` and return what it prints.

    File names among the arguments must be relative to ``folder``: WebAssembly builds do not see
    every absolute path.

    Args:
        name: the program, as its makers call it.
        arguments: for the program.
        folder: existing working folder.
        timeout: seconds, or None for no limit.

    Raises:
        ToolTimeoutError: the time was up.
        LilogicError: the program is missing or ended with an error.
    """
    program = command(name)
    try:
        done = subprocess.run(
            [*program, *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError as error:
        raise LilogicError(f"{variable(name)}={program[0]} does not exist") from error
    except subprocess.TimeoutExpired as error:
        raise ToolTimeoutError(f"{name} did not end within {timeout:g} s") from error
    if done.returncode != 0:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith("ERROR")]
        raise LilogicError(f"{name} failed in {folder}: {(errors or lines or ['no output'])[-1]}")
    return done.stdout


def _script(name: str) -> EntryPoint:
    """The console script of the Python package that holds the program."""
    scripts = entry_points(group="console_scripts")
    for script in (f"yowasp-{name}", f"yowasp-{name}-gowin", name):
        for found in scripts.select(name=script):
            return found
    raise LilogicError(
        f"{name} is missing: pip install 'lilogic[boards]', or name a program in {variable(name)}"
    )
