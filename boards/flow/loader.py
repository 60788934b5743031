"""Loading bitstreams onto boards, with the programs that people have installed for that."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from lilogic.boards.catalogue import Board
from lilogic.errors import ToolError

_STANDARD_ERROR = 2

_PACKAGES = {"openFPGALoader": "openfpgaloader", "iceprog": "fpga-icestorm"}
"""The Debian packages of programs that have one."""


def advice(program: str) -> str:
    """How to come by a program that loads bitstreams."""
    package = _PACKAGES.get(program)
    return f"apt install {package}" if package else "install it, in a folder on PATH"


def command(board: Board) -> list[str]:
    """The program that loads a bitstream onto ``board``, and its arguments before the file.

    Raises:
        ToolError: we know of none, or it is not installed.
    """
    if not (board.loader and board.family.is_complete):
        raise ToolError(f"{board.name}: {board.remark}")
    program, *arguments = board.loader
    found = shutil.which(program)
    if found is None:
        raise ToolError(f"{program} is missing: {advice(program)}")
    return [found, *arguments]


def load(board: Board, bitstream: Path) -> None:
    """Load ``bitstream`` onto ``board``; the program says on standard error how it gets on.

    Raises:
        ToolError: see ``command``; or the program failed, for instance without a board.
    """
    program = command(board)
    try:
        done = subprocess.run([*program, str(bitstream)], stdout=_STANDARD_ERROR, check=False)
    except OSError as error:
        raise ToolError(f"{program[0]}: cannot be run: {error.strerror}") from error
    if done.returncode != 0:
        raise ToolError(f"{Path(program[0]).name} failed; check that {board.title} is plugged in")
