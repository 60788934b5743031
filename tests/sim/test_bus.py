"""Classifiers behind buses answer as software does, whatever is sent, and what is wrong fails."""

import re
import shutil

import pytest

from lilogic import load
from lilogic.graph import GateGraph, passes
from lilogic.hdl import vectors
from lilogic.hdl.components.interface import VERILOG
from lilogic.hdl.options import Bus, CompileOptions
from lilogic.hdl.verilog import compile_graph
from lilogic.sim import regression
from tests.sim.test_regression import GRAPH, ROWS, SIGNED
from tests.strategies import random_raw

# Building for Verilator takes longest.
SIMULATOR = "icarus" if shutil.which("iverilog") else "verilator"
pytestmark = pytest.mark.xdist_group("buses")


def compiled(folder, graph=GRAPH, samples=None, **options):
    interface = compile_graph(graph, folder, CompileOptions(**options))
    vectors.make(graph, interface, samples, random=25).write(folder)
    return interface.bus


def check(folder, bus):
    report = regression.simulate(folder, SIMULATOR)
    tests = {test.name: test for test in report.tests}
    assert [*tests] == [*regression.TESTS, *regression.bus_tests(bus.kind)]
    for test in tests.values():
        assert test.passed, (test.name, test.examples)
        assert test.compared
    assert report.passed


def test_bits_through_registers(tmp_path):
    check(tmp_path, compiled(tmp_path, bus="wishbone"))


@pytest.mark.slow
def test_negative_features_and_scores_in_beats_of_two_bytes(tmp_path):
    graph = GateGraph.build(6, ROWS, [[8, 9], [6, 7]], [-3, 0], SIGNED)
    samples = random_raw(SIGNED, 10)
    bus = compiled(tmp_path, graph, samples, bus="axis+axil", bus_width=16, levels_per_stage=0)
    assert bus.kind is Bus.AXIS_AXIL
    assert bus.result.signed
    check(tmp_path, bus)


@pytest.mark.slow
@pytest.mark.parametrize("options", [{"bus": "axis", "bus_width": 512}, {"bus": "axil"}])
def test_narrow_words_folded(tmp_path, options):
    graph = passes.simplify(load("wine").graph)
    check(tmp_path, compiled(tmp_path, graph, fold=6, **options))


@pytest.mark.slow
def test_results_that_are_lost_fail(tmp_path):
    compiled(tmp_path, bus="axis", bus_width=8)
    text = (tmp_path / VERILOG).read_text()
    altered, count = re.subn(r"= free - taken", "= free", text)
    assert count == 1
    (tmp_path / VERILOG).write_text(altered)
    report = regression.simulate(tmp_path, SIMULATOR)
    passed = {test.name: test.passed for test in report.tests}
    assert not report.passed
    assert all(passed[name] for name in regression.TESTS)
    assert not passed["bus_stalls"]
