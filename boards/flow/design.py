"""What is to be built for a board."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lilogic.boards.catalogue import Board
from lilogic.boards.gateware.top import Top
from lilogic.boards.host.client import BAUD
from lilogic.graph import GateGraph
from lilogic.hdl.components import popcount as popcounts
from lilogic.hdl.components.interface import AUTO, LEVELS_PER_STAGE

_LEVELS_PER_STAGE = (LEVELS_PER_STAGE, 2 * LEVELS_PER_STAGE, 4 * LEVELS_PER_STAGE)


@dataclass(frozen=True)
class Design:
    """What is to be built, but for its clock.

    Attributes:
        board: where.
        graph: the simplified graph.
        name: of the graph.
        baud: bits a second on the link.
        pixels: whether the board takes raw features instead of encoded bits.
        levels_per_stage: see ``Classifier``; None for the fewest that leave room for registers.
        popcount: see ``Classifier``, or ``AUTO`` for what is best on the board's FPGA.
    """

    board: Board
    graph: GateGraph
    name: str
    baud: int = BAUD
    pixels: bool = False
    levels_per_stage: int | None = None
    popcount: str = AUTO

    def top(self, clock: float) -> Top:
        """The circuit for a clock of this many Hz."""
        return Top(
            self.graph,
            clock_hz=clock,
            baud=self.baud,
            pixels=self.pixels,
            levels_per_stage=self.levels_per_stage or LEVELS_PER_STAGE,
            popcount=popcounts.chosen(
                self.popcount, self.board.family.target, self.graph, registers=True
            ),
        )

    def variants(self) -> list[Design]:
        """The designs to try in turn, each with fewer registers than the one before."""
        if self.levels_per_stage is not None:
            return [self]
        return [replace(self, levels_per_stage=levels) for levels in _LEVELS_PER_STAGE]
