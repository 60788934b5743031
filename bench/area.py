"""Area of compiled networks, side by side with the plain Verilog of the same networks.

The baseline is what one would write by hand or by a short script: one assign for each gate, a loop
that adds up each class's bits, and a loop over the classes for the first maximum. Both go through
the same commands of the same Yosys, flattened and without registers; ours also with the registers
that `lilogic compile` makes. LUTs are Yosys', before placement: other tools give other numbers.
Prints a table and writes build/bench/area.json.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import records
from rich.console import Console
from rich.table import Table

from lilogic import formats, zoo
from lilogic.errors import LilogicError
from lilogic.graph import GateGraph, lgn, passes
from lilogic.hdl.components.popcount import POPCOUNTS
from lilogic.hdl.fpga import yosys
from lilogic.hdl.options import MODULE, CompileOptions
from lilogic.hdl.synthesis import area
from lilogic.hdl.verilog import compile_graph

PEERS = Path("../shared/peers")
BASELINE = "baseline"
GOAL = 0.65

COMMANDS = {
    "ice40": "synth_ice40",
    "xc7": "synth_xilinx -family xc7 -nodsp -nobram -nosrl -nolutram -noiopad -noclkbuf -flatten",
}
"""What Yosys runs; ``-top`` is added. Cells are weighed as in ``area.TARGETS``."""

# Verilog of the sixteen gates, written out once more so that nothing is shared with the compiler.
_EXPRESSIONS = (
    "1'b0", "{a} & {b}", "{a} & ~{b}", "{a}", "~{a} & {b}", "{b}", "{a} ^ {b}", "{a} | {b}",
    "~({a} | {b})", "~({a} ^ {b})", "~{b}", "{a} | ~{b}", "~{a}", "~{a} | {b}", "~({a} & {b})",
    "1'b1",
)  # fmt: skip


@dataclass(frozen=True)
class Job:
    """One synthesis: a network, a target, and ``BASELINE`` or a popcount's name."""

    net: str
    target: str
    popcount: str
    levels_per_stage: int = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("nets", nargs="*", help=f"default: random peer-fashion; {', '.join(NETS)}")
    parser.add_argument("--targets", nargs="+", choices=COMMANDS, default=[*COMMANDS])
    parser.add_argument("--popcounts", nargs="+", choices=POPCOUNTS, default=["chain", "tree"])
    parser.add_argument("--jobs", type=int, default=2, help="syntheses at once")
    options = records.parse(parser, "area")
    jobs = [
        Job(net, target, popcount, levels)
        for net in options.nets or ["random", "peer-fashion"]
        for target in options.targets
        for popcount in (BASELINE, *options.popcounts)
        for levels in ((0,) if popcount == BASELINE else (0, CompileOptions().levels_per_stage))
    ]
    with ThreadPoolExecutor(options.jobs) as pool:
        results = list(pool.map(measure, jobs))
    for result in results:
        base = next(
            other
            for other in results
            if other["popcount"] == BASELINE and same(other, result, "net", "target")
        )
        result["ratio"] = result["luts"] / base["luts"]
    records.finish(options, results, show)


def measure(job: Job) -> dict[str, Any]:
    """What Yosys maps a job to."""
    graph = NETS[job.net]()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="lilogic-") as name:
        folder = Path(name)
        if job.popcount == BASELINE:
            (folder / "classifier.v").write_text(plain_verilog(graph))
        else:
            compile_graph(
                passes.simplify(graph),
                folder,
                CompileOptions(levels_per_stage=job.levels_per_stage, popcount=job.popcount),
            )
        yosys.run(
            f"read_verilog classifier.v\nhierarchy -check -top {MODULE}\n"
            f"{COMMANDS[job.target]} -top {MODULE}\ntee -q -o stat.json stat -json",
            folder,
        )
        statistics = json.loads((folder / "stat.json").read_text("utf-8"))
    cells = statistics["design"]["num_cells_by_type"]
    columns = {
        column: round(area.weigh(cells, weights))
        for column, weights in area.TARGETS[job.target].columns.items()
    }
    return {
        **asdict(job),
        "tool": " ".join(statistics["creator"].split()[:2]),
        "gates": graph.n_gates,
        "counted": len(graph.head_nodes),
        **columns,
        "seconds": round(time.perf_counter() - began, 1),
    }


