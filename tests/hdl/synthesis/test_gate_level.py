"""Exports read by Yosys and ABC, and what they write of them read back."""

from pathlib import Path

import numpy as np
import pytest

from lilogic import formats
from lilogic.errors import LilogicError
from lilogic.formats.heads import to_graph
from lilogic.graph import GateGraph
from lilogic.hdl.fpga import yosys
from lilogic.hdl.proof.abc import ANY_MODULE
from lilogic.hdl.synthesis import gate_level
from lilogic.infer import golden
from tests.strategies import random_bits, random_graph


@pytest.fixture
def graph() -> GateGraph:
    """All functions, inputs and constants counted, an empty head, and offsets."""
    graph = random_graph((60, 40), 12, 4)
    assert len(np.unique(graph.op)) == 16
    heads = [*(head.tolist() for head in graph.heads), [0, 0, 5], []]
    gates = zip(graph.op, graph.a, graph.b, strict=True)
    return GateGraph.build(12, [*gates], heads, [0, -3, 0, 7, 0, 2])


def assert_same(again: GateGraph, graph: GateGraph) -> None:
    bits = random_bits(graph, 200)
    np.testing.assert_array_equal(golden.scores(again, bits), golden.scores(graph, bits))


@pytest.mark.parametrize(("kind", "file"), [("blif", "net.blif"), ("aiger", "net.aig")])
def test_yosys_reads_an_export_and_its_verilog_comes_back(
    tmp_path: Path, graph: GateGraph, kind: str, file: str
) -> None:
    formats.write(graph, kind, tmp_path / file, simplify=False)
    script = f"read_{kind} {file}\ntechmap\nabc -g AND,XOR,MUX\nopt_clean\n"
    yosys.run(script + "write_verilog -noattr net.v\nwrite_json net.json\n", tmp_path)
    assert_same(to_graph(gate_level.read(tmp_path / "net.v"), None, None), graph)
    assert_same(formats.load(tmp_path / "net.json"), graph)


def test_abc_reads_exports_and_what_it_writes_comes_back(tmp_path: Path, graph: GateGraph) -> None:
    formats.write(graph, "blif", tmp_path / "net.blif", simplify=False)
    formats.write(graph, "aiger", tmp_path / "net.aig", simplify=False)
    (tmp_path / "any.v").write_text(ANY_MODULE)
    commands = (
        "strash;backup;read_blif,net.blif;write_blif,back.blif;strash;dch;write_aiger,-s,back.aig;"
        "read_aiger,net.aig;dch;if,-K,4;write_blif,luts.blif;restore;"
    )
    yosys.run(f"read_verilog any.v\ntechmap\nabc -script +{commands}\n", tmp_path)
    for file in ("back.blif", "back.aig", "luts.blif"):
        assert_same(formats.load(tmp_path / file), graph)


def test_verilog_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "adder.v"
    path.write_text(
        "module half(input a, b, output s, c); assign {c, s} = a + b; endmodule\n"
        "module adder(input [1:0] x, input carry, output [1:0] y);\n"
        "  wire s, c, d; half first(x[0], x[1], s, c); half second(s, carry, y[0], d);\n"
        "  assign y[1] = c | d;\nendmodule\n"
    )
    graph = to_graph(gate_level.read(path), None, None)
    bits = np.array([[i >> k & 1 for k in range(3)] for i in range(8)])
    sums = golden.scores(graph, bits) @ [1, 2]
    assert sums.tolist() == bits.sum(axis=1).tolist()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("module m(input c, d, output reg q); always @(posedge c) q <= d; endmodule", "_DFF_P_"),
        ("module m(input a, output y); unknown u(a, y); endmodule", "yosys failed"),
        ("modul", "yosys failed"),
        ("", "yosys failed|0 modules"),
    ],
)
def test_verilog_that_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "net.v"
    path.write_text(text)
    with pytest.raises(LilogicError, match=message) as error:
        gate_level.read(path)
    assert "\n" not in str(error.value)
