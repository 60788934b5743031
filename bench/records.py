"""Records of measurements: figures, and the conditions that they were measured under.

A benchmark writes build/bench/NAME.json. With --record NAME it writes bench/results/NAME.json
instead, from which bench/render.py takes every figure in the documentation.
"""

from __future__ import annotations

import argparse
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue

from lilogic import cores
from lilogic.errors import LilogicError
from lilogic.files import check_writable, write_json
from lilogic.hdl.fpga import tools

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench" / "results"
UNRECORDED = Path("build/bench")

PACKAGES = ("lilogic", "numpy", "numba", "torch", "triton", "amaranth")

_LOAD = os.getloadavg()[0]
"""Of the minute before the benchmark began."""

Figures = TypeVar("Figures", bound=JsonValue)


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Machine(_Strict):
    """Where a benchmark ran.

    Attributes:
        processor: its model.
        cores: how many the benchmark could use.
        memory_gb: main memory, in gigabytes.
        load: how many other processes wanted a core when the benchmark began.
    """

    processor: str
    cores: int
    memory_gb: float | None = None
    load: float | None = None


class Origin(_Strict):
    """The conditions of a measurement.

    Attributes:
        commit: of lilogic.
        date: of the measurement, as YYYY-MM-DD.
        command: what measured it.
        versions: of lilogic, Python, packages and tools.
        machine: where it ran.
        device: that computed: ``cpu``, or the name of a GPU.
        threads: how many computed; None where that makes no difference.
        seeds: of random numbers.
        note: what else a reader must know.
    """

    commit: str
    date: str
    command: str
    versions: dict[str, str]
    machine: Machine
    device: str = "cpu"
    threads: int | None = None
    seeds: list[int] = []
    note: str = ""


class Reported(_Strict):
    """Figures that others report.

    Attributes:
        sources: where each abbreviation in the figures leads.
    """

    sources: dict[str, str]


class Record(_Strict):
    """A file in bench/results.

    Attributes:
        origin: where the figures come from.
        figures: what was measured.
    """

    origin: Origin | Reported
    figures: dict[str, Any] | list[Any]


def load(name: str) -> Record:
    """The record bench/results/NAME.json.

    Raises:
        LilogicError: there is no such record.
    """
    file = RESULTS / f"{name}.json"
    if not file.exists():
        known = ", ".join(sorted(each.stem for each in RESULTS.glob("*.json")))
        raise LilogicError(f"no record is called {name}; there are {known}")
    return Record.model_validate_json(file.read_text("utf-8"))


def parse(parser: argparse.ArgumentParser, name: str) -> argparse.Namespace:
    """Add --json and --record, and parse; ``output`` of the result is the file to write."""
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument(
        "--record", metavar="NAME", help="write bench/results/NAME.json, for the documentation"
    )
    options = parser.parse_args()
    recorded = RESULTS / f"{options.record}.json"
    options.output = recorded if options.record else UNRECORDED / f"{name}.json"
    check_writable(options.output)
    return options


def finish(
    options: argparse.Namespace, figures: Figures, show: Callable[[Figures], object], **how: Any
) -> None:
    """Write what was measured, and print it: as JSON, or as ``show`` does; ``how`` as ``write``."""
    write(options.output, figures, **how)
    if options.json:
        print(options.output.read_text("utf-8"), end="")
    else:
        show(figures)


def write(
    output: Path,
    figures: Any,
    *,
    device: str = "cpu",
    threads: int | None = None,
    seeds: Sequence[int] = (0,),
) -> None:
    """Write figures and where they come from; arguments as ``Origin`` has them."""
    origin = origin_of(device, threads, seeds)
    write_json(output, Record(origin=origin, figures=figures).model_dump(mode="json"))


def origin_of(device: str, threads: int | None, seeds: Sequence[int]) -> Origin:
    """The conditions of this process."""
    script = Path(sys.argv[0]).resolve()
    where = script.relative_to(ROOT) if script.is_relative_to(ROOT) else script.name
    return Origin(
        commit=commit(),
        date=datetime.now(UTC).date().isoformat(),
        command=shlex.join(["python", str(where), *sys.argv[1:]]),
        versions=versions(),
        machine=machine(),
        device=device,
        threads=threads,
        seeds=list(seeds),
    )


def commit() -> str:
    """The commit that is checked out, with ``+`` where more than records and pages differs."""
    head = _git("rev-parse", "--short=12", "HEAD")
    changed = _git("status", "--porcelain", "--", ".", ":!bench/results", ":!docs", ":!README.md")
    return f"{head or 'unknown'}{'+' if changed else ''}"


def _git(*arguments: str) -> str:
    told = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    return told.stdout.strip()


def versions() -> dict[str, str]:
    """Of Python, packages and Yosys."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            found[package] = metadata.version(package)
    with suppress(LilogicError):
        found["yosys"] = tools.version("yosys")
    return found


def machine() -> Machine:
    """This one."""
    names = dict(line.partition(":")[::2] for line in _lines("/proc/cpuinfo"))
    names = {key.strip(): value.strip() for key, value in names.items()}
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    return Machine(
        processor=names.get("model name", platform.processor() or platform.machine()),
        cores=cores.usable(),
        memory_gb=round(memory, 1),
        load=round(_LOAD, 1),
    )


def _lines(file: str) -> list[str]:
    try:
        return Path(file).read_text("utf-8").splitlines()
    except OSError:
        return []
