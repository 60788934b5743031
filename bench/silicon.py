"""Silicon of whole classifiers of images, from pixels to the index of the class.

The contract is that of the public leaderboard mnistbench: a combinational
`module top(input [6271:0] pix, output [3:0] cls)` with encoder, heads and argmax, Yosys'
`synth -flatten -noabc; opt -full`, one ABC script for all, and the area over that of a NAND2, in
gate equivalents (GE). LUTs are those of `synth_xilinx -family xc7 -flatten`. Both mapped netlists
classify all test images; what a netlist gets right is the accuracy shown. Yosys' LUTs are counted
before placement, those of others are as their owners report them.

Takes networks of the zoo or .lgn files. Prints a table, and writes build/bench/silicon.json and,
with --pictures, docs/pictures/silicon-GE.png and docs/pictures/silicon-LUT6.png.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from lilogic import zoo
from lilogic.data import datasets
from lilogic.errors import LilogicError
from lilogic.files import check_writable, replacing, write_json
from lilogic.formats.importers import netlist
from lilogic.graph import GateGraph, lgn, passes
from lilogic.graph.metadata import Metadata
from lilogic.hdl.components.interface import VERILOG, pack_features
from lilogic.hdl.fpga import yosys
from lilogic.hdl.options import MODULE, CompileOptions
from lilogic.hdl.synthesis import area, liberty
from lilogic.hdl.synthesis.area import Target
from lilogic.hdl.synthesis.cost import NAND2
from lilogic.hdl.verilog import compile_graph
from lilogic.infer import golden

OUTPUT = Path("build/bench/silicon.json")
ANCHORS = Path(__file__).parent / "anchors.toml"
LIBERTY = Path("../shared/liberty/sky130hd_tt.lib.gz")
PICTURES = Path("docs/pictures")
TOP = """\
module top (input [{last}:0] pix, output [{digits}:0] cls);
  {module} classifier (.clk(1'b0), .rst(1'b0), .valid_in(1'b1), .features(pix), .index(cls));
endmodule
"""

# What ABC calls resyn2, three times.
_RESYN2 = (
    "balance;rewrite;refactor;balance;rewrite;rewrite,-z;balance;refactor,-z;rewrite,-z;balance;"
)
CONTRACT = (
    "synth -flatten -noabc -top top\nopt -full\n"
    f"abc -genlib cells.genlib -script +strash;{3 * _RESYN2}dc2;resub,-K,8;map\nopt_clean -purge"
)

SCRIPT = """\
read_verilog {verilog} top.v
hierarchy -check -top top
{synthesis}
delete t:$scopeinfo
tee -q -o stat.json stat -json
{functions}
hierarchy -top top
proc
flatten
techmap
simplemap
opt_clean
write_json netlist.json
"""


@dataclass(frozen=True)
class Measure:
    """One way to count silicon.

    Attributes:
        target: cells and how they are weighed.
        column: of the target's numbers.
        functions: Yosys commands that read what mapped cells compute.
        unit: what one is over, of the column's numbers.
    """

    target: Target
    column: str
    functions: str
    unit: float = 1.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", help="default: the zoo's of MNIST made for silicon")
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--liberty", type=Path, default=LIBERTY)
    parser.add_argument("--units", nargs="+", choices=("GE", "LUT6"), default=["GE", "LUT6"])
    parser.add_argument("--pictures", action="store_true", help="draw docs/silicon-*.png")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    check_writable(OUTPUT)
    measures = {unit: _MEASURES[unit](options.liberty) for unit in options.units}
    data = datasets.load(options.dataset)
    results = []
    for name in options.networks or made_for_silicon(options.dataset):
        graph = passes.simplify(lgn.read(zoo.path(name) if name in zoo.names() else Path(name)))
        for unit, measure in measures.items():
            results.append(
                {"network": Metadata.of(graph).name or name, "unit": unit}
                | measured(graph, measure, data.x_test, data.y_test)
            )
    write_json(OUTPUT, results)
    others = tomllib.loads(ANCHORS.read_text("utf-8"))["silicon"]
    if options.pictures:
        for unit in options.units:
            draw(unit, results, others)
    if options.json:
        print(json.dumps(results, indent=2))
    else:
        show(results, others)


def made_for_silicon(dataset: str) -> list[str]:
    """The zoo's networks of a data set whose names say that they are made for little silicon."""
    found = {name: Metadata.of(lgn.read(zoo.path(name))) for name in zoo.names()}
    return [
        name
        for name, metadata in found.items()
        if metadata.dataset == dataset and any(part in name for part in ("-lut6-", "-ge-"))
    ]


def measured(graph: GateGraph, measure: Measure, samples: Any, labels: Any) -> dict[str, Any]:
    """What a network takes, and what its mapped netlist gets right.

    Raises:
        LilogicError: the netlist classifies a sample otherwise than the network.
    """
    began = time.perf_counter()
    assert graph.encoder is not None, "a network of raw samples"
    options = CompileOptions(levels_per_stage=0, popcount=popcount(measure.target))
    with tempfile.TemporaryDirectory(prefix="lilogic-") as name:
        folder = Path(name)
        interface = compile_graph(graph, folder, options)
        last, digits = interface.data_width - 1, interface.index_width - 1
        (folder / "top.v").write_text(TOP.format(last=last, digits=digits, module=MODULE))
        for file, content in measure.target.files.items():
            (folder / file).write_bytes(content)
        script = SCRIPT.format(
            verilog=VERILOG,
            synthesis=measure.target.script("top"),
            functions=measure.functions,
        )
        yosys.run(script, folder)
        statistics = json.loads((folder / "stat.json").read_text("utf-8"))["design"]
        circuit = netlist.read((folder / "netlist.json").read_bytes(), "top").circuit
    bits = golden.outputs(circuit, pack_features(graph.encoder, graph.encoder.features(samples)))
    predicted = bits @ (1 << np.arange(bits.shape[1]))
    wrong = np.flatnonzero(predicted != golden.predict(graph, samples))
    if wrong.size:
        raise LilogicError(f"the netlist classifies sample {wrong[0]} otherwise")
    cells = statistics["num_cells_by_type"]
    cost = area.weigh(cells, measure.target.columns[measure.column]) / measure.unit
    return {
        "cost": round(cost),
        "accuracy": round(100 * float(np.mean(predicted == labels)), 2),
        "gates": graph.n_gates,
        "counted": len(graph.head_nodes),
        "cells": sum(cells.values()),
        "seconds": round(time.perf_counter() - began, 1),
    }


def popcount(target: Target) -> str:
    """The architecture for a target: standard cells have no carry chains."""
    return "cells" if "area" in target.columns else "tree"


def _ge(path: Path) -> Measure:
    ignore = "-ignore_miss_func -ignore_miss_dir -ignore_miss_data_latch"
    functions = f"read_liberty -overwrite {ignore} cells.lib"
    target = replace(liberty.read(path), synthesis=CONTRACT)
    return Measure(target, "area", functions, NAND2)


def _lut6(_: Path) -> Measure:
    target = area.TARGETS["xc7"]
    synthesis = f"{target.synthesis}\nflatten\nopt_clean -purge"
    return Measure(
        replace(target, synthesis=synthesis), "luts", "read_verilog +/xilinx/cells_sim.v"
    )


_MEASURES = {"GE": _ge, "LUT6": _lut6}


def draw(unit: str, results: Sequence[dict[str, Any]], others: Sequence[dict[str, Any]]) -> None:
    """Accuracy against cost, ours and others', on a logarithmic axis of cost."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    ours = sorted((r["cost"], r["accuracy"], r["network"]) for r in results if r["unit"] == unit)
    theirs = sorted((o["cost"], o["accuracy"], o["name"]) for o in others if o["unit"] == unit)
    for points, color, label in ((ours, "#219ebc", "lilogic"), (theirs, "#fb8500", "others")):
        costs, accuracies, names = zip(*points, strict=True) if points else ((), (), ())
        axes.plot(costs, accuracies, "o-" if label == "lilogic" else "s", color=color, label=label)
        for cost, accuracy, name in zip(costs, accuracies, names, strict=True):
            axes.annotate(
                name, (cost, accuracy), xytext=(4, -11), textcoords="offset points", fontsize=8
            )
    axes.set_xscale("log")
    axes.margins(x=0.15, y=0.15)
    title = {"GE": "gate equivalents, sky130", "LUT6": "LUT6, encoder included"}[unit]
    axes.set_xlabel(title)
    axes.set_ylabel("test accuracy, %")
    axes.grid(alpha=0.25)
    axes.legend(loc="lower right", frameon=False)
    with replacing(PICTURES / f"silicon-{unit}.png") as temporary:
        figure.savefig(temporary, dpi=130, format="png")


def show(results: Sequence[dict[str, Any]], others: Sequence[dict[str, Any]]) -> None:
    """Print the table, others' figures among ours."""
    table = Table("unit", "network", "cost", "accuracy, %", "gates", "counted", "whose figure")
    rows = [(r["unit"], r["cost"], r["accuracy"], r["network"], r) for r in results]
    units = {r["unit"] for r in results}
    rows += [
        (o["unit"], o["cost"], o["accuracy"], o["name"], o) for o in others if o["unit"] in units
    ]
    for unit, cost, accuracy, name, row in sorted(rows, key=lambda row: row[:4]):
        whose = row.get("mark", "measured here")
        sizes = (f"{row['gates']:,}", f"{row['counted']:,}") if "gates" in row else ("", "")
        table.add_row(unit, name, f"{cost:,}", f"{accuracy:.2f}", *sizes, whose)
    Console(highlight=False, width=120).print(table)


if __name__ == "__main__":
    main()
