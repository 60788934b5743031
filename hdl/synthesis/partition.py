"""Compiled Verilog as RTLIL for mapping: whole, or in pieces where it is large.

Yosys from PyPI has 4 GB of memory, as WebAssembly, and takes more than twice the time for twice the
cells. The pieces are the gates, the encoder, a few classes' heads each, and the rest; none shares
logic with another, so what they take adds up to what the parts take.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lilogic import files
from lilogic.hdl.components.interface import VERILOG, Interface
from lilogic.hdl.fpga import yosys
from lilogic.hdl.verilog import part

LARGE = 20_000_000
"""Bytes of RTLIL of the largest design that stays whole: some 100,000 gates."""

_SHARE = 3_000_000
"""Bytes of RTLIL of heads in a piece, unless a single class has more."""

_DESIGN = "design.il"

_SCORES = "scores__payload"
"""The port of the heads with the scores."""

Cut = tuple[str, str, list[str]]
"""A piece's label, its top, and the Yosys commands that leave it of the design."""

# Names that Verilog does not show avoid a clash of names inside `synth_ecp5 -noflatten`.
_READ = f"""\
read_verilog {VERILOG}
hierarchy -check -top {{top}}
{{inside}}
proc
rename -hide w:*
opt_clean
write_rtlil {_DESIGN}
"""


@dataclass(frozen=True)
class Piece:
    """What one run of Yosys maps.

    Attributes:
        label: for people.
        top: the module that is mapped, with those in it.
        rtlil: the design.
        is_whole: whether that is all there is.
    """

    label: str
    top: str
    rtlil: bytes
    is_whole: bool = False


def whole(verilog: bytes, top: str, without: str | None = None) -> Piece:
    """Verilog of any design, as one piece; ``without`` what is in one of its modules.

    Raises:
        ToolError: Yosys is missing or failed.
    """
    inside = "" if without is None else f"blackbox {without}\nhierarchy -check -top {top}"
    with files.scratch() as scratch:
        (scratch / VERILOG).write_bytes(verilog)
        yosys.run(_READ.format(top=top, inside=inside), scratch)
        return Piece(top, top, (scratch / _DESIGN).read_bytes(), is_whole=True)


def read(verilog: bytes, interface: Interface) -> list[Piece]:
    """Verilog of a classifier as one piece or, if it is large, several, the longest to map first.

    Raises:
        ToolError: Yosys is missing or failed.
    """
    piece = whole(verilog, interface.module)
    if len(piece.rtlil) <= LARGE:
        return [piece]
    cuts = _cuts(piece.rtlil, interface)
    with files.scratch() as scratch:
        (scratch / _DESIGN).write_bytes(piece.rtlil)
        script = [f"read_rtlil {_DESIGN}\nhierarchy -top {piece.top}\ndesign -save all"]
        for number, (_, _, commands) in enumerate(cuts):
            script += ["design -load all", *commands, f"write_rtlil {number}.il"]
        yosys.run("\n".join(script), scratch)
        return [
            Piece(label, name, (scratch / f"{number}.il").read_bytes())
            for number, (label, name, _) in enumerate(cuts)
        ]


def _cuts(design: bytes, interface: Interface) -> list[Cut]:
    """What a large design is cut into."""
    top = interface.module
    modules = {name: part(top, name) for name in ("network", "encoder", "heads")}
    sizes = {name: _size(design, module) for name, module in modules.items()}
    apart = {name: modules[name] for name, size in sizes.items() if size}
    whole: list[Cut] = [
        (name, module, [f"hierarchy -top {module}"])
        for name, module in apart.items()
        if name != "heads"
    ]
    shares = min(interface.classes, -(-sizes["heads"] // _SHARE))
    classes = np.array_split(np.arange(interface.classes), shares)
    heads = [_heads(int(share[0]), int(share[-1]), interface) for share in classes]
    rest: Cut = ("the rest", top, [f"blackbox {module}" for module in apart.values()])
    return [*whole, *heads, rest]


def _heads(first: int, last: int, interface: Interface) -> Cut:
    """The heads of the classes ``first`` to ``last``."""
    bits = range(interface.classes * interface.score_width)
    kept = range(first * interface.score_width, (last + 1) * interface.score_width)
    others = " ".join(f"w:{_SCORES}_{bit}_" for bit in bits if bit not in kept)
    module = part(interface.module, "heads")
    commands = [
        f"hierarchy -top {module}",
        f"cd {module}",
        # A score that is no output takes all that makes it along.
        f"splitnets -ports -format __: w:{_SCORES}",
        *([f"delete {others}"] if others else []),
        "cd ..",
        "opt_clean",
    ]
    label = f"heads of classes {first} to {last}" if first < last else f"head of class {first}"
    return label, module, commands


def _size(design: bytes, module: str) -> int:
    """Bytes that a module takes in RTLIL; 0 if there is none."""
    text = design.partition(f"\nmodule \\{module}\n".encode())[2]
    return len(text.partition(b"\nend\n")[0])
