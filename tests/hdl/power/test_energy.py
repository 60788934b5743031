"""Energies of small netlists, added up by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lilogic.hdl.components.interface import Interface
from lilogic.hdl.options import InputKind
from lilogic.hdl.power.design import Cell, Instance, Wire
from lilogic.hdl.power.energy import Cells, Conditions, estimate
from lilogic.hdl.power.simulation import Simulation

EASY = Path(__file__).with_name("library.lib").read_bytes()
A, B, CLOCK, MIDDLE, OUT = range(5)


def energy(cells, bits, conditions, outputs=(OUT,)):
    """The energy of cells between the inputs A and B and some outputs."""
    inside = Instance(
        "core",
        "core",
        children=[Instance("network", "network", cells=cells)],
    )
    top = Instance(
        "classifier",
        "classifier",
        {"bits": True, "clk": True, "index": False},
        {
            "bits": Wire("bits", (A, B), 0, True),
            "clk": Wire("clk", (CLOCK,)),
            "index": Wire("index", outputs, 0, True),
        },
        [],
        [inside],
    )
    interface = Interface(InputKind.BITS, 2, 1, 1, 1, 1, False, 0, 0, "tree")
    library = Cells("easy.lib", EASY)
    simulated = Simulation.of(top, interface, np.array(bits, dtype=bool), library.functions)
    return estimate(simulated, library, conditions)


def test_two_gates_by_hand():
    cells = [
        Cell("first", "NAND2", {"A": A, "B": B, "Y": MIDDLE}, frozenset("Y")),
        Cell("second", "INV", {"A": MIDDLE, "Y": OUT}, frozenset("Y")),
    ]
    # A, B: 1 1 → 0 1 → 1 1 → 0 0: NAND 0 → 1 → 0 → 1, and the inverter's output 1 → 0 → 1 → 0.
    bits = [(1, 1), (0, 1), (1, 1), (0, 0)]
    found = energy(cells, bits, Conditions(clock_mhz=50, slew_ns=0.1))
    steps = 3
    # ½·C·V² with V = 2: the middle net has the inverter's 10 fF and 1 fF of wire, the output 1 fF.
    switching = 0.5 * (0.011 + 0.001) * 4 * 3 / steps
    # The NAND rises at a load of 11 fF: of A alone 1.5 + 0.11 · 2.0; of A and B together the mean
    # with 7; it falls of A with 0.5. The inverter's input rises twice and falls once.
    rise = 1.5 + 0.11 * 2.0
    nand = rise + (rise + 7.0) / 2 + 0.5
    inverter = 2 * 0.2 + 0.3
    # Each sample counts half before and half after a step: states 11, 01, 11, 00.
    leakage = (0.5 * 8 + 4 + 8 + 0.5 * 4) / steps + 3
    part = found.parts["gates"]
    assert (part.cells, part.registers, part.area) == (2, 0, 3)
    assert part.switching_pj == pytest.approx(switching)
    assert part.internal_pj == pytest.approx((nand + inverter) / steps)
    assert part.clock_pj == 0
    assert part.leakage_nw == pytest.approx(leakage)
    # 20 ns a cycle.
    assert found.leakage_pj == pytest.approx(leakage * 20e-6)
    total = switching + (nand + inverter) / steps + leakage * 20e-6
    assert found.energy_pj == pytest.approx(total)
    assert found.power_uw == pytest.approx(total * 50)
    # A changes three times and drives 20 fF, B once and drives 30; wires have 1 fF each.
    assert found.inputs_pj == pytest.approx(0.5 * 4 * (3 * 0.021 + 1 * 0.031) / steps)


def test_a_register_by_hand():
    cells = [Cell("kept", "DFF", {"C": CLOCK, "D": A, "Q": OUT}, frozenset("Q"))]
    # What it holds: 0 → 1 → 1 → 0.
    bits = [(0, 0), (1, 0), (1, 0), (0, 0)]
    found = energy(cells, bits, Conditions(slew_ns=0.1, wire_ff=2.0))
    part = found.parts["gates"]
    assert (part.cells, part.registers) == (0, 1)
    assert part.switching_pj == pytest.approx(0.5 * 0.002 * 4 * 2 / 3)
    assert part.internal_pj == pytest.approx((2.0 + 1.0) / 3)
    # C·V² in each cycle for pin and wire; inside, the rising edge takes nothing where a 1 comes
    # to a 0, and each falling edge a quarter.
    assert part.clock_pj == pytest.approx((0.005 + 0.002) * 4 + (0 + 0.5 + 0.5) / 3 + 0.25)
    assert part.leakage_nw == pytest.approx(10)
    assert any("no clock tree" in each for each in found.assumptions)
    assert any("2 fF for each pin" in each for each in found.assumptions)
