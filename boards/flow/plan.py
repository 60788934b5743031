"""Files and commands that make a bitstream, as Amaranth writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from lilogic.boards.flow import platform
from lilogic.boards.flow.design import Design
from lilogic.boards.flow.pll import MHZ, Setting
from lilogic.boards.gateware.top import Top
from lilogic.hdl.fpga import nextpnr

NAME = "top"
"""Of the circuit, and of what is made of it."""

NEXTPNR_REPORT = "nextpnr.json"


@dataclass(frozen=True)
class Plan:
    """What makes one bitstream.

    Attributes:
        top: the circuit.
        setting: its clock.
        files: texts by name.
        commands: programs with their arguments: synthesis, place and route, bitstream; the first
            alone where the others are not on PyPI.
    """

    top: Top
    setting: Setting
    files: Mapping[str, str | bytes]
    commands: list[list[str]]


def prepare(design: Design, setting: Setting) -> Plan:
    """The files that make ``design`` with this clock."""
    top = design.top(setting.frequency)
    family = design.board.family
    routing = ("--freq", f"{setting.frequency / MHZ:.6f}", "--report", NEXTPNR_REPORT)
    options = {}
    if family.is_complete:
        options["nextpnr_opts"] = " ".join([*nextpnr.options(family), *routing])
        # Yosys' script writes the netlist for nextpnr, of which models of cells are no part.
        options["script_after_synth"] = "blackbox =A:whitebox"
    plan = platform.make(design.board, setting.frequency).prepare(
        platform.OnBoard(design.board, top, setting),
        NAME,
        emit_src=False,  # places in source files would depend on where they are
        verbose=True,  # else nothing is heard of the programs until they end
        synth_opts=family.board_options,
        **options,
    )
    commands = json.loads(plan.files[f"{plan.script}.json"])["commands"]
    return Plan(top, setting, plan.files, commands)
