"""What of the installation and the machine lilogic can use, and what to do about the rest.

Nothing is changed, downloaded or trained, and no package is imported that takes long.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import platformdirs

from lilogic import cores
from lilogic.data import fetch
from lilogic.errors import LilogicError, MissingExtraError
from lilogic.files import is_writable
from lilogic.report.models.doctor import Check, Diagnosis, State
from lilogic.version import __version__

_LEAST_FREE = 2 * 2**30
"""Bytes that a build or a training may take, with room to spare."""

_PATIENCE = 5.0
"""Seconds that a program may take to say its version."""

_UNTOLD = ("all", "bench", "dev")
"""Extras that are other extras together, or for those who work on lilogic."""


def diagnose() -> Diagnosis:
    """Look at everything; takes a second or so."""
    looks = (packages, tools, caches, data, boards, machine)
    checks = [check for look in looks for check in look()]
    is_ok = all(check.state is not State.BROKEN for check in checks)
    return Diagnosis(version=__version__, checks=checks, ok=is_ok)


def packages() -> Iterator[Check]:
    """Python, what lilogic always needs, and each extra."""
    yield Check(
        group="packages", name="Python", state=State.OK,
        found=f"{platform.python_version()}, {sys.executable}",
    )  # fmt: skip
    told: set[str] = set()
    for extra, requirements in _requirements().items():
        yield _extra(extra, requirements, told)
        told |= requirements.keys()


def _extra(extra: str, requirements: dict[str, str], told: set[str]) -> Check:
    """The packages of an extra, or with an empty name of all; versions of those not yet told."""
    found = {name: _installed(name, needed) for name, needed in requirements.items()}
    missing = [name for name, package in found.items() if package is None]
    problems = [package[1] for package in found.values() if package and package[1]]
    install = f"pip install 'lilogic[{extra}]'" if extra else "pip install lilogic"
    name = f"extra {extra}" if extra else "lilogic"
    if problems:
        return _broken("packages", name, "; ".join(problems), f"{install} --upgrade")
    if missing:
        state = State.MISSING if extra else State.BROKEN
        text = f"not installed: {', '.join(missing)}"
        return Check(group="packages", name=name, state=state, found=text, advice=install)
    news = [
        f"{each} {package[0]}" for each, package in found.items() if package and each not in told
    ]
    text = ", ".join(news) or "included in other extras"
    return Check(group="packages", name=name, state=State.OK, found=text)


def _requirements() -> dict[str, dict[str, str]]:
    """For each extra, and under the empty name for all, the packages and the versions needed."""
    try:
        requirements = importlib.metadata.requires("lilogic") or []
    except importlib.metadata.PackageNotFoundError:
        return {}
    needed: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for text in requirements:
        what, _, marker = text.partition(";")
        extra = re.search(r"extra == ['\"]([\w-]+)['\"]", marker)
        if extra and extra[1] in _UNTOLD:
            continue
        if "Linux" in marker and platform.system() != "Linux":
            continue
        name, versions = re.fullmatch(r"\s*([\w.-]+)(?:\[.*\])?\s*(.*?)\s*", what).groups()  # type: ignore[union-attr]
        if name != "lilogic":
            needed[extra[1] if extra else ""][name] = versions
    # Each extra after those that it is made of.
    return dict(sorted(needed.items(), key=lambda each: (each[0] != "", len(each[1]))))


def _installed(name: str, needed: str) -> tuple[str, str] | None:
    """A package's version, and what is wrong with it, if anything; None where it is not there."""
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
    # None of the packages that are always there brings it, but nearly every extra does.
    with suppress(ModuleNotFoundError):
        from packaging.specifiers import SpecifierSet

        if not SpecifierSet(needed).contains(version, prereleases=True):
            return version, f"{name} {version} is installed, but {needed} is needed"
    files = importlib.metadata.files(name) or []
    own = [file for file in files if not file.parts[0].endswith("-info")][:20]
    if own and not any(Path(str(file.locate())).exists() for file in own):
        return version, f"{name} {version} is registered, but its files are missing"
    return version, ""


