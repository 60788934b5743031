"""Whether two circuits compute the same: by their structure, by samples, by a solver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from lilogic.graph import Circuit
from lilogic.hdl.proof import abc, netlist
from lilogic.hdl.proof.cuts import Job
from lilogic.hdl.proof.netlist import Net, WrongNetlistError
from lilogic.hdl.proof.strash import XorAndGraph
from lilogic.infer import golden
from lilogic.report.models.proof import PartResult

_SAMPLES = 512


def equivalent(
    job: Job,
    outputs: Sequence[Net],
    variables: Sequence[Net],
    expected: Circuit,
    names: Sequence[str],
) -> PartResult:
    """Compare what drives ``outputs`` with a circuit over the same variables.

    Outputs that are built alike are left out; the rest is for simulation and ABC.
    """
    made = netlist.as_circuit(job.design, outputs, variables)
    if not len(names) == len(made.outputs) == len(expected.outputs):
        raise WrongNetlistError(f"there are {len(made.outputs)} outputs, not {len(names)}")
    if not names:
        return PartResult(status="proven", reason="there is nothing to compute")
    store = XorAndGraph(made.n_inputs)
    pairs = zip(store.outputs(made), store.outputs(expected), strict=True)
    differs = [output for output, (ours, theirs) in enumerate(pairs) if ours != theirs]
    if not differs:
        return PartResult(status="proven")
    made = replace(made, outputs=made.outputs[differs])
    expected = replace(expected, outputs=expected.outputs[differs])
    names = [names[i] for i in differs]
    found = _difference(made, expected, names, samples(made.n_inputs))
    if found is not None:
        return found
    inputs = abc.find_difference(made, expected, job.folder, job.timeout)
    if inputs is None:
        return PartResult(status="proven")
    found = _difference(made, expected, names, inputs)
    return found or unproven("ABC found a counterexample that is none")


def _difference(
    made: Circuit, expected: Circuit, names: Sequence[str], inputs: npt.NDArray[np.bool_]
) -> PartResult | None:
    """A refutation, where two circuits differ on one of ``inputs``."""
    outputs = golden.outputs(made, inputs)
    wrong = np.argwhere(outputs != golden.outputs(expected, inputs))
    if not len(wrong):
        return None
    sample, output = wrong[0].tolist()
    is_one = int(outputs[sample, output])
    return refutation(f"{names[output]} is {is_one}, not {1 - is_one}", inputs[sample])


def samples(width: int) -> npt.NDArray[np.bool_]:
    """bool [samples, width]: random inputs, sparse ones and dense ones."""
    generator = np.random.default_rng(0)
    density = np.linspace(0, 1, _SAMPLES)[:, None]
    return generator.random((_SAMPLES, width)) < density


def refutation(counterexample: str, inputs: npt.NDArray[np.bool_]) -> PartResult:
    """What is said of a part that is wrong for ``inputs`` [width]."""
    packed = np.packbits(inputs, bitorder="little")[::-1].tobytes().hex()
    return PartResult(status="refuted", counterexample=counterexample, inputs=packed)


def unproven(reason: str) -> PartResult:
    """What is said of a part without a verdict."""
    return PartResult(status="simulated", reason=reason)
