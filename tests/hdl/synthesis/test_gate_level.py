"""Exports read by Yosys and ABC, and what they write of them read back."""

from pathlib import Path

import numpy as np
import pytest

from lilogic import flow, formats
from lilogic.errors import FormatError, LilogicError
from lilogic.formats.heads import to_graph
from lilogic.formats.imported import NotGatesError
from lilogic.graph import GateGraph, gates
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


# Tables as they are written in practice; `t` is the table of a neuron, for a from 0 on.
NEURONS = """\
`include "table.vh"
module case4(input [1:0] a, output reg y);
  always @* case (a) 2'd0: y = 1; 2'd1: y = 0; 2'd2: y = 0; 2'd3: y = 1; endcase
endmodule
module case8(input [2:0] a, output reg y);
  always @(a) case (a)
    3'd0: y = 1'b1; 3'd1: y = 1'b0; 3'd2: y = 1'b0; 3'd3: y = 1'b1;
    3'd4: y = 1'b1; 3'd5: y = 1'b1; 3'd6: y = 1'b0; 3'd7: y = 1'b0;
  endcase
endmodule
module case16(input [3:0] a, output reg [1:0] y);
  always @* case (a)
    1: y = 1; 2: y = 2; 3: y = 3; 4: y = 1; 5: y = 2; 6: y = 3; 7: y = 1; 8: y = 2; default: y = 0;
  endcase
endmodule
module in_function(input [2:0] a, output y);
  function f(input [2:0] x);
    case (x) 0: f=1; 1: f=0; 2: f=0; 3: f=1; 4: f=1; 5: f=1; 6: f=0; 7: f=0; endcase
  endfunction
  assign y = f(a);
endmodule
module rom(input [3:0] a, output [1:0] y);
  reg [1:0] m [15:0];
  integer i;
  initial for (i = 0; i < 16; i = i + 1) m[i] = i * 3;
  assign y = m[a];
endmodule
module rom_file(input [1:0] a, output [3:0] y);
  reg [3:0] m [0:3];
  initial $readmemh("rom.hex", m);
  assign y = m[a];
endmodule
module array(input [1:0] a, output [1:0] y);
  wire [1:0] t [0:3];
  assign t[0] = 2; assign t[1] = 1; assign t[2] = 3; assign t[3] = 0;
  assign y = t[a];
endmodule
module masked(input [1:0] a, output y);
  reg t;
  always @* case (a) 0: t = 1; 1: t = 0; default: t = 1'bx; endcase
  assign y = a[1] ? a[0] : t;
endmodule
module chain(input [1:0] a, output reg y);
  always @* begin
    if (a == 0) y = 1; else if (a == 1) y = 1; else if (a == 2) y = 0; else if (a == 3) y = 1;
  end
endmodule
module wild(input [2:0] a, output reg [1:0] y);
  always @* casez (a) 3'b1??: y = 3; 3'b01?: y = 2; 3'b001: y = 1; 3'b000: y = 0; endcase
endmodule
module shifted(input [1:0] a, output y);
  assign y = `TABLE >> a;
endmodule
module inverter(input a, output y);
  not(y, a);
endmodule
module many(input [2:1] a, output [1:2] y);
  inverter u[1:2](a, y);
endmodule
module top(
  input [3:0] a, output y4, y8, yf, ym, yc, ys, output [1:0] y16, yr, ya, yw, yi, output [3:0] yh
);
  case4 c4(a[1:0], y4); case8 c8(a[2:0], y8); case16 c16(a, y16); in_function f(a[2:0], yf);
  rom r(a, yr); rom_file h(a[1:0], yh); array t(a[1:0], ya);
  masked m(a[1:0], ym); chain c(a[1:0], yc);
  wild w(a[2:0], yw); shifted s(a[1:0], ys); many i(a[1:0], yi);
endmodule
"""
EXPECTED = {
    "y4": lambda a: [1, 0, 0, 1][a & 3],
    "y8": lambda a: [1, 0, 0, 1, 1, 1, 0, 0][a & 7],
    "yf": lambda a: [1, 0, 0, 1, 1, 1, 0, 0][a & 7],
    "ym": lambda a: [1, 0, 0, 1][a & 3],
    "yc": lambda a: [1, 1, 0, 1][a & 3],
    "ys": lambda a: 0b0110 >> (a & 3) & 1,
    "y16": lambda a: [0, 1, 2, 3, 1, 2, 3, 1, 2, 0, 0, 0, 0, 0, 0, 0][a],
    "yr": lambda a: 3 * a & 3,
    "ya": lambda a: [2, 1, 3, 0][a & 3],
    "yw": lambda a: (a & 7).bit_length(),
    "yi": lambda a: ~a & 3,
    "yh": lambda a: [10, 3, 12, 5][a & 3],
}


