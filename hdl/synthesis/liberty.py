"""A library of standard cells, from a Liberty file, as a target of the area report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lilogic.errors import FormatError, ToolError
from lilogic.files import read_bytes, read_unpacked, scratch
from lilogic.hdl.fpga import yosys
from lilogic.hdl.synthesis.area import SYNTH, SYNTH_FILES, Target

NAME = "liberty"
"""What the target is called in reports."""

LIBRARY = "cells.lib"
"""What the Liberty file is called among the target's files."""

_GENLIB = "cells.genlib"
_PROBE = "probe"

# Functions and pins that only matter for cells which are never chosen may be missing.
_READ = f"read_liberty -ignore_miss_func -ignore_miss_dir -ignore_miss_data_latch {{}} {LIBRARY}"

# ABC reads Liberty and writes its own format, genlib: Yosys' WebAssembly builds end in the middle
# of `abc -liberty`. So they do in ABC's mapper `&nf`, which is why the script names another one.
_SYNTHESIS = f"""\
{_READ.format("-lib")}
{SYNTH}
dfflibmap -liberty {LIBRARY}
abc -genlib {_GENLIB} -script +strash;&get,-n;&fraig,-x;&put;scorr;dc2;dch,-f;map,-a;topo;
opt_clean -purge"""

_PROBED = f"""\
module {_PROBE} (input clk, a, b, output y, output reg q);
  assign y = a ^ b;
  always @(posedge clk) q <= a & b;
endmodule
"""
_CELLS = f"""\
{_READ.format("")}
write_json library.json
"""
_TRY = f"""\
read_verilog {_PROBE}.v
proc
design -save probe
techmap
abc -script +read_lib,{LIBRARY};write_genlib,{_GENLIB};strash;
design -load probe
{_SYNTHESIS.format(top=_PROBE)}
tee -q -o probe.json stat -json
"""


def read(path: Path) -> Target:
    """The cells of a Liberty file, with their areas in whatever unit the file has them.

    Columns: ``area``, ``cells`` (without flip-flops) and ``ffs``. Cells that the file marks
    ``dont_use`` and cells with several outputs are left out.

    Raises:
        LilogicError: the file cannot be read.
        FormatError: it is no Liberty, or lacks flip-flops or gates.
    """
    library = read_unpacked(path)
    with scratch() as folder:
        for file, content in {LIBRARY: library, **SYNTH_FILES}.items():
            (folder / file).write_bytes(content)
        (folder / f"{_PROBE}.v").write_text(_PROBED)
        try:
            yosys.run(_CELLS, folder)
        except ToolError as error:
            reason = str(error).partition("ERROR: ")[2] or "Yosys cannot read it"
            raise FormatError(f"{path}: not a Liberty file: {reason}") from error
        cells = json.loads((folder / "library.json").read_text("utf-8"))["modules"]
        registers = tuple(cell for cell, module in cells.items() if _is_sequential(module))
        try:
            if not registers:
                raise FormatError("no flip-flops")
            yosys.run(_TRY, folder)
            genlib = read_bytes(folder / _GENLIB)
            mapped = json.loads((folder / "probe.json").read_text("utf-8"))["design"]
            if not mapped["num_cells_by_type"].keys() <= cells.keys():
                raise FormatError("unmapped gates")
        except (FormatError, ToolError) as error:
            raise FormatError(
                f"{path}: its cells cannot build two gates and a register; they must include at "
                "least an inverter, a two-input NAND or NOR, and a flip-flop with one clock edge"
            ) from error
    areas = {cell: float(module["attributes"].get("area", 0)) for cell, module in cells.items()}
    return Target(
        unit=f"cells of {path.name}, area in its unit",
        synthesis=_SYNTHESIS,
        columns={
            "area": areas,
            "cells": {cell: 1 for cell in cells if cell not in registers},
            "ffs": dict.fromkeys(registers, 1),
        },
        registers=registers,
        files={LIBRARY: library, _GENLIB: genlib, **SYNTH_FILES},
        source=path.name,
    )


def _is_sequential(module: dict[str, Any]) -> bool:
    return any(
        "DFF" in cell["type"] or "LATCH" in cell["type"] for cell in module["cells"].values()
    )