def same(one: dict[str, Any], other: dict[str, Any], *keys: str) -> bool:
    """Whether two results agree in some keys."""
    return all(one[key] == other[key] for key in keys)


def plain_verilog(graph: GateGraph) -> str:
    """A network as plain Verilog: what to beat."""
    lowest, highest = (
        int(bound) for bound in (graph.offset.min(), (graph.score_bounds()[1]).max())
    )
    if lowest < 0:
        raise LilogicError("the baseline counts without a sign")
    width = max(1, highest.bit_length())
    index = max(1, (graph.n_classes - 1).bit_length())
    lines = [
        f"module {MODULE}(input [{graph.n_inputs - 1}:0] bits, output reg [{index - 1}:0] index,",
        f"  output [{graph.n_classes * width - 1}:0] scores);",
        f"wire [{graph.n_nodes - 1}:0] node;",
        f"assign node[{graph.n_inputs - 1}:0] = bits;",
    ]
    for node, (op, a, b) in enumerate(graph.rows(), graph.n_inputs):
        value = _EXPRESSIONS[op].format(a=f"node[{a}]", b=f"node[{b}]")
        lines.append(f"assign node[{node}] = {value};")
    for class_, head in enumerate(graph.heads):
        bits = ", ".join(f"node[{node}]" for node in head[::-1].tolist()) or "1'b0"
        lines += [
            f"wire [{max(1, len(head)) - 1}:0] head{class_} = {{{bits}}};",
            f"reg [{width - 1}:0] score{class_};",
            f"integer i{class_};",
            f"always @* begin score{class_} = {graph.offset[class_]};",
            f"  for (i{class_} = 0; i{class_} < {max(1, len(head))}; i{class_} = i{class_} + 1)",
            f"    score{class_} = score{class_} + head{class_}[i{class_}];",
            "end",
        ]
    scores = ", ".join(f"score{class_}" for class_ in reversed(range(graph.n_classes)))
    lines += [
        f"assign scores = {{{scores}}};",
        f"reg [{width - 1}:0] best;",
        "always @* begin index = 0; best = score0;",
        *(
            f"  if (score{class_} > best) begin best = score{class_}; index = {class_}; end"
            for class_ in range(1, graph.n_classes)
        ),
        "end",
        "endmodule",
    ]
    return "\n".join(lines) + "\n"


def random_net(layers: tuple[int, ...] = (4000, 4000), inputs: int = 784) -> GateGraph:
    """Uniformly random gates and wires, each layer reading the one before; ten classes."""
    random = np.random.default_rng(0)
    rows: list[tuple[int, int, int]] = []
    first, end = 0, inputs
    for width in layers:
        wires = random.integers(first, end, (2, width)).tolist()
        rows += zip(random.integers(0, 16, width).tolist(), *wires, strict=True)
        first, end = end, end + width
    return GateGraph.build(inputs, rows, np.arange(first, end).reshape(10, -1).tolist())


def peer(name: str) -> Callable[[], GateGraph]:
    """Reads a network of the method's authors."""
    return lambda: formats.load(PEERS / f"{name}.npz", classes=10)


NETS: dict[str, Callable[[], GateGraph]] = {
    "random": random_net,
    "random-800": lambda: random_net((800, 800)),
    "peer-fashion": peer("authors-fashionmnist-2x8000-acc8402"),
    "peer-mnist": peer("authors-mnist-6x4000-acc956"),
    **{name: (lambda name=name: lgn.read(zoo.path(name))) for name in zoo.names()},
}


def show(results: list[dict[str, Any]]) -> None:
    """Print the table."""
    table = Table()
    for heading in ("net", "target", "popcount", "registers"):
        table.add_column(heading, no_wrap=True)
    for heading in ("LUTs", "FF", "carries", "of the baseline", "seconds"):
        table.add_column(heading, justify="right", no_wrap=True)
    for result in results:
        levels = result["levels_per_stage"]
        table.add_row(
            result["net"],
            result["target"],
            result["popcount"],
            f"every {levels} levels" if levels else "none",
            *(f"{result[key]:,}" for key in ("luts", "ffs", "carries")),
            f"{result['ratio']:.2f}",
            f"{result['seconds']:.0f}",
        )
    console = Console(highlight=False, width=120)
    console.print(f"{results[0]['tool']}; the goal is {GOAL} of the baseline, without registers")
    console.print(table)


if __name__ == "__main__":
    main()
