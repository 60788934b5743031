"""What simplification and minimization leave of networks: gates, LUTs, and NAND2 equivalents.

Each network is simplified, then minimized for all bits, then for those that its encoder makes, and
what is left mapped by ABC: its functions alone, to LUTs of six inputs and, given a Liberty file, to
its cells, after the same optimization. The last row of a network is what ABC makes of it by a
longer script, as a yardstick. Prints a table and writes build/bench/simplify.json.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyosys
import records
from rich.console import Console
from rich.table import Table

from lilogic import formats
from lilogic.files import scratch
from lilogic.graph import GateGraph, passes
from lilogic.hdl.synthesis import liberty
from lilogic.hdl.synthesis.cost import NAND2
from lilogic.zoo import models

NETS = ["digits", "mnist-tiny", "mnist-8k", "mnist-conv", "fashion-8k", "fashion-conv"]

STEPS: dict[str, Callable[[GateGraph], GateGraph]] = {
    "simplify": passes.simplify,
    "minimize, all bits": lambda graph: passes.minimize(replace(graph, encoder=None)),
    "minimize": passes.minimize,
}

FIRST = "strash; &get -n; &fraig -x; &put; scorr; dc2; dch -f"
LONG = (
    "strash; ifraig; scorr; dc2; dc2; dch -f; dc2; resub -K 10 -N 2; rewrite -z; "
    "resub -K 12 -N 2; dc2; resub -K 12 -N 3; rewrite; dc2; "
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("nets", nargs="*", default=NETS, help="names of the zoo, or .lgn files")
    parser.add_argument("--liberty", type=Path, help="cells to map to")
    parser.add_argument("--nand2", type=float, default=NAND2, help="area of a NAND2 (sky130)")
    options = records.parse(parser, "simplify")
    cells = liberty.read(options.liberty).files["cells.genlib"] if options.liberty else None
    result = [row for net in options.nets for row in measure(net, cells, options.nand2)]
    records.finish(options, result, show, threads=1)


def measure(net: str, cells: bytes | None, nand2: float) -> Iterator[dict[str, Any]]:
    """A network's rows, one after each step."""
    graph = models.load(net)
    for step, apply in STEPS.items():
        began = time.monotonic()
        left = apply(graph)
        seconds = round(time.monotonic() - began, 2)
        found = {"gates": left.n_gates, "depth": left.depth, "seconds": seconds}
        yield {"net": net, "step": step} | found | mapped(left, cells, nand2)
    began = time.monotonic()
    longer = mapped(passes.simplify(graph), cells, nand2, LONG)
    yield {"net": net, "step": "ABC"} | longer | {"seconds": round(time.monotonic() - began, 2)}


def mapped(graph: GateGraph, cells: bytes | None, nand2: float, before: str = "") -> dict[str, Any]:
    """And gates, LUTs and NAND2 equivalents of a network's functions."""
    with scratch() as folder:
        formats.write(graph, "aiger", folder / "net.aig", simplify=False)
        commands = f"read net.aig; {before}print_stats; {FIRST}; if -K 6 -a; print_stats; "
        if cells is not None:
            (folder / "cells.genlib").write_bytes(cells)
            commands += f"read_genlib cells.genlib; read net.aig; {before}{FIRST}; map -a; "
        printed = subprocess.run(
            [Path(pyosys.__file__).with_name("yosys-abc"), "-c", commands + "print_stats"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    found = {"ands": r"\band += *(\d+)", "luts": r"\bnd += *(\d+)", "ge": r"area += *([\d.]+)"}
    counts = {name: re.findall(pattern, printed) for name, pattern in found.items()}
    numbers = {"ands": int(counts["ands"][0]), "luts": int(counts["luts"][0])}
    return numbers | ({"ge": round(float(counts["ge"][-1]) / nand2)} if cells else {})


def show(rows: list[dict[str, Any]]) -> None:
    """Print the table."""
    columns = ["net", "step", "gates", "depth", "ands", "luts", "ge", "seconds"]
    table = Table()
    for column in columns:
        table.add_column(column, justify="left" if column in ("net", "step") else "right")
    for row in rows:
        cells = (row.get(column, "") for column in columns)
        table.add_row(*(f"{cell:,}" if isinstance(cell, int | float) else cell for cell in cells))
    Console(highlight=False).print(table)


if __name__ == "__main__":
    main()
