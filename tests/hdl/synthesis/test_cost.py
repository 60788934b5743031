"""What Yosys makes of whole networks: one number, with the encoder and without."""

from __future__ import annotations

import pytest

from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import Preprocessing
from lilogic.graph import GateGraph
from lilogic.graph.gates import AND, XOR
from lilogic.hdl.synthesis import cost
from lilogic.hdl.synthesis.area import TARGETS

GATES = [(AND, 0, 1), (XOR, 0, 1)]
"""Each is a head, and where the second one is 1, its class wins: two LUTs in all."""


@pytest.mark.slow
def test_an_encoder_is_counted_and_left_out() -> None:
    encoder = Encoder(preprocessing=Preprocessing((2,), "uint8"), feature=[0, 1], threshold=[99, 9])
    graph = GateGraph.build(2, GATES, [[2], [3]], encoder=encoder)
    found = cost.measure(graph, "xc7", TARGETS["xc7"])
    assert found.tool.startswith("Yosys")
    assert found.parts["encoder"] > 0
    assert found.bits_in == 2
    assert found.total > found.bits_in


@pytest.mark.slow
def test_wires_are_no_encoder() -> None:
    encoder = Encoder(
        preprocessing=Preprocessing((2,), "uint8"), feature=[0, 1], threshold=[127, 127]
    )
    graph = GateGraph.build(2, GATES, [[2], [3]], encoder=encoder)
    found = cost.measure(graph, "xc7", TARGETS["xc7"])
    assert found.parts["encoder"] == 0
    assert found.total == found.bits_in
    assert cost.measure(GateGraph.build(2, GATES, [[2], [3]]), "xc7", TARGETS["xc7"]).total == 2
