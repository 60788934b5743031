"""Timing constraints for the clock that was asked for: SDC for most tools, XDC for Vivado."""

from __future__ import annotations

from collections.abc import Iterator

from lilogic.hdl.artefacts.block import DEFAULT_MHZ, STEM, Block
from lilogic.hdl.ports import Direction

SDC = f"{STEM}.sdc"
XDC = f"{STEM}.xdc"


def sdc(block: Block) -> dict[str, str]:
    """Synopsys Design Constraints: a clock, and all other ports timed against it."""
    return {SDC: _text(block, "for synthesis and timing analysis, in ns")}


def xdc(block: Block) -> dict[str, str]:
    """Xilinx Design Constraints, for synthesis out of context."""
    return {XDC: _text(block, "for Vivado, out of context, in ns")}


def _text(block: Block, purpose: str) -> str:
    asked = block.interface.clock_mhz
    clock = f"{asked:g} MHz" if asked else f"none was asked for; {DEFAULT_MHZ:g} MHz to begin with"
    return block.render(
        "constraints.tcl",
        purpose=purpose,
        clock=clock,
        inputs=" ".join(_timed(block, Direction.INPUT)),
        outputs=" ".join(_timed(block, Direction.OUTPUT)),
    )


def _timed(block: Block, direction: Direction) -> Iterator[str]:
    """Patterns of the ports that are timed: all but the clock, where there is one."""
    for port in block.ports[block.is_clocked :]:
        if port.direction is direction:
            yield port.name if port.width is None else f"{port.name}[*]"
