"""Time and memory from a graph to RTLIL, and on request to Verilog and its area, over the size.

Networks are random, of two layers, with 784 input bits and 10 classes, or with --convolution such
as read CIFAR-10 and are simplified, which leaves two fifths of their gates; each is compiled in a
fresh process. Prints a table and writes build/bench/compile.json. Seconds are of the processor,
which other work disturbs less than the clock on the wall; with --area also those on the
wall, because several runs of Yosys go at once.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import records
from networks.convolution import convolution
from rich.console import Console
from rich.table import Table

from lilogic.graph import GateGraph, passes
from lilogic.hdl import verilog
from lilogic.hdl.components.classifier import Classifier
from lilogic.hdl.options import MODULE
from lilogic.hdl.synthesis import area

GATES = [2_000, 8_000, 32_000, 128_000, 256_000]
INPUTS, CLASSES = 784, 10


def main() -> None:
    """Measure each size and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gates", nargs="*", type=int, default=GATES)
    parser.add_argument(
        "--area",
        nargs="*",
        choices=area.TARGETS,
        metavar="TARGET",
        help=f"also write Verilog and map it, by default to all of {', '.join(area.TARGETS)}",
    )
    parser.add_argument("--convolution", action="store_true", help="convolutional networks")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = records.parse(parser, "compile")
    targets = [] if options.area is None else options.area or [*area.TARGETS]
    if options.here:
        make = convolutional if options.convolution else network
        print(json.dumps(measure(make(options.gates[0]), targets)))
        return
    flags = ["--here", *(["--area", *targets] if targets else [])]
    flags += ["--convolution"] if options.convolution else []
    sizes = []
    for gates in options.gates:
        command = [sys.executable, __file__, str(gates), *flags]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        sizes.append(json.loads(done.stdout))
    result = {"convolution": options.convolution, "sizes": sizes}
    records.finish(options, result, lambda result: show(result["sizes"]), threads=1)


def network(gates: int) -> GateGraph:
    """A random network of two layers, whose heads share the second one out."""
    generator = np.random.default_rng(0)
    half = gates // 2
    first = generator.integers(0, INPUTS, (2, half))
    second = INPUTS + generator.integers(0, half, (2, half))
    a, b = np.concatenate([first, second], axis=1)
    last = np.arange(INPUTS + half, INPUTS + 2 * half)
    ends = np.linspace(0, half, CLASSES + 1).astype(int)
    op = generator.integers(0, 16, 2 * half)
    return GateGraph(
        n_inputs=INPUTS,
        op=op,
        a=a,
        b=b,
        head_nodes=last,
        head_ptr=ends,
        offset=np.zeros(CLASSES),
    )


def convolutional(gates: int) -> GateGraph:
    """What simplification leaves of a convolutional network without wires."""
    return passes.simplify(convolution(gates, through=0))


def measure(graph: GateGraph, targets: list[str]) -> dict[str, Any]:
    """Seconds and megabytes of this process, and of Yosys if asked for."""
    began = time.process_time()
    text = verilog.to_rtlil(Classifier(graph), verilog.core(MODULE))
    found: dict[str, Any] = {
        "gates": graph.n_gates,
        "rtlil_cpu_s": round(time.process_time() - began, 2),
        "rtlil_peak_mb": _peak(resource.RUSAGE_SELF),
        "rtlil_mb": round(len(text) / 1e6, 2),
    }
    if targets:
        with tempfile.TemporaryDirectory(prefix="lilogic-") as name:
            began = time.monotonic()
            verilog.compile_graph(graph, Path(name))
            found["verilog_s"] = round(time.monotonic() - began, 1)
            began = time.monotonic()
            result = area.measure(Path(name), {name: area.TARGETS[name] for name in targets}, tell)
            found["area_s"] = round(time.monotonic() - began, 1)
            found["yosys_peak_mb"] = _peak(resource.RUSAGE_CHILDREN)
            found["flattened"] = result.flattened
            found["totals"] = {target: result.targets[target].total for target in targets}
    return found


def tell(news: str) -> None:
    """Say on standard error what ended, as mapping takes minutes."""
    print(f"{time.strftime('%H:%M:%S')} {news}", file=sys.stderr)


def _peak(who: int) -> int:
    return resource.getrusage(who).ru_maxrss // 1024


def show(sizes: list[dict[str, Any]]) -> None:
    """Print the table."""
    table = Table()
    columns = [column for column in sizes[0] if column not in ("flattened", "totals")]
    for column in columns:
        table.add_column(column.replace("_", " "), justify="right")
    for size in sizes:
        table.add_row(*(f"{size[column]:,}" for column in columns))
    Console(highlight=False).print(table)


if __name__ == "__main__":
    main()
