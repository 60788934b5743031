"""The emitted file, beyond what simulation sees of it: how it looks, and what linters say."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import Preprocessing
from lilogic.errors import GraphError
from lilogic.graph import GateGraph
from lilogic.hdl.components.classifier import Classifier
from lilogic.hdl.components.popcount import POPCOUNTS
from lilogic.hdl.fpga import yosys
from lilogic.hdl.options import CompileOptions
from lilogic.hdl.verilog import emit, wrapped
from lilogic.sim import runner
from lilogic.zoo import models

LONGEST = 130

ENCODER = Encoder(
    preprocessing=Preprocessing((2, 3), "uint8"),
    feature=range(6),
    threshold=[9, 63, 127, 200, 300, -1],
)
GATES = [(1, 0, 1), (8, 2, 3), (9, 4, 5), (2, 6, 7), (14, 8, 0), (11, 1, 2), (12, 3, 3)]
HEADS = [[6, 7, 8, 9, 9, 10], [11, 12, 0], [6, 8], []]
"""Sums of several levels with carries, of two bits, and of none."""


def small(offset: Sequence[int] = (0, 0, 0, 0)) -> GateGraph:
    metadata = {
        "name": "small */ `x",
        "dataset": "béd\nroom",
        "class_names": ["a", "b", "c", "d"],
        "accuracy": {"test_frozen": 0.5},
    }
    return GateGraph.build(6, GATES, HEADS, offset, ENCODER).with_metadata(**metadata)


def lint(folder: Path, top: str, *files: Path) -> None:
    """Verilator with all its warnings, and Yosys, say nothing."""
    command = ["verilator", "--lint-only", "-Wall", "--top-module", top, *map(str, files)]
    environment = os.environ | runner.SIMULATORS["verilator"].environment()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    names = " ".join(file.relative_to(folder).as_posix() for file in files)
    yosys.run(f"read_verilog -sv {names}\nhierarchy -check -top {top}\nproc\ncheck -assert", folder)


def check(graph: GateGraph, folder: Path, options: CompileOptions) -> str:
    text = emit(Classifier(graph, options))
    (folder / "classifier.v").write_text(text)
    lint(folder, options.module, folder / "classifier.v")
    assert max(map(len, text.split("\n"))) < LONGEST
    assert not re.search(r"\\|\$\d", text.partition("\nmodule ")[2])
    return text


def test_linters_have_no_objection_and_ports_are_explained(tmp_path: Path) -> None:
    text = check(small((0, -3, 0, 5)), tmp_path, CompileOptions(levels_per_stage=1))
    latency = Classifier(small(), CompileOptions(levels_per_stage=1)).latency
    assert "// Network: small */ `x, 7 gates, trained on b\\xe9d room.\n" in text
    assert "// Accuracy on test data: 50.00%.\n// Classes: 0 a, 1 b, 2 c, 3 d.\n" in text
    assert f"// valid_in, {latency} clock cycles later\n" in text
    assert "// 6 features of 8 bits, feature i at [8*i +: 8]\n" in text
    assert "// 4 scores, two's complement, class c at [4*c +: 4]\n" in text
    assert " level1_nor_or;" in text


def test_a_folded_classifier_says_how_often_it_takes_a_sample(tmp_path: Path) -> None:
    options = CompileOptions(fold=4, clock_mhz=20, target="hx8k")
    text = check(small((0, -3, 0, 5)), tmp_path, options)
    assert "it takes a sample every 4 clock cycles, 5,000,000 per second.\n" in text
    assert "output ready," in text
    assert "// the sample is taken; at most once every 4 clock cycles\n" in text
    assert "// valid_in & ready, " in text


def test_two_networks_fit_in_one_design(tmp_path: Path) -> None:
    with pytest.raises(GraphError, match="module"):
        CompileOptions(module="two words")
    with pytest.raises(GraphError, match="module: buf is a keyword of Verilog"):
        CompileOptions(module="buf")
    files = []
    for name in ("first", "second"):
        options = CompileOptions(input="bits", levels_per_stage=0, module=name)
        files.append(tmp_path / f"{name}.v")
        files[-1].write_text(emit(Classifier(small(), options)))
        modules = re.findall(r"^module (\w+)", files[-1].read_text(), re.MULTILINE)
        assert modules[0] == name
        assert all(module.startswith(f"{name}_") for module in modules[1:])
    files.append(tmp_path / "both.v")
    files[-1].write_text(
        """\
module both (input clk, input [5:0] bits, output [1:0] valid, output [3:0] index,
             output [23:0] scores);
  first a (.clk(clk), .rst(1'b0), .valid_in(1'b1), .bits(bits),
           .valid_out(valid[0]), .index(index[1:0]), .scores(scores[11:0]));
  second b (.clk(clk), .rst(1'b0), .valid_in(1'b1), .bits(bits),
            .valid_out(valid[1]), .index(index[3:2]), .scores(scores[23:12]));
endmodule
"""
    )
    lint(tmp_path, "both", *files)


@pytest.mark.slow
@pytest.mark.parametrize("levels", [0, 2])
@pytest.mark.parametrize("popcount", POPCOUNTS)
def test_linters_have_no_objection_to_any_popcount(
    popcount: str, levels: int, tmp_path: Path
) -> None:
    options = CompileOptions(levels_per_stage=levels, popcount=popcount)
    check(models.load("digits"), tmp_path, options)
    check(small((-9, 0, 7, 1)), tmp_path, options)


def test_long_lines_are_broken_between_tokens() -> None:
    bits = ", ".join(f"net[{number}]" for number in range(1000))
    text = f"  assign x = {{ {bits} }};\n  reg [7:0] y;\n"
    made = wrapped(text)
    assert made.split() == text.split()
    assert max(map(len, made.split("\n"))) < LONGEST


@pytest.mark.parametrize("width", [1, 256, 257, 259, 260, 512, 4000])
def test_long_constants_are_concatenations(width: int) -> None:
    value = int.from_bytes(np.random.default_rng(width).bytes(500), "big") % 2**width
    made = wrapped(f"assign x = {width}'h{value:0{-(-width // 4)}x};")
    found, total = 0, 0
    for bits, digits in re.findall(r"(\d+)'h(\w+)", made):
        assert int(digits, 16) < 2 ** int(bits)
        found, total = found << int(bits) | int(digits, 16), total + int(bits)
    assert (found, total) == (value, width)
    assert max(map(len, made.split("\n"))) < LONGEST
    assert ("{" in made) == (width > 256)


@pytest.mark.slow
def test_wide_concatenations_stay_below_the_tokens_that_verilator_takes_a_line() -> None:
    counted = np.random.default_rng(0).permutation(15_000).tolist()
    graph = GateGraph.build(15_000, [], [counted])
    lines = emit(Classifier(graph, CompileOptions(levels_per_stage=0))).split("\n")
    assert max(map(len, lines)) < LONGEST
