"""What is to be built for a board."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lilogic.boards.catalogue import Board
from lilogic.boards.gateware.top import Top
from lilogic.boards.host.client import BAUD
from lilogic.graph import GateGraph
from lilogic.hdl.fpga import nextpnr
from lilogic.hdl.options import AUTO, CompileOptions, InputKind

_LEVELS_PER_STAGE = (2, 4, 8)


@dataclass(frozen=True)
class Design:
    """What is to be built, but for its clock.

    Attributes:
        board: where.
        graph: the simplified graph.
        name: of the graph.
        baud: bits a second on the link.
        input: what the host sends.
        levels_per_stage: see ``CompileOptions``; None for the fewest that leave room for registers.
        popcount: see ``CompileOptions``; the target is the board's FPGA.
        fold: see ``CompileOptions``; None for as many cycles as the link takes for a sample.
        seed: of place and route, the first one that is tried.
    """

    board: Board
    graph: GateGraph
    name: str
    baud: int = BAUD
    input: InputKind = InputKind.BITS
    levels_per_stage: int | None = None
    popcount: str = AUTO
    fold: int | None = None
    seed: int = nextpnr.SEED

    def top(self, clock: float) -> Top:
        """The circuit for a clock of this many Hz."""
        options = CompileOptions(
            input=self.input,
            levels_per_stage=self.levels_per_stage or _LEVELS_PER_STAGE[0],
            target=self.board.family.like,
            popcount=self.popcount,
        )
        if self.fold is not None:
            options = CompileOptions.of(options, {"fold": self.fold})
        return Top(self.graph, clock_hz=clock, baud=self.baud, options=options)

    def variants(self) -> list[Design]:
        """The designs to try in turn, each with fewer registers than the one before.

        What is folded has time, and gets as few as any.
        """
        if self.levels_per_stage is not None:
            return [self]
        levels_to_try = _LEVELS_PER_STAGE if self.fold == 1 else _LEVELS_PER_STAGE[-1:]
        return [replace(self, levels_per_stage=levels) for levels in levels_to_try]
