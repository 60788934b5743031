"""How long the proof of a whole classifier takes, part by part.

Compiles networks of the zoo and random ones, and proves their Verilog. Prints a table and writes
build/bench/proof.json.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import records
from rich.console import Console
from rich.table import Table

from lilogic import zoo
from lilogic.graph import GateGraph, passes
from lilogic.hdl.components.interface import POPCOUNT
from lilogic.hdl.components.popcount import POPCOUNTS
from lilogic.hdl.options import CompileOptions
from lilogic.hdl.proof import formal
from lilogic.hdl.verilog import compile_graph
from lilogic.zoo import models

NETWORKS = ("mnist-tiny", "mnist-8k", "2x4000", "2x32000")
INPUTS, CLASSES = 784, 10
PARTS = ("timing", "gates", "heads", "argmax")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", default=NETWORKS, help="of the zoo, or LAYERSxGATES")
    parser.add_argument("--popcount", default=POPCOUNT, choices=POPCOUNTS)
    parser.add_argument("--timeout", type=float, default=600, help="seconds for each part")
    options = records.parse(parser, "proof")
    results = {name: measure(name, options.popcount, options.timeout) for name in options.networks}
    records.finish(options, results, show, threads=1)


def measure(name: str, popcount: str, timeout: float) -> dict[str, Any]:
    graph = passes.simplify(models.load(name)) if name in zoo.names() else random_graph(name)
    with tempfile.TemporaryDirectory(prefix="lilogic-") as folder:
        start = time.monotonic()
        compile_graph(graph, Path(folder), CompileOptions(popcount=popcount))
        compiled = time.monotonic()
        report = formal.prove(graph, Path(folder), timeout)
        end = time.monotonic()
    parts = {part: report.parts[part] for part in PARTS}
    in_parts = sum(part.seconds for part in parts.values())
    return {
        "gates": graph.n_gates,
        "counted": int(np.diff(graph.head_ptr).max()),
        "popcount": popcount,
        "compile_seconds": round(compiled - start, 2),
        "read_seconds": round(end - compiled - in_parts, 2),
        "seconds": round(end - compiled, 2),
        "proven": report.proven,
        "parts": {name: part.model_dump(exclude_none=True) for name, part in parts.items()},
        "tool": report.tool,
    }


def random_graph(name: str) -> GateGraph:
    """A graph of random gates, such as "2x4000"; its heads share the last layer out."""
    layers, size = map(int, name.split("x"))
    generator = np.random.default_rng(0)
    starts = [0, *(INPUTS + layer * size for layer in range(layers))]
    widths = np.diff(starts)
    wires = [
        start + generator.integers(0, width, (2, size))
        for start, width in zip(starts, widths, strict=False)
    ]
    a, b = np.concatenate(wires, axis=1)
    return GateGraph(
        n_inputs=INPUTS,
        op=generator.integers(0, 16, layers * size),
        a=a,
        b=b,
        head_nodes=np.arange(starts[-1], starts[-1] + size),
        head_ptr=np.linspace(0, size, CLASSES + 1).astype(int),
        offset=np.zeros(CLASSES),
    )


def show(results: dict[str, Any]) -> None:
    """Print the table."""
    table = Table(title="seconds to prove")
    columns = ("network", "gates", "bits a class", "compile", "read", *PARTS, "total", "proven")
    for column in columns:
        table.add_column(column, justify="left" if column == "network" else "right")
    for name, result in results.items():
        table.add_row(
            name,
            f"{result['gates']:,}",
            f"{result['counted']:,}",
            f"{result['compile_seconds']:.1f}",
            f"{result['read_seconds']:.1f}",
            *(
                f"{part['seconds']:.1f}" + " not proven" * (part["status"] != "proven")
                for part in result["parts"].values()
            ),
            f"{result['seconds']:.1f}",
            "yes" if result["proven"] else "no",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
