"""Amaranth's metadata of a component: its ports as JSON, by the schema that Amaranth publishes."""

from __future__ import annotations

import json

from amaranth.hdl import Fragment, Module
from amaranth.lib.wiring import Component, In, Out

from lilogic.hdl.artefacts.block import STEM, Block
from lilogic.hdl.ports import Direction

METADATA = f"{STEM}.json"

_FLOWS = {Direction.INPUT: In, Direction.OUTPUT: Out}


class _Ports(Component):
    """A component that has the ports of a block's Verilog, and nothing in it."""

    def __init__(self, block: Block) -> None:
        super().__init__({port.name: _FLOWS[port.direction](port.bits) for port in block.ports})

    def elaborate(self, platform: object) -> Module:
        return Module()


def write(block: Block) -> dict[str, str]:
    """The metadata of a component that has the ports of the Verilog module."""
    component = _Ports(block)
    Fragment.get(component, platform=None)  # Amaranth warns of components that nothing uses
    return {METADATA: json.dumps(component.metadata.as_json(), indent=2) + "\n"}