def test_verilog_of_the_trade(tmp_path: Path) -> None:
    # With a mark before it and a comment in Latin-1, as editors leave them.
    (tmp_path / "net.V").write_bytes(b"\xef\xbb\xbf// Gr\xc3\xb6\xc3\x9fe\n" + NEURONS.encode())
    (tmp_path / "table.vh").write_bytes(b"// f\xfcr\n`define TABLE 4'b0110\n")
    (tmp_path / "rom.hex").write_text("a 3 c 5\n")
    found = gate_level.read(tmp_path / "net.V")
    table = golden.outputs(found.circuit, np.arange(16)[:, None] >> np.arange(4) & 1)
    bits = dict(zip(found.names or (), table.T.astype(int), strict=True))
    for name, function in EXPECTED.items():
        width = sum(bit.partition("[")[0] == name for bit in bits)
        vector = [bits[name]] if width == 1 else [bits[f"{name}[{i}]"] for i in range(width)]
        assert [*(np.array(vector).T << np.arange(width)).sum(axis=1)] == [
            *map(function, range(16))
        ], name


def test_names_are_the_sources_own(tmp_path: Path) -> None:
    path = tmp_path / "net.sv"
    path.write_text(
        "module m(input logic [7:6] a, output logic [0:1] y, output \\z+1 , output [3:3] w);\n"
        "  assign y = a; assign \\z+1 = ^a; always_comb w = &a;\nendmodule\n"
    )
    assert gate_level.read(path).names == ["y[1]", "y[0]", "z+1", "w[3]"]


EVERY_CELL = {
    "$_BUF_": "AY", "$_NOT_": "AY", "$_AND_": "ABY", "$_NAND_": "ABY", "$_OR_": "ABY",
    "$_NOR_": "ABY", "$_XOR_": "ABY", "$_XNOR_": "ABY", "$_ANDNOT_": "ABY", "$_ORNOT_": "ABY",
    "$_MUX_": "ABSY",
    "$_NMUX_": "ABSY", "$_MUX4_": "ABCDSTY", "$_MUX8_": "ABCDEFGHSTUY",
    "$_MUX16_": "ABCDEFGHIJKLMNOPSTUVY", "$_AOI3_": "ABCY", "$_OAI3_": "ABCY", "$_AOI4_": "ABCDY",
    "$_OAI4_": "ABCDY",
}  # fmt: skip


def test_every_gate_of_yosys_is_what_its_own_models_say(tmp_path: Path) -> None:
    lines = ["module top(input [19:0] x, output [20:0] y);"]
    for number, (kind, pins) in enumerate(EVERY_CELL.items()):
        wires = [
            f".{pin}({f'x[{i}]' if pin != 'Y' else f'y[{number}]'})" for i, pin in enumerate(pins)
        ]
        lines.append(f"  \\{kind} u{number}({', '.join(wires)});")
    lines += [
        "  \\$lut #(.WIDTH(5), .LUT(32'h9c3a_51e7)) l(.A(x[4:0]), .Y(y[19]));",
        "  assign y[20] = x[7:0] > x[15:8];",
        "endmodule",
    ]
    (tmp_path / "top.v").write_text("\n".join(lines))
    gates = "techmap -map +/simcells.v\ntechmap\nsimplemap\nopt_clean\nwrite_json gates.json\n"
    script = "read_verilog -icells top.v\nproc\nwrite_json words.json\n"
    yosys.run(script + "techmap\nwrite_json cells.json\n" + gates, tmp_path)
    x = np.random.default_rng(0).integers(0, 2, (2000, 20))
    assert set(EVERY_CELL) - {"$_MUX_", "$_NOT_"} <= set(
        (tmp_path / "cells.json").read_text().split('"')
    )
    expected = golden.outputs(formats.read(tmp_path / "gates.json").circuit, x)
    found = golden.outputs(formats.read(tmp_path / "cells.json").circuit, x)
    np.testing.assert_array_equal(found, expected)
    with pytest.raises(NotGatesError, match=r"what drives y\[20\] is a \$gt, which needs Yosys"):
        formats.read(tmp_path / "words.json")
    found = golden.outputs(flow.read_circuit(tmp_path / "words.json", progress=False).circuit, x)
    np.testing.assert_array_equal(found, expected)


