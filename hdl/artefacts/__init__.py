"""What engineers expect beside a block's Verilog: a testbench, constraints, other tools' projects.

Each is one entry in ``ARTEFACTS``. Most are templates, in ``templates/``, that are filled in with
what the interface says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lilogic.errors import GraphError
from lilogic.files import write_text
from lilogic.hdl.artefacts import (
    c,
    constraints,
    fusesoc,
    ipxact,
    metadata,
    readme,
    testbench,
    vhdl,
    vivado,
)
from lilogic.hdl.artefacts.block import Block

ALL = "all"
"""Stands for every artefact."""


@dataclass(frozen=True)
class Artefact:
    """Something to write beside the Verilog.

    Attributes:
        purpose: what it is for, in a few words.
        write: the text of its files, by name.
        needs: other artefacts, whose files it names.
    """

    purpose: str
    write: Callable[[Block], Mapping[str, str]]
    needs: tuple[str, ...] = ()


ARTEFACTS: dict[str, Artefact] = {
    "testbench": Artefact(
        "SystemVerilog testbench that checks itself, with vectors", testbench.write
    ),
    "sdc": Artefact("timing constraints for synthesis and timing analysis", constraints.sdc),
    "xdc": Artefact("timing constraints for Vivado", constraints.xdc),
    "fusesoc": Artefact("core file for FuseSoC: simulate and lint", fusesoc.write, ("testbench",)),
    "vivado": Artefact("Tcl script that makes a project for Vivado", vivado.write, ("xdc",)),
    "ipxact": Artefact("IP-XACT component, IEEE 1685-2014", ipxact.write),
    "amaranth": Artefact("Amaranth's description of the component's ports", metadata.write),
    "vhdl": Artefact("VHDL package, and an entity around the Verilog", vhdl.write),
    "c": Artefact("C header: sizes, names of classes, map of the registers", c.write),
    "readme": Artefact("data sheet in Markdown, with a waveform", readme.write),
}


def chosen(names: Sequence[str]) -> list[str]:
    """The names in the order of the table, with what they need; ``ALL`` for every one.

    Raises:
        GraphError: there is no such artefact.
    """
    if unknown := [name for name in names if name not in (ALL, *ARTEFACTS)]:
        known = ", ".join((*ARTEFACTS, ALL))
        raise GraphError(f"artefact {unknown[0]!r} is not one of {known}", option="artefacts")
    wanted = {*ARTEFACTS} if ALL in names else {*_with_needs(names)}
    return [name for name in ARTEFACTS if name in wanted]


def _with_needs(names: Sequence[str]) -> Iterator[str]:
    for name in names:
        yield name
        yield from _with_needs(ARTEFACTS[name].needs)


def write(names: Sequence[str], block: Block, folder: Path) -> list[str]:
    """Write artefacts of a block into the folder of its Verilog; returns the names of their files.

    Raises:
        GraphError: there is no such artefact.
        MissingExtraError: Jinja or WaveDrom is not installed.
        LilogicError: a file cannot be written.
    """
    written = []
    for name in chosen(names):
        for file, text in ARTEFACTS[name].write(block).items():
            write_text(folder / file, text)
            written.append(file)
    return written
