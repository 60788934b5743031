"""Popcount architectures: what each takes on each target, for heads of 10 to 2,000 bits.

One head alone, without registers, its bits coming straight from the ports. LUTs, carry cells and
depth are Yosys', before placement. Prints a table and writes build/bench/popcount.json.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from hdl import area
from hdl.popcount import POPCOUNTS
from hdl.verilog import compile_graph
from lilogic.files import write_json
from lilogic.graph import GateGraph

OUTPUT = Path("build/bench/popcount.json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bits", nargs="+", type=int, default=[10, 30, 100, 300, 800, 2000])
    parser.add_argument("--popcounts", nargs="+", choices=POPCOUNTS, default=[*POPCOUNTS])
    parser.add_argument("--jobs", type=int, default=1, help="classifiers at once")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    with ThreadPoolExecutor(options.jobs) as pool:
        results = list(pool.map(measure, product(options.bits, options.popcounts)))
    write_json(OUTPUT, results)
    if options.json:
        print(json.dumps(results, indent=2))
    else:
        show(results)


def measure(case: tuple[int, str]) -> dict[str, Any]:
    """The area of one head, of so many bits and with that popcount, on every target."""
    bits, popcount = case
    head = GateGraph.build(bits, [], [range(bits)])
    with tempfile.TemporaryDirectory(prefix="lilogic-") as folder:
        compile_graph(head, Path(folder), levels_per_stage=0, popcount=popcount)
        targets = area.measure(Path(folder))["targets"]
    totals = {name: target["total"] for name, target in targets.items()}
    return {"bits": bits, "popcount": popcount, "targets": totals}


def show(results: list[dict[str, Any]]) -> None:
    """Print the table: for each target, its first column, carry cells and depth."""
    table = Table()
    table.add_column("bits", justify="right")
    table.add_column("popcount")
    targets = list(results[0]["targets"])
    for target in targets:
        table.add_column(target, justify="right", no_wrap=True)
    for result in results:
        cells = []
        for target in targets:
            total = result["targets"][target]
            size = next(iter(total.values()))
            carries = f" + {total['carries']:,}" if "carries" in total else ""
            cells.append(f"{size:,}{carries}, {total['depth']}")
        table.add_row(f"{result['bits']:,}", result["popcount"], *cells)
    console = Console(highlight=False, width=120)
    console.print("LUTs (cells for the generic target) + carry cells, depth in cells")
    console.print(table)


if __name__ == "__main__":
    main()