def test_blif_of_several_models_is_flattened(tmp_path: Path) -> None:
    path = tmp_path / "net.blif"
    path.write_text(
        ".model top\n.inputs a b\n.outputs y\n.subckt half p=a q=b r=t\n.names t y\n0 1\n.end\n"
        ".model half\n.inputs p q\n.outputs r\n.names p q r\n11 1\n.end\n"
    )
    circuit = flow.read_circuit(path, progress=False).circuit
    bits = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    assert golden.outputs(circuit, bits)[:, 0].tolist() == [1, 1, 1, 0]


def test_what_yosys_leaves_open_in_blif_is_not_taken_for_0(tmp_path: Path) -> None:
    path = tmp_path / "net.blif"
    head = ".model m\n.inputs a b\n.outputs y\n.names $undef\n"
    path.write_text(f"{head}.names a b $undef y\n1-1 1\n01- 1\n.end\n")
    with pytest.raises(NotGatesError, match=r"its outputs depend on \$undef"):
        formats.read(path)
    with pytest.raises(FormatError, match=r"y is left open \(x\) where a = 1"):
        flow.read_circuit(path, progress=False)
    path.write_text(f"{head}.names a b y\n11 1\n.end\n")
    assert formats.load(path).op.tolist() == [gates.AND]


TWO = "module one(input a, output y); assign y = ~a; endmodule\n"
TWO += "module two(input a, output y); assign y = a; endmodule\n"


def test_which_module_is_meant_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "net.v"
    path.write_text(TWO)
    with pytest.raises(FormatError, match="2 modules that no other contains, one, two") as error:
        gate_level.read(path)
    assert error.value.option == "top"
    assert gate_level.read(path, "one").circuit.op.tolist() == [gates.NOT_A]
    with pytest.raises(FormatError, match="it has no module three, but one, two"):
        gate_level.read(path, "three")
    with pytest.raises(FormatError, match="not a module name"):
        gate_level.read(path, "one; shell")
    path.write_text(TWO.replace("module one", "(* top *) module one"))
    assert gate_level.read(path).circuit.n_gates == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "module m(input c, d, output reg q);\nalways @(posedge c) q <= d; endmodule",
            r"line 2: what drives q is a \$_DFF_P_; only combinational",
        ),
        (
            "module m(input a, output y); unknown u(a, y); endmodule",
            "`unknown' referenced in .* one file",
        ),
        (
            "module m(input a, output y);\n  assign y = a &;\nendmodule",
            "line 2: syntax error, unexpected ';'",
        ),
        (
            "module m(input a, output y);\nassign y = b; endmodule",
            "nothing drives y; Yosys warns about line 2: Identifier `b' is implicitly declared",
        ),
        (
            "module m(input a, b, output y);\nassign y = a & b;\nassign y = a | b; endmodule",
            "a net has more than one driver, line 2, line 3",
        ),
        (
            "module m(input [1:0] a, output reg y);\n"
            "always @* case (a) 2'd0: y = 1; 2'd1: y = 0; default: y = 1'bx; endcase\nendmodule",
            r"line 2: y is left open \(x\) where a\[1\] = 1; give it a value",
        ),
    ],
)
def test_verilog_that_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "net.v"
    path.write_text(text)
    with pytest.raises(LilogicError, match=message) as error:
        gate_level.read(path)
    assert "\n" not in str(error.value)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "0 modules"),
        (
            "module m(input [7:0] a, output reg y);\nalways @*"
            + " else".join(f" if (a == {i}) y = {i % 2};" for i in range(200))
            + "\nendmodule",
            "nested too deeply",
        ),
        ('`include "none.vh"\n', "Can't open include file `none.vh'"),
        (
            "module m(input en, a, output reg y);\nalways @* if (en) y = a; endmodule",
            "line 2: y keeps its value, which takes a latch, where en = 0",
        ),
        (
            "module m(input a, en, output y);\nassign y = en ? a : 1'bz; endmodule",
            r"line 2: y is not driven \(z\) where en = 0",
        ),
        (
            "module m(input a, output y); wire t; assign y = a & t; endmodule",
            "nothing drives t, which y",
        ),
    ],
)
def test_more_verilog_that_is_refused(tmp_path: Path, text: str, message: str) -> None:
    test_verilog_that_is_refused(tmp_path, text, message)
