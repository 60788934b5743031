"""Proof that compiled Verilog computes what the graph says, for all inputs.

The Verilog is read back with Yosys and cut where one part hands its bits to the next: encoder,
gates, heads, argmax. Registers are then taken as wires, which is sound once every path from the
data port to an output is known to cross as many registers as the interface announces ("timing").
A folded classifier is unrolled first: what its registers hold in each cycle after a sample was
taken becomes a net of its own, for all states that its control can be in (``unrolled``).
Every part is compared with a circuit made from the graph alone (``reference``): what is built
alike is equal (``strash``), and the rest is for the SAT solver of ABC, which is part of Yosys.
What stands between the classifier and a bus is proven to pass on all that it should (``bus``).
The heads, whose sums are too much for a SAT solver, are rewritten as sums of what they count
(``sums``). Nets that a cut sees twice or as constants are so on both sides of it,
so the parts' proofs join to one of the whole.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

from lilogic import files
from lilogic.errors import LilogicError
from lilogic.graph import GateGraph
from lilogic.hdl.components.interface import VERILOG, Interface
from lilogic.hdl.options import InputKind
from lilogic.hdl.proof import bus, cuts, heads, netlist, parts
from lilogic.hdl.proof.bdd import TooLargeError
from lilogic.hdl.proof.cuts import Job
from lilogic.hdl.proof.equivalence import unproven
from lilogic.hdl.proof.folded import unrolled
from lilogic.hdl.proof.netlist import Netlist, WrongNetlistError
from lilogic.report.models.proof import PartResult, ProofReport

_OWN_TOOLS = "linear forms and decision diagrams for the heads"
_CONTROL = "valid flags and reset are compared in simulation only"


def prove(graph: GateGraph, folder: Path, timeout: float = 60) -> ProofReport:
    """Prove that ``folder``'s Verilog computes what ``graph`` says.

    Args:
        graph: the graph that was compiled.
        folder: with ``classifier.v`` and ``interface.json``.
        timeout: seconds for each part; a part that takes longer is not proven.

    Raises:
        GraphError: the files are of a graph of another shape.
        LilogicError: the files cannot be read.
    """
    interface = Interface.read(folder)
    graph = interface.reading(graph)
    interface.check(graph)
    tool, text = "Yosys", files.read_bytes(folder / VERILOG)
    with files.scratch() as scratch:
        try:
            design = netlist.read(text, interface.module, scratch, timeout)
        except LilogicError as error:
            results = dict.fromkeys(_proofs(interface), unproven(str(error)))
        else:
            tool = design.tool
            results = prove_netlist(graph, interface, design, scratch, timeout)
    if interface.bus is not None:
        results["bus"] = bus.prove(interface, text.decode(), timeout)
    return ProofReport(
        tool=f"{tool} with ABC; {_OWN_TOOLS}",
        parts=results if interface.interval > 1 else results | {"control": unproven(_CONTROL)},
        proven=all(result.status == "proven" for result in results.values()),
        verilog=hashlib.sha256(text).hexdigest(),
    )


def prove_netlist(
    graph: GateGraph, interface: Interface, design: Netlist, scratch: Path, timeout: float
) -> dict[str, PartResult]:
    """The results of ``prove`` for each part but control, for Verilog that was read already."""
    proofs = _proofs(interface)
    try:
        if interface.interval == 1:
            found = cuts.find(graph, interface, design)
        else:
            design, found = unrolled.unroll(graph, interface, design)
    except WrongNetlistError as error:
        return dict.fromkeys(proofs, _wrong(error))
    except LilogicError as error:
        return dict.fromkeys(proofs, unproven(str(error)))
    job = Job(graph, interface, design, found, scratch, timeout)
    return {name: _timed(proof, job) for name, proof in proofs.items()}


def _proofs(interface: Interface) -> dict[str, Callable[[Job], PartResult]]:
    encoder = {"encoder": parts.encoder} if interface.data is InputKind.FEATURES else {}
    return {
        "timing": parts.timing if interface.interval == 1 else parts.schedule,
        **encoder,
        "gates": parts.gates,
        "heads": heads.heads,
        "argmax": parts.argmax,
    }


def _timed(proof: Callable[[Job], PartResult], job: Job) -> PartResult:
    start = time.monotonic()
    try:
        result = proof(job)
    except WrongNetlistError as error:
        result = _wrong(error)
    except (LilogicError, TooLargeError) as error:
        result = unproven(str(error))
    return result.model_copy(update={"seconds": round(time.monotonic() - start, 2)})


def _wrong(error: WrongNetlistError) -> PartResult:
    return PartResult(status="refuted", reason=str(error))
