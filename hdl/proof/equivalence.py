"""Whether two circuits compute the same: by their structure, by samples, by a solver."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from lilogic.graph import Circuit
from lilogic.hdl.proof import abc, netlist
from lilogic.hdl.proof.claims import Bits, Claim, Item, Numbers, evaluated, numbers, refuted
from lilogic.hdl.proof.cuts import Job
from lilogic.hdl.proof.netlist import Net, WrongNetlistError
from lilogic.hdl.proof.strash import XorAndGraph
from lilogic.infer import golden
from lilogic.report.models.proof import PartResult, WrongGate

_SAMPLES = 512


def equivalent(
    job: Job,
    items: Sequence[Item],
    variables: Sequence[Net],
    expected: Circuit,
    wrong_gate: Callable[[Bits, Numbers], WrongGate | None] = lambda inputs, got: None,
) -> PartResult:
    """Compare what drives ``items`` with a circuit of the same variables with the same bits.

    Bits that are built alike are left out; the rest is for simulation and ABC.
    """

    def right(inputs: Bits) -> Numbers:
        return numbers(evaluated(expected, inputs), items)

    claim = Claim(items, variables, right, wrong_gate)
    made = netlist.as_circuit(job.design, claim.nets, variables)
    if len(made.outputs) != len(expected.outputs):
        raise WrongNetlistError(
            f"there are {len(made.outputs)} outputs, not {len(expected.outputs)}"
        )
    if not claim.nets:
        return PartResult(status="proven", reason="there is nothing to compute")
    store = XorAndGraph(made.n_inputs)
    pairs = zip(store.outputs(made), store.outputs(expected), strict=True)
    differs = [output for output, (ours, theirs) in enumerate(pairs) if ours != theirs]
    if not differs:
        return PartResult(status="proven")
    ours = replace(made, outputs=made.outputs[differs])
    theirs = replace(expected, outputs=expected.outputs[differs])
    inputs = _difference(ours, theirs, samples(made.n_inputs))
    if inputs is None:
        solved = abc.find_difference(ours, theirs, job.folder, job.timeout)
        if solved is None:
            return PartResult(status="proven")
        inputs = _difference(ours, theirs, solved)
    if inputs is None:
        return unproven("ABC found a counterexample that is none")
    return refuted(job, claim, inputs[: len(variables)])


def _difference(made: Circuit, expected: Circuit, inputs: Bits) -> Bits | None:
    """The first of ``inputs`` [samples, n_inputs] on which two circuits differ, if any."""
    wrong = (golden.outputs(made, inputs) != golden.outputs(expected, inputs)).any(axis=1)
    return inputs[np.argmax(wrong)] if wrong.any() else None


def samples(width: int) -> Bits:
    """bool [samples, width]: random inputs, sparse ones and dense ones."""
    generator = np.random.default_rng(0)
    density = np.linspace(0, 1, _SAMPLES)[:, None]
    return generator.random((_SAMPLES, width)) < density


def unproven(reason: str) -> PartResult:
    """What is said of a part without a verdict."""
    return PartResult(status="simulated", reason=reason)
