"""Areas in the unit of a library of standard cells, added up by hand."""

import gzip
import re
from pathlib import Path

import pytest

from lilogic.errors import LilogicError
from lilogic.graph import GateGraph, gates
from lilogic.hdl.options import CompileOptions
from lilogic.hdl.synthesis import area, liberty
from lilogic.hdl.verilog import compile_graph

SMALL = Path(__file__).with_name("small.lib")


def without(cell: str) -> str:
    """The small library without one of its cells."""
    return re.sub(rf"  cell \({cell}\).*?\n  }}\n", "", SMALL.read_text(), flags=re.DOTALL)


def test_a_library_says_what_its_cells_take(tmp_path):
    path = tmp_path / "small.lib.gz"
    path.write_bytes(gzip.compress(SMALL.read_bytes()))
    target = liberty.read(path)
    assert target.columns["area"] == {"INV": 1, "NAND2": 2, "NOR2": 2.5, "XOR2": 5, "DFF": 7.25}
    assert target.registers == ("DFF",)


def test_areas_add_up_by_hand(tmp_path):
    # Registers after each level carry inputs 0 and 3 with the XOR, then the two counted gates.
    rows = [(gates.XOR, 0, 1), (gates.NAND, 4, 0), (gates.NOR, 4, 3)]
    graph = GateGraph.build(4, rows, [[5], [6]])
    compile_graph(graph, tmp_path, CompileOptions(levels_per_stage=1))
    report = area.measure(tmp_path, {"small": liberty.read(SMALL)})
    found = report.targets["small"].model_dump()
    expected = {"XOR2": 1, "NAND2": 1, "NOR2": 1, "DFF": 5}
    assert found["types"]["gates"] == expected
    assert found["parts"]["gates"] == {
        "area": 5 + 2 + 2.5 + 5 * 7.25,
        "cells": 3,
        "ffs": 5,
        "depth": 1,
    }
    weights = liberty.read(SMALL).columns["area"]
    assert found["total"]["area"] == area.weigh(found["types"]["total"], weights)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not a Liberty file"),
        ("module top; endmodule", "not a Liberty file"),
        (SMALL.read_text()[:400], "not a Liberty file"),
        (without("DFF"), "cannot build"),
        (without("NAND2").replace("NOR2", "XNOR2").replace("!(A+B)", "!(A^B)"), "cannot build"),
    ],
    ids=["empty", "verilog", "truncated", "no flip-flop", "no NAND"],
)
def test_a_library_that_cannot_be_used_gives_one_line(tmp_path, text, reason):
    path = tmp_path / "cells.lib"
    path.write_text(text)
    with pytest.raises(LilogicError) as caught:
        liberty.read(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert reason in message
    assert "\n" not in message


def test_a_missing_library_is_refused(tmp_path):
    with pytest.raises(LilogicError, match=r"none\.lib: no such file"):
        liberty.read(tmp_path / "none.lib")
