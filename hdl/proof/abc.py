"""Equivalence of circuits, proven by ABC, which comes with Yosys."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from lilogic.errors import ToolError
from lilogic.formats.exporters import blif
from lilogic.graph import Circuit
from lilogic.hdl.fpga import yosys

# ABC must hand back the network it was given, so that one is kept aside meanwhile.
_SOLVE = """\
read_verilog any.v
techmap
abc -script +strash;backup;miter,made.blif,expected.blif;{solve};write_status,status;restore;
"""
_SOLVER = "fraig;iprove"
ANY_MODULE = "module any (input a, b, output y);\n  assign y = a & b;\nendmodule\n"
"""Yosys runs ABC on a design only, so any will do."""


def find_difference(
    made: Circuit, expected: Circuit, folder: Path, timeout: float
) -> npt.NDArray[np.bool_] | None:
    """Inputs [1, n_inputs] on which two circuits differ; None where it is proven there are none.

    ``folder`` is for scratch.

    Raises:
        ToolTimeoutError: the time was up.
        ToolError: there is no verdict.
    """
    status = folder / "status"
    status.unlink(missing_ok=True)
    (folder / "any.v").write_text(ANY_MODULE)
    (folder / "made.blif").write_text(blif.model(made))
    (folder / "expected.blif").write_text(blif.model(expected))
    yosys.run(_SOLVE.format(solve=_SOLVER), folder, timeout)
    verdict = status.read_text("utf-8").split() if status.exists() else []
    if verdict[:1] == ["snl_UNSAT"]:
        return None
    bits = verdict[-1] if verdict else ""
    if verdict[:1] == ["snl_SAT"] and len(bits) == made.n_inputs and set(bits) <= {"0", "1"}:
        return np.array([[bit == "1" for bit in bits]])
    raise ToolError("ABC could not decide it")
