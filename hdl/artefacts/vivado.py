"""A Tcl script for Vivado."""

from __future__ import annotations

from lilogic.hdl.artefacts.block import STEM, Block
from lilogic.hdl.artefacts.constraints import XDC

SCRIPT = f"{STEM}.tcl"

PART = "xc7a35tcsg324-1"
"""That of the board Arty A7-35."""


def write(block: Block) -> dict[str, str]:
    """A script that makes a project and synthesizes the block out of context."""
    return {SCRIPT: block.render("vivado.tcl", part=PART, constraints=XDC)}
