"""Silicon of whole classifiers of images, from pixels to the index of the class.

The contract is that of the public leaderboard mnistbench: a combinational
`module top(input [6271:0] pix, output [3:0] cls)` with encoder, heads and argmax, Yosys'
`synth -flatten -noabc; opt -full`, one ABC script for all, and the area over that of a NAND2, in
gate equivalents (GE). LUT6 are those of `synth_xilinx -family xc7`, before placement. Each mapped
netlist classifies all test images as the network does.

Takes networks of the zoo or .lgn files, prints a table, and writes build/bench/silicon.json.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import records
from rich.console import Console
from rich.table import Table

from lilogic import zoo
from lilogic.data import datasets
from lilogic.errors import LilogicError
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

LIBERTY = Path("../shared/liberty/sky130hd_tt.lib.gz")
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


@dataclass(frozen=True)
class Mapped:
    """What became of a network.

    Attributes:
        cost: in the unit of the measure.
        accuracy: fraction of the test set that the mapped netlist gets right.
        seconds: that all of it took.
    """

    cost: int
    accuracy: float
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", help="default: the zoo's made for little silicon")
    parser.add_argument("--liberty", type=Path, default=LIBERTY)
    parser.add_argument("--units", nargs="+", choices=_MEASURES, default=[*_MEASURES])
    options = records.parse(parser, "silicon")
    measures = {unit: _MEASURES[unit](options.liberty) for unit in options.units}
    results = {}
    for name in options.networks or made_for_silicon():
        graph = passes.simplify(lgn.read(zoo.path(name) if name in zoo.names() else Path(name)))
        dataset = Metadata.of(graph).dataset
        data = datasets.load(dataset)
        found = {
            unit: measured(graph, measure, data.x_test, data.y_test)
            for unit, measure in measures.items()
        }
        results[Metadata.of(graph).name or name] = {
            "dataset": dataset,
            "gates": graph.n_gates,
            "counted": len(graph.head_nodes),
            "accuracy": next(iter(found.values())).accuracy,
            "cost": {unit: each.cost for unit, each in found.items()},
            "seconds": {unit: each.seconds for unit, each in found.items()},
        }
    records.finish(options, results, show, threads=1)


def made_for_silicon() -> list[str]:
    """The zoo's networks of images whose names say that they are made for little silicon."""
    return [name for name in zoo.names() if any(part in name for part in ("-lut6", "-ge-"))]


def measured(graph: GateGraph, measure: Measure, samples: Any, labels: Any) -> Mapped:
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
    return Mapped(
        cost=round(cost),
        accuracy=float(np.mean(predicted == labels)),
        seconds=round(time.perf_counter() - began, 1),
    )


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


_MEASURES = {"LUT6": _lut6, "GE": _ge}


def show(results: dict[str, Any]) -> None:
    """Print the table."""
    table = Table("network", "gates", "counted", "accuracy, %", *_MEASURES)
    for name, row in results.items():
        costs = (f"{row['cost'][unit]:,}" if unit in row["cost"] else "" for unit in _MEASURES)
        table.add_row(
            name,
            f"{row['gates']:,}",
            f"{row['counted']:,}",
            f"{100 * row['accuracy']:.2f}",
            *costs,
        )
    Console(highlight=False, width=120).print(table)


if __name__ == "__main__":
    main()
