"""Running Yosys scripts."""

from __future__ import annotations

from pathlib import Path

from lilogic.hdl.fpga import tools

SCOPE = "$scopeinfo"
"""The type of the cells that say where flattened modules were, and that stand for no logic."""

RIPPLE_CARRY = """\
(* techmap_celltype = "$lcu" *)
module _80_ripple_carry (P, G, CI, CO);
  parameter WIDTH = 1;
  input [WIDTH-1:0] P, G;
  input CI;
  output [WIDTH-1:0] CO;
  wire [WIDTH:0] carry = {G | (P & carry[WIDTH-1:0]), CI};
  assign CO = carry[WIDTH:1];
endmodule
"""
"""A file for ``techmap``, beside its own: the carries of an adder, one after the other.

Yosys tries maps of a cell in the order of their names, and its own, which is faster and larger, is
called _90_lcu_brent_kung.
"""


def run(script: str, folder: Path, timeout: float | None = None) -> str:
    """Run a Yosys script in ``folder`` and return its log; see ``tools.run``.

    File names in the script must be relative to ``folder``.

    Raises:
        ToolTimeoutError: the time was up.
        ToolError: Yosys is missing or ended with an error.
    """
    (folder / "yosys.ys").write_text(script)
    return tools.run("yosys", ["-Q", "-T", "yosys.ys"], folder, timeout)
