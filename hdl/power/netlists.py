"""Compiled Verilog as netlists with their hierarchy: as it is written, or of a library's cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lilogic.files import read_bytes, scratch
from lilogic.hdl.components.interface import VERILOG, Interface
from lilogic.hdl.fpga import yosys
from lilogic.hdl.power import design
from lilogic.hdl.power.design import Instance
from lilogic.hdl.synthesis.area import Target

_READ = f"""\
read_verilog {VERILOG}
hierarchy -check -top {{top}}
proc -noopt -norom
"""

# Nothing is optimised, so that all names are there.
_SIMPLE = f"""\
{_READ}
techmap -map carry.v -map +/techmap.v
simplemap
opt_clean
write_json netlist.json
"""

# What has no name gets one, as the Verilog would have another than the JSON. Some tools know no
# assignments to parts of vectors.
_MAPPED = f"""\
{_READ}
opt_clean
{{synthesis}}
setundef -zero
splitnets
opt_clean -purge
rename -enumerate
write_json netlist.json
write_verilog -noattr -simple-lhs mapped.v
"""


@dataclass(frozen=True)
class Netlist:
    """A netlist.

    Attributes:
        top: an instance of the top module.
        tool: what wrote it.
        verilog: the same as Verilog.
    """

    top: Instance
    tool: str
    verilog: bytes


def simple(folder: Path) -> Netlist:
    """The Verilog in ``folder`` as simple gates, with its own names.

    Raises:
        LilogicError: a file is missing.
        ToolError: Yosys is missing or failed.
    """
    return _read(folder, _SIMPLE, {"carry.v": yosys.RIPPLE_CARRY.encode()}, verilog=VERILOG)


def mapped(folder: Path, library: Target) -> Netlist:
    """The Verilog in ``folder`` mapped to the cells of a library, part by part; errors as above."""
    script = _MAPPED.replace("{synthesis}", library.script("{top}"))
    return _read(folder, script, library.files, verilog="mapped.v")


def _read(folder: Path, script: str, files: Mapping[str, bytes], verilog: str) -> Netlist:
    top = Interface.read(folder).module
    with scratch() as place:
        for name, content in {**files, VERILOG: read_bytes(folder / VERILOG)}.items():
            (place / name).write_bytes(content)
        yosys.run(script.format(top=top), place)
        made, tool = design.read((place / "netlist.json").read_bytes(), top)
        return Netlist(made, tool, (place / verilog).read_bytes())
