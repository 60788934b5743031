"""Equivalence of circuits, proven by ABC, which comes with Yosys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hdl import yosys
from lilogic.errors import LilogicError
from lilogic.gates import GATES
from lilogic.graph import GateGraph

# ABC must hand back the network it was given, so that one is kept aside meanwhile.
_SOLVE = """\
read_verilog any.v
techmap
abc -script +strash;backup;miter,made.blif,expected.blif;{solve};write_status,status;restore;
"""
_SOLVER = "fraig;iprove"
_ANY = "module any (input a, b, output y);\n  assign y = a & b;\nendmodule\n"


def find_difference(
    made: GateGraph, expected: GateGraph, folder: Path, timeout: float
) -> npt.NDArray[np.bool_] | None:
    """Inputs [1, n_inputs] on which two circuits differ; None where it is proven there are none.

    A circuit is a graph whose first head lists its outputs. ``folder`` is for scratch.

    Raises:
        ToolTimeoutError: the time was up.
        LilogicError: there is no verdict.
    """
    status = folder / "status"
    status.unlink(missing_ok=True)
    (folder / "any.v").write_text(_ANY)
    (folder / "made.blif").write_text("\n".join(blif(made)))
    (folder / "expected.blif").write_text("\n".join(blif(expected)))
    yosys.run(_SOLVE.format(solve=_SOLVER), folder, timeout)
    verdict = status.read_text("utf-8").split() if status.exists() else []
    if verdict[:1] == ["snl_UNSAT"]:
        return None
    bits = verdict[-1] if verdict else ""
    if verdict[:1] == ["snl_SAT"] and len(bits) == made.n_inputs and set(bits) <= {"0", "1"}:
        return np.array([[bit == "1" for bit in bits]])
    raise LilogicError("ABC could not decide it")


def blif(circuit: GateGraph) -> Iterator[str]:
    """Lines of a circuit in the Berkeley Logic Interchange Format."""
    first = circuit.n_inputs
    outputs = circuit.head_nodes.tolist()
    yield ".model circuit"
    yield " ".join([".inputs", *(f"n{i}" for i in range(first))])
    yield " ".join([".outputs", *(f"o{i}" for i in range(len(outputs)))])
    rows = zip(circuit.op.tolist(), circuit.a.tolist(), circuit.b.tolist(), strict=True)
    for node, (op, a, b) in enumerate(rows, first):
        yield f".names n{a} n{b} n{node}" if a != b else f".names n{a} n{node}"
        if a != b:
            cubes = [f"{i >> 1}{i & 1} 1" for i in range(4) if GATES[op](i >> 1, i & 1)]
        else:
            cubes = [f"{i} 1" for i in range(2) if GATES[op](i, i)]
        yield from cubes or [f"{'-' * (1 + (a != b))} 0"]
    for number, node in enumerate(outputs):
        yield f".names n{node} o{number}"
        yield "1 1"
    yield ".end\n"
