"""The proofs of the parts that are compared with a circuit made from the graph, and of timing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lilogic.graph import Circuit, GateGraph
from lilogic.graph.gates import GATES, TRUTH
from lilogic.hdl.proof import netlist, reference
from lilogic.hdl.proof.claims import Bits, Item, Numbers, answers
from lilogic.hdl.proof.cuts import Job, sources_of, variables_of
from lilogic.hdl.proof.equivalence import equivalent
from lilogic.hdl.proof.netlist import WrongNetlistError
from lilogic.hdl.proof.strash import FALSE, XorAndGraph
from lilogic.infer import golden
from lilogic.report.models.proof import PartResult, WrongGate

_SUSPECTS = 64
"""Gates that are tried, to find the one that is wrong."""


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


def schedule(job: Job) -> PartResult:
    """Samples are taken and answered when the interface says; ``unrolled`` rests on that."""
    return PartResult(
        status="proven", reason="with valid flags and reset, for any order of samples"
    )


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
    classes = _classes(job.graph, used)
    items = [Item(f"bit {bit} of the encoder", [job.cuts.bits[bit]], classes[bit]) for bit in used]
    return equivalent(job, items, variables, expected)


def gates(job: Job) -> PartResult:
    """The nodes that heads count are what the graph's gates make of the input bits."""
    variables = variables_of(job.cuts.bits)
    sources = sources_of(job.cuts.bits, variables)
    expected = reference.all_gates(job.graph, sources, len(variables))
    counted = np.unique(job.graph.head_nodes)
    classes = _classes(job.graph, counted.tolist())
    items = [
        Item(f"node {node}", [net], classes[node])
        for node, net in zip(counted.tolist(), job.cuts.values, strict=True)
    ]

    def wrong_gate(inputs: Bits, got: Numbers) -> WrongGate | None:
        signals = job.design.signals("core.network.")
        named = sorted(net for net in signals & job.design.driver.keys() if isinstance(net, int))
        try:
            circuit = netlist.as_circuit(job.design, named, variables)
        except WrongNetlistError:
            return None
        return _first_wrong_gate(job.graph, expected, circuit, inputs, got.astype(bool))

    right = replace(expected, outputs=expected.outputs[counted])
    return equivalent(job, items, variables, right, wrong_gate)


def _first_wrong_gate(
    graph: GateGraph, expected: Circuit, named: Circuit, inputs: Bits, got: Bits
) -> WrongGate | None:
    """The first gate that no signal of a netlist is built like and that explains what comes out.

    That is: inverting it alone makes the first node that is wrong what it is in the netlist.

    Args:
        graph: the network.
        expected: puts out all nodes of the graph.
        named: puts out the signals of the netlist, for the same inputs.
        inputs: bool [n_inputs], of these circuits.
        got: bool [counted nodes], the netlist's values.
    """
    store = XorAndGraph(named.n_inputs)
    built = {*store.outputs(named), FALSE, FALSE ^ 1}
    like = store.outputs(expected)
    gates = graph.n_inputs + np.flatnonzero(graph.alive[graph.n_inputs :])
    suspects = [node for node in gates.tolist() if like[node] not in built][:_SUSPECTS]
    right = golden.outputs(expected, inputs[None])[0]
    values = _one_inverted(graph, right[: graph.n_inputs], suspects)
    counted = np.unique(graph.head_nodes)
    wrong = np.argmax(got != right[counted])
    explains = values[counted[wrong]] == got[wrong]
    if not explains.any():
        return None
    lane = int(np.argmax(explains))
    node = suspects[lane]
    gate = node - graph.n_inputs
    return WrongGate(
        node=node,
        function=GATES[int(graph.op[gate])].name,
        reads=[int(graph.a[gate]), int(graph.b[gate])],
        expected=int(right[node]),
        got=int(values[node, lane]),
    )


def _one_inverted(graph: GateGraph, bits: Bits, nodes: list[int]) -> Bits:
    """bool [all nodes, nodes]: the graph's values where each of ``nodes`` in turn is inverted."""
    values = np.empty((graph.n_nodes, len(nodes)), dtype=bool)
    values[: graph.n_inputs] = bits[:, None]
    lane = {node: place for place, node in enumerate(nodes)}
    for node, (op, a, b) in enumerate(graph.rows(), graph.n_inputs):
        values[node] = TRUTH[op][2 * values[a] + values[b]]
        if node in lane:
            values[node, lane[node]] ^= True
    return values


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
    return equivalent(job, answers(job), variables, expected)


def _classes(graph: GateGraph, nodes: Sequence[int]) -> dict[int, list[int]]:
    """Of each of these nodes, the classes that count it."""
    wanted = set(nodes)
    classes: dict[int, list[int]] = {node: [] for node in nodes}
    for class_, head in enumerate(graph.heads):
        for node in wanted.intersection(head.tolist()):
            classes[node].append(class_)
    return classes