def tools() -> Iterator[Check]:
    """Programs of the FPGA flow, and simulators."""
    try:
        from lilogic.hdl.fpga import families, tools
        from lilogic.sim import runner
    except ImportError:  # of what brings them, ``packages`` has told
        return
    programs = dict.fromkeys(tool for family in families.FAMILIES.values() for tool in family.tools)
    for program in programs:
        yield _tool(program, tools.command, tools.variable)
    for name, simulator in runner.SIMULATORS.items():
        try:
            runner.get(name)
            found = Check(group="tools", name=name, state=State.OK, found=simulator.version())
        except LilogicError as error:
            text, _, advice = str(error).partition(": ")
            found = Check(
                group="tools", name=name, state=State.MISSING, found=text, advice=advice or None
            )
        except Exception as error:  # whatever a damaged installation may raise
            found = _broken("tools", name, f"{type(error).__name__}: {error}", f"reinstall {name}")
        yield found


def _tool(
    program: str, command: Callable[[str], list[str]], variable: Callable[[str], str]
) -> Check:
    """A program from PyPI, or the one that an environment variable names."""
    named = os.environ.get(variable(program))
    try:
        started = command(program)
    except MissingExtraError as error:
        text, _, advice = str(error).partition(": ")
        state = State.BROKEN if named else State.MISSING
        return Check(group="tools", name=program, state=state, found=text, advice=advice)
    except LilogicError as error:
        return _broken("tools", program, str(error), f"unset {variable(program)}")
    if started[-1].endswith("native_yosys"):
        found = f"pyosys {importlib.metadata.version('pyosys')}"
        return Check(group="tools", name=program, state=State.OK, found=found)
    if started[0] == sys.executable:
        return Check(group="tools", name=program, state=State.OK, found=_source(program))
    said = _first_line([*started, "--version"])
    if said is None:
        problem = f"{variable(program)}={named} cannot be run"
        return _broken("tools", program, problem, f"correct or unset {variable(program)}")
    return Check(group="tools", name=program, state=State.OK, found=f"{said}, {started[0]}")


def _source(program: str) -> str:
    """Which package a program is of."""
    scripts = importlib.metadata.entry_points(group="console_scripts")
    for name in (f"yowasp-{program}", f"yowasp-{program}-gowin", program):
        for script in scripts.select(name=name):
            if script.dist is not None:
                return f"{script.dist.name} {script.dist.version}"
    return program


