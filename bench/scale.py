"""Time and memory of what works on whole graphs, over the size of convolutional networks.

Networks are untrained; most of their gates pass a wire on, as in trained ones, or none with
--through 0. Each step is a process of its own, with its seconds on the wall and of the processor
and its peak memory, start included: simplifying, `lilogic eval` (on CIFAR-10, which LILOGIC_DATA
leads to), `export`, and `import` of what was exported. Prints a table and writes
build/bench/scale.json.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import records
from networks.convolution import convolution
from rich.console import Console
from rich.table import Table

from lilogic.graph import header, lgn

GATES = [10_000, 100_000, 1_000_000]
FORMATS = {"blif": ".blif", "aiger": ".aig", "npz": ".npz", "c": ".c"}
READ = "blif", "aiger", "npz"
TIMEOUT = 600

SIMPLIFY = """
import sys, time
from pathlib import Path
from lilogic.graph import lgn, passes
graph = lgn.read(Path(sys.argv[1]))
print(passes.simplify(graph).n_gates)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("gates", nargs="*", type=int, default=GATES)
    parser.add_argument("--through", type=float, default=0.9, help="share of gates that are wires")
    parser.add_argument("--only", nargs="+", help="steps, such as simplify eval blif")
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    options = records.parse(parser, "scale")
    if options.write:
        lgn.write(convolution(options.gates[0], options.through), options.write)
        return
    sizes = []
    for gates in options.gates:
        with tempfile.TemporaryDirectory(prefix="lilogic-") as folder:
            sizes.append(measure(gates, options.through, options.only, Path(folder)))
    result = {"through": options.through, "sizes": sizes}
    records.finish(options, result, lambda result: show(result["sizes"]), threads=1)


def measure(gates: int, through: float, only: list[str] | None, folder: Path) -> dict[str, Any]:
    """What each step takes for a network of that many gates."""
    file = folder / "network.lgn"
    # Processes count what the one that starts them holds as theirs, so it holds little.
    writing = [sys.executable, __file__, str(gates), "--through", str(through)]
    subprocess.run([*writing, "--write", str(file)], check=True)
    found: dict[str, Any] = {"gates": header.read(file).n_gates, "steps": {}}
    for step, command in steps(file):
        if only and step.split()[-1] not in only:
            continue
        spent, printed = run(command)
        found["steps"][step] = spent
        if step == "simplify":
            found["simplified"] = int(printed)
    return found


def steps(file: Path) -> Iterator[tuple[str, list[str]]]:
    """Each step's name and the command for it; a later one may read what an earlier one wrote."""
    lilogic = [sys.executable, "-m", "lilogic"]
    yield "simplify", [sys.executable, "-c", SIMPLIFY, str(file)]
    yield "eval", [*lilogic, "eval", str(file), "--train"]
    for kind, suffix in FORMATS.items():
        written = str(file.with_suffix(suffix))
        yield f"export {kind}", [*lilogic, "export", str(file), "--to", kind, "-o", written]
        if kind in READ:
            made = str(file.with_suffix(f".{kind}.lgn"))
            yield f"import {kind}", [*lilogic, "import", written, "-o", made]


def run(command: list[str]) -> tuple[dict[str, Any], str]:
    """What a process takes, and what it prints."""
    began = time.monotonic()
    process = subprocess.Popen(
        ["timeout", str(TIMEOUT), *command],
        stdout=subprocess.PIPE,
        text=True,
        stderr=subprocess.DEVNULL,
    )
    printed = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    spent = {
        "wall_s": round(time.monotonic() - began, 2),
        "cpu_s": round(used.ru_utime + used.ru_stime, 2),
        "peak_mb": used.ru_maxrss // 1024,
    }
    return spent | {"status": os.waitstatus_to_exitcode(status)}, printed


def show(sizes: list[dict[str, Any]]) -> None:
    """Print the table."""
    table = Table()
    table.add_column("step")
    for size in sizes:
        left = f" → {size['simplified']:,}" if "simplified" in size else ""
        table.add_column(f"{size['gates']:,}{left} gates", justify="right")
    for step in sizes[0]["steps"]:
        table.add_row(step, *map(cell, (size["steps"].get(step) for size in sizes)))
    console = Console(highlight=False)
    console.print(table)
    console.print("seconds on the wall, of the processor in brackets, and peak memory")


def cell(spent: dict[str, Any] | None) -> str:
    """What a step took, for people."""
    if spent is None or spent["status"]:
        return "failed"
    return f"{spent['wall_s']:.1f} ({spent['cpu_s']:.1f}) s, {spent['peak_mb']:,} MB"


if __name__ == "__main__":
    main()
