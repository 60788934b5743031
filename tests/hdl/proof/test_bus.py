"""No beat is lost or doubled around a classifier, and a circuit that does so is found out."""

import pytest
from amaranth.hdl import Module

from lilogic import load
from lilogic.graph import GateGraph, gates, passes
from lilogic.hdl.bus import stream
from lilogic.hdl.components.interface import VERILOG
from lilogic.hdl.options import CompileOptions
from lilogic.hdl.proof import bus
from lilogic.hdl.verilog import compile_graph
from tests.sim.test_regression import ROWS, SIGNED

SMALL = GateGraph.build(3, [(gates.AND, 0, 1), (gates.XOR, 2, 3)], [[3], [4]])


def proven(folder, graph=SMALL, **options):
    interface = compile_graph(graph, folder, CompileOptions(**options))
    return bus.prove(interface, (folder / VERILOG).read_text(), 60)


def test_bits_in(tmp_path):
    assert proven(tmp_path, bus="axis", bus_width=16).status == "proven"


@pytest.mark.slow
def test_pixels(tmp_path):
    graph = GateGraph.build(6, ROWS, [[8, 9], [6, 7]], [-3, 0], SIGNED)
    assert proven(tmp_path, graph, bus="axis+axil", bus_width=16).status == "proven"


@pytest.mark.slow
@pytest.mark.parametrize("options", [{"levels_per_stage": 0}, {"fold": 6}])
def test_narrow_words_combinational_and_folded(tmp_path, options):
    graph = passes.simplify(load("wine").graph)
    assert proven(tmp_path, graph, bus="axis", **options).status == "proven"


class Careless(stream.Sender):
    """One that has room for all."""

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        m.d.comb += self.room.eq(1)
        return m


class Hasty(stream.Receiver):
    """One that makes samples of packets that are too long."""

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        with m.If(self.long):
            m.d.comb += self.samples.valid.eq(1)
        return m


@pytest.mark.slow
@pytest.mark.parametrize(
    ("part", "broken", "rule"),
    [
        ("Sender", Careless, "a result "),
        ("Receiver", Hasty, "a sample is made of no packet"),
    ],
)
def test_what_is_wrong_is_refuted(tmp_path, monkeypatch, part, broken, rule):
    monkeypatch.setattr(stream, part, broken)
    result = proven(tmp_path, bus="axis", bus_width=8)
    assert result.status == "refuted"
    assert result.reason.startswith(rule)


def test_verilog_that_was_altered_is_not_said_to_be_proven(tmp_path):
    interface = compile_graph(SMALL, tmp_path, CompileOptions(bus="axis"))
    text = (tmp_path / VERILOG).read_text().replace("free - taken", "free")
    result = bus.prove(interface, text, 60)
    assert result.status == "simulated"
    assert "not what was compiled" in result.reason