def _first_line(command: list[str]) -> str | None:
    """What a program says first; None where it fails, is not there, or takes too long."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE)
    except (OSError, subprocess.SubprocessError):
        return None
    lines = (done.stdout or done.stderr).strip().splitlines()
    return lines[0] if lines and not done.returncode else None


def caches() -> Iterator[Check]:
    """Folders in which what was compiled or downloaded is kept."""
    own = platformdirs.user_cache_path("lilogic")
    numba = os.environ.get("NUMBA_CACHE_DIR")
    yowasp = os.environ.get("YOWASP_CACHE_DIR")
    places = {
        "numba": Path(numba) if numba else own / "numba",
        "YoWASP": Path(yowasp or platformdirs.user_cache_path("YoWASP", appauthor=False)),
        **{name: own / name for name in ("datasets", "simulations", "objects")},
    }
    variables = {"numba": "NUMBA_CACHE_DIR", "YoWASP": "YOWASP_CACHE_DIR"}
    for name, place in places.items():
        variable = variables.get(name, "XDG_CACHE_HOME")
        yield _folder(name, place, f"set {variable} to a writable folder, or nothing is cached")


def _folder(name: str, place: Path, advice: str) -> Check:
    if is_writable(place):
        return Check(group="caches", name=name, state=State.OK, found=str(place))
    return Check(
        group="caches", name=name, state=State.WARNING, found=f"{place} cannot be written",
        advice=advice,
    )  # fmt: skip


def data() -> Iterator[Check]:
    """Where data sets are looked for, and the room that is left for others."""
    named = fetch.ENVIRONMENT
    try:
        root = fetch.data_root()
        folders = sorted(path.name for path in root.iterdir() if path.is_dir()) if root else []
    except LilogicError as error:
        yield _broken("data", named, str(error), f"create that folder, or unset {named}")
        return
    except OSError as error:
        text = f"{error.filename} cannot be read: {error.strerror}"
        yield _broken("data", named, text, f"make that folder readable, or unset {named}")
        return
    if root is None:
        text = "not set; known data sets are downloaded on first use"
        yield Check(group="data", name=named, state=State.OK, found=text)
        return
    held = ", ".join(folders[:6]) + ("…" if len(folders) > 6 else "") or "empty"
    yield Check(group="data", name=named, state=State.OK, found=f"{root}: {held}")


def boards() -> Iterator[Check]:
    """Serial ports and what loads boards."""
    try:
        from serial.tools import list_ports
    except ModuleNotFoundError:
        return
    ports = list_ports.comports()
    if not ports:
        yield Check(group="boards", name="serial ports", state=State.OK, found="none connected")
    for port in ports:
        kind = "" if port.description == "n/a" else f"{port.description}, "
        if os.access(port.device, os.R_OK | os.W_OK):
            state, found, advice = State.OK, "accessible", None
        else:
            state, found = State.WARNING, "no permission to open it"
            advice = "sudo usermod -aG dialout $USER, then log in again"
        yield Check(
            group="boards", name=port.device, state=state, found=f"{kind}{found}", advice=advice
        )
    from lilogic.boards import catalogue
    from lilogic.boards.flow import loader

    loaders = {board.loader[0] for board in catalogue.BOARDS.values() if board.loader}
    for program in sorted(loaders):
        if where := shutil.which(program):
            yield Check(group="boards", name=program, state=State.OK, found=where)
        else:
            yield Check(
                group="boards", name=program, state=State.MISSING, found="loads bitstreams",
                advice=loader.advice(program),
            )  # fmt: skip


def machine() -> Iterator[Check]:
    """Processor, graphics card, and room on disks."""
    usable, all_ = cores.usable(), os.cpu_count() or 1
    of = f" of {all_}" if usable < all_ else ""
    yield Check(
        group="machine", name="processor", state=State.OK,
        found=f"{usable}{of} threads, {platform.machine()}{_vectors()}",
    )  # fmt: skip
    card = _first_line(
        ["nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
    )
    has_torch = _version("torch")
    if card is None:
        broken = shutil.which("nvidia-smi") is not None
        text = "nvidia-smi finds no GPU" if broken else "none; training runs on the CPU"
        yield Check(group="machine", name="NVIDIA GPU", state=State.OK, found=text)
    elif has_torch and "+cpu" in has_torch:
        yield Check(
            group="machine", name="NVIDIA GPU", state=State.WARNING,
            found=f"{card}, but torch {has_torch} cannot use it",
            advice="install PyTorch with CUDA: see https://pytorch.org",
        )  # fmt: skip
    else:
        yield Check(group="machine", name="NVIDIA GPU", state=State.OK, found=card)
    for name, place in {"this folder": os.getcwd, "temporary files": tempfile.gettempdir}.items():
        yield _room(name, place)


def _vectors() -> str:
    """The widest vectors that numba can use here."""
    try:
        from llvmlite import binding
    except ImportError:  # of which ``packages`` has told
        return ""
    binding.initialize_native_target()
    features = binding.get_host_cpu_features()
    for name, spelled in (
        ("avx512f", "AVX-512"),
        ("avx2", "AVX2"),
        ("sse4.2", "SSE4"),
        ("neon", "Neon"),
    ):
        if features.get(name):
            return f", {spelled}"
    return ""


def _version(package: str) -> str | None:
    with suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version(package)
    return None


def _room(name: str, where: Callable[[], str]) -> Check:
    elsewhere = ", or set TMPDIR to another folder" if name == "temporary files" else ""
    try:
        place = Path(where())
        free = shutil.disk_usage(place).free
    except OSError as error:
        text = f"not available: {error.strerror or error}"
        return _broken("machine", name, text, f"work in a writable folder{elsewhere}")
    text = f"{free / 2**30:.1f} GiB free in {place}"
    if free >= _LEAST_FREE and is_writable(place):
        return Check(group="machine", name=name, state=State.OK, found=text)
    advice = "free some space" if is_writable(place) else "work in a writable folder"
    return Check(
        group="machine", name=name, state=State.WARNING, found=text, advice=f"{advice}{elsewhere}"
    )


def _broken(group: str, name: str, found: str, advice: str) -> Check:
    return Check(group=group, name=name, state=State.BROKEN, found=found, advice=advice)  # type: ignore[arg-type]
