"""The proofs of the parts that are compared with a circuit made from the graph, and of timing."""

from __future__ import annotations

import numpy as np

from lilogic.hdl.proof import netlist, reference
from lilogic.hdl.proof.cuts import Job, sources_of, variables_of
from lilogic.hdl.proof.equivalence import equivalent
from lilogic.hdl.proof.netlist import WrongNetlistError
from lilogic.report.models.proof import PartResult


def timing(job: Job) -> PartResult:
    """Every path from the data port to an output crosses ``latency`` registers."""
    cycles = netlist.cycles(job.design, job.cuts.outputs, job.cuts.data)
    for net in job.cuts.outputs:
        if cycles.get(net, job.interface.latency) != job.interface.latency:
            raise WrongNetlistError(
                f"{job.design.name(net)} comes after {cycles[net]} cycles, "
                f"not {job.interface.latency}"
            )
    return PartResult(status="proven")


def encoder(job: Job) -> PartResult:
    """The bits in use are what the encoder makes of the features."""
    encoder = job.graph.encoder
    if encoder is None:
        raise WrongNetlistError("the Verilog encodes features, but the graph has no encoder")
    used = np.flatnonzero(job.graph.alive[: job.graph.n_inputs]).tolist()
    variables = variables_of(job.cuts.data)
    expected = reference.encoder_bits(
        encoder, used, sources_of(job.cuts.data, variables), len(variables)
    )
    outputs = [job.cuts.bits[bit] for bit in used]
    return equivalent(job, outputs, variables, expected, [f"bit {bit}" for bit in used])


def gates(job: Job) -> PartResult:
    """The nodes that heads count are what the graph's gates make of the input bits."""
    variables = variables_of(job.cuts.bits)
    sources = sources_of(job.cuts.bits, variables)
    expected = reference.counted_gates(job.graph, sources, len(variables))
    names = [f"node {node}" for node in np.unique(job.graph.head_nodes).tolist()]
    return equivalent(job, job.cuts.values, variables, expected, names)


def argmax(job: Job) -> PartResult:
    """The index is that of the first highest score, and scores are handed on."""
    interface = job.interface
    variables = variables_of(job.cuts.scores)
    expected = reference.first_maximum(
        sources_of(job.cuts.scores, variables),
        len(variables),
        interface.score_width,
        interface.score_signed,
        interface.index_width,
    )
    names = [f"index bit {bit}" for bit in range(interface.index_width)]
    names += [
        f"score bit {bit} of class {class_}"
        for class_ in range(interface.classes)
        for bit in range(interface.score_width)
    ]
    return equivalent(job, job.cuts.outputs, variables, expected, names)
