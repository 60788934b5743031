"""What `make demo` reports of each data set: accuracy, size, simulation and proof.

Prints a table and writes build/bench/demo.json. Data sets other than `digits` are read from
LILOGIC_DATA, or downloaded.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import time
from typing import Any

import records
from rich.console import Console
from rich.table import Table

REPORT = records.ROOT / "build" / "demo" / "report.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("datasets", nargs="*", default=["digits", "mnist"])
    options = records.parse(parser, "demo")
    found = {name: demo(name) for name in options.datasets}
    records.finish(options, found, show, threads=records.machine().cores)


def demo(dataset: str) -> dict[str, Any]:
    """Run the demo of a data set."""
    began = time.monotonic()
    subprocess.run(["make", "demo", f"DATASET={dataset}"], cwd=records.ROOT, check=True)
    seconds = time.monotonic() - began
    report = json.loads(REPORT.read_text("utf-8"))
    totals = {name: area["total"] for name, area in report["area"]["targets"].items()}
    return {
        "accuracy": report["accuracy"],
        "gates": report["gates"]["count"],
        "luts": {name: total["luts"] for name, total in totals.items() if "luts" in total},
        "flip_flops": totals["xc7"]["ffs"],
        "latency": report["simulation"]["latency"]["measured"],
        "vectors": report["simulation"]["compared"],
        "mismatches": report["simulation"]["mismatches"],
        "proven": report["formal"]["proven"],
        "seconds": round(seconds),
    }


def show(demos: dict[str, Any]) -> None:
    """Print the table."""
    table = Table("data set", "accuracy, %", "gates", "LUT4", "LUT6", "vectors", "proven", "s")
    for name, one in demos.items():
        table.add_row(
            name,
            f"{100 * one['accuracy']['test_frozen']:.2f}",
            f"{one['gates']:,}",
            f"{one['luts']['ice40']:,}",
            f"{one['luts']['xc7']:,}",
            f"{one['vectors']:,}",
            "yes" if one["proven"] else "no",
            f"{one['seconds']:,}",
        )
    Console(highlight=False, width=120).print(table)


if __name__ == "__main__":
    main()
