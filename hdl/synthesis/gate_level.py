"""Gate-level Verilog as a circuit, read by Yosys."""

from __future__ import annotations

from pathlib import Path

from lilogic.files import read_bytes, scratch
from lilogic.formats.imported import Imported
from lilogic.formats.importers import netlist
from lilogic.hdl.fpga import yosys

_SCRIPT = """\
read_verilog design.v
hierarchy -check -auto-top
proc
flatten
opt_clean
techmap
simplemap
opt_clean
write_json netlist.json
"""

TIMEOUT = 600.0


def read(path: Path) -> Imported:
    """The circuit of the Verilog's top module; ports become inputs and outputs, lowest bit first.

    Raises:
        LilogicError: Yosys does not understand it, or it has registers.
    """
    with scratch() as folder:
        (folder / "design.v").write_bytes(read_bytes(path))
        yosys.run(_SCRIPT, folder, TIMEOUT)
        return netlist.parse((folder / "netlist.json").read_bytes())
