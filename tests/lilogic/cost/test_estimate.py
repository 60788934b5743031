"""Estimates: parts add up, errors are stated, small networks cost what one counts by hand."""

from __future__ import annotations

import pytest

from lilogic import zoo
from lilogic.cost import targets
from lilogic.cost.estimate import counted, estimate
from lilogic.errors import LilogicError
from lilogic.graph import GateGraph, lgn, passes
from lilogic.graph.gates import AND, XOR

DIGITS = lgn.read(zoo.path("digits"))


@pytest.mark.parametrize("target", targets.TARGETS.values(), ids=lambda target: target.name)
def test_parts_add_up_and_the_encoder_costs(target: targets.Target) -> None:
    found = estimate(DIGITS, "digits", target)
    assert found.total == sum(found.parts.values())
    assert 0 < found.bits_in < found.total
    assert found.unit == target.unit
    assert 0 < found.error.median <= found.error.worst
    assert found.error.networks > 4


def test_an_estimate_is_as_close_as_stated() -> None:
    # What Yosys 0.70 counted.
    for target, total in {"xc7": 1690, "ice40": 2150, "ecp5": 2549, "sky130": 8077.7}.items():
        found = estimate(DIGITS, "digits", targets.find(target))
        assert abs(found.total / total - 1) <= found.error.worst


def test_an_encoder_costs_no_more_than_alone() -> None:
    # What Yosys 0.70 counted; merged by the cover alone, encoder and tables would take 5,000.
    found = estimate(lgn.read(zoo.path("mnist-lut6-l")), "tables", targets.find("xc7"))
    assert abs(found.total / 2979 - 1) <= found.error.worst


def test_one_gate_is_one_lut() -> None:
    graph = GateGraph.build(2, [(AND, 0, 1)], [[2]])
    parts = counted(graph, targets.find("xc7"), with_encoder=False)
    assert parts == {"encoder": 0, "gates": 1, "heads": 0, "argmax": 0}


def test_xor_costs_more_cells_but_no_more_luts() -> None:
    graphs = [GateGraph.build(2, [(op, 0, 1)], [[2]]) for op in (AND, XOR)]
    plain, xor = (counted(g, targets.find("sky130"), with_encoder=False)["gates"] for g in graphs)
    assert plain < xor


def test_a_graph_need_not_be_simplified_nor_have_an_encoder() -> None:
    bare = GateGraph.build(2, [(AND, 0, 1), (AND, 1, 0), (XOR, 0, 0)], [[2, 3], [4]])
    found = estimate(bare, "bare", targets.find("ice40"))
    assert found == estimate(passes.simplify(bare), "bare", targets.find("ice40"))
    assert found.total == found.bits_in


def test_an_unknown_target_is_named_with_those_there_are() -> None:
    with pytest.raises(LilogicError, match="'z80' is not one of xc7, ice40, ecp5, sky130"):
        targets.find("z80")
