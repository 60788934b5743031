"""VHDL around the Verilog: a package with its component, and an entity with numbers for ports."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from lilogic.hdl.artefacts.block import STEM, Block
from lilogic.hdl.options import InputKind
from lilogic.hdl.ports import Direction

SOURCE = f"{STEM}.vhd"

DIRECTIONS = {Direction.INPUT: "in", Direction.OUTPUT: "out"}

_RESERVED = frozenset(
    """
    abs access after alias all and architecture array assert attribute begin block body buffer
    bus case component configuration constant disconnect downto else elsif end entity exit
    file for function generate generic group guarded if impure in inertial inout is label
    library linkage literal loop map mod nand new next nor not null of on open or others out
    package port postponed procedure process protected pure range record register reject rem
    report return rol ror select severity shared signal sla sll sra srl subtype then to
    transport type unaffected units until use variable wait when while with xnor xor assume
    assume_guarantee context cover default fairness force parameter property release restrict
    restrict_guarantee sequence strong vmode vprop vunit
    """.split()  # noqa: SIM905
)


def write(block: Block) -> dict[str, str]:
    """Package and entity, in VHDL-93."""
    ports = [*_ports(block)]
    text = block.render(
        "entity.vhd",
        component=identifier(block.module),
        package=identifier(f"{block.module}_pkg"),
        entity=identifier(f"{block.module}_vhdl"),
        ports=ports,
        features=_features(block),
        feature_type=_SIGNED[block.graph.encoder is not None and block.graph.encoder.lowest < 0],
        score_type=_SIGNED[block.interface.score_signed],
        converted=[port.name for port in ports if port.flat != port.type],
    )
    return {SOURCE: text}


_SIGNED = {True: "signed", False: "unsigned"}


class _Port(NamedTuple):
    """A port: its direction, its type in Verilog's component, and that in the entity."""

    name: str
    direction: str
    flat: str
    type: str


def _ports(block: Block) -> Iterator[_Port]:
    types = {}
    if block.interface.bus is None:
        types = {"index": "unsigned(INDEX_WIDTH - 1 downto 0)", "scores": "scores_t"}
        if _features(block):
            types["features"] = "features_t"
    for port in block.ports:
        wires = "" if port.width is None else f"_vector({port.width - 1} downto 0)"
        flat = f"std_logic{wires}"
        yield _Port(port.name, DIRECTIONS[port.direction], flat, types.get(port.name, flat))


def identifier(name: str) -> str:
    """A name of Verilog as VHDL can bear it: as an extended identifier where it has to be."""
    is_basic = re.fullmatch(r"[A-Za-z](_?[A-Za-z0-9])*", name) and name.lower() not in _RESERVED
    return name if is_basic else f"\\{name}\\"


def _features(block: Block) -> int | None:
    """How many features there are, where all have words of one width; else None."""
    interface = block.interface
    if interface.bus or interface.data is InputKind.BITS or not interface.feature_width:
        return None
    return interface.data_width // interface.feature_width
