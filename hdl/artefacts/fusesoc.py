"""A core file for FuseSoC."""

from __future__ import annotations

from lilogic.hdl.artefacts.block import STEM, Block
from lilogic.hdl.artefacts.testbench import EXPECTED, STIMULUS, TESTBENCH

CORE = f"{STEM}.core"


def write(block: Block) -> dict[str, str]:
    """The core, with targets that simulate its testbench and lint it."""
    text = block.render("fusesoc.core", testbench=TESTBENCH, vectors=(STIMULUS, EXPECTED))
    return {CORE: text}
