"""Popcount architectures: what each takes on each target, for heads of 10 to 2,000 bits.

Each head alone, its bits coming straight from the ports, without registers and with registers as
often as `lilogic compile` has them. LUTs, carry cells and depth are Yosys', before placement.
Prints a table and writes build/bench/popcount.json; with --write also
hdl/components/popcount.json, from which `lilogic compile` chooses.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

import records
from amaranth.back import rtlil
from amaranth.hdl import Module, Value
from rich.console import Console
from rich.table import Table

from lilogic.files import write_json
from lilogic.graph import GateGraph
from lilogic.hdl.components import pipeline
from lilogic.hdl.components import popcount as popcounts
from lilogic.hdl.components.popcount import MEASURED, POPCOUNTS, Heads
from lilogic.hdl.fpga import yosys
from lilogic.hdl.options import CompileOptions
from lilogic.hdl.synthesis import area

READ = """\
read_rtlil heads.il
proc
rename -hide w:*
opt_clean
design -save read
"""
SCRIPT = """\
design -load read
{synthesis}
tee -q -o {name}.stat stat -json
write_json {name}.json
select -set logic * {registers}
tee -q -o {name}.path ltp @logic
"""

Case = tuple[int, str, int]
"""Counted bits, the popcount's name, and levels between registers."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bits", nargs="+", type=int, default=[10, 30, 100, 300, 800, 2000])
    parser.add_argument("--popcounts", nargs="+", choices=POPCOUNTS, default=[*POPCOUNTS])
    parser.add_argument("--targets", nargs="+", choices=area.TARGETS, default=[*area.TARGETS])
    parser.add_argument("--jobs", type=int, default=1, help="targets at once")
    parser.add_argument("--write", action="store_true", help=f"also write {MEASURED.name}")
    options = records.parse(parser, "popcount")
    cases = list(product(options.bits, options.popcounts, (0, CompileOptions().levels_per_stage)))
    design = emit(cases)
    with ThreadPoolExecutor(options.jobs) as pool:
        measured = pool.map(lambda target: measure(target, design, cases), options.targets)
        results = [row for rows in measured for row in rows]
    if options.write:
        keys = ("target", "registers", "bits", "popcount", "size", "carries", "depth")
        heads = [{key: row[key] for key in keys} for row in results]
        write_json(MEASURED, {"tool": results[0]["tool"], "heads": heads})
    records.finish(options, results, show, threads=1)


def emit(cases: Sequence[Case]) -> str:
    """RTLIL of a design with one module for each head."""
    design = Module()
    ports: list[Value] = []
    for bits, popcount, levels in cases:
        graph = GateGraph.build(bits, [], [range(bits)])
        count = popcounts.levels(graph, popcount)
        heads = Heads(graph, popcount, pipeline.plan([1] * count, levels))
        design.submodules[name_of(bits, popcount, levels)] = heads
        ports += [*heads.values.signals, Value.cast(heads.scores.payload)]
    return str(rtlil.convert(design, name="all", ports=ports, emit_src=False))


def name_of(bits: int, popcount: str, levels: int) -> str:
    """Of a head's module, in the module of all."""
    return f"{popcount}_{bits}_{levels}"


def measure(target: str, design: str, cases: Sequence[Case]) -> list[dict[str, Any]]:
    """What each head takes on a target, mapped alone."""
    cells = area.TARGETS[target]
    registers = " ".join(f"t:{pattern} %d" for pattern in cells.registers)
    script = READ
    for case in cases:
        name = name_of(*case)
        synthesis = cells.script(f"all.{name}")
        script += SCRIPT.format(name=name, synthesis=synthesis, registers=registers)
    rows = []
    with tempfile.TemporaryDirectory(prefix="lilogic-") as temporary:
        folder = Path(temporary)
        (folder / "heads.il").write_text(design)
        for file, content in cells.files.items():
            (folder / file).write_bytes(content)
        yosys.run(script, folder)
        for bits, popcount, levels in cases:
            path = folder / name_of(bits, popcount, levels)
            statistics = json.loads(path.with_suffix(".stat").read_text("utf-8"))
            modules = json.loads(path.with_suffix(".json").read_text("utf-8"))["modules"]
            length = path.with_suffix(".path").read_text("utf-8").partition("(length=")[2]
            counts = statistics["design"]["num_cells_by_type"]
            columns = {
                column: round(area.weigh(counts, weights))
                for column, weights in cells.columns.items()
            }
            size = columns["nand2" if target == "generic" else "luts"]
            if target == "ice40":
                size += carry_cells(modules[f"all.{path.name}"]["cells"].values())
            elif target == "xc7":
                # Each CARRY4 takes a slice of four LUTs; the gates, about one LUT for each counted
                # bit, may use what the head leaves free of these.
                size = max(size, 4 * columns["carries"] - bits)
            rows.append(
                {
                    "tool": " ".join(statistics["creator"].split()[:2]),
                    "target": target,
                    "registers": levels > 0,
                    "bits": bits,
                    "popcount": popcount,
                    "size": size,
                    "depth": max(0, int(length.partition(")")[0])),
                    "carries": columns.get("carries", 0),
                }
                | columns
            )
    return rows


def carry_cells(cells: Collection[dict[str, Any]]) -> int:
    """On iCE40, bringing a bit into a carry chain or out of it takes a logic cell that is no LUT.

    So does each bit that is added to itself, and each carry that is not read by the next carry cell
    or the fourth input of a LUT alone.
    """
    carries = [cell["connections"] for cell in cells if cell["type"] == "SB_CARRY"]
    read = {
        bit
        for cell in cells
        for port, bits in cell["connections"].items()
        if (cell["type"], port) not in (("SB_CARRY", "CI"), ("SB_LUT4", "I3"), ("SB_CARRY", "CO"))
        for bit in bits
    }
    return sum((ports["I0"] == ports["I1"]) + (ports["CO"][0] in read) for ports in carries)


def show(results: list[dict[str, Any]]) -> None:
    """Print the table: for each target, LUTs or NAND2 equivalents, carry cells and depth."""
    table = Table()
    table.add_column("bits", justify="right")
    table.add_column("popcount")
    table.add_column("registers")
    lines: dict[tuple[Any, ...], dict[str, str]] = {}
    for row in results:
        carries = f" + {row['carries']:,}" if row["carries"] else ""
        line = lines.setdefault((row["bits"], row["popcount"], row["registers"]), {})
        line[row["target"]] = f"{row['size']:,}{carries}, {row['depth']}"
    for target in dict.fromkeys(row["target"] for row in results):
        table.add_column(target, justify="right", no_wrap=True)
    for (bits, popcount, registers), cells in lines.items():
        table.add_row(f"{bits:,}", popcount, "yes" if registers else "no", *cells.values())
    console = Console(highlight=False, width=120)
    console.print("LUTs (NAND2 equivalents on the generic target) + carry cells, depth in cells")
    console.print(table)


if __name__ == "__main__":
    main()
